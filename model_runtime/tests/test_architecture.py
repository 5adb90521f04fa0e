"""The rules of the house: who may import whom, no circles, and what works on every system."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from model_runtime import __version__
from model_runtime.datasets.locations import REPOSITORY as ROOT

RUNTIME, ADDON = ROOT / "model_runtime", ROOT / "interact_addon"

# What Blender's own Python may read of the runtime; these modules, and all they import, need numpy alone.
FOR_BLENDER = (
    "contract",
    "errors",
    "body_model.body_shape",
    "body_model.contacts",
    "body_model.rotations",
    "body_model.skeleton",
    "common.arrays",
    "common.easing",
    "common.files",
    "common.steps",
)
# Packages of the runtime that only developers have: the extension is packed without them.
FOR_DEVELOPERS = {"metrics", "datasets", "drawing", "corpus", "training", "studies"}
# Which packages (or modules beside them) of the runtime a package may import; lazy imports count too.
RUNTIME_EDGES = {
    "errors": "",
    "common": "errors",
    "body_model": "common",
    "contract": "body_model common errors",
    "planning": "body_model common contract",
    "speech": "common contract errors",
    "text": "common contract errors",
    "conditioning": "body_model common contract planning speech text",
    "networks": "conditioning contract",
    "recognition": "body_model common contract errors networks text",
    "sampling": "body_model common conditioning contract errors networks planning text",
    "refine": "body_model common conditioning contract planning",
    "choreography": "body_model common contract planning refine",
    "face": "body_model common conditioning contract errors networks refine sampling speech",
    "generate": "choreography common conditioning contract face planning refine sampling speech",
    "resolve": "body_model contract errors refine",
    "worker": "body_model common contract errors generate resolve speech",
    "datasets": "body_model common contract errors",
    "metrics": "body_model common conditioning contract datasets face planning refine sampling speech",
    "drawing": "body_model common contract datasets errors metrics speech",
    "corpus": "body_model choreography common contract datasets drawing errors face metrics networks planning"
    " recognition refine speech",
    "training": "body_model common conditioning contract corpus datasets drawing errors face metrics networks planning"
    " recognition sampling speech text",
    "studies": "body_model common conditioning contract corpus datasets drawing errors face generate metrics networks"
    " planning recognition refine sampling speech training worker",
    "commands": "common contract errors recognition resolve worker",
    "__main__": "contract worker",
}
ADDON_EDGES = {
    "runtime_api": "",
    "compat": "",
    "messages": "",
    "workspace": "",
    "packaging": "runtime_api",
    "locking": "runtime_api worker_client",
    "progress": "runtime_api",
    "rig": "compat messages runtime_api",
    "formats": "runtime_api",
    "properties": "formats rig runtime_api",
    "scene": "compat messages properties rig runtime_api",
    "takes": "messages properties rig runtime_api scene",
    "check": "compat messages properties rig runtime_api scene takes",
    "overlay": "check compat messages properties rig runtime_api scene takes",
    "worker_client": "check messages properties rig runtime_api scene takes",
    "preferences": "operators panels worker_client",
    "export": "compat formats messages properties rig runtime_api scene",
    "demo": "compat runtime_api scene",
    "operators": "check compat demo export formats messages properties rig runtime_api scene takes worker_client "
    "workspace",
    "panels": "check compat messages operators properties runtime_api scene takes worker_client workspace",
    "batch_export": "export formats progress runtime_api",
    "batch_check": "check progress runtime_api",
    "bench_check": "check overlay properties rig runtime_api scene worker_client",
    "bench": "bench_check demo operators progress properties runtime_api scene takes worker_client",
    "batch": "batch_check batch_export bench compat demo export progress runtime_api scene takes worker_client",
    "registration": "batch compat messages operators overlay panels preferences properties scene takes worker_client",
    "__main__": "batch compat",
    "strings": "compat packaging registration scene",
}
# Gone or different on Windows, or a way to run what should be read; the last ends Blender (compat.remove_scene).
FORBIDDEN_CALLS = {
    "os.fork", "os.kill", "os.killpg", "os.setsid", "os.getuid", "os.geteuid", "os.mkfifo", "os.system",
    "os.popen", "signal.alarm", "signal.signal", "signal.SIGKILL", "signal.SIGALRM", "eval", "exec",
    "pickle.load", "pickle.loads", "torch.load", "torch.save", "bpy.data.scenes.remove",
}  # fmt: skip
FORBIDDEN_MODULES = {
    "pickle",
    "pty",
    "termios",
    "pwd",
    "grp",
    "shelve",
    "marshal",
    "dill",
    "cloudpickle",
    "joblib",
    "socket",
}
GUARDED_MODULES = {"resource", "fcntl"}  # POSIX only: inside a function that asked for the platform first


def sources(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def shipped() -> list[Path]:
    return [path for path in [*sources(RUNTIME, ADDON), ROOT / "build.py"] if "tests" not in path.parts]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the absolute dotted names a file imports, with the line; ``from a import b`` gives ``a.b``."""
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
    assert not [
        line
        for module, line in imports(path)
        if module.split(".")[0] in ("bpy", "bmesh", "mathutils", "interact_addon")
    ]


@pytest.mark.parametrize("path", sources(ADDON), ids=name_of)
def test_the_addon_never_imports_torch_or_its_company(path: Path) -> None:
    heavy = {
        "torch",
        "librosa",
        "transformers",
        "diffusers",
        "scipy",
        "soundfile",
        "safetensors",
        "pocketsphinx",
        "matplotlib",
    }
    assert not [(module, line) for module, line in imports(path) if module.split(".")[0] in heavy]


@pytest.mark.parametrize("path", sources(ADDON), ids=name_of)
def test_the_addon_reads_the_runtime_through_one_door(path: Path) -> None:
    for module, line in imports(path):
        name = module.removeprefix("interact_addon.")
        if name.startswith("model_runtime."):
            assert path.name == "runtime_api.py", f"line {line} imports {module}: go through runtime_api"
            readable = any(f"{name}.".startswith(f"model_runtime.{other}.") for other in FOR_BLENDER)
            assert readable, f"line {line} imports {module}, which Blender's Python cannot load"


@pytest.mark.parametrize("name", FOR_BLENDER)
def test_what_blender_reads_of_the_runtime_needs_numpy_alone(name: str) -> None:
    graph, modules = module_graph("model_runtime")
    reached, waiting = set(), [f"model_runtime.{name}"]
    while waiting:
        module = waiting.pop()
        reached.add(module)
        waiting += graph[module] - reached
    for module in sorted(reached):
        for other, line in imports(modules[module]):
            top = other.split(".")[0]
            assert top in ("model_runtime", "numpy") or top in sys.stdlib_module_names, (
                f"{module}, line {line}: {other}"
            )


def module_graph(package: str) -> tuple[dict[str, set[str]], dict[str, Path]]:
    """Return the modules that each module of a package imports, lazily or not, and the file of each."""
    modules = {}
    for path in sources(ROOT / package):
        if "tests" not in path.parts:
            modules[".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")] = path
    graph = {}
    for module, path in modules.items():
        found = {name if name in modules else name.rpartition(".")[0] for name, _ in imports(path)}
        graph[module] = {name for name in found if name in modules and name != module}
    return graph, modules


def room_of(module: str) -> str:
    """Return the package below the top one that a module lies in, or its own name beside them; '' for the top one."""
    return (module.split(".") + [""])[1]


def assert_no_circle(graph: Mapping[str, Iterable[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("package", ["model_runtime", "interact_addon"])
def test_no_module_imports_itself_through_others(package: str) -> None:
    assert_no_circle(module_graph(package)[0])


@pytest.mark.parametrize(("package", "edges"), [("model_runtime", RUNTIME_EDGES), ("interact_addon", ADDON_EDGES)])
def test_packages_import_only_those_below_them(package: str, edges: dict[str, str]) -> None:
    allowed = {room: set(below.split()) for room, below in edges.items()}
    assert_no_circle(allowed)
    for module, imported in module_graph(package)[0].items():
        room = room_of(module)
        if not room:  # the top package, which every module may ask for its version
            continue
        assert room in allowed, f"'{room}' is new: say here what it may import"
        for other in sorted(imported):
            assert room_of(other) in allowed[room] | {room, ""}, f"{module} imports {other}"


def test_no_allowed_edge_is_unused() -> None:
    for package, edges in (("model_runtime", RUNTIME_EDGES), ("interact_addon", ADDON_EDGES)):
        used = {(room_of(a), room_of(b)) for a, imported in module_graph(package)[0].items() for b in imported}
        unused = {(room, below) for room, listed in edges.items() for below in listed.split()} - used
        assert not unused, f"{package}: take these out of the table"


def test_generating_needs_nothing_that_only_developers_have() -> None:
    for room, below in RUNTIME_EDGES.items():
        if room not in FOR_DEVELOPERS:
            assert not FOR_DEVELOPERS & set(below.split()), room


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
                assert not (keyword.arg == "shell" and ast.unparse(keyword.value) != "False"), (
                    f"line {node.lineno}: shell"
                )
                assert not (keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False"), (
                    f"line {node.lineno}: allow_pickle"
                )
        elif isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in FORBIDDEN_CALLS, f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not node.value.startswith(("/tmp", "/work", "/home", "/root")), f"line {node.lineno}: {node.value}"
        elif isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
            assert not names & FORBIDDEN_MODULES, f"line {node.lineno}"
            assert node.col_offset > 0 or not names & GUARDED_MODULES, (
                f"line {node.lineno}: import it where the platform is known"
            )
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in FORBIDDEN_MODULES, f"line {node.lineno}"


def test_build_py_needs_the_standard_library_alone() -> None:
    assert not [
        module for module, _ in imports(ROOT / "build.py") if module.split(".")[0] not in sys.stdlib_module_names
    ]


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


def test_the_extension_and_the_project_have_the_version_of_the_runtime() -> None:
    manifest = tomllib.loads((ADDON / "blender_manifest.toml").read_text("utf-8"))
    assert manifest["version"] == __version__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "model_runtime.__version__"}
