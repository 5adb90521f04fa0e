"""The house rules: who may import whom, what works on every system, and how long a file may be."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNTIME, ADDON = ROOT / "model_runtime", ROOT / "interact_addon"
LONGEST_FILE = 420  # lines

# What Blender's own Python may read of the runtime.
FOR_BLENDER = {"contract", "kept_motion", "skeleton", "rotations", "errors"}
# The runtime's rooms from the ground up; a room may import those below it and on its own floor.
FLOORS = {
    "errors": 0, "rotations": 0,
    "skeleton": 1,
    "kept_motion": 1, "contract": 2, "checkpoint": 2,
    "kinematics": 3, "capsules": 3, "short_labels": 3, "human_scale": 3, "itinerary": 3, "direction": 4, "passing": 3,
    "features": 4, "networks": 4, "diffusion": 4, "body_features": 4, "style": 4, "places": 4, "facing": 4, "refine": 4, "windows": 4,
    "eyes": 5, "convert": 5, "kept_features": 5, "physics": 5, "hearing": 5,
    "body": 6, "face": 6,
    "cues": 7,
    "generate": 8,
    "worker": 9,
    "__main__": 10,
    # For developers; nothing above may hang on these, since the extension is packed without them.
    "corpus": 11, "training": 11, "evaluation": 11,
    "tests": 12,
}  # fmt: skip
# Gone or different on Windows, or a way to run what should be read.
FORBIDDEN_CALLS = {
    "os.fork", "os.kill", "os.killpg", "os.setsid", "os.getuid", "os.geteuid", "os.mkfifo", "os.system", "os.popen", "signal.alarm",
    "signal.signal", "signal.SIGKILL", "signal.SIGALRM", "eval", "exec", "pickle.load", "pickle.loads", "torch.load", "torch.save",
}  # fmt: skip
FORBIDDEN_MODULES = {"pickle", "fcntl", "pty", "termios", "pwd", "grp", "shelve", "marshal", "dill", "cloudpickle", "joblib", "socket"}
GUARDED_MODULES = {"resource"}  # POSIX only: inside a function that asked for the platform first


def sources(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def shipped() -> list[Path]:
    return [path for path in [*sources(RUNTIME, ADDON), ROOT / "build.py"] if "tests" not in path.parts]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Absolute dotted names a file imports, relative ones resolved, with the line; ``from a import b`` gives ``a.b``."""
    package = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            for alias in node.names:
                yield f"{module}.{alias.name}", node.lineno


@pytest.mark.parametrize("path", sources(RUNTIME), ids=name_of)
def test_the_runtime_never_imports_blender(path: Path) -> None:
    assert not [line for module, line in imports(path) if module.split(".")[0] in ("bpy", "bmesh", "mathutils", "interact_addon")]


@pytest.mark.parametrize("path", sources(ADDON), ids=name_of)
def test_the_addon_never_imports_torch_or_its_company(path: Path) -> None:
    heavy = {"torch", "librosa", "transformers", "diffusers", "scipy", "soundfile", "safetensors", "pocketsphinx", "matplotlib"}
    assert not [(module, line) for module, line in imports(path) if module.split(".")[0] in heavy]


@pytest.mark.parametrize("path", sources(ADDON), ids=name_of)
def test_the_addon_reads_the_runtime_through_one_door(path: Path) -> None:
    for module, line in imports(path):
        parts = module.removeprefix("interact_addon.").split(".")
        if parts[0] == "model_runtime":
            assert path.name == "runtime_api.py", f"line {line} imports {module}: go through runtime_api"
            assert parts[1] in FOR_BLENDER, f"line {line} imports {module}, which Blender's Python cannot load"


@pytest.mark.parametrize("name", sorted(FOR_BLENDER))
def test_what_blender_reads_of_the_runtime_needs_numpy_alone(name: str) -> None:
    for module, line in imports(RUNTIME / f"{name}.py"):
        top = module.split(".")[0]
        if top == "model_runtime":
            assert module.split(".")[1] in FOR_BLENDER, f"line {line}: {module}"
        else:
            assert top == "numpy" or top in sys.stdlib_module_names, f"line {line}: {module}"


@pytest.mark.parametrize("path", [p for p in sources(RUNTIME) if p.name != "__init__.py"], ids=name_of)
def test_no_room_imports_one_above_it(path: Path) -> None:
    room = path.relative_to(RUNTIME).with_suffix("").parts[0]
    assert room in FLOORS, f"'{room}' is new: give it a floor here"
    for module, line in imports(path):
        parts = module.split(".")
        if parts[0] == "model_runtime" and len(parts) > 1 and parts[1] in FLOORS:
            assert FLOORS[parts[1]] <= FLOORS[room], f"line {line}: {room} imports {module}"


@pytest.mark.parametrize("path", [p for p in sources(RUNTIME) if p.name != "__init__.py"], ids=name_of)
def test_the_runtime_can_move_into_the_extension_because_its_imports_are_relative(path: Path) -> None:
    if "tests" in path.parts:
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            assert (node.module or "").split(".")[0] != "model_runtime", f"line {node.lineno}"
        if isinstance(node, ast.Import):
            assert not [a for a in node.names if a.name.split(".")[0] == "model_runtime"], f"line {node.lineno}"


def test_generating_needs_no_library_that_only_developers_have() -> None:
    reached, waiting = set(), [RUNTIME / "worker.py", RUNTIME / "generate.py"]
    while waiting:
        path = waiting.pop()
        reached.add(path)
        for module, line in imports(path):
            parts = module.split(".")
            assert parts[0] not in ("matplotlib", "tqdm"), f"{name_of(path)}, line {line}"
            if parts[0] == "model_runtime":
                files = [ROOT.joinpath(*parts[:end]).with_suffix(".py") for end in range(2, len(parts) + 1)]
                waiting += [file for file in files if file.is_file() and file not in reached]


@pytest.mark.parametrize("path", shipped(), ids=name_of)
def test_nothing_works_on_one_system_only_or_runs_what_it_should_read(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in FORBIDDEN_CALLS, f"line {node.lineno}: {ast.unparse(node.func)}"
            for keyword in node.keywords:
                assert keyword.arg != "preexec_fn", f"line {node.lineno}: preexec_fn"
                assert not (keyword.arg == "shell" and ast.unparse(keyword.value) != "False"), f"line {node.lineno}: shell"
                assert not (keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False"), f"line {node.lineno}: allow_pickle"
        elif isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in FORBIDDEN_CALLS, f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not node.value.startswith(("/tmp", "/work", "/home", "/root")), f"line {node.lineno}: {node.value}"
        elif isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
            assert not names & FORBIDDEN_MODULES, f"line {node.lineno}"
            assert node.col_offset > 0 or not names & GUARDED_MODULES, f"line {node.lineno}: import it where the platform is known"
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in FORBIDDEN_MODULES, f"line {node.lineno}"


@pytest.mark.parametrize("path", [*shipped(), *sources(RUNTIME / "tests", ROOT / "blender_tests")], ids=name_of)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE


def test_build_py_needs_the_standard_library_alone() -> None:
    assert not [module for module, _ in imports(ROOT / "build.py") if module.split(".")[0] not in sys.stdlib_module_names]


def test_weights_fit_their_limits() -> None:
    weights = [path for path in (RUNTIME / "weights").glob("*") if path.is_file()]
    assert not [path.name for path in weights if path.suffix not in (".safetensors", ".md", ".json")]
    sizes = [path.stat().st_size for path in weights if path.suffix == ".safetensors"]
    assert max(sizes, default=0) <= 16 * 2**20
    assert sum(sizes) <= 64 * 2**20


def test_every_pinned_library_is_one_we_use() -> None:
    pins = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    used = {module.split(".")[0] for path in shipped() for module, _ in imports(path)}
    assert not [pin for pin in pins if pin.partition("==")[0].replace("-", "_") not in used]
