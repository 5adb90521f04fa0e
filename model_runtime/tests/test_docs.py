"""The pages say what is there: their links, the paths they name and the commands they show."""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

from model_runtime.__main__ import COMMANDS, Command, Group
from model_runtime.datasets.locations import REPOSITORY
from model_runtime.tests.test_architecture import ADDON_EDGES, RUNTIME_EDGES

PAGES = sorted(
    [
        *(REPOSITORY / "docs").rglob("*.md"),
        *(path for path in REPOSITORY.glob("*.md") if path.name != "CHANGELOG.md"),
        REPOSITORY / "interact_addon" / "assets" / "README.md",
    ]
)
# Folders that a path in backticks may start with; what commands write (corpus/, out/, dist/) is not in the repository.
ROOTS = ("interact_addon", "model_runtime", "blender_tests", "docs", ".ci", ".github")
# Files and folders of the runtime are also named without its own name in front.
ROOMS = tuple(path.name for path in (REPOSITORY / "model_runtime").iterdir() if path.is_dir())


def named(page: Path) -> str:
    return page.relative_to(REPOSITORY).as_posix()


def backticked(page: Path) -> list[str]:
    """Return what stands between single backticks, code blocks left out."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    return re.findall(r"`([^`\n]+)`", text)


def commands(page: Path, program: str) -> list[list[str]]:
    """Return the words after ``program`` wherever a page names it, comments and a closing backtick left out."""
    found = []
    for line in page.read_text("utf-8").splitlines():
        for rest in line.split(program)[1:]:
            found.append(re.split(r"`|#|\s&&|\|", rest)[0].split())
    return found


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    files = [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:", link)]
    assert not [file for file in files if file and not (page.parent / file).exists()]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_anchor_is_a_heading_of_its_page(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]*#[^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file if file else page).read_text("utf-8")
        titles = re.findall(r"^#+ (.+)$", target, flags=re.M)
        assert anchor in [re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles], link


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_path_between_backticks_exists(page: Path) -> None:
    missing = []
    for word in backticked(page):
        path = word.partition("::")[0]
        top = path.partition("/")[0]
        if "/" not in path or re.search(r"[\s<>*…{}$]|\.\.", path) or top not in (*ROOTS, *ROOMS):
            continue
        roots = [REPOSITORY] if top in ROOTS else [REPOSITORY / "model_runtime", REPOSITORY]
        if top == "corpus" and not path.endswith((".py", "/")):
            continue  # what composing writes into the folder 'corpus'
        if not any((root / path).exists() for root in roots):
            missing.append(word)
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_name_after_two_colons_is_defined_in_its_file(page: Path) -> None:
    for word in backticked(page):
        path, _, name = word.partition("::")
        if name:
            folder = REPOSITORY if path.partition("/")[0] in ROOTS else REPOSITORY / "model_runtime"
            defined = rf"^\s*(def|class) {re.escape(name)}\b|^{re.escape(name)}\b.*="
            assert re.search(defined, (folder / path).read_text("utf-8"), re.MULTILINE), word


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_of_the_runtime_exists_and_takes_its_options(page: Path) -> None:
    for words in commands(page, "python -m model_runtime "):
        name, rest = words[0], words[1:]
        command = COMMANDS.get(name)
        if isinstance(command, Group):
            assert rest and rest[0] in command.commands, f"{name} {' '.join(rest)}"
            command, rest = command.commands[rest[0]], rest[1:]
        if name in ("--help", "GROUP", "COMMAND"):
            continue
        assert isinstance(command, Command), f"there is no command '{name}'"
        known = options_of(command.module)
        unknown = [word for word in rest if re.match(r"--?[a-z]", word.strip("[]")) and word.strip("[]") not in known]
        assert not unknown, f"{' '.join(words)}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_import_in_an_example_can_be_made(page: Path) -> None:
    for module, names in re.findall(r"^from (model_runtime[\w.]*) import (.+)$", page.read_text("utf-8"), flags=re.M):
        missing = [name for name in names.split(", ") if not hasattr(import_module(module), name)]
        assert not missing, module


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_page_runs_a_module_of_the_runtime_by_its_own_name(page: Path) -> None:
    assert "-m model_runtime." not in page.read_text("utf-8")


def options_of(module: str) -> set[str]:
    parser = argparse.ArgumentParser()
    import_module(f"model_runtime.{module}").add_arguments(parser)
    return set(parser._option_string_actions)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_of_build_py_can_be_given_as_it_is_shown(page: Path) -> None:
    parser = build_parser()
    for words in commands(page, "build.py "):
        if re.match(r"[a-z]", words[0]):
            options, rest = parser.parse_known_args([words[0].rstrip(".,;:"), *words[1:]])
            assert options.passes_arguments or not rest, " ".join(words)


def build_parser() -> argparse.ArgumentParser:
    spec = importlib.util.spec_from_file_location("interact_build", REPOSITORY / "build.py")
    assert spec is not None and spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = build  # its dataclasses look themselves up there
    spec.loader.exec_module(build)
    parser: argparse.ArgumentParser = build._parser()
    return parser


def test_the_architecture_page_lists_every_package_above_those_that_import_it() -> None:
    page = (REPOSITORY / "docs" / "architecture.md").read_text("utf-8")
    runtime, extension = page.split("## The extension")
    for text, edges in ((runtime, RUNTIME_EDGES), (extension, ADDON_EDGES)):
        rows = re.findall(r"^\| `(\w+)` \|", text, flags=re.M)
        assert set(rows) == set(edges)
        for package, below in edges.items():
            later = [name for name in below.split() if rows.index(name) > rows.index(package)]
            assert not later, f"{package} imports {later}, which the page lists below it"


def test_no_file_holds_the_marks_of_an_unfinished_merge() -> None:
    suffixes = {".md", ".py", ".toml", ".json", ".yml", ".yaml", ".txt"}
    folders = [REPOSITORY / name for name in ("docs", "interact_addon", "model_runtime", "blender_tests", ".github")]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in suffixes]
    marks = re.compile(r"^(<{7} |>{7} |={7}$)", re.M)
    assert not [named(path) for path in [*files, *REPOSITORY.glob("*.*")] if path.suffix in suffixes
                and marks.search(path.read_text("utf-8", "replace"))]  # fmt: skip
