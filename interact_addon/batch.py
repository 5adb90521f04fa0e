"""The same job without a screen: ``python -m interact_addon generate shot.blend --out DIR`` (Blender as a module),
``blender -b shot.blend --command interact generate --out DIR`` (the program)."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

from . import compat
from .demo.scene import build_demo_scene
from .export.fbx import export_fbx
from .runtime_api import contract, errors
from .scene.transcripts import transcripts_seen_from
from .worker_client import generation


def main(arguments: list[str]) -> int:
    """Exit codes: 0 done, 1 a named error (one sentence on stderr), 2 wrong usage, 130 interrupted."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as leaving:  # inside Blender argparse must not end the program
        return int(leaving.code or 0)
    try:
        options.run(options)
    except KeyboardInterrupt:
        return _complain("cancelled", 130)
    except errors.Cancelled as error:
        return _complain(str(error), 130)
    except errors.InterActError as error:
        return _complain(str(error), 1)
    finally:
        generation.free_runtime()
    return 0


def generate(options: argparse.Namespace) -> None:
    """Key both characters of a .blend and save it, under its own name, in the output folder."""
    folder = _output_folder(options.out)
    scene = _open_scene(options.blend, options.scene)
    _direct(scene, options)
    job = generation.generate_scene(scene, options.quality, options.seed, _Printer())
    name = Path(bpy.data.filepath).stem or "shot"
    _save_blend(folder / f"{name}.blend")
    if options.fbx:
        with _quiet():
            export_fbx(scene, folder / f"{name}.fbx")
        print(folder / f"{name}.fbx")
    _report(job)


def demo(options: argparse.Namespace) -> None:
    """The demo scene, performed: demo.blend, demo.fbx, preview.png, preview.mp4, and the plain data of the job."""
    from .demo.preview import render_preview

    folder = _output_folder(options.out)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    voices = _speech_file(options.speech_a), _speech_file(options.speech_b)
    try:
        build_demo_scene(scene, *voices)
    except RuntimeError as error:
        raise errors.SpeechFileBroken(
            f"A voice cannot be opened ({_reason(error)}); convert it to WAV or FLAC."
        ) from error
    compat.show_in_sequencer(scene)
    _direct(scene, options)
    job = generation.generate_scene(scene, options.quality, options.seed, _Printer())
    assert job.performance is not None
    _write_text(folder / "request.json", contract.request_to_json(job.request))
    job.performance.save(folder / "performance.npz")
    bpy.ops.file.pack_all()  # the voices travel inside the file
    _save_blend(folder / "demo.blend")
    for stage, write in (
        ("Exporting FBX", lambda: export_fbx(scene, folder / "demo.fbx")),
        ("Rendering the preview", lambda: render_preview(scene, folder)),
    ):
        started = time.monotonic()
        print(stage, flush=True)
        with _quiet():
            write()
        print(f"  {time.monotonic() - started:.1f} s", flush=True)
    _report(job)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="interact", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    shot = commands.add_parser("generate", help="key both characters of a .blend and save it in the output folder")
    shot.add_argument("blend", nargs="?", type=Path, help="the shot; may be left out where Blender has it open already")
    shot.add_argument("--scene", help="the scene to perform, where it is not the one the file opens with")
    shot.add_argument("--fbx", action="store_true", help="export both characters as FBX too")
    shot.set_defaults(run=generate)
    show = commands.add_parser("demo", help="build the demo scene, perform it, export and render a preview")
    show.add_argument(
        "--speech-a", type=Path, metavar="FILE", help="what the first character says, instead of the demo's voice"
    )
    show.add_argument("--speech-b", type=Path, metavar="FILE", help="what the second character says")
    show.set_defaults(run=demo)
    for command in (shot, show):
        command.add_argument("--out", required=True, type=Path, metavar="DIR", help="the folder for all results")
        command.add_argument("--quality", choices=contract.QUALITIES, help="instead of the quality set in the scene")
        command.add_argument("--seed", type=int, help="instead of the seed set in the scene")
        command.add_argument(
            "--lips", type=_share, metavar="0..1", help="instead of the lips set in the scene: 0 expressive, 1 accurate"
        )
        command.add_argument(
            "--relationship",
            choices=contract.RELATIONSHIPS,
            metavar="NAME",
            help="instead of the one set in the scene: 'boss / subordinate'",
        )
    return parser


def _share(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _direct(scene: bpy.types.Scene, options: argparse.Namespace) -> None:
    """Into the scene, so that the file that is saved says how it was made."""
    settings = scene.interact  # type: ignore[attr-defined]
    if options.lips is not None:
        settings.lips = options.lips
    if options.relationship is not None:
        settings.relationship = options.relationship


def _output_folder(folder: Path) -> Path:
    """The folder, made and tried: nobody waits for a result that has no place to go."""
    folder = folder.resolve()
    probe = folder / ".interact-write-test"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise errors.OutOfSpace(
            f"The folder '{folder}' cannot be written ({error.strerror}); choose another with --out."
        ) from error
    return folder


def _speech_file(path: Path | None) -> Path | None:
    if path is not None and not path.is_file():
        raise errors.SpeechFileMissing(f"There is no sound file at '{path}'; choose another.")
    return path.resolve() if path is not None else None


def _open_scene(blend: Path | None, scene_name: str | None) -> bpy.types.Scene:
    if blend is not None:
        try:
            bpy.ops.wm.open_mainfile(filepath=str(blend.resolve()))
        except RuntimeError as error:
            raise errors.InvalidRequest(
                f"'{blend}' cannot be opened ({_reason(error)}); give the path of a .blend file."
            ) from error
    scene = bpy.data.scenes.get(scene_name) if scene_name else bpy.context.scene
    if scene is None:
        raise errors.InvalidRequest(
            f"There is no scene '{scene_name}'; the file has: {', '.join(s.name for s in bpy.data.scenes)}."
        )
    return scene


def _save_blend(path: Path) -> None:
    """Save a copy beside the old one and swap: paths of sounds and images stay right relative to the new place."""
    partial = path.with_name(f"{path.stem}.part.blend")
    try:
        with transcripts_seen_from(path.parent):
            bpy.ops.wm.save_as_mainfile(
                filepath=str(partial), copy=True, relative_remap=True, compress=True, check_existing=False
            )
        os.replace(partial, path)
    except (RuntimeError, OSError) as error:
        partial.unlink(missing_ok=True)
        raise errors.OutOfSpace(
            f"'{path}' cannot be saved ({_reason(error)}); free some space or choose another folder."
        ) from error
    print(path)


def _write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise errors.OutOfSpace(f"'{path}' cannot be written ({error.strerror}); free some space.") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Blender and its exporters print every frame; what matters arrives as an exception."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        yield
        sys.stdout.flush()
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _report(job: generation.Generation) -> None:
    for warning in job.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(
        f"Generated {job.request.duration:.1f} s for two in {job.seconds:.1f} s (seed {job.request.seed}, {job.request.quality})"
    )


def _complain(sentence: str, code: int) -> int:
    print(f"error: {sentence}", file=sys.stderr)
    return code


def _reason(error: Exception) -> str:
    return str(error).removeprefix("Error: ").strip().splitlines()[0] if str(error).strip() else type(error).__name__


class _Printer:
    """One line a stage; a log of a render farm is no place for a moving bar."""

    def __init__(self) -> None:
        self._stage = ""

    def __call__(self, progress: contract.Progress) -> None:
        if progress.stage != self._stage:
            self._stage = progress.stage
            print(f"{progress.fraction:4.0%} {progress.stage}", flush=True)
