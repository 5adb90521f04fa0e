"""The record of a folder of scenes: what they were made from, so that training and a run that goes on can check that it
fits.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InterActError

INDEX = "index.json"
SCHEMA = 1
_PACKAGE = Path(__file__).parents[1]


class ScenesUnfit(InterActError):
    """A folder of scenes has no record, or one that does not fit."""


@dataclass
class Origin:
    """What scenes were made from: the seed, sums of the code and of both libraries, clips and voices of each split."""

    seed: int
    code: str
    clips: str
    speech: str
    clip_names: dict[str, list[str]]
    voices: dict[str, list[str]]


@dataclass
class Index:
    """``scenes``: file name to (split, seconds), in order; ``refused``: scene number to the reason, refused scenes of
    all splits; ``shortened``: the same for scenes of which only a good part was kept.
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
        partial = folder / (INDEX + ".part")
        partial.write_text(json.dumps(plain, indent=1), encoding="utf-8")
        os.replace(partial, folder / INDEX)


def read_index(folder: str | Path) -> Index:
    """The record of a folder. Raises ``ScenesUnfit`` where it is missing, unreadable, or names scenes that are not
    there.
    """
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
            f"{len(missing)} scenes named in '{folder / INDEX}' are not there, the first is {missing[0]}; compose again."
        )
    return index


def code_sum() -> str:
    """A sum over the sources of this package that have been imported, without tests: what a scene hangs on. Needs no
    repository.
    """
    package = __name__.split(".")[0]
    sources = (
        getattr(module, "__file__", None)
        for name, module in list(sys.modules.items())
        if name.startswith(f"{package}.")
    )
    files = {Path(source) for source in sources if source}
    digest = hashlib.sha256()
    for file in sorted(file for file in files if "tests" not in file.parts):
        digest.update(file.relative_to(_PACKAGE).as_posix().encode())
        digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


def file_sum(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:16]


def differences(a: Origin, b: Origin) -> Sequence[str]:
    """What two origins differ in, in words."""
    words = {"seed": "the seed", "code": "the code", "clips": "the clips", "speech": "the speech library"}
    return [word for name, word in words.items() if getattr(a, name) != getattr(b, name)]
