"""Wheels: downloaded by pip into a folder, compared with the lock, unpacked into a folder of libraries. No ``bpy``.

Wheels are unpacked here and not by ``pip install --target``, which would also unpack nine thousand headers of PyTorch,
with paths that are too long for Windows, and needs twice the space.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from ..messages import Message
from ..runtime_api import contract, errors
from .libraries import Lock, Wheel, megabytes, place_of
from .pip import TORCH_CPU_INDEX, PipFailed, explain, pip_command, with_index

LARGE = 4_000_000  # bytes; a larger wheel is fetched by itself, so that it is kept when a later one fails
_BLOCK = 1 << 20

Say = Callable[[contract.Progress], None]


class WheelsFailed(errors.InterActError):
    """A wheel is missing, is another file than was tested, or cannot be unpacked."""


class Steps:
    """What the steps of an installation share: the report of progress, the log, and the end that a user asked for."""

    def __init__(self, say: Say, log: TextIO, cancelled: threading.Event) -> None:
        self.say, self.log, self.cancelled = say, log, cancelled
        self.process: subprocess.Popen[str] | None = None

    def check(self) -> None:
        """Raise ``Cancelled`` if the user asked for it."""
        if self.cancelled.is_set():
            raise errors.Cancelled("Cancelled.")

    def run(self, command: Sequence[str], variables: Mapping[str, str]) -> Iterator[str]:
        """Yield the lines a program prints, and write them to the log; raises ``Cancelled`` and ``PipFailed``.

        After the last line the attribute ``process`` has its exit status.
        """
        self.check()
        self.process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=dict(variables),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        with self.process as process:
            assert process.stdout is not None
            for line in process.stdout:
                self.log.write(line)
                yield line.rstrip()
        self.log.flush()
        self.check()

    def cancel(self) -> None:
        self.cancelled.set()
        if (process := self.process) is not None:
            process.terminate()


def missing_wheels(lock: Lock, folder: Path) -> list[Wheel]:
    """Return the wheels of ``lock`` that ``folder`` lacks, or has with another content."""
    return [wheel for wheel in lock.wheels if not _is_whole(folder / wheel.file, wheel)]


def fetch(wheels: Sequence[Wheel], folder: Path, python: Path, variables: Mapping[str, str], steps: Steps) -> None:
    """Download ``wheels`` into ``folder`` with pip; those that are complete stay if a later one fails.

    The smallest come first, so that a network that is not there is told at once. Raises ``PipFailed``, ``WheelsFailed``
    and ``Cancelled``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wheels = sorted(wheels, key=lambda wheel: wheel.size)
    total, done = sum(wheel.size for wheel in wheels), 0
    small = [wheel for wheel in wheels if wheel.size < LARGE]
    for group in [small[:1], small[1:], *([wheel] for wheel in wheels if wheel.size >= LARGE)]:
        if not group:
            continue
        _download(group, folder, python, variables, steps, done, total)
        done += sum(wheel.size for wheel in group)
        for wheel in group:
            if not _is_whole(folder / wheel.file, wheel):
                raise WheelsFailed(
                    f"'{wheel.file}' did not arrive as it was tested; install again, and from another network if that "
                    "fails too."
                )


def _download(
    group: Sequence[Wheel],
    folder: Path,
    python: Path,
    variables: Mapping[str, str],
    steps: Steps,
    before: int,
    total: int,
) -> None:
    """Download a group by one call of pip; ``before`` and ``total``: bytes of all groups, for the progress."""
    what = group[0].name if len(group) == 1 else f"{len(group)} small libraries"
    requirements = folder / "requirements.txt"
    lines = [wheel.requirement + (f" --hash=sha256:{wheel.sha256}" if wheel.sha256 else "") for wheel in group]
    requirements.write_text("\n".join(lines) + "\n", "utf-8")
    if any("+cpu" in wheel.version for wheel in group):
        variables = with_index(variables, TORCH_CPU_INDEX)
    command = (*pip_command(python), "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--retries")
    command = (*command, "2", "--progress-bar", "raw", "--dest", str(folder), "--requirement", str(requirements))
    printed, earlier, current = [], 0, (0, 0)
    steps.say(_downloading(before, total, what))
    for line in steps.run(command, variables):
        if match := re.fullmatch(r"Progress (\d+) of (\d+)", line):
            now = int(match[1]), int(match[2])
            if now[0] < current[0]:  # the next file
                earlier += current[1]
            current = now
            steps.say(_downloading(before + earlier + now[0], total, what))
        else:
            printed.append(line)
    requirements.unlink(missing_ok=True)
    assert steps.process is not None
    if steps.process.returncode:
        raise PipFailed(explain(printed, group[0].requirement if len(group) == 1 else what, variables))


def _downloading(done: int, total: int, what: str) -> contract.Progress:
    stage = Message(
        "Downloading {what}, {done} of {total}", what=what, done=megabytes(min(done, total)), total=megabytes(total)
    )
    return contract.Progress(stage, done / total)


def unpack(lock: Lock, wheels: Path, folder: Path, steps: Steps) -> None:
    """Unpack all wheels of ``lock`` into ``folder``. Raises ``WheelsFailed``, ``OSError`` and ``Cancelled``."""
    done = 0
    for wheel in lock.wheels:
        try:
            with zipfile.ZipFile(wheels / wheel.file) as archive:
                for member in archive.infolist():
                    if (place := place_of(member.filename)) is None:
                        continue
                    steps.check()
                    _unpack_member(archive, member, place, folder)
                    done += member.file_size
                    stage = Message("Unpacking {wheel}", wheel=wheel.name)
                    steps.say(contract.Progress(stage, min(1.0, done / lock.unpacked)))
        except zipfile.BadZipFile as error:
            (wheels / wheel.file).unlink(missing_ok=True)
            raise WheelsFailed(f"'{wheel.file}' is damaged ({error}); install again.") from error


def _unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, place: str, folder: Path) -> None:
    target = (folder / place).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise WheelsFailed(f"'{archive.filename}' holds a file outside of its folder ('{place}'); it is not unpacked.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, open(target, "wb") as file:
        shutil.copyfileobj(source, file, _BLOCK)


def _is_whole(path: Path, wheel: Wheel) -> bool:
    """Return whether ``path`` is the file of ``wheel``; without a checksum its name has to do."""
    if not path.is_file():
        return False
    if not wheel.sha256:
        return zipfile.is_zipfile(path)
    if path.stat().st_size != wheel.size:
        return False
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest() == wheel.sha256
