"""The worker process through its pipe, as Blender and other front ends use it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_runtime import worker
from model_runtime.body_model.skeleton import AVERAGE_SKELETON
from model_runtime.contract import (
    CONTRACT_VERSION,
    ActionSpan,
    Actor,
    Caption,
    Performance,
    Progress,
    Request,
    SpeechClip,
    request_to_json,
)
from model_runtime.errors import Cancelled, CheckpointMissing, OutOfSpace

REPOSITORY = Path(__file__).resolve().parents[2]
ASSETS = REPOSITORY / "interact_addon" / "assets"


def a_request(duration: float = 1.0, **changes: Any) -> Request:
    first = Actor("Ann", AVERAGE_SKELETON, **changes)
    second = Actor("Ben", AVERAGE_SKELETON, position=(0.0, -1.2), heading=3.1416)
    return Request(duration=duration, actors=(first, second), quality="draft")


class Conversation:
    """A worker in a process of its own."""

    def __init__(self, log: Path, *arguments: str) -> None:
        with open(log, "wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, *(arguments or ("-m", "model_runtime", "worker"))],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                encoding="utf-8",
                bufsize=1,
            )

    def say(self, message: dict[str, Any] | str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write((message if isinstance(message, str) else json.dumps(message)) + "\n")

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the worker is silent"
        return json.loads(line)

    def hear_result(self) -> dict[str, Any]:
        while "progress" in (message := self.hear()):
            pass
        return message


@pytest.fixture
def conversation(tmp_path: Path) -> Iterator[Conversation]:
    talk = Conversation(tmp_path / "worker.log")
    yield talk
    talk.process.kill()
    talk.process.wait()


def test_it_says_ready_with_its_versions_first(conversation: Conversation) -> None:
    ready = conversation.hear()
    assert ready["ready"] is True and ready["contract"] == CONTRACT_VERSION


def test_it_ends_when_the_pipe_closes(conversation: Conversation) -> None:
    conversation.hear()
    assert conversation.process.stdin is not None
    conversation.process.stdin.close()
    assert conversation.process.wait(timeout=10) == 0


def test_it_ends_when_told_to_quit(conversation: Conversation) -> None:
    conversation.hear()
    conversation.say({"quit": True})
    assert conversation.process.wait(timeout=10) == 0


def test_a_bad_line_gets_an_answer_and_the_worker_lives_on(conversation: Conversation, tmp_path: Path) -> None:
    conversation.hear()
    conversation.say("this is not JSON")
    assert conversation.hear()["error"]["name"] == "InvalidRequest"
    conversation.say("[1, 2]")
    assert conversation.hear()["error"]["name"] == "InvalidRequest"
    conversation.say({"job": 1, "request": str(tmp_path / "none.json"), "out": str(tmp_path / "o.npz")})
    answer = conversation.hear_result()
    assert answer["job"] == 1 and answer["error"]["name"] == "InvalidRequest"
    assert "none.json" in answer["error"]["message"]


def test_an_invalid_request_is_named_and_says_which_labels_there_are(
    conversation: Conversation, tmp_path: Path
) -> None:
    request = tmp_path / "r.json"
    request.write_text(request_to_json(a_request(actions=(ActionSpan("dance", 0.0, 1.0),))), "utf-8")
    conversation.hear()
    conversation.say({"job": "x", "request": str(request), "out": str(tmp_path / "o.npz")})
    error = conversation.hear_result()["error"]
    assert error["name"] == "InvalidRequest"
    assert "sit, walk, stand" in error["message"] and error["message"].count("\n") == 0


def test_a_request_becomes_a_performance_with_progress_in_words(conversation: Conversation, tmp_path: Path) -> None:
    folder = tmp_path / "ein Ordner mit Ümläuten 動き"
    folder.mkdir()
    request, out = folder / "r.json", folder / "o.npz"
    request.write_text(request_to_json(a_request()), "utf-8")
    conversation.hear()
    conversation.say({"job": 7, "request": str(request), "out": str(out)})
    progress = []
    while "progress" in (message := conversation.hear()):
        progress.append(message)
    assert message.get("done") == str(out), message
    assert all(update["stage"] and 0.0 <= update["progress"] <= 1.0 for update in progress)
    performance = Performance.load(out)
    assert performance.frames == a_request().frames and [actor.name for actor in performance.actors] == ["Ann", "Ben"]


def test_a_cancelled_job_stops_at_its_next_step_and_the_next_one_runs(
    conversation: Conversation, tmp_path: Path
) -> None:
    long, short = tmp_path / "long.json", tmp_path / "short.json"
    long.write_text(request_to_json(a_request(60.0)), "utf-8")
    short.write_text(request_to_json(a_request()), "utf-8")
    conversation.hear()
    conversation.say({"job": 1, "request": str(long), "out": str(tmp_path / "1.npz")})
    while (message := conversation.hear()).get("progress", 0.0) < 0.1:
        assert "progress" in message, message
    conversation.say({"cancel": 1})
    steps = 0
    while "progress" in (message := conversation.hear()):
        steps += 1
    assert message["error"]["name"] == "Cancelled"
    assert steps <= 3, "those under way when it was asked"
    conversation.say({"job": 2, "request": str(short), "out": str(tmp_path / "2.npz")})
    assert conversation.hear_result().get("done")
    assert not (tmp_path / "1.npz").exists()


def test_words_are_found_between_jobs_and_a_job_goes_before_them(conversation: Conversation, tmp_path: Path) -> None:
    clip = SpeechClip(str(ASSETS / "demo_a.ogg"), 0.0, 8.0)
    said = a_request(8.0, speech=(clip,), captions=(Caption("Okay, from the top.", 0.4, 2.0),))
    words, job = tmp_path / "words.json", tmp_path / "job.json"
    words.write_text(request_to_json(said), "utf-8")
    job.write_text(request_to_json(a_request()), "utf-8")
    conversation.hear()
    conversation.say({"align": 1, "request": str(words)})
    conversation.say({"job": 2, "request": str(job), "out": str(tmp_path / "o.npz")})
    assert conversation.hear() == {"align": 1, "error": {"name": "Cancelled", "message": "A job is waiting."}}
    assert conversation.hear_result()["job"] == 2
    conversation.say({"align": 3, "request": str(words)})
    answer = conversation.hear()
    assert answer["align"] == 3
    assert [text for text, _, _ in answer["found"]["words"][0]] == ["Okay,", "from", "the", "top."]
    assert abs(answer["found"]["words"][0][0][1] - 0.5) < 0.1


def test_missing_weights_are_named(tmp_path: Path) -> None:
    request = tmp_path / "r.json"
    request.write_text(request_to_json(a_request()), "utf-8")
    with pytest.raises(CheckpointMissing):
        worker.run_job(
            {"request": str(request), "out": str(tmp_path / "o.npz"), "weights": str(tmp_path)}, lambda _: None
        )


def test_a_result_without_a_folder_is_named_before_anything_is_computed(tmp_path: Path) -> None:
    request = tmp_path / "r.json"
    request.write_text(request_to_json(a_request()), "utf-8")
    with pytest.raises(OutOfSpace, match="no such place"):
        worker.run_job({"request": str(request), "out": str(tmp_path / "no such place" / "o.npz")}, lambda _: None)


def test_print_inside_a_job_never_reaches_the_protocol(tmp_path: Path) -> None:
    script = (
        "import os\nfrom model_runtime import worker\n"
        "def noisy(message, progress):\n    print('noise'); os.write(1, b'raw noise\\n'); raise MemoryError\n"
        "worker.run_job = noisy\nworker.main()\n"
    )
    talk = Conversation(tmp_path / "log", "-c", script)
    assert talk.hear()["ready"]
    talk.say({"job": 1})
    assert talk.hear()["error"]["name"] == "OutOfMemory"
    talk.say({"quit": True})
    talk.process.wait(timeout=10)
    assert "raw noise" in (tmp_path / "log").read_text()


def test_jobs_wait_in_line_and_a_waiting_one_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    running, release = threading.Event(), threading.Event()

    def slow(message: dict[str, Any], progress: Any) -> Performance:
        progress(Progress("Working", 0.5))
        running.set()
        release.wait(10)
        raise Cancelled("Cancelled.")

    monkeypatch.setattr(worker, "run_job", slow)
    sent: list[dict[str, Any]] = []

    def lines() -> Iterator[str]:
        yield '{"job": 1}'
        yield '{"job": 2}'
        running.wait(10)
        yield '{"cancel": 2}'
        release.set()
        for _ in range(100):
            if any(message.get("job") == 2 and "error" in message for message in sent):
                return
            time.sleep(0.05)

    worker.serve(lines(), sent.append)
    second = [message for message in sent if message.get("job") == 2]
    assert [message["error"]["name"] for message in second] == ["Cancelled"]


def test_a_warm_up_performs_a_silent_second_and_a_failing_one_leaves_the_worker_alive(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    performed: list[tuple[Request, str | None]] = []

    def broken(request: Request, progress: Any, weights: str | None, wav2vec2: str | None) -> Performance:
        performed.append((request, weights))
        raise CheckpointMissing("There are no weights.")

    monkeypatch.setattr(worker, "run_model", broken)
    sent: list[dict[str, Any]] = []

    def lines() -> Iterator[str]:
        yield '{"warm_up": true, "weights": "here"}'
        yield '{"job": 1, "request": "none.json", "out": "o.npz"}'
        for _ in range(100):
            if any(message.get("job") == 1 and "error" in message for message in sent):
                return
            time.sleep(0.05)

    worker.serve(lines(), sent.append)
    (request, weights), *_ = performed
    assert request.duration == 1.0 and request.quality == "draft" and weights == "here"
    assert [message["error"]["name"] for message in sent if "error" in message] == ["InvalidRequest"]
    assert "There are no weights." in capsys.readouterr().err


def test_a_warm_up_makes_way_for_a_job_as_soon_as_one_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    sent: list[dict[str, Any]] = []

    def slow(request: Request, progress: Any, weights: str | None, wav2vec2: str | None) -> Performance:
        for number in range(1000):
            asked.append("warm-up")
            progress(Progress("Working", number / 1000))
            time.sleep(0.01)
        raise AssertionError("nobody stopped the warm-up")

    def lines() -> Iterator[str]:
        yield '{"warm_up": true}'
        while len(asked) < 3:
            time.sleep(0.01)
        yield '{"job": 1, "request": "none.json", "out": "o.npz"}'
        while not any(message.get("job") == 1 and "error" in message for message in sent):
            time.sleep(0.01)

    monkeypatch.setattr(worker, "run_model", slow)
    worker.serve(lines(), sent.append)
    assert 3 <= len(asked) < 1000
    assert [message["error"]["name"] for message in sent if "error" in message] == ["InvalidRequest"]


@pytest.mark.parametrize(("quality", "threads"), [("draft", 1), ("final", worker.physical_cores())])
def test_a_draft_leaves_cores_to_blender(monkeypatch: pytest.MonkeyPatch, quality: str, threads: int) -> None:
    import torch

    used: list[int] = []
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("model_runtime.generate.generate", lambda *_, **__: used.append(torch.get_num_threads()))
    before = torch.get_num_threads()
    worker.run_model(replace(a_request(), quality=quality), lambda _: None)
    torch.set_num_threads(before)
    assert used == [threads]


def test_a_draft_loads_neither_the_compiler_of_torch_nor_the_large_parts_of_scipy() -> None:
    """Their imports take longer than all others together, and nothing here needs them."""
    unwanted = {"torch._dynamo", "diffusers", "transformers", "scipy.signal", "scipy.stats", "scipy.interpolate"}
    script = (
        "import sys\nfrom model_runtime import worker\nworker.warm_up({})\n"
        f"print(*{unwanted} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr.strip() == ""
