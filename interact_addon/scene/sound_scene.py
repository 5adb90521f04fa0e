"""A scene with a sequencer and nothing else, in which Blender's own sound engine mixes chosen strips.

Blender evaluates the whole scene on every frame when it mixes down, because volumes may be animated. So a copy of the
scene is emptied first: it keeps the strips with all their settings and their animation, and loses every object.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..rig.curves import curves_of
from ..runtime_api import Array, errors
from .reading import curve_of
from .sound_files import read_wave
from .voices import channel_of

RATE = 48000  # Hz, at least that of nearly all recordings: what Blender resamples to
_ACCURACY = 256  # samples (5 ms) for which animated values are constant; Blender's own default is 1024
_LONGEST_WAIT = 300.0  # seconds for a mix in another process
_HEADROOM = 1.0 / 16.0  # Blender clips what it mixes at 1, which overlaps and raised volumes exceed

SCENE = "interact sound"  # the copy's name

_KINDS = ("MONO", "STEREO")  # by the number of channels

Place = tuple[int, ...]  # numbers of a strip among the strips of each level, outermost first


_numbers = count()


class MixElsewhere:
    """A mix in a Blender of its own, which works while this one goes on. Nothing here touches ``bpy`` once it began."""

    def __init__(self, scene: bpy.types.Scene, kind: str, path: Path) -> None:
        """Begin. ``kind``: MONO or STEREO. ``path``: what the mix is called for as long as it is not read.

        A number comes after it: a mix that was stopped takes its files away when another of the same voice has begun.
        """
        path = path.with_stem(f"{path.stem}_{next(_numbers)}")
        self._path, self._blend = path, path.with_suffix(".blend")
        script = Path(__file__).with_name("mixdown.py")
        values = [str(self._blend), str(path), kind, str(RATE), str(_ACCURACY)]
        try:
            bpy.data.libraries.write(str(self._blend), {scene}, path_remap="ABSOLUTE")
            self._process = subprocess.Popen(
                [*compat.script_command(script), "--", *values],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except (RuntimeError, OSError) as problem:
            self._remove_files()
            raise _unwritable(path, problem) from problem

    def result(self) -> Array:
        """Wait for the end and return what is heard as (N, channels) float32. Raises ``OutOfSpace``."""
        try:
            printed, _ = self._process.communicate(timeout=_LONGEST_WAIT)
            if self._process.returncode != 0:
                raise RuntimeError(printed.decode("utf-8", "replace").strip().rpartition("\n")[2] or "it gave up")
            return read_wave(self._path)
        except (RuntimeError, OSError, subprocess.SubprocessError) as problem:
            self.stop()
            raise _unwritable(self._path, problem) from problem
        finally:
            self._remove_files()

    def stop(self) -> None:
        """End the other Blender; a ``result`` that is waited for raises."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def _remove_files(self) -> None:
        with contextlib.suppress(OSError):
            self._blend.unlink(missing_ok=True)
            self._path.unlink(missing_ok=True)


class SoundScene:
    """The emptied copy of a scene. Strips are named by their place, which is that of the original."""

    def __init__(self, source: bpy.types.Scene, places: Iterable[Place]) -> None:
        self._owned: list[Any] = []  # scenes, sounds and actions made here
        self._scenes: list[Any] = []
        self._places = set(places)
        try:
            self.scene = self._emptied(source)
            self._keep_scene_strips(self.scene.sequence_editor.strips, ())
        except BaseException:
            self.remove()
            raise

    def strip(self, place: Place) -> Any:
        return self.chain(place)[-1]

    def chain(self, place: Place) -> list[Any]:
        """Return the meta and scene strips around a strip, outermost first, and the strip itself."""
        found: list[Any] = []
        strips = self.scene.sequence_editor.strips
        for number in place:
            found.append(strips[number])
            inside = found[-1].scene.sequence_editor if found[-1].type == "SCENE" else found[-1]
            strips = inside.strips if found[-1].type in ("SCENE", "META") else ()
        return found

    def play_only(self, places: Iterable[Place]) -> None:
        """Mute every other strip; mutes of the original must have been looked at before."""
        heard = {place[: depth + 1] for place in places for depth in range(len(place))}
        self._mute(self.scene.sequence_editor.strips, (), heard)

    def make_headroom(self) -> float:
        """Turn the whole mix down and return the factor; 1 where its volume is animated."""
        drivers = self.scene.animation_data.drivers if self.scene.animation_data is not None else ()
        if curve_of(self.scene, "audio_volume") or any(driver.data_path == "audio_volume" for driver in drivers):
            return 1.0
        self.scene.audio_volume *= _HEADROOM
        return _HEADROOM

    def without_animation(self) -> None:
        for scene in self._scenes:
            scene.animation_data_clear()
            scene.audio_volume = 1.0

    def key_volume(self, place: Place, values: Mapping[int, float]) -> None:
        """Replace the volume of a strip by one value for each frame, constant until the next."""
        strip = self.strip(place)
        scene = strip.id_data
        bag = compat.channelbag(self._own_action(scene), scene.animation_data.action_slot)
        path = strip.path_from_id("volume")
        for curve in [curve for curve in bag.fcurves if curve.data_path == path]:
            bag.fcurves.remove(curve)
        points = bag.fcurves.new(path).keyframe_points
        points.add(len(values))
        for point, (frame, value) in zip(points, sorted(values.items())):
            point.co, point.interpolation = (frame, value), "CONSTANT"

    def replace_sound(self, place: Place, path: Path) -> None:
        """Let a strip play another file, for as long as this scene is there."""
        sound = bpy.data.sounds.load(str(path))
        self._owned.append(sound)
        self.strip(place).sound = sound

    def keep_channels_apart(self, place: Place) -> None:
        """Undo *Mono* of a strip's sound."""
        strip = self.strip(place)
        if strip.sound.use_mono:
            strip.sound = strip.sound.copy()
            self._owned.append(strip.sound)
            strip.sound.use_mono = False

    def mix(self, first: int, last: int, channels: int, path: Path) -> Array:
        """Return what is heard from frame ``first`` to ``last`` as (N, channels) float32; written to ``path`` first.

        Raises ``OutOfSpace`` if Blender cannot write.
        """
        if compat.mixes_in_a_thread():
            return self.begin_mix(first, last, channels, path).result()
        if self._is_retimed:
            with contextlib.suppress(errors.OutOfSpace):
                return self.begin_mix(first, last, channels, path).result()
            return self.begin_mix(first, last, channels, path).result()
        self._set_range(first, last)
        try:
            self._mix_here(_KINDS[channels - 1], path)
            return read_wave(path)
        except (RuntimeError, OSError) as problem:
            raise _unwritable(path, problem) from problem
        finally:
            path.unlink(missing_ok=True)

    @property
    def _is_retimed(self) -> bool:
        """Whether a strip that is heard plays at another speed, and another Blender can mix it.

        Blender 4.5 may end in the middle of such a mix, one time in a hundred (a division by zero). Another Blender
        does it in its place, and tries twice. A strip whose head is trimmed is mixed here: on the way into another
        file it loses the trim.
        """
        strips = [strip for scene in self._scenes for strip in scene.sequence_editor.strips_all]
        heard = [strip for strip in strips if not strip.mute and len(getattr(strip, "retiming_keys", ())) > 0]
        trimmed = [strip for strip in heard if compat.strip_left(strip) > compat.strip_content(strip)[0]]
        return bool(heard) and not trimmed

    def begin_mix(self, first: int, last: int, channels: int, path: Path) -> MixElsewhere:
        """Begin the same in a Blender of its own and return at once. Raises ``OutOfSpace``."""
        self._set_range(first, last)
        return MixElsewhere(self.scene, _KINDS[channels - 1], path)

    def _set_range(self, first: int, last: int) -> None:
        scene = self.scene
        scene.frame_start, scene.frame_end = first, last
        scene.frame_current = first

    def _mix_here(self, kind: str, path: Path) -> None:
        with _without_handlers(), bpy.context.temp_override(**compat.sequencer_override(self.scene)):
            bpy.ops.sound.mixdown(
                filepath=str(path),
                check_existing=False,
                relative_path=False,
                accuracy=_ACCURACY,
                container="WAV",
                codec="PCM",
                format="F32",
                channels=kind,
                mixrate=RATE,
            )

    def remove(self) -> None:
        bpy.data.batch_remove(self._owned)
        self._owned.clear()

    def _emptied(self, source: bpy.types.Scene) -> Any:
        scene: Any = source.copy()
        self._owned.append(scene)
        self._scenes.append(scene)
        scene.name = SCENE
        for child in list(scene.collection.children):
            scene.collection.children.unlink(child)
        for thing in list(scene.collection.objects):
            scene.collection.objects.unlink(thing)
        _drop_references(scene)
        self._drop_keyed_mutes(scene)
        scene.use_audio, scene.use_preview_range = True, False  # "Play Audio" is a switch for listening, not of the mix
        return scene

    def _drop_keyed_mutes(self, scene: Any) -> None:
        """Strips are muted here by hand, which an animated mute would undo."""
        animation = scene.animation_data
        if animation is None:
            return
        for driver in [driver for driver in animation.drivers if _is_mute(driver)]:
            animation.drivers.remove(driver)
        if animation.action is None or animation.action_slot is None:
            return
        if any(_is_mute(curve) for curve in curves_of(animation.action, animation.action_slot)):
            self._own_action(scene)
            for bag in _bags(animation):
                for curve in [curve for curve in bag.fcurves if _is_mute(curve)]:
                    bag.fcurves.remove(curve)

    def _own_action(self, scene: Any) -> Any:
        """Return the scene's action, a copy that is removed with the scene: the original shares its own."""
        animation = scene.animation_data
        if animation.action not in self._owned:
            slot, animation.action = animation.action_slot.identifier, animation.action.copy()
            animation.action_slot = animation.action.slots[slot]
            self._owned.append(animation.action)
        return animation.action

    def _keep_scene_strips(self, strips: Any, place: Place) -> None:
        """Give the scene strips on the way to a voice an emptied copy of their scene, and all others none."""
        for number, strip in enumerate(strips):
            here = (*place, number)
            if strip.type == "META":
                self._keep_scene_strips(strip.strips, here)
            elif strip.type == "SCENE":
                is_needed = any(other[: len(here)] == here for other in self._places)
                strip.scene = self._emptied(strip.scene) if is_needed else None
                if is_needed:
                    self._keep_scene_strips(strip.scene.sequence_editor.strips, here)

    def _mute(self, strips: Any, place: Place, heard: set[Place]) -> None:
        for number, strip in enumerate(strips):
            here = (*place, number)
            strip.mute = here not in heard
            if here not in heard:
                continue
            channel_of(strip).mute = False  # it may be keyed, and off at the playhead
            if strip.type == "META":
                self._mute(strip.strips, here, heard)
            elif strip.type == "SCENE":
                self._mute(strip.scene.sequence_editor.strips, here, heard)


@contextmanager
def sound_scene(source: bpy.types.Scene, places: Iterable[Place]) -> Iterator[SoundScene]:
    """Yield the strips of ``source`` in a scene without anything else, which is removed at the end."""
    bench = SoundScene(source, places)
    try:
        yield bench
    finally:
        bench.remove()


def _unwritable(path: Path, problem: Exception) -> errors.OutOfSpace:
    return errors.OutOfSpace(
        f"Blender cannot write the voices to '{path.parent}' ({str(problem).strip()}); free some space, or choose "
        "another temporary folder in the preferences."
    )


def _bags(animation: Any) -> list[Any]:
    bags = [strip.channelbag(animation.action_slot) for layer in animation.action.layers for strip in layer.strips]
    return [bag for bag in bags if bag is not None]


def _is_mute(curve: Any) -> bool:
    return curve.data_path.startswith("sequence_editor") and curve.data_path.endswith(".mute")


def _drop_references(scene: Any) -> None:
    """Let go of all that Blender would evaluate with the scene: cameras, worlds, nodes, targets of drivers."""
    for name in (
        "camera",
        "world",
        "background_set",
        "active_clip",
        "compositing_node_group",
        "grease_pencil",
        "annotation",
    ):
        if getattr(scene, name, None) is not None:
            setattr(scene, name, None)
    if not hasattr(scene, "compositing_node_group"):
        scene.use_nodes = False
    scene.timeline_markers.clear()
    if scene.rigidbody_world is not None:
        scene.rigidbody_world.enabled = False
        scene.rigidbody_world.collection = scene.rigidbody_world.constraints = None
    for prop in scene.bl_rna.properties:
        if prop.is_runtime and prop.type == "POINTER":  # settings of add-ons, which may point to characters
            scene.property_unset(prop.identifier)
    for key in list(scene.keys()):
        del scene[key]
    animation = scene.animation_data
    for driver in list(animation.drivers) if animation is not None else ():
        if not driver.data_path.startswith(("sequence_editor", "audio_volume")):
            animation.drivers.remove(driver)


@contextmanager
def _without_handlers() -> Iterator[None]:
    """Keep other add-ons from being called for every frame of a scene that is none of theirs."""
    handlers: Any = bpy.app.handlers
    lists = [
        getattr(handlers, name)
        for name in ("frame_change_pre", "frame_change_post", "depsgraph_update_pre", "depsgraph_update_post")
    ]
    before = [list(one) for one in lists]
    for one in lists:
        one.clear()
    try:
        yield
    finally:
        for one, functions in zip(lists, before):
            one[:] = functions
