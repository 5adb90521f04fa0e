"""What build.py does again and what it leaves as it is."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from model_runtime.datasets.locations import REPOSITORY


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build", REPOSITORY / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["build"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def runs(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that steps ran; each writes its result."""
    found: list[str] = []

    def call(command: tuple[str, ...], variables: dict[str, str] | None = None) -> None:
        found.append(command[1])
        Path(command[2]).write_text("made", "utf-8")

    monkeypatch.setattr(build, "_call", call)
    return found


def test_a_step_runs_again_only_if_a_source_its_options_or_its_result_changed(
    build: ModuleType, runs: list[str], tmp_path: Path
) -> None:
    source, result = tmp_path / "source.py", tmp_path / "result.txt"
    source.write_text("a = 1", "utf-8")

    def run(word: str = "first") -> bool:
        return build.Step("step", ("python", word, str(result)), [source], [result]).run(tmp_path) is None

    assert [run(), run(), run()] == [False, True, True]
    source.write_text("a = 2", "utf-8")
    assert [run(), run()] == [False, True]
    result.unlink()
    assert [run(), run()] == [False, True]
    assert [run("second"), run("second")] == [False, True]
    assert runs == ["first", "first", "first", "second"]


def test_a_step_that_failed_runs_again(build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = tmp_path / "result.txt"
    step = build.Step("step", ("python", "word", str(result)), [], [result])
    monkeypatch.setattr(build, "_call", lambda *_: None)
    for _ in range(2):
        with pytest.raises(build.BuildFailed, match=r"left no result\.txt"):
            step.run(tmp_path)


def imported_names(build: ModuleType, *modules: str) -> set[str]:
    return {path.relative_to(REPOSITORY).as_posix() for path in build._imported(*modules)}


def test_pictures_and_studies_are_no_sources_of_a_performance(build: ModuleType) -> None:
    modules = ("interact_addon/demo/scene.py", "interact_addon/worker_client/generation.py")
    sources = imported_names(build, *modules, "model_runtime/commands/worker.py")
    assert {"interact_addon/rig/keying.py", "interact_addon/demo/head.py", "model_runtime/generate.py"} <= sources
    assert not sources & {"interact_addon/demo/preview.py", "interact_addon/demo/film.py", "interact_addon/panels.py"}
    assert not [name for name in sources if name.startswith(("model_runtime/studies", "model_runtime/metrics"))]


def test_the_demo_runs_four_steps_and_then_none(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = {
        "performance": ["demo.blend", "request.json", "performance.npz"],
        "fbx": ["demo.fbx"],
        "preview": ["preview.png", "preview.mp4"],
        "report": ["report.json", "report.html"],
    }
    ran: list[str] = []

    def call(command: tuple[str, ...], variables: dict[str, str] | None = None) -> None:
        name = next(name for name in made if name in command)
        ran.append(name)
        for file in made[name]:
            (tmp_path / file).write_text(name, "utf-8")

    monkeypatch.setattr(build, "_call", call)
    monkeypatch.setattr(build, "environment", lambda: Path(sys.executable))
    options = build._parser().parse_args(["demo", "--out", str(tmp_path)])
    options.run(options, [])
    assert ran == list(made)
    options.run(options, [])
    assert ran == list(made)
    assert capsys.readouterr().out.count("[cached]") == 4
    (tmp_path / "demo.blend").write_bytes(os.urandom(8))
    options.run(options, [])
    assert ran == [*made, "fbx", "preview"]


def test_networks_are_trained_by_their_names_in_the_one_command_line(build: ModuleType) -> None:
    from model_runtime.__main__ import COMMANDS

    group = COMMANDS["train"]
    assert set(build.TRAINERS.values()) <= set(group.commands)  # type: ignore[union-attr]
    assert build.TRAINERS["audio"] == "speech-encoder"
