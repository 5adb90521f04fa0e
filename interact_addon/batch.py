"""The same job without a window.

``python -m interact_addon generate shot.blend --out DIR`` with Blender as a module,
``blender -b shot.blend --command interact generate --out DIR`` with the program.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

import bpy

from . import batch_check, batch_export, bench, compat
from .demo.preview import render_preview
from .demo.scene import build_demo_scene
from .export.shot import export_fbx
from .progress import frames_as_progress, quiet
from .runtime_api import contract, errors, files
from .scene.bones import load_bones
from .scene.ik import check_ik, key_ik_of_takes
from .scene.motion_file import read_motion, save_motion
from .scene.perform import CHOICES, HANDS, choose, choose_energy, choose_hand
from .scene.preflight import mend_all
from .scene.transcripts import transcripts_seen_from
from .takes.stretches import stretch_in_seconds
from .takes.voices import keep_voices
from .worker_client import generation
from .worker_client.orders import changed_order, stretch_order, whole_order

DEMO_STEPS = ("performance", "fbx", "preview")


def main(arguments: list[str]) -> int:
    """Run a command and return its exit code.

    0: done; 1: a named error, one sentence on stderr; 2: wrong usage; 3: a shot that *check* refuses; 130: interrupted.
    """
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as stop:  # inside Blender argparse must not end the program
        return int(stop.code or 0)
    try:
        options.run(options)
    except KeyboardInterrupt:
        return _complain("cancelled", 130)
    except errors.Cancelled as error:
        return _complain(str(error), 130)
    except errors.ShotRefused as error:
        return _complain(str(error), batch_check.EXIT_CODE)
    except errors.InterActError as error:
        return _complain(str(error), 1)
    finally:
        generation.free_runtime()
    return 0


def generate(options: argparse.Namespace) -> None:
    """Key both characters of a .blend and save it under its own name in the output folder."""
    folder = _output_folder(options.out)
    scene = _open_scene(options.blend, options.scene)
    _apply_options(scene, options)
    for who, path in options.bones:
        if lacking := load_bones(scene, who, path):
            print(f"warning: '{who}' lacks of '{path.name}': {', '.join(lacking)}", file=sys.stderr)
    _direct(scene, options)
    printer = contract.ProgressPrinter()
    if options.mend:
        for done in mend_all(scene):
            printer.say(done)
    if options.ik:
        check_ik(scene)
    name = Path(bpy.data.filepath).stem or "shot"
    order = _order(scene, options)
    blend = folder / f"{name}.blend"
    job = generation.generate_scene(scene, options.quality, options.seed, printer, blend=blend, order=order)
    if options.strict and job.verification is not None and job.verification.differences:
        raise errors.ShownDiffers(" ".join(map(str, job.verification.differences)))
    if options.ik:
        _key_ik(scene, options.ik == "ik", options.strict, printer)
    with quiet():
        _save_blend(folder / f"{name}.blend")
    printer.wrote(folder / f"{name}.blend")
    if options.fbx:
        with quiet(), frames_as_progress(scene, "Exporting FBX", printer):
            export_fbx(scene, folder / f"{name}.fbx")
        printer.wrote(folder / f"{name}.fbx")
    _report(job)


def _key_ik(scene: bpy.types.Scene, play_ik: bool, strict: bool, printer: contract.ProgressPrinter) -> None:
    """Key the IK controls of both characters as well. Raises ``ShownDiffers`` if that is seen and ``strict``."""
    keyed = key_ik_of_takes(scene, play_ik, lambda done: printer(contract.Progress("Keying IK controls", done)))
    if strict and keyed.warnings:
        raise errors.ShownDiffers(" ".join(keyed.warnings))
    for warning in keyed.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    for sentence in keyed.done:
        printer.say(sentence)


def _order(scene: bpy.types.Scene, options: argparse.Namespace) -> generation.Order:
    """Return what is generated: the whole shot, or the stretch that the options name."""
    if options.only_changed:
        return changed_order(scene)
    if options.start is None and options.end is None and not options.actor and not options.parts:
        return whole_order(scene)
    parts = options.parts or contract.BODY_PARTS
    return stretch_order(scene, stretch_in_seconds(scene, options.start, options.end, options.actor, parts))


def read_back(options: argparse.Namespace) -> None:
    """Save what the characters of a .blend are seen doing, as canonical motion at 30 fps."""
    path = options.out.resolve()
    _output_folder(path.parent)
    scene = _open_scene(options.blend, options.scene)
    printer = contract.ProgressPrinter()
    with quiet(), frames_as_progress(scene, "Reading back", printer):
        motion = read_motion(scene, options.start, options.end)
    save_motion(motion, path)
    printer.wrote(path)


def export(options: argparse.Namespace) -> None:
    """Write what is seen of the characters of a .blend as files of one format."""
    path, settings = batch_export.place_and_settings(options)
    _output_folder(path.parent)
    batch_export.export(_open_scene(options.blend, options.scene), path, settings)


def check(options: argparse.Namespace) -> None:
    """Report what the characters of a .blend do to each other and to the floor."""
    folder = _output_folder(options.out)
    batch_check.check(_open_scene(options.blend, options.scene), folder, options)


def demo(options: argparse.Namespace) -> None:
    """The demo scene, performed, in steps: demo.blend with the plain data of the job; demo.fbx; preview.png and .mp4.

    A step alone starts from the demo.blend that is there.
    """
    folder = _output_folder(options.out)
    printer = contract.ProgressPrinter()
    steps = [options.step] if options.step else list(DEMO_STEPS)
    if "performance" in steps:
        scene = _perform_demo(folder, options, printer)
    else:
        with quiet():
            scene = _open_scene(folder / "demo.blend", None)
    if "fbx" in steps:
        with quiet(), frames_as_progress(scene, "Exporting FBX", printer):
            export_fbx(scene, folder / "demo.fbx")
        printer.wrote(folder / "demo.fbx")
    if "preview" in steps:
        with quiet():
            render_preview(scene, folder, printer, printer.wrote)


def _perform_demo(folder: Path, options: argparse.Namespace, printer: contract.ProgressPrinter) -> bpy.types.Scene:
    """Build, generate and key the demo; write demo.blend, request.json and performance.npz."""
    printer(contract.Progress("Building the demo scene", 0.0))
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
    _apply_options(scene, options)
    quality = options.quality or "final"
    job = generation.generate_scene(scene, quality, options.seed, printer, blend=folder / "demo.blend")
    assert job.request is not None and job.performance is not None
    printer.say(f"Keyed both characters ({job.performance.report['seconds_keying']:.1f} s)")
    _report(job)
    _write_text(folder / "request.json", contract.request_to_json(keep_voices(job.request, folder)))
    printer.wrote(folder / "request.json")
    job.performance.save(folder / "performance.npz")
    printer.wrote(folder / "performance.npz")
    with quiet():
        bpy.ops.file.pack_all()  # the voices travel inside the file
        _save_blend(folder / "demo.blend")
    printer.wrote(folder / "demo.blend")
    return scene


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="interact", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    shot = commands.add_parser("generate", help="key both characters of a .blend and save it in the output folder")
    batch_export.add_shot(shot, "perform")
    shot.add_argument("--fbx", action="store_true", help="export both characters as FBX too")
    shot.add_argument(
        "--bones",
        action="append",
        default=[],
        type=_name_and_file,
        metavar="ACTOR=FILE",
        help="the bones of an actor, as exported under Cast > Bones; may be repeated",
    )
    shot.add_argument(
        "--perform",
        action="append",
        default=[],
        type=_name_and_choice,
        metavar="ACTOR=CHOICE",
        help=f"what is generated of an actor: {', '.join(CHOICES)}; may be repeated",
    )
    shot.add_argument(
        "--energy",
        action="append",
        default=[],
        type=_name_and_energy,
        metavar="ACTOR=0..2",
        help="how strongly an actor moves, 1 as usual; may be repeated",
    )
    shot.add_argument(
        "--hand",
        action="append",
        default=[],
        type=_name_and_hand,
        metavar="ACTOR=HAND",
        help=f"which hand makes gestures of one hand: {', '.join(HANDS)}; may be repeated",
    )
    shot.add_argument("--from", dest="start", type=float, metavar="SECONDS", help="regenerate a stretch of the takes")
    shot.add_argument("--to", dest="end", type=float, metavar="SECONDS", help="where the stretch ends")
    shot.add_argument(
        "--actor", action="append", default=[], metavar="NAME", help="whose stretch; may be repeated, by default both"
    )
    shot.add_argument(
        "--parts",
        type=_parts,
        metavar="PARTS",
        help=f"of the stretch: {', '.join(contract.BODY_PARTS)}; by default all",
    )
    shot.add_argument(
        "--only-changed", action="store_true", help="regenerate what was changed since the take that is shown"
    )
    shot.add_argument(
        "--mend",
        action="store_true",
        help="mend first what would make the result invisible or wrong: mute drivers and constraints, and more",
    )
    shot.add_argument(
        "--ik",
        choices=("ik", "fk"),
        help="key the IK controls of arms and legs too, and save the shot with IK or with FK switched on",
    )
    shot.add_argument(
        "--strict", action="store_true", help="fail, and save no .blend, if Blender does not show what was generated"
    )
    shot.set_defaults(run=generate)
    show = commands.add_parser("demo", help="build the demo scene, perform it, export and render a preview")
    show.add_argument(
        "--speech-a", type=Path, metavar="FILE", help="what the first character says, instead of the demo's voice"
    )
    show.add_argument("--speech-b", type=Path, metavar="FILE", help="what the second character says")
    show.add_argument("--step", choices=DEMO_STEPS, help="this step alone, on the demo.blend in the output folder")
    show.set_defaults(run=demo)
    back = commands.add_parser("read-back", help="save what the characters are seen doing as one motion file")
    back.add_argument("-o", "--out", required=True, type=Path, metavar="FILE", help="the .npz to write")
    batch_export.add_shot(back, "read")
    back.add_argument("--start", type=int, metavar="FRAME", help="instead of the scene's first frame")
    back.add_argument("--end", type=int, metavar="FRAME", help="instead of the scene's last frame")
    back.set_defaults(run=read_back)
    batch_export.add_command(commands, export)
    timed = commands.add_parser("bench", help="the waiting times of Generate on this machine")
    bench.add_arguments(timed)
    timed.set_defaults(run=bench.run)
    checking = commands.add_parser("check", help="report contacts, penetrations and feet; may refuse a shot")
    batch_export.add_shot(checking, "check")
    batch_check.add_options(checking)
    checking.set_defaults(run=check)
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
            type=contract.relationship_named,
            metavar="NAME",
            help="instead of the one set in the scene: 'boss / subordinate'",
        )
        command.add_argument(
            "--every-frame", action="store_true", help="key every frame, and not only where curves need it"
        )
    return parser


def _share(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split(","))
    if unknown := [part for part in parts if part not in contract.BODY_PARTS]:
        raise argparse.ArgumentTypeError(f"'{unknown[0]}' is not one of {', '.join(contract.BODY_PARTS)}")
    return parts


def _name_and_file(text: str) -> tuple[str, Path]:
    name, sign, path = text.partition("=")
    if not (name and sign and path):
        raise argparse.ArgumentTypeError(f"'{text}' is not ACTOR=FILE")
    return name, Path(path)


def _name_and_choice(text: str) -> tuple[str, str]:
    name, _, choice = text.rpartition("=")
    if not name or choice not in CHOICES:
        raise argparse.ArgumentTypeError(f"'{text}' is not ACTOR= and one of {', '.join(CHOICES)}")
    return name, choice


def _name_and_energy(text: str) -> tuple[str, float]:
    name, _, energy = text.rpartition("=")
    try:
        value = float(energy)
    except ValueError:
        value = math.nan
    if not name or not 0.0 <= value <= contract.MOST_ENERGY:
        raise argparse.ArgumentTypeError(f"'{text}' is not ACTOR= and a number from 0 to 2")
    return name, value


def _name_and_hand(text: str) -> tuple[str, str]:
    name, _, hand = text.rpartition("=")
    if not name or hand not in HANDS:
        raise argparse.ArgumentTypeError(f"'{text}' is not ACTOR= and one of {', '.join(HANDS)}")
    return name, hand


def _direct(scene: bpy.types.Scene, options: argparse.Namespace) -> None:
    """Put what options say of single actors into the scene. Raises ``InvalidRequest`` for a name that nobody has."""
    for who, choice in options.perform:
        choose(scene, who, choice)
    for who, energy in options.energy:
        choose_energy(scene, who, energy)
    for who, hand in options.hand:
        choose_hand(scene, who, hand)


def _apply_options(scene: bpy.types.Scene, options: argparse.Namespace) -> None:
    """Put options into the scene, so that the saved file has the settings it was generated with."""
    settings = scene.interact  # type: ignore[attr-defined]
    if options.lips is not None:
        settings.lips = options.lips
    if options.relationship is not None:
        settings.relationship = options.relationship
    if options.every_frame:
        settings.key_every_frame = True


def _output_folder(folder: Path) -> Path:
    """Return the folder, made if needed, after a test write: a failure must come before the long work."""
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
    if bpy.context.scene != scene:
        _show(scene)
    return scene


def _show(scene: bpy.types.Scene) -> None:
    """Make a scene the one that the windows show: only there are objects put into place after loading."""
    for window in bpy.context.window_manager.windows:
        window.scene = scene
    for obj in scene.objects:
        obj.update_tag()
    bpy.context.view_layer.update()


def _save_blend(path: Path) -> None:
    """Save a copy, whole or not at all, with the paths of sounds and images relative to the new place."""
    try:
        with transcripts_seen_from(path.parent), files.written_whole(path) as partial:
            bpy.ops.wm.save_as_mainfile(
                filepath=str(partial), copy=True, relative_remap=True, compress=True, check_existing=False
            )
    except (RuntimeError, OSError) as error:
        raise errors.OutOfSpace(
            f"'{path}' cannot be saved ({_reason(error)}); free some space or choose another folder."
        ) from error


def _write_text(path: Path, text: str) -> None:
    try:
        files.write_whole(path, text)
    except OSError as error:
        raise errors.OutOfSpace(f"'{path}' cannot be written ({error.strerror}); free some space.") from error


def _report(job: generation.Generation) -> None:
    for warning in job.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    request = job.request
    assert request is not None
    settings = f"seed {request.seed}, {request.quality}"
    print(f"Generated {request.duration:.1f} s for two in {job.seconds:.1f} s ({settings})")


def _complain(sentence: str, code: int) -> int:
    print(f"error: {sentence}", file=sys.stderr)
    return code


def _reason(error: Exception) -> str:
    return str(error).removeprefix("Error: ").strip().splitlines()[0] if str(error).strip() else type(error).__name__
