"""The record of a folder of scenes and of what they were made from, which training and a continued run check."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..common.files import write_whole
from ..errors import InterActError

INDEX = "index.json"
SCHEMA = 1
_PACKAGE = Path(__file__).parents[1]
_COMMAND_LINE = ("__main__", "worker")  # modules below the package that no scene depends on


class ScenesUnfit(InterActError):
    """A folder of scenes has no record, or one that does not fit."""


@dataclass
class Origin:
    """What scenes were made from: the seed, check sums of the code and of both libraries, the names of the clips and
    voices of each split.
    """

    seed: int
    code: str
    clips: str
    speech: str
    clip_names: dict[str, list[str]]
    voices: dict[str, list[str]]


@dataclass
class Index:
    """The record of a folder of scenes.

    ``scenes``: file name to (split, seconds), in order; ``refused``: scene number to reason, of all splits;
    ``shortened``: the same for scenes of which only a good part was kept.
    """

    origin: Origin
    scenes: dict[str, tuple[str, float]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    shortened: dict[str, str] = field(default_factory=dict)

    def minutes(self, split: str) -> float:
        return sum(seconds for of, seconds in self.scenes.values() if of == split) / 60.0

    def save(self, folder: Path) -> None:
        splits = sorted({split for split, _ in self.scenes.values()})
        plain = {
            "schema": SCHEMA,
            "minutes": {split: round(self.minutes(split), 2) for split in splits},
            **asdict(self),
        }
        write_whole(folder / INDEX, json.dumps(plain, indent=1))


def read_index(folder: str | Path) -> Index:
    """Return the record of a folder. Raises ``ScenesUnfit`` if it is missing, unreadable, or names missing scenes."""
    folder = Path(folder)
    try:
        plain: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        if plain["schema"] != SCHEMA:
            raise ScenesUnfit(
                f"The scenes in '{folder}' are of schema {plain['schema']}, this needs {SCHEMA}; compose them again."
            )
        scenes = {name: (str(split), float(seconds)) for name, (split, seconds) in plain["scenes"].items()}
        index = Index(Origin(**plain["origin"]), scenes, plain["refused"], plain["shortened"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ScenesUnfit(f"'{folder}' has no readable {INDEX} ({error}); compose the scenes again.") from error
    missing = [name for name in index.scenes if not (folder / name).is_file()]
    if missing:
        raise ScenesUnfit(
            f"{len(missing)} scenes named in '{folder / INDEX}' are not there, the first is {missing[0]}; "
            "compose again."
        )
    return index


def code_sum() -> str:
    """Return a check sum over the imported sources of this package, without tests and the command line.

    Scenes depend on all of them. Needs no repository.
    """
    package = __name__.split(".")[0]
    sources = (
        getattr(module, "__file__", None)
        for name, module in list(sys.modules.items())
        if name.startswith(f"{package}.") and name.split(".")[1] not in _COMMAND_LINE
    )
    files = {Path(source) for source in sources if source}
    digest = hashlib.sha256()
    for file in sorted(file for file in files if "tests" not in file.parts):
        digest.update(file.relative_to(_PACKAGE).as_posix().encode())
        digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


def file_sum(path: Path) -> str:
    """Return the check sum of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:16]


def differences(a: Origin, b: Origin) -> Sequence[str]:
    """Return what two origins differ in, in words."""
    words = {"seed": "the seed", "code": "the code", "clips": "the clips", "speech": "the speech library"}
    return [word for name, word in words.items() if getattr(a, name) != getattr(b, name)]
