"""The locks of the runtime's libraries: they follow the pins, stay small, and hold all that generating imports."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from interact_addon.locking import BEHIND, pins
from interact_addon.runtime_api import contract
from interact_addon.worker_client.installation import WINDOWS_PATH, request_for_test
from interact_addon.worker_client.libraries import IMPORTED, PLATFORMS, PYTHONS, Lock, NotSupported, lock_for, place_of
from interact_addon.worker_client.process import runtime_root

LOCKS = [lock_for(tuple(map(int, python.split("."))), *machine) for python in PYTHONS for machine in PLATFORMS]  # type: ignore[arg-type]
TAGS = {"linux_x86_64": "manylinux", "win_amd64": "win_amd64", "macosx_arm64": "macosx_"}
# A long name in the folder that Windows gives an extension for its files.
ON_WINDOWS = (
    r"C:\Users\firstname.lastname\AppData\Roaming\Blender Foundation\Blender\5.2\extensions\.user\user_default"
    r"\interact_addon\runtime"
)


def name_of(lock: Lock) -> str:
    return lock.kind


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_a_lock_has_the_versions_of_the_project_for_its_python(lock: Lock) -> None:
    locked = {wheel.name: wheel.version.removesuffix("+cpu") for wheel in lock.wheels}
    project = tomllib.loads((runtime_root() / "pyproject.toml").read_text("utf-8"))["project"]
    pinned = {
        requirement.name: str(requirement.specifier).removeprefix("==")
        for requirement in map(Requirement, project["dependencies"])
        if requirement.marker is None or requirement.marker.evaluate({"python_version": lock.python})
    }
    assert {name: locked.get(name) for name in pinned} == pinned, "run 'python3 build.py lock'"
    assert set(locked) == set(pinned) | set(BEHIND) and set(pinned) == set(IMPORTED) == set(pins(lock.python)) - set(
        BEHIND
    )


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_every_wheel_is_built_for_its_python_and_platform(lock: Lock) -> None:
    number = int(lock.python.replace(".", ""))
    for wheel in lock.wheels:
        name, version, _, tags = parse_wheel_filename(wheel.file)
        assert canonicalize_name(name) == wheel.name and str(version) == wheel.version
        for tag in tags:
            built = int(tag.interpreter.removeprefix("cp") or 0) if tag.interpreter.startswith("cp") else 0
            assert tag.interpreter.startswith("py") or built == number or (tag.abi == "abi3" and built <= number)
            assert tag.platform == "any" or tag.platform.startswith(TAGS[lock.platform])


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_a_download_is_small_and_every_file_but_one_has_a_checksum(lock: Lock) -> None:
    assert lock.download <= (600e6 if lock.platform.startswith("linux") else 350e6)
    without = [wheel.name for wheel in lock.wheels if len(wheel.sha256) != 64]
    # PyTorch's own index names it, to pip; it could not be read when the locks were written.
    assert without == (["torch"] if lock.kind == "cp313-linux_x86_64" else [])


def test_paths_fit_into_what_windows_allows() -> None:
    for lock in LOCKS:
        if lock.platform == "win_amd64":
            assert len(rf"{ON_WINDOWS}\{lock.identity}") + 1 + lock.longest_path <= WINDOWS_PATH


def test_what_a_download_costs_is_one_sentence() -> None:
    lock = lock_for((3, 11), "linux", "x86_64")
    assert lock.summary() == "Downloads 388 MB and keeps 965 MB on disk; about 2 minutes at 50 Mbit/s."


@pytest.mark.parametrize(("version", "machine"), [((3, 10), "x86_64"), ((3, 14), "x86_64"), ((3, 11), "aarch64")])
def test_a_python_or_machine_without_libraries_is_refused(version: tuple[int, int], machine: str) -> None:
    with pytest.raises(NotSupported, match=r"use a Blender from blender\.org|no PyTorch for this machine"):
        lock_for(version, "linux", machine)


def test_headers_tests_and_scripts_are_not_unpacked() -> None:
    for left_out in ("torch/include/ATen/Tensor.h", "numpy/core/tests/test_api.py", "a-1.data/scripts/run", "torch/"):
        assert place_of(left_out) is None
    assert place_of("torch/testing/__init__.py") == "torch/testing/__init__.py"
    assert place_of("a-1.data/platlib/a/b.so") == "a/b.so"


_GENERATE = """
import sys
sys.path += sys.argv[2:]
from pathlib import Path
from model_runtime.contract import request_from_json
from model_runtime.generate import generate
from model_runtime.speech.encoders import wav2vec2
from transformers import BertModel, CLIPTextModel, Wav2Vec2Model

print(generate(request_from_json(Path(sys.argv[1]).read_text("utf-8"))).frames)
"""


def test_generating_needs_no_library_that_is_not_in_the_lock(tmp_path: Path) -> None:
    """With words, and with the encoders that a user may choose; other libraries here are out of reach."""
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    for wheel in LOCKS[0].wheels:
        files = distribution(wheel.name).files or []
        for top in {file.parts[0] for file in files if ".." not in file.parts} - {"__pycache__"}:
            try:
                (libraries / top).symlink_to(str(distribution(wheel.name).locate_file(top)))
            except OSError:
                pytest.skip("this system lets nobody make links")
    request = tmp_path / "request.json"
    request.write_text(contract.request_to_json(request_for_test()), "utf-8")
    command = [sys.executable, "-I", "-S", "-c", _GENERATE, str(request), str(libraries), str(runtime_root())]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.strip() == "31", done.stderr
