"""The one command line: every command is listed, starts, and ends with an exit code that says how."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_runtime import __main__ as command_line
from model_runtime.__main__ import COMMANDS, Command, Group, main
from model_runtime.errors import InterActError


def every_command() -> Iterator[tuple[str, ...]]:
    for name, entry in COMMANDS.items():
        if isinstance(entry, Group):
            yield from ((name, below) for below in entry.commands)
        else:
            yield (name,)


def exit_code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--help") == 0
    listed = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    for entry in COMMANDS.values():
        assert entry.help.split() in [words[1:] for words in listed]
        if isinstance(entry, Group):
            for name, below in entry.commands.items():
                assert [name, *below.help.split()] in listed


@pytest.mark.parametrize("group", [name for name, entry in COMMANDS.items() if isinstance(entry, Group)])
def test_help_of_a_group_lists_its_commands(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(group, "--help") == 0
    listed = capsys.readouterr().out
    entry = COMMANDS[group]
    assert isinstance(entry, Group) and all(f"\n  {name} " in listed for name in entry.commands)


@pytest.mark.parametrize("names", list(every_command()), ids=" ".join)
def test_every_command_explains_itself(names: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(*names, "--help") == 0
    assert f"python -m model_runtime {' '.join(names)}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [(), ("nothing",), ("evaluate",), ("evaluate", "nothing"), ("generate",), ("bench", "--nothing")]
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert exit_code(*arguments) == 2


class Failing:
    """A command that raises ``error``."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take no arguments."""

    def run(self, options: argparse.Namespace) -> None:
        raise self.error


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setitem(COMMANDS, "fails", Command("nowhere", "fails"))
    monkeypatch.setattr(command_line, "import_module", lambda *names: Failing(error))
    return main(["fails"])


def test_an_error_exits_with_1_and_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fail_with(InterActError("There are no scenes; compose some first."), monkeypatch) == 1
    assert capsys.readouterr().err.strip() == "error: There are no scenes; compose some first."


def test_a_file_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "request.json"
    assert fail_with(FileNotFoundError(2, "No such file or directory", str(missing)), monkeypatch) == 1
    assert f"error: '{missing}' cannot be read or written" in capsys.readouterr().err


def test_an_interrupted_command_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fail_with(KeyboardInterrupt(), monkeypatch) == 130
