"""The process that Blender talks to: JSON lines in on stdin, JSON lines out on stdout, arrays in files.

In:  ``{"job": 1, "request": "r.json", "out": "r.npz", "weights": null}``, ``{"cancel": 1}``, ``{"quit": true}``,
     ``{"warm_up": true, "weights": null}``: load all that the first job needs; there is no answer, and a job that
     comes meanwhile is begun as soon as libraries and networks are loaded;
     ``{"align": 2, "request": "r.json"}``: find the words of the first actor's captions in the voice; a job that comes
     meanwhile goes first, and the answer is the error ``Cancelled``
Out: ``{"ready": true, …}`` once, then per job ``{"job": 1, "progress": 0.3, "stage": "…"}`` any number of times and one
of ``{"job": 1, "done": "r.npz", "report": {…}}`` and ``{"job": 1, "error": {"name": "…", "message": "…"}}``.

Jobs run one after the other in a thread, so a cancel is heard while one works. The end of stdin is the end of the
process: when Blender goes, by whatever way, so does the worker.
"""

from __future__ import annotations

import errno
import json
import math
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

from . import __version__
from .body_model.skeleton import AVERAGE_SKELETON
from .contract import CONTRACT_VERSION, Actor, Performance, Progress, ProgressCallback, Request, request_from_json
from .errors import Cancelled, InterActError, InvalidRequest, OutOfSpace

Message = dict[str, Any]
Send = Callable[[Message], None]
SECONDS_BETWEEN_PROGRESS = 0.05


def main() -> int:
    """Serve until stdin ends. The real stdout carries the protocol; everything else that is printed goes to stderr."""
    protocol = _take_over_stdout()
    lock = threading.Lock()

    def send(message: Message) -> None:
        line = json.dumps(message, ensure_ascii=True)
        with lock:
            protocol.write(line + "\n")
            protocol.flush()

    serve(sys.stdin, send)
    # A job may still be inside torch; Python's own way out would wait for it.
    sys.stderr.flush()
    os._exit(0)


def serve(lines: Iterable[str], send: Send) -> None:
    """Answer ``lines`` through ``send`` until they end or say quit."""
    jobs = _Jobs(send)
    send({"ready": True, "version": __version__, "contract": CONTRACT_VERSION, "pid": os.getpid()})
    for line in lines:
        if not line.strip():
            continue
        try:
            message = json.loads(line)
            if not isinstance(message, dict):
                raise ValueError("not an object")
        except ValueError as error:
            send(
                {
                    "error": {
                        "name": "InvalidRequest",
                        "message": f"A line to the runtime is not a JSON object ({error}).",
                    }
                }
            )
            continue
        if "quit" in message:
            break
        if "cancel" in message:
            jobs.cancel(message["cancel"])
        elif "job" in message or "align" in message or "warm_up" in message:
            jobs.add(message)
        else:
            send(
                {
                    "error": {
                        "name": "InvalidRequest",
                        "message": "A line to the runtime says neither job, align, cancel nor quit.",
                    }
                }
            )


class _Jobs:
    """Jobs wait in line; one works at a time, since two would only share the same cores and memory."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._cancelled: set[Any] = set()
        self._is_warm = False
        threading.Thread(target=self._work, name="jobs", daemon=True).start()

    def add(self, message: Message) -> None:
        self._waiting.put(message)

    def cancel(self, job: Any) -> None:
        self._cancelled.add(job)

    def _work(self) -> None:
        while True:
            message = self._waiting.get()
            if "warm_up" in message:
                self._is_warm = self._is_warm or warm_up(message, self._make_way)
                if not self._is_warm:  # words were asked for, or a job, which makes it warm
                    self._waiting.put(message)
                continue
            if "align" in message:
                self._align(message)
                continue
            job = message["job"]
            try:
                performance = run_job(message, self._progress_of(job))
                self._is_warm = True
                self._send({"job": job, "done": message["out"], "report": performance.report})
            except BaseException as error:  # the one door through which every failure leaves, by name
                self._send({"job": job, "error": describe(error)})
            self._cancelled.discard(job)

    def _make_way(self, _: Progress | None = None) -> None:
        """Stop a warm-up for a job: it needs the same things, and no second of silence."""
        if not self._waiting.empty():
            raise Cancelled("A job is waiting.")

    def _align(self, message: Message) -> None:
        """Answer which words are spoken when, unless somebody asks for something else meanwhile."""
        number = message["align"]

        def check() -> None:
            self._make_way()
            if number in self._cancelled:
                raise Cancelled("Cancelled.")

        try:
            check()
            self._send({"align": number, "found": find_words_of(message, check)})
        except BaseException as error:  # as of a job
            self._send({"align": number, "error": describe(error)})
        self._cancelled.discard(number)

    def _progress_of(self, job: Any) -> ProgressCallback:
        last_stage, last_time = "", 0.0

        def progress(update: Progress) -> None:
            nonlocal last_stage, last_time
            if job in self._cancelled:
                raise Cancelled("Cancelled.")
            now = time.monotonic()
            if update.stage != last_stage or now - last_time >= SECONDS_BETWEEN_PROGRESS:
                last_stage, last_time = update.stage, now
                self._send({"job": job, "progress": round(update.fraction, 4), "stage": update.stage})

        return progress


def run_job(message: Message, progress: ProgressCallback) -> Performance:
    """Read the request, generate, write the performance; raises named errors."""
    out = Path(message["out"])
    progress(Progress("Starting the runtime", 0.0))
    request = read_request(Path(message["request"]))
    if not out.parent.is_dir():
        raise OutOfSpace(f"There is no folder '{out.parent}' for the result; choose another.")
    performance = run_model(request, progress, message.get("weights"), message.get("wav2vec2"))
    performance.report["worker_memory_mb"] = peak_memory_mb()
    performance.report["worker_processor_seconds"] = round(time.process_time(), 3)  # since the process began
    try:
        performance.save(out)
    except OSError as error:
        raise OutOfSpace(
            f"The result cannot be written to '{out.parent}' ({error.strerror or error}); "
            "free some space or choose another folder."
        ) from error
    return performance


def read_request(path: Path) -> Request:
    """Read a request from its file. Raises ``InvalidRequest``."""
    try:
        return request_from_json(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The request '{path}' cannot be read ({error}); generate again.") from error


def find_words_of(message: Message, check: Callable[[], None]) -> Message:
    """Find the words of the captions in a request's file. Raises named errors; ``check`` may raise ``Cancelled``."""
    request = read_request(Path(message["request"]))
    quiet_threads()
    from .speech.transcript.find_words import find_words

    return find_words(request, check)


def warm_up(message: Message, progress: ProgressCallback = lambda _: None) -> bool:
    """Perform a silent second: libraries, networks and compiled functions are in memory then. Never raises.

    The next job says what is wrong, if anything is. ``progress`` may raise ``Cancelled`` to stop; False is returned
    then.
    """
    first, second = Actor("A", AVERAGE_SKELETON), Actor("B", AVERAGE_SKELETON, position=(0.0, -1.2), heading=math.pi)
    request = Request(duration=1.0, actors=(first, second), quality="draft")
    try:
        run_model(request, progress, message.get("weights"), message.get("wav2vec2"))
    except Cancelled:
        return False
    except BaseException:
        traceback.print_exc(file=sys.stderr)
    return True


def run_model(
    request: Request, progress: ProgressCallback, weights: str | None = None, wav2vec2: str | None = None
) -> Performance:
    """Call the model, or the solver for a request to resolve. Torch is imported here and not before, so that the
    process answers at once.
    """
    quiet_threads()
    import torch

    if request.resolve is not None:
        from .resolve import resolve

        return resolve(request, progress)
    from .common.checkpoints import WEIGHTS
    from .generate import generate

    # A draft leaves the other cores to Blender: a second thread saves 0.1 s of a second where its core is idle, and
    # makes it many times longer where Blender draws on it, since threads wait for each other in every small step.
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1 if request.quality == "draft" else physical_cores())
    folder = Path(weights) if weights else WEIGHTS
    return generate(request, progress, folder, wav2vec2=Path(wav2vec2) if wav2vec2 else None)


def quiet_threads() -> None:
    """Let torch's threads wait without taking a core, before it is imported.

    Read when torch's OpenMP (GNU's, or Intel's and LLVM's) loads. Threads that spin for long while they wait slow a
    busy machine down, and threads that sleep at once take twice the time, busy machine or not: these networks have
    many small steps. Some 50 us, or 1 ms, are short.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    os.environ.setdefault("KMP_BLOCKTIME", "1")


def describe(error: BaseException) -> dict[str, str]:
    """Name and one sentence for the person who pressed the button; what a programmer needs goes to stderr."""
    if isinstance(error, InterActError):
        return {"name": type(error).__name__, "message": str(error)}
    traceback.print_exception(error, file=sys.stderr)
    sys.stderr.flush()
    if isinstance(error, MemoryError) or "not enough memory" in str(error) or "out of memory" in str(error):
        return {
            "name": "OutOfMemory",
            "message": "The runtime ran out of memory; shorten the shot or close other programs.",
        }
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return {"name": "OutOfSpace", "message": f"The disk is full ({error}); free some space and generate again."}
    if isinstance(error, ImportError):
        return {
            "name": "RuntimeIncomplete",
            "message": f"The runtime's Python environment is incomplete ({error}); install the runtime again.",
        }
    what = f"{type(error).__name__}: {error}"
    return {
        "name": "RuntimeFailed",
        "message": f"The runtime failed ({what}); this is a bug, please report it with the log.",
    }


def physical_cores() -> int:
    """Cores without hyper-threads that this process may use: two threads on one core only slow matrix products down."""
    logical = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        blocks = Path("/proc/cpuinfo").read_text().split("\n\n")
    except OSError:
        return logical if sys.platform == "darwin" or logical <= 2 else logical // 2
    fields = [
        dict(part.split(":", 1) for part in block.replace("\t", "").splitlines() if ":" in part) for block in blocks
    ]
    cores = {(f["physical id"], f["core id"]) for f in fields if "core id" in f and "physical id" in f}
    return min(logical, len(cores)) if cores else logical


def peak_memory_mb() -> float | None:
    """The most memory this process ever held, in MiB; None where the platform does not tell (Windows)."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def _take_over_stdout() -> TextIO:
    """A private copy of stdout; descriptor 1 itself then leads to stderr, so that no library's print breaks a line."""
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    sys.stdout.flush()
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return protocol
