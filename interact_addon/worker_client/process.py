"""The runtime's worker process, on Blender's side: started when needed, kept running, polled, cancelled. No ``bpy``.

The protocol is described in ``model_runtime/worker.py``.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..runtime_api import contract, errors, finished

SECONDS_TO_CANCEL = 2.0  # that a worker may compute on after a cancel, before it is killed
SECONDS_BETWEEN_POLLS = 0.05

# The folder that holds model_runtime goes to the END of the path: in the package it also holds the add-on's modules,
# which must not hide libraries of the same name.
_BOOTSTRAP = (
    "import sys; sys.path += [sys.argv.pop(1) for _ in range({count})]; "
    "from model_runtime.__main__ import main; sys.exit(main())"
)

Message = dict[str, Any]


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs the worker.

    ``libraries``: the only folder on its path beside the standard library; None for an environment of its own.
    """

    python: Path
    libraries: Path | None = None


class RuntimeMissing(errors.InterActError):
    """There is no Python with the runtime's libraries."""


class WorkerDied(errors.InterActError):
    """The worker process ended in the middle of a job."""


@dataclass(frozen=True)
class FoundWords:
    """For each caption in order its words (text, start, end in s of the shot); sentences about what does not fit."""

    words: tuple[tuple[tuple[str, float, float], ...], ...]
    warnings: tuple[str, ...]


class RuntimeFailed(errors.InterActError):
    """The runtime reported an error that has no class of its own."""


class RuntimeProcess:
    """One worker process and at most one running job.

    ``start_job``, then ``poll`` until it returns a performance or raises; ``run`` does both. After a failure the
    next job starts a fresh process. ``close`` ends everything and removes the private folder.

    A cancelled job is over at once for whoever waits; the worker, which hears it between two steps of its own, winds
    down beside. The next job waits for that in the worker, or goes to a fresh one where the old one had to be killed.
    """

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self._process: subprocess.Popen[str] | None = None
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Message | None] = queue.SimpleQueue()  # about words
        self._aligning: tuple[int, Path] | None = None  # its number, and its request's file
        self._folder: Path | None = None
        self._job: int | None = None
        self._order: Message = {}  # that of the job, as it was sent
        self._jobs = 0
        self._progress = contract.Progress("Starting the runtime", 0.0)
        self._is_cancelled = False
        self._killers: dict[int, threading.Timer] = {}  # by a cancelled job that the worker still computes
        self._killed: subprocess.Popen[str] | None = None  # the last worker that did not hear a cancel
        self._ready: Message | None = None
        atexit.register(self.close)

    @property
    def busy(self) -> bool:
        return self._job is not None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self.alive else None

    @property
    def log_path(self) -> Path:
        return self._private_folder() / "runtime.log"

    def warm_up(self, weights: Path | None = None, wav2vec2: Path | None = None) -> None:
        """Start the process and let it load everything, so that the next job begins at once. Does not wait.

        Raises ``RuntimeMissing`` and ``OutOfSpace``; what else goes wrong the next job says.
        """
        if not self.alive and not self.busy:
            self._spawn()
            self._send({"warm_up": True, **_folders(weights, wav2vec2)})

    def start_aligning(self, request: contract.Request) -> None:
        """Ask when the words of the first actor's captions are spoken; what was asked before is given up.

        Does not wait. Raises ``InvalidRequest``, ``RuntimeMissing`` and ``OutOfSpace``.
        """
        self.stop_aligning()
        contract.check_request(request)
        self._jobs += 1
        path = self._private_folder() / f"request_{self._jobs}.json"
        try:
            path.write_text(contract.request_to_json(request), "utf-8")
            if not self.alive:
                self._spawn()
        except OSError as error:
            raise _no_space(path.parent, error) from error
        self._aligning = self._jobs, path
        self._send({"align": self._jobs, "request": str(path)})

    def aligned(self) -> FoundWords | None:
        """Return the words that ``start_aligning`` asked for, None while they are looked for.

        Raises the runtime's named errors; ``Cancelled`` where a job went first, or nothing was asked for any more.
        """
        while self._aligning is not None:
            try:
                answer = self._answers.get_nowait()
            except queue.Empty:
                return None
            if answer is None:
                self.stop_aligning()
                raise WorkerDied(f"The runtime stopped while it looked for words. Log: {self.log_path}")
            if answer["align"] != self._aligning[0]:
                continue
            self._forget_alignment()
            if "error" in answer:
                raise self._named(answer["error"])
            words = tuple(tuple((text, start, end) for text, start, end in said) for said in answer["found"]["words"])
            return FoundWords(words, tuple(answer["found"]["warnings"]))
        raise errors.Cancelled("Cancelled.")

    def stop_aligning(self) -> None:
        """Give up what is looked for, without waiting."""
        if self._aligning is not None:
            if self.alive:
                self._send({"cancel": self._aligning[0]})
            self._forget_alignment()

    def _forget_alignment(self) -> None:
        if self._aligning is not None:
            self._aligning[1].unlink(missing_ok=True)
        self._aligning = None

    def start_job(self, request: contract.Request, weights: Path | None = None, wav2vec2: Path | None = None) -> None:
        """Start a job.

        Raises ``InvalidRequest`` before anything starts, ``RuntimeMissing`` and ``OutOfSpace``.
        """
        finished(self.start_job_in_steps(request, weights, wav2vec2))

    def start_job_in_steps(
        self, request: contract.Request, weights: Path | None = None, wav2vec2: Path | None = None
    ) -> Generator[None, None, None]:
        """Do the same in steps of some milliseconds; the last one starts it."""
        contract.check_request(request)
        yield
        text = yield from contract.request_to_json_in_steps(request)
        yield
        if self.busy:
            raise RuntimeFailed("The runtime is already generating; wait for it or cancel it.")
        self._jobs += 1
        folder = self._private_folder()
        request_path = folder / f"request_{self._jobs}.json"
        try:
            request_path.write_text(text, "utf-8")
            if not self.alive:
                self._spawn()
        except OSError as error:
            raise _no_space(folder, error) from error
        self._job, self._is_cancelled = self._jobs, False
        self._progress = contract.Progress("Starting the runtime", 0.0)
        self._order = {
            "job": self._job,
            "request": str(request_path),
            "out": str(folder / f"performance_{self._job}.npz"),
            **_folders(weights, wav2vec2),
        }
        self._send(self._order)

    def poll(self) -> contract.Progress | contract.Performance:
        """Return the progress or the finished performance.

        Raises the runtime's named errors, ``WorkerDied`` and ``Cancelled``.
        """
        if self._is_cancelled:
            self._is_cancelled = False
            raise errors.Cancelled("Cancelled.")
        while True:
            try:
                message = self._messages.get_nowait()
            except queue.Empty:
                break
            if message is None:
                self._died()
                continue
            if "ready" in message:
                self._ready = message
                self._check_contract(message)
            elif message.get("job") == self._job and "progress" in message:
                self._progress = contract.Progress(message["stage"], message["progress"])
            elif message.get("job") == self._job and "done" in message:
                return self._finished(Path(message["done"]))
            elif "done" in message:  # of a job that was cancelled as it ended
                Path(message["done"]).unlink(missing_ok=True)
            elif message.get("job") in (self._job, None) and "error" in message:
                self._failed(message["error"])
        return self._progress

    def run(
        self,
        request: contract.Request,
        progress: Callable[[contract.Progress], None] | None = None,
        weights: Path | None = None,
    ) -> contract.Performance:
        """Run a job and wait for it; a ``KeyboardInterrupt`` cancels it."""
        self.start_job(request, weights)
        try:
            while not isinstance(update := self.poll(), contract.Performance):
                if progress is not None:
                    progress(update)
                time.sleep(SECONDS_BETWEEN_POLLS)
        except BaseException:
            self.cancel()
            raise
        return update

    def cancel(self) -> None:
        """Give the running job up, without waiting: the next ``poll`` raises ``Cancelled``."""
        if self._job is None:
            return
        if self._process is not None:
            killer = threading.Timer(SECONDS_TO_CANCEL, self._kill, (self._process,))
            killer.daemon = True
            self._killers[self._job] = killer
            killer.start()
            self._send({"cancel": self._job})
        self._forget_job()
        self._is_cancelled = True

    def stop(self, gently: bool = True) -> None:
        """End the process to free its memory: close its pipe, then terminate, then kill."""
        self._forget_job()
        self._is_cancelled = False
        self._end_process(gently)

    def _end_process(self, gently: bool = True) -> None:
        process, self._process = self._process, None
        self._forget_alignment()
        self._messages, self._answers = queue.SimpleQueue(), queue.SimpleQueue()
        self._spare_worker(*list(self._killers))
        if process is None:
            return
        with contextlib.suppress(OSError, ValueError):
            if process.stdin is not None:
                process.stdin.close()
        for end in (None, process.terminate, process.kill):
            if end is not None:
                with contextlib.suppress(OSError):
                    end()
            elif not gently:
                continue
            try:
                process.wait(timeout=SECONDS_TO_CANCEL)
                return
            except subprocess.TimeoutExpired:
                continue

    def close(self) -> None:
        """End the process and remove the private folder."""
        self.stop()
        atexit.unregister(self.close)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _kill(self, process: subprocess.Popen[str]) -> None:
        """End a worker that did not hear a cancel, in a thread of its own."""
        self._killed = process
        process.kill()

    def _spare_worker(self, *jobs: int) -> None:
        """Kill no worker for cancelled jobs that are over."""
        for job in jobs:
            if (killer := self._killers.pop(job, None)) is not None:
                killer.cancel()

    def _spawn(self) -> None:
        self._end_process()
        self._ready = None
        with open(self.log_path, "ab") as log:
            try:
                self._process = subprocess.Popen(
                    [*runtime_command(self.interpreter), "worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=self._private_folder(),
                    env=_environment(),
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    bufsize=1,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError as error:
                raise RuntimeMissing(
                    f"'{self.interpreter.python}' cannot be started ({error.strerror}); "
                    "choose another Python in the add-on's preferences."
                ) from error
        messages = self._messages = queue.SimpleQueue()
        answers = self._answers = queue.SimpleQueue()
        assert self._process.stdout is not None
        threading.Thread(
            target=_read,
            args=(self._process.stdout, messages, answers, self._spare_worker),
            name="interact runtime",
            daemon=True,
        ).start()

    def _send(self, message: Message) -> None:
        assert self._process is not None and self._process.stdin is not None
        # A dead worker is reported by poll, with its exit code and log.
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()

    def _forget_job(self) -> None:
        if self._job is not None:
            Path(self._order["request"]).unlink(missing_ok=True)
        self._job = None

    def _finished(self, path: Path) -> contract.Performance:
        self._forget_job()
        try:
            return contract.Performance.load(path)
        finally:
            path.unlink(missing_ok=True)

    def _failed(self, error: dict[str, str]) -> None:
        self._forget_job()
        raise self._named(error)

    def _named(self, error: dict[str, str]) -> errors.InterActError:
        """Return an error that the runtime reported."""
        named = getattr(errors, error["name"], None)
        if isinstance(named, type) and issubclass(named, errors.InterActError):
            return named(error["message"])
        return RuntimeFailed(f"{error['message']} Log: {self.log_path}")

    def _died(self) -> None:
        ready, was_busy = self._ready, self.busy
        code = self._process.wait() if self._process is not None else None
        if was_busy and self._killed is self._process:  # for the job before
            self._spawn()
            self._send(self._order)
            return
        self.stop(gently=False)
        if not was_busy:
            return
        if ready is None:
            raise RuntimeMissing(
                f"The runtime does not start with '{self.interpreter.python}' ({_last_line(self.log_path)}); "
                f"install the runtime in the add-on's preferences. Log: {self.log_path}"
            )
        raise WorkerDied(
            f"The runtime stopped in the middle of the job (exit code {code}); generate again, and close other "
            f"programs if memory is short. Log: {self.log_path}"
        )

    def _check_contract(self, ready: Message) -> None:
        if ready.get("contract") != contract.CONTRACT_VERSION:
            self.stop()
            raise RuntimeMissing("The runtime is of another version than the add-on; install both again.")

    def _private_folder(self) -> Path:
        if self._folder is None or not self._folder.is_dir():
            try:
                self._folder = Path(tempfile.mkdtemp(prefix="interact-"))  # readable by the user alone
            except OSError as error:
                raise errors.OutOfSpace(
                    f"No temporary folder can be made ({error.strerror}); free some space."
                ) from error
        return self._folder


def runtime_root() -> Path:
    """Return the folder that holds ``model_runtime``: the extension's own in the package, else the repository."""
    return Path(contract.__file__).resolve().parents[2]


def runtime_command(interpreter: Interpreter) -> tuple[str, ...]:
    """Return the command ``python -m model_runtime``, from any folder, without Python's variables and user folders.

    With a folder of libraries, those of the interpreter itself (Blender's own numpy and others) are out of reach too.
    """
    places = [str(path) for path in (interpreter.libraries, runtime_root()) if path is not None]
    alone = ("-S",) if interpreter.libraries is not None else ()
    bootstrap = _BOOTSTRAP.format(count=len(places))
    return (str(interpreter.python), "-I", *alone, "-X", "utf8", "-c", bootstrap, *places)


def _folders(weights: Path | None, wav2vec2: Path | None) -> Message:
    """Return the part of a message that says which networks to use; None are the runtime's own."""
    return {"weights": str(weights) if weights else None, "wav2vec2": str(wav2vec2) if wav2vec2 else None}


def _environment() -> dict[str, str]:
    """Return environment variables with which no library of the runtime uses the network."""
    return {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


def _no_space(folder: Path, error: OSError) -> errors.OutOfSpace:
    return errors.OutOfSpace(f"The temporary folder '{folder}' cannot be written ({error.strerror}); free some space.")


def _read(
    stdout: IO[str],
    messages: queue.SimpleQueue[Message | None],
    answers: queue.SimpleQueue[Message | None],
    ended: Callable[[int], None],
) -> None:
    """Put the worker's messages in queues, in a thread; ``None`` marks the end of the process.

    ``answers``: those about words. ``ended`` is told of every job that is over.
    """
    with stdout:
        for line in stdout:
            with contextlib.suppress(ValueError):
                message = json.loads(line)
                (answers if "align" in message else messages).put(message)
                if "job" in message and ("done" in message or "error" in message):
                    ended(message["job"])
    messages.put(None)
    answers.put(None)


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text("utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "no message"
