"""An environment of its own for the runtime: torch is never put into Blender's Python. No ``bpy``.

Steps: a virtual environment, torch, the other libraries, a generation of one second as the proof. Every step can be
cancelled, and repeated: what is there already is not fetched again.
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
_COMPLETE = "interact-runtime.json"


class InstallFailed(errors.InterActError):
    """The environment could not be made."""


@dataclass(frozen=True)
class Step:
    """``stage`` in words, the command as an argument list, and the share of the whole at its start."""

    stage: str
    command: tuple[str, ...]
    fraction: float


def find_runtime_python(preferred: str, own_environment: Path | None) -> Path:
    """The Python that runs the worker: the user's choice, ``INTERACT_PYTHON``, the installed environment, the
    repository's ``.venv``, or this interpreter where torch is at home. Raises ``RuntimeMissing``."""
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
    """A Python 3.11 to make the environment with; raises ``InstallFailed`` that says where to get one."""
    candidates: list[list[str]] = []
    if preferred and (chosen := _python_in(Path(preferred))):
        candidates.append([str(chosen)])
    if sys.version_info[:2] == PYTHON_VERSION:
        candidates.append([sys.executable])
    candidates += [["python3.11"], ["py", "-3.11"], ["python3"], ["python"]]
    for candidate in candidates:
        if (program := shutil.which(candidate[0])) and (python := _ask(program, *candidate[1:])):
            return python
    raise InstallFailed(
        "The runtime needs Python 3.11; install it from python.org (with venv) or choose it in the preferences."
    )


def plan(base_python: Path, environment: Path, work: Path) -> tuple[Step, ...]:
    """The commands that make ``environment``; ``work`` holds the requirement list and the proof's files."""
    python = str(_interpreter(environment))
    pip = (python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off")
    pins = requirements()
    torch = [pin for pin in pins if pin.startswith("torch==")]
    others = [pin for pin in pins if pin not in torch]
    # Of two builds of one version pip takes the one with a suffix (+cpu); the other brings gigabytes of CUDA. macOS has
    # one build.
    index = () if sys.platform == "darwin" else ("--extra-index-url", TORCH_CPU_INDEX, "--retries", "2")
    return (
        Step("Making the environment", (str(base_python), "-I", "-m", "venv", str(environment)), 0.0),
        Step("Installing torch", (*pip, *index, *torch), 0.03),
        Step("Installing the other libraries", (*pip, *others), 0.5),
        Step(
            "Generating one second as a test",
            (*runtime_command(Path(python)), "generate", str(work / "proof.json"), "-o", str(work / "proof.npz")),
            0.9,
        ),
    )


def requirements() -> list[str]:
    """The pinned libraries: shipped beside the packaged runtime, else read from the repository's ``pyproject.toml``."""
    shipped = runtime_root() / "model_runtime" / "requirements.txt"
    if shipped.is_file():
        lines = shipped.read_text("utf-8").splitlines()
        return [line for line in lines if line and not line.startswith("#")]
    project = tomllib.loads((runtime_root() / "pyproject.toml").read_text("utf-8"))["project"]
    return list(project["dependencies"])


def proof_request() -> contract.Request:
    """Two silent people who stand for a second."""
    first = contract.Actor("A", skeleton.AVERAGE_SKELETON)
    second = contract.Actor("B", skeleton.AVERAGE_SKELETON, position=(0.0, -1.2), heading=math.pi)
    return contract.Request(duration=1.0, quality="draft", actors=(first, second))


class Installer:
    """Runs the plan in a thread; ``poll`` tells how far it is and raises what went wrong, ``cancel`` ends it."""

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
        (work / "proof.json").write_text(contract.request_to_json(proof_request()), "utf-8")
        self._steps = plan(base_python, environment, work)
        threading.Thread(target=self._run, name="interact install", daemon=True).start()

    def poll(self) -> contract.Progress | None:
        """Progress, or None when all is done."""
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
                if detail := _pip_says(line):
                    self._updates.put(contract.Progress(f"{step.stage}: {detail}", step.fraction))
        if self._cancelled.is_set():
            raise errors.Cancelled("Cancelled.")
        if process.returncode:
            raise InstallFailed(
                f"{step.stage} failed ({last or process.returncode}); see {self.log_path} and try again."
            )


def _clean_environment() -> dict[str, str]:
    """Blender's own Python settings must not leak into another Python."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")} | {"PYTHONUTF8": "1"}


def _pip_says(line: str) -> str:
    """What pip is at, in a few words; empty for lines that say nothing new."""
    first, _, rest = line.strip().partition(" ")
    if first in ("Collecting", "Downloading") and rest:
        return f"{first.lower()} {rest.split()[0]}"
    return "unpacking" if first == "Installing" else ""


def _interpreter(environment: Path) -> Path:
    return environment / "Scripts" / "python.exe" if os.name == "nt" else environment / "bin" / "python"


def _python_in(path: Path) -> Path | None:
    """``path`` itself when it is a program, or the interpreter of the environment it names."""
    if path.is_file():
        return path
    inside = _interpreter(path)
    return inside if inside.is_file() else None


def _ask(program: str, *arguments: str) -> Path | None:
    """The interpreter's own path when it is Python 3.11 and can make environments."""
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
