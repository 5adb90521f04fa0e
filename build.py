#!/usr/bin/env python3
"""Every command of a developer: makes the environments it needs, then runs the demo, the tests and the rest.

Nothing outside the standard library is imported here; what is installed goes into ``.venv`` and ``.venvs`` alone.

``INTERACT_BLENDER=bpy-4.5``, ``bpy-5.0`` or ``bpy-5.2`` limits ``test`` to that version of Blender. With bpy-4.5, which
is the one in ``.venv``, these are the checks and the whole suite; with the others the main job, which needs the Python
that the version is built for.
"""

from __future__ import annotations

import argparse
import ast
import ctypes
import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent
MAIN = ROOT / ".venv"
CPU_TORCH = "https://download.pytorch.org/whl/cpu"  # PyTorch's own index of builds without CUDA
# Versions of Blender as a module, and the Python that each is built for. The first is the one in .venv.
MAIN_BLENDER = "bpy-4.5"
OTHER_BLENDERS = {"bpy-5.0": ("bpy==5.0.1", (3, 11)), "bpy-5.2": ("bpy==5.2.3", (3, 13))}
# Networks by their command in ``model_runtime train``.
TRAINERS = {"body": "body", "face": "face", "speech-encoder": "speech-encoder", "audio": "speech-encoder"}
CHECKED = ("interact_addon", "model_runtime", "blender_tests", "docs", "build.py")
CHECKS = {
    "ruff": ("ruff", "check", *CHECKED),
    "format": ("ruff", "format", "--check", *CHECKED),
    "mypy": ("mypy", *CHECKED),
}
TEST_TOOLS = ("pytest", "pytest-timeout")
# What Blender as a module links against, even where there is no screen, by Debian package; the last draws the previews.
SYSTEM_LIBRARIES = {
    "libX11.so.6": "libx11-6", "libXrender.so.1": "libxrender1", "libXfixes.so.3": "libxfixes3", "libXi.so.6": "libxi6",
    "libxkbcommon.so.0": "libxkbcommon0", "libSM.so.6": "libsm6", "libICE.so.6": "libice6", "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1", "libEGL_mesa.so.0": "libegl-mesa0",
}  # fmt: skip


class BuildFailed(Exception):
    """One sentence that says what to do."""


def main() -> int:
    options, rest = _parser().parse_known_args()
    if rest and not options.passes_arguments:
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    if sys.version_info[:2] != (3, 11):
        return _run_with_python_3_11()
    try:
        return int(options.run(options, rest) or 0)
    except BuildFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def demo(options: argparse.Namespace, _: list[str]) -> None:
    """Performance, FBX, preview and report, each left as it is if nothing has changed that it depends on."""
    started = time.monotonic()
    python = str(environment())
    out = options.out.resolve()
    speech = {key: _file(file) for key in ("speech_a", "speech_b") if (file := getattr(options, key))}
    voices = [word for key, file in speech.items() for word in (f"--{key.replace('_', '-')}", str(file))]
    batch = ROOT / "interact_addon" / "batch.py"
    command = (python, "-m", "interact_addon", "demo", "--out", str(out), "--step")
    blend, request, performance = out / "demo.blend", out / "request.json", out / "performance.npz"
    steps = (
        Step(
            "performance",
            (*command, "performance", *voices),
            [batch, *_imported("interact_addon/demo/scene.py", "interact_addon/worker_client/generation.py")]
            + [*_imported("model_runtime/commands/worker.py"), *speech.values()]
            + sorted([*ROOT.glob("interact_addon/assets/*.ogg"), *ROOT.glob("model_runtime/weights/*.safetensors")]),
            [blend, request, performance],
        ),
        Step("fbx", (*command, "fbx"), [batch, *_imported("interact_addon/export/fbx.py"), blend], [out / "demo.fbx"]),
        Step(
            "preview",
            (*command, "preview"),
            [batch, *_imported("interact_addon/demo/preview.py"), blend],
            [out / "preview.png", out / "preview.mp4"],
        ),
        Step(
            "report",
            (python, "-m", "model_runtime", "report", str(request), str(performance), "--out", str(out), "--behaviour"),
            [*_imported("model_runtime/studies/report.py"), *ROOT.glob("model_runtime/weights/*.json")]
            + [*sorted(ROOT.glob("model_runtime/weights/*.safetensors")), request, performance],
            [out / "report.json", out / "report.html"],
            # Many small steps: two threads are hardly faster on a quiet machine and four times slower on a busy one.
            {"OMP_NUM_THREADS": "1"},
        ),
    )
    seconds = {step.name: step.run(out) for step in steps}
    spent = ", ".join(f"{name} {'cached' if took is None else f'{took:.0f} s'}" for name, took in seconds.items())
    made = ", ".join(result.name for step in steps for result in step.results)
    print(f"\n{out} holds {made}.\n{time.monotonic() - started:.0f} s in all: {spent}.")


@dataclass(frozen=True)
class Step:
    """``command`` makes ``results`` from ``sources``: code, data and results of earlier steps."""

    name: str
    command: tuple[str, ...]
    sources: list[Path]
    results: list[Path]
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, folder: Path) -> float | None:
        """Return the seconds it took; None where the same sources, options and libraries gave these results before."""
        stamp_file = folder / f".{self.name}-stamp"
        stamp = _fingerprint(self.sources, " ".join([*self.command[1:], *_pins()]))
        kept = stamp_file.read_text("utf-8") if stamp_file.is_file() else ""
        if kept == stamp and all(result.is_file() for result in self.results):
            print(f"[cached] {self.name}")
            return None
        stamp_file.unlink(missing_ok=True)
        started = time.monotonic()
        _say(self.name)
        _call(self.command, self.variables)
        if missing := [result.name for result in self.results if not result.is_file()]:
            raise BuildFailed(f"The step '{self.name}' left no {', '.join(missing)}; look at the lines above.")
        stamp_file.write_text(stamp, "utf-8")
        return time.monotonic() - started


def check(options: argparse.Namespace, _: list[str]) -> None:
    """Run linter, formatter and type checker; all of them, also where one finds something."""
    python = str(environment())
    failed = []
    if unknown := set(options.names) - set(CHECKS):
        raise BuildFailed(f"There is no check '{unknown.pop()}'; there are {', '.join(CHECKS)}.")
    for name in options.names or CHECKS:
        _say(" ".join(CHECKS[name][:2]))
        if subprocess.run((python, "-m", *CHECKS[name]), cwd=ROOT, check=False).returncode != 0:
            failed.append(name)
    if failed:
        raise BuildFailed(f"These checks found something: {', '.join(failed)}; the lines above say what.")


def test(options: argparse.Namespace, rest: list[str]) -> None:
    """The checks, the main job on every other Blender at hand, then the whole suite; stops at the first that fails.

    Arguments for pytest, a file for instance, lead to pytest alone.
    """
    python = environment()
    unwanted = [f"not {mark}" for mark in ("slow", "gui", "gpu") if not getattr(options, mark)]
    only = os.environ.get("INTERACT_BLENDER", "")
    if only and only not in (MAIN_BLENDER, *OTHER_BLENDERS):
        names = ", ".join((MAIN_BLENDER, *OTHER_BLENDERS))
        raise BuildFailed(f"INTERACT_BLENDER is '{only}'; it can be {names}.")
    if rest:
        _call((str(python), "-m", "pytest", *_marked(unwanted), *rest))
        return
    if only in ("", MAIN_BLENDER):
        check(argparse.Namespace(names=[]), [])
    for name in OTHER_BLENDERS:
        if only in ("", name):
            _test_main_job(name, python, unwanted, required=bool(only))
    if only in ("", MAIN_BLENDER):
        _say("the test suite: Blender's part, and beside it the runtime's, which is shown at the end")
        pytest = (str(python), "-m", "pytest", "--durations=20", *_marked(unwanted))
        _call_together((*pytest, "blender_tests"), (*pytest, "model_runtime"))


def _test_main_job(name: str, python: Path, unwanted: list[str], required: bool) -> None:
    blender, version = OTHER_BLENDERS[name]
    if (base := find_python(version)) is None:
        dotted = ".".join(map(str, version))
        if required:
            raise BuildFailed(f"{name} needs Python {dotted}; install it from python.org or your system.")
        print(f"[skipped] {name}: there is no Python {dotted} on this machine")
        return
    other = other_environment(name, blender, base)
    _say(f"the main job on {blender}")
    _call(
        (str(other), "-m", "pytest", "blender_tests", *_marked(["main_job", *unwanted])),
        {"INTERACT_PYTHON": str(python)},
    )


def _marked(marks: list[str]) -> tuple[str, ...]:
    return ("-m", " and ".join(marks)) if marks else ()


def evaluate(options: argparse.Namespace, rest: list[str]) -> None:
    _call((str(environment()), "-m", "model_runtime", "evaluate", "baselines" if options.baselines else "quick", *rest))


def bench(options: argparse.Namespace, rest: list[str]) -> None:
    """Time the runtime; or *Generate*, or *Check*, in Blender, whose times the manual quotes."""
    python = str(environment())
    if options.generate or options.check:
        page = ROOT / "docs" / "manual" / ("check.md" if options.check else "generate.md")
        what = ("--check",) if options.check else ()
        _call((python, "-m", "interact_addon", "bench", *what, "--page", str(page), *rest), {"INTERACT_PYTHON": python})
    else:
        _call((python, "-m", "model_runtime", "bench", *rest))


def compose(options: argparse.Namespace, rest: list[str]) -> None:
    """Everything training needs, from the raw data: clips, voices, scenes with their summary, the face's pack.

    Files that are there and fit are kept.
    """
    python = str(environment())
    data, corpus = options.data.resolve(), ROOT / "corpus"
    commands = (python, "-m", "model_runtime", "corpus")
    for command, made in (("clips", "clips.npz"), ("speech", "speech_library.npz")):
        if (corpus / made).is_file() and not options.fresh:
            print(f"[cached] corpus/{made}")
            continue
        _say(f"corpus/{made}")
        _call((*commands, command, "--data", str(data), "--out", f"corpus/{made}"))
    _say("corpus/scenes")  # keeps the scenes that fit, and says so
    _call((*commands, "compose", *rest, *(["--fresh"] if options.fresh else [])))
    speech = corpus / "speech_library.npz"
    more = ("-m", "model_runtime", "corpus", "more-voices", "--out", "corpus/more_voices.npz")
    face = ("-m", "model_runtime", "train", "face", "--pack")
    for made, arguments in (
        ("more_voices.npz", more),
        ("face_training.npz", (*face, "corpus/face_training.npz")),
        ("lip_training.npz", (*face, "corpus/lip_training.npz", "--voice", "reader_a", "--pack-minutes", "40")),
    ):
        if (corpus / made).is_file() and (corpus / made).stat().st_mtime > speech.stat().st_mtime and not options.fresh:
            print(f"[cached] corpus/{made}")
            continue
        _say(f"corpus/{made}")
        _call((python, *arguments))
    if options.package:
        _say(f"the training package {options.package}")
        _call((*commands, "pack", str(options.package.resolve())))


def train(options: argparse.Namespace, rest: list[str]) -> None:
    python = str(environment())
    # The body has two stages, the upper given the lower.
    stages = ["lower", "upper"] if options.network == "body" and not {"lower", "upper"} & set(rest) else [""]
    words, speech = ROOT / "corpus" / "word_features.npz", ROOT / "corpus" / "speech_library.npz"
    if options.network == "body" and "--words" not in rest and speech.is_file():
        if not words.is_file() or words.stat().st_mtime < speech.stat().st_mtime:
            _say("corpus/word_features.npz")
            _call((python, "-m", "model_runtime", "train", "words", "--speech", str(speech), "--out", str(words)))
        rest = [*rest, "--words", str(words)]
    for stage in stages:
        _call((python, "-m", "model_runtime", "train", TRAINERS[options.network], *([stage] if stage else []), *rest))


def package(options: argparse.Namespace, rest: list[str]) -> None:
    _call((str(environment()), "-m", "interact_addon.packaging", str(options.out.resolve())))


def screenshots(options: argparse.Namespace, _: list[str]) -> None:
    """Take the pictures of Blender's window, each script in a Blender of its own."""
    program = options.blender or shutil.which("blender")
    if program is None:
        raise BuildFailed("There is no 'blender' on the path; name the program with --blender.")
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise BuildFailed("The pictures are of a window and there is no screen; run this on a desktop, or under Xvfb.")
    scripts = {path.stem: path for path in sorted((ROOT / "docs" / "pictures" / "window").glob("*.py"))}
    if unknown := set(options.names) - set(scripts):
        raise BuildFailed(f"There is no script '{unknown.pop()}'; there are {', '.join(scripts)}.")
    python, runner = environment(), ROOT / "docs" / "pictures" / "window.py"
    window = ("--factory-startup", "--enable-event-simulate", "--window-geometry", "0", "0", "1600", "900")
    for name in options.names or scripts:
        _say(name)
        words = (program, *window, "--python", str(runner), "--", scripts[name].name, *shlex.split(options.grab))
        with tempfile.TemporaryDirectory() as user:  # nobody's extensions and settings, and none are left behind
            _call(words, {"INTERACT_PYTHON": str(python), "BLENDER_USER_RESOURCES": user})


def lock(options: argparse.Namespace, rest: list[str]) -> None:
    _call((str(environment()), "-m", "interact_addon.locking"))


def strings(options: argparse.Namespace, rest: list[str]) -> None:
    options.out.parent.mkdir(parents=True, exist_ok=True)
    _call((str(environment()), "-m", "interact_addon.strings", str(options.out.resolve())))


def packages(options: argparse.Namespace, rest: list[str]) -> None:
    print(*missing_packages())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="build.py", description="Two voices in, two performing characters out: every command of a developer."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace, list[str]], object], text: str, passes: bool = False
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run, passes_arguments=passes)
        return added

    shown = command("demo", demo, "build the demo scene, generate, key, export and render it into out/demo")
    shown.add_argument("--speech-a", metavar="FILE", help="what the first character says, instead of the demo's voice")
    shown.add_argument("--speech-b", metavar="FILE", help="what the second character says")
    shown.add_argument("--out", type=Path, default=ROOT / "out" / "demo", metavar="DIR")
    checked = command("check", check, "run ruff, its formatter and mypy, or those that are named")
    checked.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CHECKS))
    tested = command("test", test, "run the checks and all tests; further arguments go to pytest alone", passes=True)
    tested.add_argument("--slow", action="store_true", help="also tests that take minutes")
    tested.add_argument("--gui", action="store_true", help="also tests that need a Blender window")
    tested.add_argument("--gpu", action="store_true", help="also tests that need a CUDA device")
    timed = command("bench", bench, "time the runtime on this machine, by stage and length of shot", passes=True)
    timed.add_argument(
        "--generate", action="store_true", help="time Generate in Blender instead, and write docs/manual/generate.md"
    )
    timed.add_argument(
        "--check",
        action="store_true",
        help="time Check, Resolve and the overlay, and write docs/manual/check.md",
    )
    composed = command(
        "compose",
        compose,
        "make the training corpus: read motion and voices, compose two-person scenes (--hours N, --look N)",
        passes=True,
    )
    composed.add_argument(
        "--data",
        type=Path,
        default=ROOT.parent / "shared" / "data",
        metavar="DIR",
        help="the folder with motion/ and speech/",
    )
    composed.add_argument("--fresh", action="store_true", help="make everything again")
    composed.add_argument(
        "--package", type=Path, metavar="PATH.tar.xz", help="also pack all that training needs into one archive"
    )
    trained = command("train", train, "train a network on the composed corpus; further arguments go to it", passes=True)
    trained.add_argument("network", choices=tuple(TRAINERS))
    evaluated = command(
        "evaluate",
        evaluate,
        "measure the shipped weights: --quick takes a few minutes; further arguments go to it",
        passes=True,
    )
    evaluated.add_argument("--quick", action="store_true", help="the figures of the README; done without it too")
    evaluated.add_argument(
        "--baselines",
        action="store_true",
        help="beside LDA1 and LDA2, which are trained first where they are missing (--steps N)",
    )
    packed = command("package", package, "build the extension's zip for Blender into dist")
    packed.add_argument("--out", type=Path, default=ROOT / "dist", metavar="DIR")
    pictured = command("screenshots", screenshots, "take the pages' pictures of Blender's window; needs a screen")
    pictured.add_argument("names", nargs="*", metavar="NAME", help="scripts in docs/pictures/window; without any, all")
    pictured.add_argument("--blender", metavar="PROGRAM", help="Blender 4.5 or later, instead of the one on the path")
    pictured.add_argument(
        "--grab",
        default="",
        metavar="COMMAND",
        help="writes the screen to the file it is given, where Blender's own pictures are black: 'import -window root'",
    )
    listed = command("strings", strings, "list all that a translator can translate, as a gettext template")
    listed.add_argument("--out", type=Path, default=ROOT / "out" / "interact.pot", metavar="PATH.pot")
    command("lock", lock, "write the locks of the runtime's libraries anew, after a change of pins (downloads 2 GB)")
    command(
        "packages", packages, "print which Debian packages this machine lacks for all of this (nothing: it lacks none)"
    )
    return parser


def missing_packages() -> list[str]:
    """Debian's names of what must be there before anything can be installed here; always empty on other systems."""
    if not sys.platform.startswith("linux"):
        return []
    missing = [] if importlib.util.find_spec("ensurepip") else ["python3-venv"]
    missing += [name for library, name in SYSTEM_LIBRARIES.items() if not _loads(library)]
    if _loads("libEGL_nvidia.so.0") and "libegl-mesa0" in missing:  # any driver of EGL will do
        missing.remove("libegl-mesa0")
    return missing


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def environment() -> Path:
    """Return the Python of ``.venv``, made or brought up to date with the libraries that ``pyproject.toml`` pins."""
    pins = _pins()
    stamp = _stamp(pins)
    if _is_made(MAIN, stamp):
        print("[cached] the environment .venv")
        return _interpreter(MAIN)
    if missing := missing_packages():
        raise BuildFailed(
            f"This machine lacks a few system packages; run 'sudo apt install {' '.join(missing)}' and this again."
        )
    _say("the environment .venv (a few minutes, once)")
    _make_venv(MAIN, Path(sys.executable))
    python = _interpreter(MAIN)
    print("torch", flush=True)
    _pip(python, *_torch_source(python, next(pin for pin in pins if pin.startswith("torch=="))))
    print("the other libraries", flush=True)
    _pip(python, *pins)
    _write_stamp(MAIN, stamp)
    return python


def other_environment(name: str, blender: str, base: Path) -> Path:
    """The Python of ``.venvs/<name>``: another Blender as a module, and what its tests need, without torch."""
    folder = ROOT / ".venvs" / name
    pins = [blender, *(pin for pin in _pins() if pin.split("==")[0] in TEST_TOOLS)]
    stamp = _stamp(pins)
    if not _is_made(folder, stamp):
        _say(f"the environment .venvs/{name}")
        _make_venv(folder, base)
        _pip(_interpreter(folder), *pins)
        _write_stamp(folder, stamp)
    return _interpreter(folder)


def find_python(version: tuple[int, int]) -> Path | None:
    """Return a Python of this version that can make environments: this one, or of py, PATH or pyenv; None without."""
    dotted = f"{version[0]}.{version[1]}"
    candidates: list[list[str]] = [[sys.executable]] if sys.version_info[:2] == version else []
    candidates += [["py", f"-{dotted}"], [f"python{dotted}"]]
    if os.name == "nt":  # where several are on PATH, all have the same name
        candidates += [[str(Path(folder) / "python.exe")] for folder in os.get_exec_path()]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates += [[str(path / "bin" / "python")] for path in sorted(pyenv.glob(f"{dotted}.*"), reverse=True)]
    ask = "import sys, venv, ensurepip; print(sys.version_info[0], sys.version_info[1], sys.executable)"
    for candidate in candidates:
        if (program := shutil.which(candidate[0])) is None:
            continue
        answer = subprocess.run([program, *candidate[1:], "-c", ask], capture_output=True, text=True, check=False)
        words = answer.stdout.strip().split(" ", 2)
        if answer.returncode == 0 and len(words) == 3 and (int(words[0]), int(words[1])) == version:
            return Path(words[2])
    return None


def _run_with_python_3_11() -> int:
    python = find_python((3, 11))
    if python is None:
        print(
            "error: this needs Python 3.11 (the one Blender 4.5 and 5.0 have);"
            " install it from python.org or your system.",
            file=sys.stderr,
        )
        return 1
    return subprocess.run([str(python), str(Path(__file__).resolve()), *sys.argv[1:]], check=False).returncode


def _make_venv(folder: Path, base: Path) -> None:
    if folder.exists() and not _interpreter(folder).exists():
        shutil.rmtree(folder)
    _call((str(base), "-m", "venv", str(folder)))


def _torch_source(python: Path, pin: str) -> tuple[str, ...]:
    """What to tell pip for ``pin``: on Linux a plain install may mean gigabytes of CUDA, then PyTorch's CPU builds are
    asked first.
    """
    plan = (
        str(python),
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--no-deps",
        "--ignore-installed",
        "--quiet",
        "--report",
        "-",
        pin,
    )
    answer = subprocess.run(plan, capture_output=True, text=True, check=False)
    try:
        url = json.loads(answer.stdout)["install"][0]["download_info"]["url"]
    except (ValueError, KeyError, IndexError):
        url = ""
    if not sys.platform.startswith("linux") or url.startswith("file:") or "cpu" in url:
        return (pin,)
    with_cpu = ("--index-url", CPU_TORCH, "--timeout", "8", "--retries", "0", "--no-deps", pin)
    reachable = subprocess.run(
        (str(python), "-m", "pip", "install", "--dry-run", "--ignore-installed", *with_cpu),
        capture_output=True,
        check=False,
    )
    return with_cpu if reachable.returncode == 0 else (pin,)


def _pip(python: Path, *what: str) -> None:
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    done = subprocess.run((str(python), "-m", "pip", "install", *quiet, *what), check=False)
    if done.returncode != 0:
        raise BuildFailed(
            "pip could not install the libraries; the lines above say why (no network, no space?). Then run this again."
        )


def _pins() -> list[str]:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["dev"]]


def _interpreter(folder: Path) -> Path:
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


def _stamp(pins: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(pins).encode()).hexdigest()


def _is_made(folder: Path, stamp: str) -> bool:
    file = folder / ".interact-pins"
    return _interpreter(folder).exists() and file.is_file() and file.read_text("utf-8") == stamp


def _write_stamp(folder: Path, stamp: str) -> None:
    (folder / ".interact-pins").write_text(stamp, "utf-8")


def _imported(*modules: str) -> list[Path]:
    """These modules, by path, and all modules of the repository that they import, lazily or not."""
    waiting, found = [ROOT / module for module in modules], set()
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += _imports(file)
    return sorted(found)


def _imports(file: Path) -> Iterator[Path]:
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            base += node.module.split(".") if node.module else []
            names = [[*base, alias.name] for alias in node.names]
        else:
            continue
        for parts in names:
            for end in range(2, len(parts) + 1):  # the top packages hold a version, and register the whole extension
                place = ROOT.joinpath(*parts[:end])
                yield from (path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file())


def _fingerprint(files: Iterable[Path], settings: str) -> str:
    digest = hashlib.sha256(settings.encode())
    for file in files:
        digest.update(file.name.encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest() if file.is_file() else b"-")
    return digest.hexdigest()


def _file(name: str) -> Path:
    path = Path(name).resolve()
    if not path.is_file():
        raise BuildFailed(f"There is no sound file '{name}'; give the path of a WAV, FLAC, OGG or MP3 file.")
    return path


def _call(command: tuple[str, ...], variables: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **(variables or {})}, check=False)
    if done.returncode != 0:
        sys.stdout.flush()
        raise SystemExit(done.returncode)


def _call_together(shown: tuple[str, ...], beside: tuple[str, ...]) -> None:
    """Run two commands at once, each with half of the processors; what the second prints follows the first's."""
    threads = str(max(1, (os.cpu_count() or 2) // 2))
    variables = {**os.environ, "OMP_NUM_THREADS": threads}
    with tempfile.TemporaryFile() as printed:
        other = subprocess.Popen(beside, cwd=ROOT, env=variables, stdout=printed, stderr=subprocess.STDOUT)
        try:
            code = subprocess.run(shown, cwd=ROOT, env=variables, check=False).returncode
            code = other.wait() or code
        finally:
            other.kill()
        printed.seek(0)
        sys.stdout.flush()
        shutil.copyfileobj(printed, sys.stdout.buffer)
        sys.stdout.flush()
    if code != 0:
        raise SystemExit(code)


def _say(what: str) -> None:
    print(f"\n== {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
