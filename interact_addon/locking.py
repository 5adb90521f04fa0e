"""The locks of the runtime's libraries, written from the pins of ``pyproject.toml``. For developers; no ``bpy``.

``python -m interact_addon.locking`` or ``build.py lock``. Every wheel is downloaded (1.7 GB in all), for its checksum,
its size unpacked and the length of its paths.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement

from .runtime_api import files
from .worker_client.libraries import LOCKS, PLATFORMS, PYTHONS, Wheel, lock_file, megabytes, place_of, read_lock
from .worker_client.pip import TORCH_CPU_INDEX

REPOSITORY = Path(__file__).resolve().parent.parent
# What the pinned libraries import while they generate; what else they ask for is for uses that are not ours. A test
# generates with these alone.
BEHIND = (
    "anyio", "certifi", "cffi", "filelock", "h11", "httpcore2", "httpx2", "huggingface-hub", "idna", "mpmath",
    "packaging", "pyyaml", "regex", "sympy", "tokenizers", "tqdm", "truststore", "typing-extensions",
)  # fmt: skip
# What pip calls the platforms. Linux: glibc 2.28, as Blender; macOS 14, as PyTorch.
TAGS = {
    "linux_x86_64": ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "win_amd64": ("win_amd64",),
    "macosx_arm64": ("macosx_14_0_arm64",),
}


def write_locks() -> None:
    """Write all locks anew; raises ``CalledProcessError`` where a wheel cannot be had, with pip's reasons printed."""
    LOCKS.mkdir(exist_ok=True)
    for python in PYTHONS:
        for platform in PLATFORMS.values():
            wheels = [_wheel(name, number, python, platform) for name, number in sorted(pins(python).items())]
            path = lock_file(python, platform)
            lines = ",\n".join(json.dumps(asdict(wheel)) for wheel in wheels)
            files.write_whole(path, f"[\n{lines}\n]\n")
            print(path.relative_to(REPOSITORY), megabytes(sum(wheel.size for wheel in wheels)), flush=True)


def pins(python: str) -> dict[str, str]:
    """Return the versions of all libraries by name: those of ``pyproject.toml``, then those behind them."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    found = {}
    for requirement in map(Requirement, project["dependencies"]):
        if requirement.marker is None or requirement.marker.evaluate({"python_version": python}):
            found[requirement.name] = str(requirement.specifier).removeprefix("==")
    return found | {name: version(name) for name in BEHIND}


def _wheel(name: str, number: str, python: str, platform: str) -> Wheel:
    if name == "torch" and platform.startswith("linux"):
        number += "+cpu"  # the other build of this version needs gigabytes of CUDA
    with tempfile.TemporaryDirectory(prefix="interact lock ") as folder:
        try:
            path = _download(name, number, python, platform, Path(folder))
        except subprocess.CalledProcessError:
            if not number.endswith("+cpu") or python == PYTHONS[0]:
                raise
            return _like_first_python(name, number, python, platform)
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if place_of(member.filename) is not None]
        return Wheel(
            name,
            number,
            path.name,
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_size,
            sum(member.file_size for member in members),
            max(len(member.filename) for member in members),
        )


def _like_first_python(name: str, number: str, python: str, platform: str) -> Wheel:
    """Return a wheel as that of the first Python, without a checksum: where PyTorch's own index cannot be reached."""
    wheel = next(wheel for wheel in read_lock(PYTHONS[0], platform).wheels if wheel.name == name)
    first, this = (f"cp{dotted.replace('.', '')}" for dotted in (PYTHONS[0], python))
    print(f"{name} {number} for Python {python} is not at hand: its size is that for {PYTHONS[0]}, without a checksum")
    return replace(wheel, file=wheel.file.replace(first, this), sha256="")


def _download(name: str, number: str, python: str, platform: str, folder: Path) -> Path:
    index = ("--extra-index-url", TORCH_CPU_INDEX) if number.endswith("+cpu") else ()
    tags = [word for tag in TAGS[platform] for word in ("--platform", tag)]
    command = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", *index)
    for_python = ("--implementation", "cp", "--python-version", python, *tags)
    subprocess.run([*command, *for_python, "--dest", str(folder), f"{name}=={number}"], check=True)
    return next(folder.glob("*.whl"))


if __name__ == "__main__":
    write_locks()
