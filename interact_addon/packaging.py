"""The extension packaged as one zip: the add-on with the runtime inside, validated by Blender's own tool. No ``bpy``.

``python -m interact_addon.packaging OUT_DIR`` or ``build.py package``.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from .runtime_api import files

REPOSITORY = Path(__file__).resolve().parent.parent
# Packages of the runtime that generating does not need; they are not packaged.
FOR_DEVELOPERS = ("corpus", "datasets", "drawing", "metrics", "studies", "tests", "training")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "tests", "packaging.py", "locking.py", "strings.py", "*.part")


class PackagingFailed(Exception):
    """The zip could not be made."""


def package(out: Path) -> Path:
    """Build ``out/interact_addon-<version>.zip`` and validate it; returns its path, raises ``PackagingFailed``."""
    tool = blender_extension_tool()
    manifest = tomllib.loads((REPOSITORY / "interact_addon" / "blender_manifest.toml").read_text("utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    result = out / f"{manifest['id']}-{manifest['version']}.zip"
    with tempfile.TemporaryDirectory(prefix="interact package ") as folder:
        staged = stage(Path(folder) / "interact_addon")
        with files.written_whole(result) as partial:
            _run(tool, "build", "--source-dir", str(staged), "--output-filepath", str(partial))
            _run(tool, "validate", str(partial))
    return result


def stage(folder: Path) -> Path:
    """Copy the extension's files to ``folder`` in the layout of the zip, and return it."""
    shutil.copytree(REPOSITORY / "interact_addon", folder, ignore=LEFT_OUT)
    runtime = folder / "model_runtime"
    shutil.copytree(REPOSITORY / "model_runtime", runtime, ignore=_without_developers)
    shutil.copy2(REPOSITORY / "LICENSE", folder)
    shutil.copy2(pip_wheel(), folder / "worker_client")
    return folder


def _without_developers(folder: str, names: list[str]) -> set[str]:
    left_out = set(LEFT_OUT(folder, names))
    return left_out | set(FOR_DEVELOPERS) if Path(folder) == REPOSITORY / "model_runtime" else left_out


def pip_wheel() -> Path:
    """Return pip as one file, of the version in ``pyproject.toml``; downloaded once into this environment.

    The extension brings it along: not every Python that runs Blender has a pip, and old ones cannot resume a download.
    """
    pins = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]["dev"]
    pin = next(pin for pin in pins if pin.startswith("pip=="))
    folder = Path(sys.prefix) / "wheels"
    wheel = folder / f"{pin.replace('==', '-')}-py3-none-any.whl"
    if not wheel.is_file():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), pin]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode or not wheel.is_file():
            raise PackagingFailed(f"pip could not be downloaded for the extension: {result.stderr.strip()}")
    return wheel


def blender_extension_tool() -> Path:
    """Return the path of Blender's ``blender_ext.py``, which runs without Blender and comes with the ``bpy`` module."""
    spec = importlib.util.find_spec("bpy")
    roots = [Path(place) for place in (spec.submodule_search_locations or [])] if spec is not None else []
    for root in roots:
        for tool in sorted(root.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py")):
            return tool
    raise PackagingFailed("Blender's extension tool comes with the bpy module; install the project's dev requirements.")


def _run(tool: Path, *arguments: str) -> None:
    result = subprocess.run([sys.executable, str(tool), *arguments], capture_output=True, text=True)
    if result.returncode:
        raise PackagingFailed(
            f"Blender's extension tool refuses to {arguments[0]}: {(result.stderr or result.stdout).strip()}"
        )


if __name__ == "__main__":
    print(package(Path(sys.argv[1])))
