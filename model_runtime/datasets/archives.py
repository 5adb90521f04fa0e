"""Read files from tar archives in memory, without unpacking, and log which clips were read and which files refused."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from .clip import Clip, ClipUnreadable

LARGEST_MEMBER = 256 * 2**20  # bytes


@dataclass
class ImportLog:
    """The clips read so far, and refusals as (file, reason)."""

    clips: list[Clip] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def attempt(self, name: str, read: Callable[..., Clip], *arguments: Any, **details: Any) -> None:
        """Add the clip that ``read(*arguments, **details)`` returns, or its refusal under ``name``."""
        try:
            self.clips.append(read(*arguments, **details))
        except ClipUnreadable as error:
            self.refused.append((name, str(error)))


def members(path: Path, log: ImportLog) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of the plain files in a tar archive or folder; unsafe members are refused."""
    if path.is_dir():
        yield from _files(path, log)
        return
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                if member.isdir():
                    continue
                name = member.name.replace("\\", "/")
                if _leads_outside(name) or not member.isfile():
                    log.refused.append(
                        (f"{path.name}:{member.name}", "the archive member is a link or points outside the archive")
                    )
                elif member.size > LARGEST_MEMBER:
                    log.refused.append(
                        (f"{path.name}:{member.name}", f"the archive member is of {member.size / 2**20:.0f} MiB")
                    )
                elif (stream := archive.extractfile(member)) is not None:
                    yield name, stream.read()
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        log.refused.append((path.name, f"the archive cannot be read to its end ({error})"))


def _files(folder: Path, log: ImportLog) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of the files below a folder; links are refused."""
    for file in sorted(folder.rglob("*")):
        name = f"{folder.name}/{file.relative_to(folder).as_posix()}"
        if file.is_symlink():
            log.refused.append((name, "the file is a link"))
        elif file.is_file() and not any(
            parent.is_symlink() for parent in file.relative_to(folder).parents if parent != Path()
        ):
            try:
                yield name, file.read_bytes()
            except OSError as error:
                log.refused.append((name, f"the file cannot be read ({error})"))


def _leads_outside(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or name[1:2] == ":"
