"""Installation of the runtime in an environment of its own: torch is never put into Blender's Python. No ``bpy``.

Steps: a virtual environment, torch, the other libraries, and a test that generates one second. Every step can be
cancelled and repeated; installed libraries are not downloaded again.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import queue
import shutil
import subprocess
import sys
import threading
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ..runtime_api import contract, errors, skeleton
from .process import RuntimeMissing, runtime_command, runtime_root

PYTHON_VERSION = (3, 11)
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
ENVIRONMENT_VARIABLE = "INTERACT_PYTHON"
TEST_REQUEST = "test.json"
_COMPLETE = "interact-runtime.json"  # written into the environment after the last step


class InstallFailed(errors.InterActError):
    """The environment could not be made."""


@dataclass(frozen=True)
class Step:
    """One step: its name for the user, the command as an argument list, and the progress (0 to 1) at its start."""

    stage: str
    command: tuple[str, ...]
    fraction: float


def find_runtime_python(preferred: str, own_environment: Path | None) -> Path:
    """Return the Python that runs the worker; raises ``RuntimeMissing``.

    In this order: the user's choice, ``INTERACT_PYTHON``, the installed environment, the repository's ``.venv``, and
    this interpreter if it has torch.
    """
    for chosen, origin in (
        (preferred, "the add-on's preferences"),
        (os.environ.get(ENVIRONMENT_VARIABLE, ""), ENVIRONMENT_VARIABLE),
    ):
        if chosen:
            python = _python_in(Path(chosen))
            if python is None:
                raise RuntimeMissing(f"There is no Python at '{chosen}' ({origin}); choose another or leave it empty.")
            return python
    if (
        own_environment is not None
        and (own_environment / _COMPLETE).is_file()
        and (python := _python_in(own_environment))
    ):
        return python
    if python := _python_in(runtime_root() / ".venv"):
        return python
    if importlib.util.find_spec("torch") is not None:
        return Path(sys.executable)
    raise RuntimeMissing("The runtime is not installed; press Install Runtime in the add-on's preferences.")


def find_base_python(preferred: str = "") -> Path:
    """Return a Python 3.11 that can make the environment; raises ``InstallFailed`` that says where to get one."""
    candidates: list[list[str]] = []
    if preferred and (chosen := _python_in(Path(preferred))):
        candidates.append([str(chosen)])
    if sys.version_info[:2] == PYTHON_VERSION:
        candidates.append([sys.executable])
    candidates += [["python3.11"], ["py", "-3.11"], ["python3"], ["python"]]
    for candidate in candidates:
        if (program := shutil.which(candidate[0])) and (python := _matching_python(program, *candidate[1:])):
            return python
    raise InstallFailed(
        "The runtime needs Python 3.11; install it from python.org (with venv) or choose it in the preferences."
    )


def plan(base_python: Path, environment: Path, work: Path) -> tuple[Step, ...]:
    """Return the commands that make ``environment``; ``work`` holds the files of the test."""
    python = str(_interpreter(environment))
    pip = (python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off")
    pins = requirements()
    torch = [pin for pin in pins if pin.startswith("torch==")]
    others = [pin for pin in pins if pin not in torch]
    # Of two builds of one version pip takes the one with a suffix (+cpu); the other needs gigabytes of CUDA. macOS has
    # a single build.
    index = () if sys.platform == "darwin" else ("--extra-index-url", TORCH_CPU_INDEX, "--retries", "2")
    return (
        Step("Making the environment", (str(base_python), "-I", "-m", "venv", str(environment)), 0.0),
        Step("Installing torch", (*pip, *index, *torch), 0.03),
        Step("Installing the other libraries", (*pip, *others), 0.5),
        Step(
            "Generating one second as a test",
            (*runtime_command(Path(python)), "generate", str(work / TEST_REQUEST), "-o", str(work / "test.npz")),
            0.9,
        ),
    )


def requirements() -> list[str]:
    """Return the pinned libraries: from the packaged runtime, else from the repository's ``pyproject.toml``."""
    shipped = runtime_root() / "model_runtime" / "requirements.txt"
    if shipped.is_file():
        lines = shipped.read_text("utf-8").splitlines()
        return [line for line in lines if line and not line.startswith("#")]
    project = tomllib.loads((runtime_root() / "pyproject.toml").read_text("utf-8"))["project"]
    return list(project["dependencies"])


def request_for_test() -> contract.Request:
    """Return the request that tests an installation: two silent actors stand for a second."""
    first = contract.Actor("A", skeleton.AVERAGE_SKELETON)
    second = contract.Actor("B", skeleton.AVERAGE_SKELETON, position=(0.0, -1.2), heading=math.pi)
    return contract.Request(duration=1.0, quality="draft", actors=(first, second))


class Installer:
    """Runs the steps of ``plan`` in a thread: ``poll`` returns the progress and raises errors, ``cancel`` stops it."""

    def __init__(self, base_python: Path, environment: Path) -> None:
        self.environment = environment
        environment.parent.mkdir(parents=True, exist_ok=True)
        self.log_path = environment.parent / "install.log"
        self._updates: queue.SimpleQueue[contract.Progress | Exception | None] = queue.SimpleQueue()
        self._last = contract.Progress("Starting", 0.0)
        self._process: subprocess.Popen[str] | None = None
        self._cancelled = threading.Event()
        work = environment.parent / "install"
        work.mkdir(exist_ok=True)
        (work / TEST_REQUEST).write_text(contract.request_to_json(request_for_test()), "utf-8")
        self._steps = plan(base_python, environment, work)
        threading.Thread(target=self._run, name="interact install", daemon=True).start()

    def poll(self) -> contract.Progress | None:
        """Return the progress, or None at the end. Raises the errors of the steps."""
        while True:
            try:
                update = self._updates.get_nowait()
            except queue.Empty:
                return self._last
            if isinstance(update, Exception):
                raise update
            if update is None:
                return None
            self._last = update

    def cancel(self) -> None:
        self._cancelled.set()
        if (process := self._process) is not None:
            process.terminate()

    def _run(self) -> None:
        try:
            (self.environment / _COMPLETE).unlink(missing_ok=True)
            with open(self.log_path, "w", encoding="utf-8") as log:
                for step in self._steps:
                    self._run_step(step, log)
            (self.environment / _COMPLETE).write_text(json.dumps({"requirements": requirements()}), "utf-8")
            self._updates.put(None)
        except errors.InterActError as error:
            self._updates.put(error)
        except OSError as error:
            self._updates.put(
                InstallFailed(
                    f"The environment '{self.environment}' cannot be made ({error}); free some space and try again."
                )
            )

    def _run_step(self, step: Step, log: TextIO) -> None:
        if self._cancelled.is_set():
            raise errors.Cancelled("Cancelled.")
        self._updates.put(contract.Progress(step.stage, step.fraction))
        self._process = subprocess.Popen(
            list(step.command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=_clean_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        last = ""
        with self._process as process:
            assert process.stdout is not None
            for line in process.stdout:
                log.write(line)
                last = line.strip() or last
                if detail := _pip_activity(line):
                    self._updates.put(contract.Progress(f"{step.stage}: {detail}", step.fraction))
        if self._cancelled.is_set():
            raise errors.Cancelled("Cancelled.")
        if process.returncode:
            raise InstallFailed(
                f"{step.stage} failed ({last or process.returncode}); see {self.log_path} and try again."
            )


def _clean_environment() -> dict[str, str]:
    """Return the environment variables without Blender's Python settings, which another Python must not get."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")} | {"PYTHONUTF8": "1"}


def _pip_activity(line: str) -> str:
    """Return in a few words what pip does at this line of its output; empty for other lines."""
    first, _, rest = line.strip().partition(" ")
    if first in ("Collecting", "Downloading") and rest:
        return f"{first.lower()} {rest.split()[0]}"
    return "unpacking" if first == "Installing" else ""


def _interpreter(environment: Path) -> Path:
    return environment / "Scripts" / "python.exe" if os.name == "nt" else environment / "bin" / "python"


def _python_in(path: Path) -> Path | None:
    """Return ``path`` if it is a program, or the interpreter of the environment at ``path``, or None."""
    if path.is_file():
        return path
    inside = _interpreter(path)
    return inside if inside.is_file() else None


def _matching_python(program: str, *arguments: str) -> Path | None:
    """Return the path of an interpreter if it is Python 3.11 and can make environments, else None."""
    question = "import sys, venv, ensurepip; print('.'.join(map(str, sys.version_info[:2])), sys.executable)"
    try:
        answer = subprocess.run(
            [program, *arguments, "-I", "-c", question],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
    version, _, executable = answer.partition(" ")
    return Path(executable) if version == ".".join(map(str, PYTHON_VERSION)) else None
