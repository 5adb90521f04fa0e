"""Pack all that training needs into one archive: code, clips, voices, the face's training set, the speech encoder.

Unpacked anywhere, it composes and trains without a network connection and without the raw data. The same files give the
same archive.
"""

from __future__ import annotations

import argparse
import io
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..common.files import written_whole
from ..errors import InterActError

LARGEST = 60_000_000  # bytes of the archive
_LARGEST_UNPACKED = 600_000_000
_PACKAGE = Path(__file__).parents[1]
_WEIGHTS = ("audio.safetensors", "words.safetensors")  # other networks are trained on top of them
_NEEDED = ("clips.npz", "speech_library.npz")
_OPTIONAL = ("face_training.npz", "word_features.npz")
# Only the training of the speech encoder reads the mel bands, and its trained weights are in the package.
_LEFT_OUT = {"speech_library.npz": ("mel_differences",)}
_README = """InterAct for Blender: what the networks are trained on.

Compose six hours on all cores (numpy and scipy), from this folder:

    python3 -m model_runtime corpus compose --hours 6 --seed 1

Then train with torch and safetensors:

    python3 -m model_runtime train body lower --words corpus/word_features.npz
    python3 -m model_runtime train body upper --words corpus/word_features.npz
    python3 -m model_runtime train face --data corpus/face_training.npz

The body's sampled results also need scipy, pillow and matplotlib; --sample-minutes 0 does without. Licences of the
material: corpus/LICENCES.md.
"""
_LICENCES = """Motion: SmartBody (LGPL-2.1, taken under GPL-3.0), CMU Graphics Lab Motion Capture Database (free for
research and commercial use, not to be resold as data; funded by NSF EIA-0196217), Microsoft Rocketbox (MIT),
Mesh2Motion and Quaternius (CC0).
Voices: reader_a (Apache-2.0), ljspeech and librivox (public domain, for measuring only), synthetic voices (flite,
permissive; SVOX Pico, Apache-2.0; eSpeak NG, GPL-3.0).
Faces: made from curves of our own; ranges from Live Link Face captures (MIT).
"""


class PackageUnfit(InterActError):
    """An archive cannot be made, is damaged, or would write outside its folder."""


def pack(corpus: Path, out: Path) -> int:
    """Write ``out`` from the folder with clips and voices and return its size in bytes.

    Raises ``PackageUnfit`` when a part is missing or the archive grows too large.
    """
    if missing := [name for name in _NEEDED if not (corpus / name).is_file()]:
        raise PackageUnfit(
            f"There is no {' and no '.join(missing)} in '{corpus}'; run 'python3 build.py compose' first."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(out) as partial:
        with tarfile.open(partial, "w:xz", preset=6, format=tarfile.USTAR_FORMAT) as archive:
            for name, content in _contents(corpus):
                entry = tarfile.TarInfo(name)  # owner and time stay zero: the same files give the same archive
                entry.size, entry.mode = len(content), 0o644
                archive.addfile(entry, io.BytesIO(content))
        size = partial.stat().st_size
        if size > LARGEST:
            raise PackageUnfit(
                f"The package would have {size / 1e6:.1f} MB, more than {LARGEST / 1e6:.0f}; "
                f"leave something out of '{corpus}'."
            )
    return size


def _contents(corpus: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file, code first."""
    yield "README.txt", _README.encode()
    for file in sorted(_PACKAGE.rglob("*.py")):
        if "tests" not in file.parts:
            yield f"model_runtime/{file.relative_to(_PACKAGE).as_posix()}", file.read_bytes()
    for name in _WEIGHTS:
        if (_PACKAGE / "weights" / name).is_file():
            yield f"model_runtime/weights/{name}", (_PACKAGE / "weights" / name).read_bytes()
    yield "corpus/LICENCES.md", _LICENCES.encode()
    for name in (*_NEEDED, *_OPTIONAL):
        if (corpus / name).is_file():
            yield f"corpus/{name}", _uncompressed(corpus / name, _LEFT_OUT.get(name, ()))


def _uncompressed(path: Path, without: Sequence[str]) -> bytes:
    """Return an ``.npz`` stored without compression, which xz packs a tenth smaller than a compressed one."""
    buffer = io.BytesIO()
    with np.load(path, allow_pickle=False) as packed:
        arrays: dict[str, Any] = {name: packed[name] for name in packed.files if name not in without}
        np.savez(buffer, **arrays)
    return buffer.getvalue()


def unpack(archive: Path, folder: Path) -> list[Path]:
    """Unpack into ``folder`` and return the files.

    Raises ``PackageUnfit``, before anything is written, for an entry that is no plain file or leads out of ``folder``.
    """
    try:
        with tarfile.open(archive, "r:xz") as packed:
            entries = packed.getmembers()
            for entry in entries:
                if not _is_plain(entry):
                    raise PackageUnfit(
                        f"'{archive}' holds '{entry.name}', which is not a plain file inside it; "
                        "fetch the package again."
                    )
            if sum(entry.size for entry in entries) > _LARGEST_UNPACKED:
                raise PackageUnfit(
                    f"'{archive}' would unpack to more than {_LARGEST_UNPACKED / 1e6:.0f} MB; "
                    "this is not the training package."
                )
            files = []
            for entry in entries:
                source, target = packed.extractfile(entry), folder.joinpath(*PurePosixPath(entry.name).parts)
                assert source is not None
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read())
                files.append(target)
            return files
    except (
        tarfile.TarError,
        EOFError,
        OSError,
        ValueError,
    ) as error:  # LZMAError comes wrapped
        raise PackageUnfit(f"'{archive}' cannot be unpacked ({error}); fetch the package again.") from error


def _is_plain(entry: tarfile.TarInfo) -> bool:
    """Return whether an entry is a regular file whose name stays inside the archive's folder on every system."""
    path = PurePosixPath(entry.name)
    inside = not path.is_absolute() and ".." not in path.parts
    return entry.isreg() and inside and "\\" not in entry.name and ":" not in entry.name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("archive", type=Path, metavar="PATH.tar.xz")
    parser.add_argument(
        "--corpus",
        type=Path,
        default=Path("corpus"),
        metavar="DIR",
        help="the folder with clips.npz and speech_library.npz",
    )
    parser.add_argument("--unpack", type=Path, metavar="DIR", help="unpack the archive into DIR instead")


def run(options: argparse.Namespace) -> None:
    if options.unpack:
        print(f"{len(unpack(options.archive, options.unpack))} files in {options.unpack}")
    else:
        print(f"{options.archive}: {pack(options.corpus, options.archive) / 1e6:.1f} MB")
