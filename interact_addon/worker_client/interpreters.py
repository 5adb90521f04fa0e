"""Which Python runs the worker, with which libraries; and whether a Python that somebody chose can. No ``bpy``."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from ..runtime_api import errors
from .libraries import IMPORTED, PLATFORMS, PYTHONS, Lock, NotSupported, lock_for, own_lock, read_lock
from .pip import without_python
from .process import Interpreter, RuntimeMissing, runtime_root

ENVIRONMENT_VARIABLE = "INTERACT_PYTHON"
COMPLETE = "interact-runtime.json"  # written into a folder of libraries, or an environment, after its test
OLD_ENVIRONMENT = "environment"  # made by versions before 0.2
_QUESTION = """
import importlib.metadata, json, platform, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
broken = ""
if "torch" in found:
    try:
        import torch
    except Exception as error:
        broken = str(error)
print(json.dumps({"version": sys.version_info[:3], "system": sys.platform, "machine": platform.machine(),
                  "found": found, "broken": broken}))
"""


@dataclass(frozen=True)
class Answer:
    """What a Python said of itself. ``found``: versions of the runtime's libraries; ``broken``: why torch fails."""

    python: Path
    version: tuple[int, int, int]
    system: str
    machine: str
    found: dict[str, str]
    broken: str

    @property
    def lock(self) -> Lock:
        """The libraries for this Python; raises ``NotSupported``."""
        return lock_for(self.version[:2], self.system, self.machine)

    @property
    def missing(self) -> list[str]:
        """Names of the libraries it lacks."""
        return [name for name in IMPORTED if name not in self.found]

    def sentence(self) -> str:
        """Return what a user should know before choosing it."""
        name = f"Python {'.'.join(map(str, self.version))}"
        try:
            costs = self.lock.summary()
        except NotSupported as error:
            return str(error)
        if self.broken:
            return f"{name}: torch does not load ({self.broken}); install it again or choose another Python."
        if missing := self.missing:
            some = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
            return f"{name} lacks {some}; press Install Runtime to fetch them for it. {costs}"
        return f"{name} has all libraries, torch {self.found['torch']}."


class PythonCheck:
    """Asks a chosen Python about itself in a thread.

    ``sentence`` is empty until it has answered; ``usable``: whether it can run the worker, None until then.
    """

    def __init__(self, chosen: str, folder: Path | None) -> None:
        self.chosen = chosen
        self.sentence = ""
        self.usable: bool | None = None
        self._folder = folder
        threading.Thread(target=self._run, name="interact python check", daemon=True).start()

    def _run(self) -> None:
        try:
            python = chosen_python(self.chosen, "the add-on's preferences")
            if self._folder is not None and libraries_made_for(python, self._folder) is not None:
                usable, sentence = True, "The runtime is installed for this Python."
            else:
                answer = ask(python)
                usable, sentence = not answer.missing and not answer.broken, answer.sentence()
        except errors.InterActError as error:
            usable, sentence = False, str(error)
        self.usable, self.sentence = usable, sentence


def find_runtime(preferred: str, folder: Path | None) -> Interpreter:
    """Return the Python that runs the worker, with its libraries; raises ``RuntimeMissing``.

    In this order: the user's choice, ``INTERACT_PYTHON``, this interpreter with what Install Runtime put into
    ``folder``, the environment of an earlier version, the repository's ``.venv``, this interpreter if it has torch.
    """
    for chosen, origin in (
        (preferred, "the add-on's preferences"),
        (os.environ.get(ENVIRONMENT_VARIABLE, ""), ENVIRONMENT_VARIABLE),
    ):
        if chosen:
            python = chosen_python(chosen, origin)
            return Interpreter(python, libraries_made_for(python, folder) if folder is not None else None)
    if folder is not None:
        if (libraries := own_libraries(folder)) is not None:
            return Interpreter(Path(sys.executable), libraries)
        old = folder / OLD_ENVIRONMENT
        if (old / COMPLETE).is_file() and (python_there := python_in(old)):
            return Interpreter(python_there)
    if python_there := python_in(runtime_root() / ".venv"):
        return Interpreter(python_there)
    if importlib.util.find_spec("torch") is not None:
        return Interpreter(Path(sys.executable))
    raise RuntimeMissing("The runtime is not installed; press Install Runtime.")


def own_libraries(folder: Path) -> Path | None:
    """Return the tested libraries for this interpreter: those of this version's lock, else of an earlier version's."""
    try:
        lock = own_lock()
    except NotSupported:
        return None
    complete = [path for path in sorted(folder.glob(f"{lock.kind}-*")) if (path / COMPLETE).is_file()]
    return next((path for path in complete if path.name == lock.identity), complete[-1] if complete else None)


def are_outdated(interpreter: Interpreter, folder: Path) -> bool:
    """Return whether these libraries were installed into ``folder`` for an earlier version of the add-on."""
    libraries = interpreter.libraries
    if libraries is None or libraries.parent != folder:
        return False
    locks = (read_lock(python, platform) for python in PYTHONS for platform in PLATFORMS.values())
    return libraries.name not in {lock.identity for lock in locks}


def libraries_made_for(python: Path, folder: Path) -> Path | None:
    """Return the tested libraries that were installed for a chosen Python, or None."""
    for marker in sorted(folder.glob(f"cp*/{COMPLETE}")):
        try:
            made = json.loads(marker.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if made.get("python") == str(python):
            return marker.parent
    return None


def chosen_python(chosen: str, origin: str) -> Path:
    """Return the interpreter at a path that somebody chose in ``origin``; raises ``RuntimeMissing``."""
    python = python_in(Path(chosen))
    if python is None:
        raise RuntimeMissing(f"There is no Python at '{chosen}' ({origin}); choose another or leave it empty.")
    return python


def python_in(path: Path) -> Path | None:
    """Return ``path`` if it is a program, or the interpreter of the environment at ``path``, or None."""
    if path.is_file():
        return path
    inside = path / "Scripts" / "python.exe" if os.name == "nt" else path / "bin" / "python"
    return inside if inside.is_file() else None


def ask(python: Path) -> Answer:
    """Ask a Python for its version and libraries, some seconds where it has torch; raises ``RuntimeMissing``."""
    printed = ""
    try:
        said = subprocess.run(
            [str(python), "-I", "-X", "utf8", "-c", _QUESTION, *IMPORTED],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=120,
            env=without_python(os.environ),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        printed = said.stderr.strip()
        facts = json.loads(said.stdout.splitlines()[-1])
        return Answer(
            python, tuple(facts["version"]), facts["system"], facts["machine"], facts["found"], facts["broken"]
        )
    except (OSError, subprocess.SubprocessError, ValueError, LookupError) as error:
        reason = printed.splitlines()[-1] if printed else getattr(error, "strerror", None) or "it gives no answer"
        raise RuntimeMissing(
            f"'{python}' is no Python that can be used ({reason}); choose one of version {' or '.join(PYTHONS)}."
        ) from error
