"""Install Runtime: the libraries of the lock, put into a folder of the extension for Blender's own Python. No ``bpy``.

Steps: look at the Python, download wheels (kept until all is done), unpack them into a new folder, generate one second
as a test, and only then give the folder the name under which it is found. Nothing is put into Blender, and libraries
of an earlier version stay in use until the end.

In the folder of the extension: ``cp311-linux_x86_64-1a2b3c4d`` (libraries, with a marker once they are tested),
``wheels``, ``partial-…``, ``install.log``, ``install.lock``.
"""

from __future__ import annotations

import atexit
import json
import math
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..runtime_api import contract, errors, files, skeleton
from .exclusive import Exclusive
from .interpreters import COMPLETE, OLD_ENVIRONMENT, ask, chosen_python
from .libraries import Lock, Wheel, megabytes, own_lock
from .pip import pip_environment, without_python
from .process import Interpreter, runtime_command
from .wheels import Say, Steps, WheelsFailed, fetch, missing_wheels, unpack

SPARE_SPACE = 100_000_000  # bytes beside wheels and libraries
WINDOWS_PATH = 259  # letters, unless the user has allowed longer paths
_UNTIL_DOWNLOADED, _UNTIL_UNPACKED = 0.7, 0.85  # share of the whole, as measured
_WHEELS, _PARTIAL = "wheels", "partial-"

current: Installer | None = None  # the installation that runs in this Blender
outcome = ""  # one sentence on the last one that ended
succeeded = False


class InstallFailed(errors.InterActError):
    """The libraries could not be installed."""


@dataclass(frozen=True)
class Source:
    """Where wheels come from: a folder of the user's (or None for the extension's own), and the network if allowed."""

    wheels: Path | None
    online: bool


def start(folder: Path, source: Source, chosen: str) -> None:
    """Start an installation as the one of this Blender; raises ``InstallFailed``."""
    global current, outcome
    current, outcome = Installer(folder, source, chosen), ""


def finished() -> bool:
    """Return whether the installation of this Blender has ended since it was asked last; ``outcome`` then says how."""
    global current, outcome, succeeded
    if current is None:
        return False
    succeeded = False
    try:
        if current.poll() is not None:
            return False
        outcome, succeeded = "The runtime is installed and has passed its test.", True
    except errors.Cancelled:
        outcome = "Cancelled; install again to go on with what is downloaded."
    except errors.InterActError as error:
        outcome = str(error)
    current = None
    return True


def why_not(source: Source, folder: Path | None, chosen: str) -> str:
    """Return in one sentence why installing cannot start; empty if it can. Cheap enough for a button."""
    if folder is None:
        return "Install InterAct as an extension first."
    if not source.online and source.wheels is None:
        return "Allow Online Access in Preferences > System, or choose a folder of wheels in the add-on's preferences."
    if not chosen:
        try:
            own_lock()
        except errors.InterActError as error:
            return str(error)
    return ""


class Installer:
    """Installs in a thread: ``poll`` returns the progress, or None at the end, and raises errors; ``cancel`` stops it.

    ``folder``: the extension's own; ``chosen``: another Python than this one, or empty. Raises ``InstallFailed`` with
    nothing started where another installation runs, here or in another Blender.
    """

    def __init__(self, folder: Path, source: Source, chosen: str = "") -> None:
        self._folder, self._source, self._chosen = folder, source, chosen
        self.log_path = folder / "install.log"
        self.libraries: Path | None = None  # where they are, once installed
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._exclusive = Exclusive(folder / "install.lock")
            if not self._exclusive.acquire():
                raise InstallFailed("The runtime is being installed already, here or in another Blender; wait for it.")
        except OSError as error:
            raise InstallFailed(f"'{folder}' cannot be written ({error.strerror}); make it writable.") from error
        self.progress = contract.Progress("Looking at Python", 0.0)
        self._error: Exception | None = None
        self._cancelled = threading.Event()
        self._steps: Steps | None = None
        self._thread = threading.Thread(target=self._run, name="interact install", daemon=True)
        atexit.register(self.cancel)  # no pip is left behind when Blender ends
        self._thread.start()

    def poll(self) -> contract.Progress | None:
        """Return the progress, or None once it is done. Raises the error that ended it."""
        if self._thread.is_alive():
            return self.progress
        if self._error is not None:
            raise self._error
        return None

    def cancel(self) -> None:
        """Ask it to stop; what is downloaded stays, what is unpacked is removed."""
        self._cancelled.set()
        if self._steps is not None:
            self._steps.cancel()

    def wait(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _run(self) -> None:
        try:
            with open(self.log_path, "w", encoding="utf-8") as log:
                self._steps = Steps(self._say, log, self._cancelled)
                self._install(self._steps)
        except errors.InterActError as error:
            self._error = error
        except OSError as error:
            self._error = InstallFailed(
                f"'{error.filename or self._folder}' cannot be written ({error.strerror}); free some space, "
                "or make it writable, and install again."
            )
        except Exception as error:
            self._error = InstallFailed(f"Installing failed ({error}); see {self.log_path} and install again.")
        finally:
            for path in self._folder.glob(f"{_PARTIAL}*"):
                shutil.rmtree(path, ignore_errors=True)
            self._exclusive.release()
            atexit.unregister(self.cancel)

    def _say(self, progress: contract.Progress) -> None:
        self.progress = progress

    def _install(self, steps: Steps) -> None:
        python, lock = self._python()
        wheels = self._source.wheels or self._folder / _WHEELS
        missing = missing_wheels(lock, wheels)
        check_space(lock, missing, self._folder, wheels)
        check_path_lengths(lock, self._folder)
        if missing:
            self._fetch(missing, lock, wheels, python, steps)
        partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=self._folder))
        libraries = partial / "lib"
        steps.say = self._between(_UNTIL_DOWNLOADED, _UNTIL_UNPACKED)
        unpack(lock, wheels, libraries, steps)
        self._say(contract.Progress("Generating one second as a test", _UNTIL_UNPACKED))
        generate_as_test(Interpreter(python, libraries), partial, steps, self.log_path)
        marker = {"python": str(python) if self._chosen else "", "lock": lock.identity}
        (libraries / COMPLETE).write_text(json.dumps(marker), "utf-8")
        self.libraries = self._put_in_place(libraries, lock)
        if self._source.wheels is None:
            shutil.rmtree(wheels, ignore_errors=True)

    def _python(self) -> tuple[Path, Lock]:
        """Return the Python that is to run the worker, and its libraries."""
        if not self._chosen:
            return Path(sys.executable), own_lock()
        answer = ask(chosen_python(self._chosen, "the add-on's preferences"))
        lock = answer.lock
        if not answer.missing:
            raise InstallFailed("The chosen Python has all libraries; there is nothing to install.")
        return answer.python, lock

    def _fetch(self, missing: Sequence[Wheel], lock: Lock, wheels: Path, python: Path, steps: Steps) -> None:
        if not self._source.online:
            raise WheelsFailed(
                f"The folder '{wheels}' lacks {len(missing)} of {len(lock.wheels)} wheels, '{missing[0].file}' first; "
                "add them, or allow Online Access in Preferences > System to fetch them."
            )
        self._say(contract.Progress("Reading pip's settings", 0.0))
        variables = pip_environment(python)
        steps.say = self._between(0.0, _UNTIL_DOWNLOADED)
        fetch(missing, wheels, python, variables, steps)

    def _between(self, first: float, last: float) -> Say:
        """Return a function that reports the progress of one step as that of the whole."""

        def say(progress: contract.Progress) -> None:
            self._say(contract.Progress(progress.stage, first + (last - first) * progress.fraction))

        return say

    def _put_in_place(self, libraries: Path, lock: Lock) -> Path:
        """Give tested libraries their name, in the place of any that had it, and remove those of other versions."""
        place = self._folder / lock.identity
        if place.exists():
            shutil.rmtree(place, ignore_errors=True)
        for attempt in range(20):
            try:
                os.replace(libraries, place)
                break
            except OSError:  # on Windows a virus scanner may still read what was just written
                if attempt == 19:
                    raise
                time.sleep(0.5)
        for other in [*self._folder.glob(f"{lock.kind}-*"), self._folder / OLD_ENVIRONMENT]:
            if other != place:
                shutil.rmtree(other, ignore_errors=True)
        return place


def check_space(lock: Lock, missing: Sequence[Wheel], folder: Path, wheels: Path) -> None:
    """Raise ``InstallFailed`` if a disk has too little space for wheels or libraries."""
    needs = {folder: lock.unpacked + SPARE_SPACE}
    download = sum(wheel.size for wheel in missing)
    place = next(path for path in (wheels, *wheels.parents) if path.exists())
    if os.stat(place).st_dev == os.stat(folder).st_dev:
        needs[folder] += download
    else:
        needs[place] = download
    for where, needed in needs.items():
        free = shutil.disk_usage(where).free
        if free < needed:
            raise InstallFailed(
                f"The disk of '{where}' has {megabytes(free)} free and {megabytes(needed)} are needed; free some."
            )


def check_path_lengths(lock: Lock, folder: Path) -> None:
    """Raise ``InstallFailed`` where paths would be longer than Windows allows."""
    longest = len(str(folder / f"{_PARTIAL}12345678" / "lib")) + 1 + lock.longest_path
    if sys.platform == "win32" and longest > WINDOWS_PATH and not _windows_allows_long_paths():
        raise InstallFailed(
            f"Paths in '{folder}' would be {longest} letters long and Windows allows {WINDOWS_PATH}; set "
            "LongPathsEnabled to 1 in the registry (Windows calls it 'Enable Win32 long paths')."
        )


def _windows_allows_long_paths() -> bool:
    if sys.platform != "win32":
        return True
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except OSError:
        return False


def generate_as_test(interpreter: Interpreter, work: Path, steps: Steps, log_path: Path) -> None:
    """Generate one second in a process as the worker's; raises ``InstallFailed`` with the last line it printed."""
    request = files.write_whole(work / "test.json", contract.request_to_json(request_for_test()))
    command = (*runtime_command(interpreter), "generate", str(request), "-o", str(work / "test.npz"))
    lines = list(steps.run(command, without_python(os.environ)))
    assert steps.process is not None
    if steps.process.returncode:
        last = next((line for line in reversed(lines) if line), f"exit code {steps.process.returncode}")
        needs = "install Microsoft's Visual C++ Redistributable" if _lacks_visual_c(last) else f"see {log_path}"
        raise InstallFailed(f"The libraries are there, but do not generate ({last}); {needs} and install again.")


def _lacks_visual_c(line: str) -> bool:
    return "Visual C++" in line or "WinError 126" in line or "DLL load failed" in line


def request_for_test() -> contract.Request:
    """Return the request that tests an installation: two actors stand for a second, one with a word on its lips."""
    first = contract.Actor("A", skeleton.AVERAGE_SKELETON, words=(contract.TimedWord("hello", 0.2, 0.7),))
    second = contract.Actor("B", skeleton.AVERAGE_SKELETON, position=(0.0, -1.2), heading=math.pi)
    return contract.Request(duration=1.0, quality="draft", actors=(first, second))
