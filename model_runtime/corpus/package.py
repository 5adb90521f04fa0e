"""One archive with everything that training needs: code, clips, voices, the face's training pack, the audio encoder.

``python -m model_runtime.corpus.package interact_training.tar.xz`` writes it; unpacked anywhere, it composes and trains
without a network and without the raw data. The same files give the same archive.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from ..errors import InterActError

LARGEST = 60_000_000  # bytes of the archive
_LARGEST_UNPACKED = 600_000_000
_PACKAGE = Path(__file__).parents[1]
_WEIGHTS = ("audio.safetensors", "words.safetensors")  # what other networks are trained on top of
_NEEDED = ("clips.npz", "speech_library.npz")
_WELCOME = ("face_training.npz", "word_features.npz")
# Only training the audio encoder reads the mel bands, and its trained weights are here.
_LEFT_OUT = {"speech_library.npz": ("mel_differences",)}
_README = """InterAct for Blender: what the networks are trained on.

Compose six hours on all cores (numpy and scipy), from this folder:

    python3 -m model_runtime.corpus.composer --hours 6 --seed 1

Then train with torch and safetensors: python3 -m model_runtime.training.train_body lower --words corpus/word_features.npz, the same with upper, and
python3 -m model_runtime.training.face --data corpus/face_training.npz. The body's sampled results also need scipy, diffusers, pillow and
matplotlib; --sample-minutes 0 does without. Licences of the material: corpus/LICENCES.md.
"""
_LICENCES = """Motion: SmartBody (LGPL-2.1, taken under GPL-3.0), CMU Graphics Lab Motion Capture Database (free for research and commercial
use, not to be resold as data; funded by NSF EIA-0196217), Microsoft Rocketbox (MIT), Mesh2Motion and Quaternius (CC0).
Voices: reader_a (Apache-2.0), ljspeech and librivox (public domain), synthetic voices (flite, permissive).
Faces: made from curves of our own; ranges from Live Link Face captures (MIT).
"""


class PackageUnfit(InterActError):
    """An archive cannot be made, is damaged, or would write where it must not."""


def pack(corpus: Path, out: Path) -> int:
    """Write ``out`` from the folder with clips and voices; its bytes. Raises ``PackageUnfit`` when a part is missing or
    it grows too large.
    """
    if missing := [name for name in _NEEDED if not (corpus / name).is_file()]:
        raise PackageUnfit(
            f"There is no {' and no '.join(missing)} in '{corpus}'; run 'python3 build.py compose' first."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(out.name + ".part")
    try:
        with tarfile.open(partial, "w:xz", preset=6, format=tarfile.USTAR_FORMAT) as archive:
            for name, content in _contents(corpus):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = (
                    len(content),
                    0o644,
                )  # owner and time stay zero: the same files give the same archive
                archive.addfile(entry, io.BytesIO(content))
        size = partial.stat().st_size
        if size > LARGEST:
            raise PackageUnfit(
                f"The package would have {size / 1e6:.1f} MB, more than {LARGEST / 1e6:.0f}; leave something out of '{corpus}'."
            )
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    return size


def _contents(corpus: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file, code first."""
    yield "README.txt", _README.encode()
    for file in sorted(_PACKAGE.rglob("*.py")):
        if "tests" not in file.parts:
            yield f"model_runtime/{file.relative_to(_PACKAGE).as_posix()}", file.read_bytes()
    for name in _WEIGHTS:
        if (_PACKAGE / "weights" / name).is_file():
            yield f"model_runtime/weights/{name}", (_PACKAGE / "weights" / name).read_bytes()
    yield "corpus/LICENCES.md", _LICENCES.encode()
    for name in (*_NEEDED, *_WELCOME):
        if (corpus / name).is_file():
            yield f"corpus/{name}", _uncompressed(corpus / name, _LEFT_OUT.get(name, ()))


def _uncompressed(path: Path, without: Sequence[str]) -> bytes:
    """An ``.npz`` stored plainly, which xz packs a tenth smaller than what is compressed already."""
    buffer = io.BytesIO()
    with np.load(path, allow_pickle=False) as packed:
        np.savez(buffer, **{name: packed[name] for name in packed.files if name not in without})  # type: ignore[arg-type]
    return buffer.getvalue()


def unpack(archive: Path, folder: Path) -> list[Path]:
    """Unpack into ``folder``; the files. Raises ``PackageUnfit``, and writes nothing, where a name leads out of it or
    an entry is no plain file.
    """
    try:
        with tarfile.open(archive, "r:xz") as packed:
            entries = packed.getmembers()
            for entry in entries:
                path = PurePosixPath(entry.name)
                if (
                    not entry.isreg()
                    or path.is_absolute()
                    or ".." in path.parts
                    or "\\" in entry.name
                    or ":" in entry.name
                ):
                    raise PackageUnfit(
                        f"'{archive}' holds '{entry.name}', which is not a plain file inside it; fetch the package again."
                    )
            if sum(entry.size for entry in entries) > _LARGEST_UNPACKED:
                raise PackageUnfit(
                    f"'{archive}' would unpack to more than {_LARGEST_UNPACKED / 1e6:.0f} MB; this is not the training package."
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
    ) as error:  # a damaged xz stream raises LZMAError, which tarfile passes on as its own
        raise PackageUnfit(f"'{archive}' cannot be unpacked ({error}); fetch the package again.") from error


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m model_runtime.corpus.package", description="Pack everything training needs into one archive."
    )
    parser.add_argument("archive", type=Path, metavar="PATH.tar.xz")
    parser.add_argument(
        "--corpus",
        type=Path,
        default=Path("corpus"),
        metavar="DIR",
        help="the folder with clips.npz and speech_library.npz",
    )
    parser.add_argument("--unpack", type=Path, metavar="DIR", help="unpack the archive into DIR instead")
    given = parser.parse_args(arguments)
    try:
        if given.unpack:
            print(f"{len(unpack(given.archive, given.unpack))} files in {given.unpack}")
        else:
            print(f"{given.archive}: {pack(given.corpus, given.archive) / 1e6:.1f} MB")
    except PackageUnfit as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
