"""The add-on's worker process: started, kept running, cancelled, killed, replaced. A real process in each test."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from interact_addon.runtime_api import contract, errors, skeleton
from interact_addon.worker_client.interpreters import find_runtime
from interact_addon.worker_client.process import (
    SECONDS_TO_CANCEL,
    Interpreter,
    RuntimeMissing,
    RuntimeProcess,
    WorkerDied,
    runtime_command,
)


def a_request(duration: float = 1.0) -> contract.Request:
    first = contract.Actor("Änne", skeleton.AVERAGE_SKELETON)
    second = contract.Actor("Ben", skeleton.AVERAGE_SKELETON, position=(0.0, -1.2), heading=3.1416)
    return contract.Request(duration=duration, actors=(first, second), quality="draft")


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RuntimeProcess]:
    """Its private folder lies where spaces and letters outside ASCII are in the path."""
    folder = tmp_path / "Temporäre Dateien 一時"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    process = RuntimeProcess(find_runtime("", None))
    yield process
    process.close()


def wait_until_working(runtime: RuntimeProcess) -> None:
    while (update := runtime.poll()).fraction < 0.1:  # type: ignore[union-attr]
        assert isinstance(update, contract.Progress)
        time.sleep(0.05)


def test_the_worker_stays_warm_between_jobs_and_its_folder_is_private(runtime: RuntimeProcess) -> None:
    stages: set[str] = set()
    first = runtime.run(a_request(), lambda update: stages.add(update.stage))
    pid, folder = runtime.pid, runtime.log_path.parent
    second = runtime.run(a_request())
    assert first.frames == second.frames == a_request().frames and stages
    assert runtime.pid == pid
    if os.name == "posix":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    runtime.close()
    assert not folder.exists() and runtime.pid is None


def test_a_worker_that_was_warmed_up_does_the_job_and_its_folder_does_not_grow(runtime: RuntimeProcess) -> None:
    runtime.warm_up()
    pid = runtime.pid
    runtime.warm_up()  # nothing happens again
    assert not runtime.busy and pid is not None
    runtime.run(a_request())
    assert runtime.pid == pid and [path.name for path in runtime.log_path.parent.iterdir()] == ["runtime.log"]


def test_a_killed_worker_is_one_sentence_with_the_log_and_the_next_job_runs(runtime: RuntimeProcess) -> None:
    runtime.start_job(a_request(60.0))
    wait_until_working(runtime)
    assert runtime._process is not None
    runtime._process.kill()
    with pytest.raises(WorkerDied, match="generate again") as failure:
        while True:
            runtime.poll()
    assert str(runtime.log_path) in str(failure.value) and not runtime.busy
    assert runtime.run(a_request()).frames == a_request().frames


def test_cancel_stops_a_job_before_it_is_done(runtime: RuntimeProcess) -> None:
    runtime.start_job(a_request(60.0))
    wait_until_working(runtime)
    runtime.cancel()
    with pytest.raises(errors.Cancelled):
        while True:
            assert isinstance(runtime.poll(), contract.Progress)
            time.sleep(0.02)
    assert not runtime.busy


def test_a_cancelled_job_is_over_at_once_and_the_next_one_goes_to_the_same_worker(runtime: RuntimeProcess) -> None:
    """Where the worker hears the cancel between two of its steps; nothing is left of the job that was given up."""
    runtime.run(a_request())  # everything is loaded
    pid = runtime.pid
    runtime.start_job(a_request(60.0))
    runtime.cancel()
    assert not runtime.busy
    with pytest.raises(errors.Cancelled):
        runtime.poll()
    assert runtime.run(a_request()).frames == a_request().frames and runtime.pid == pid
    assert not runtime._killers and [path.name for path in runtime.log_path.parent.iterdir()] == ["runtime.log"]


_DEAF = """
import json, sys, time
print(json.dumps({"ready": True, "contract": 1}), flush=True)
if json.loads(sys.stdin.readline())["job"] == 1:
    time.sleep(600)
print(json.dumps({"job": 2, "progress": 0.5, "stage": "Of the second worker"}), flush=True)
time.sleep(600)
"""


def test_a_worker_that_does_not_hear_a_cancel_is_killed_and_the_job_after_it_goes_to_a_fresh_one(
    runtime: RuntimeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = (sys.executable, "-c", _DEAF)
    monkeypatch.setattr("interact_addon.worker_client.process.runtime_command", lambda interpreter: deaf)
    runtime.start_job(a_request())
    while runtime._ready is None:
        runtime.poll()
        time.sleep(0.02)
    process = runtime._process
    assert process is not None
    asked = time.monotonic()
    runtime.cancel()
    with pytest.raises(errors.Cancelled):
        runtime.poll()
    runtime.start_job(a_request())  # while the first worker still computes the first job
    while (update := runtime.poll()).stage != "Of the second worker":  # type: ignore[union-attr]
        assert isinstance(update, contract.Progress)
        time.sleep(0.02)
    assert time.monotonic() - asked >= SECONDS_TO_CANCEL == 2.0
    assert process.poll() is not None and runtime.busy and runtime._process is not process


def test_a_python_without_the_libraries_is_named_with_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = (sys.executable, "-I", "-S", "-c", "import numpy")
    monkeypatch.setattr("interact_addon.worker_client.process.runtime_command", lambda interpreter: bare)
    runtime = RuntimeProcess(Interpreter(Path(sys.executable)))
    with pytest.raises(RuntimeMissing, match=r"No module named 'numpy'.*install the runtime"):
        runtime.run(a_request())
    runtime.close()


def test_a_program_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    not_a_program = tmp_path / "python"
    not_a_program.write_text("hello")
    runtime = RuntimeProcess(Interpreter(not_a_program))
    with pytest.raises(RuntimeMissing, match="cannot be started"):
        runtime.run(a_request())
    runtime.close()


def test_an_invalid_request_starts_nothing(runtime: RuntimeProcess) -> None:
    with pytest.raises(errors.InvalidRequest):
        runtime.run(a_request(3600.0))
    assert runtime.pid is None and not runtime.busy


def test_a_worker_with_a_folder_of_libraries_sees_these_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the interpreter's own libraries nor those that variables lead to."""
    elsewhere, libraries = tmp_path / "elsewhere", tmp_path / "libraries"
    for folder in (elsewhere, libraries):
        folder.mkdir()
    (elsewhere / "numpy.py").write_text("raise SystemExit('numpy from PYTHONPATH')")
    monkeypatch.setenv("PYTHONPATH", str(elsewhere))
    monkeypatch.setenv("PYTHONHOME", str(elsewhere))
    command = [*runtime_command(Interpreter(Path(sys.executable), libraries)), "--help"]
    assert "No module named 'numpy'" in subprocess.run(command, capture_output=True, text=True).stderr
    (libraries / "numpy.py").write_text("raise SystemExit('numpy from the folder')")
    assert "numpy from the folder" in subprocess.run(command, capture_output=True, text=True).stderr
