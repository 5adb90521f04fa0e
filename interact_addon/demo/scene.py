"""The demo scene, made in code: two characters, a chair, light, camera, two voices and their action labels."""

from __future__ import annotations

import math
from collections.abc import Generator
from pathlib import Path

import bpy
from mathutils import Matrix, Vector

from ..runtime_api import finished
from ..scene.setting_up import let_strips_give_way
from ..scene.targets import walk_strips
from . import stage, timeline
from .character import Character, Model, build_character, model_character
from .characters import MIA, TOM
from .figure import bone_name

# Where the two stand at the start, metres on the floor; headings turn -Y about +Z.
_MARK_A, _HEADING_A = Vector((-1.55, 0.10, 0.0)), math.radians(80.0)
_MARK_B, _HEADING_B = Vector((0.62, 0.05, 0.0)), math.radians(-70.0)
MODELLING_STEPS = 29
_CHAIR_BEHIND = 0.42  # metres from the mark where the actor stands to the seat's middle


def model_pair() -> Generator[None, None, tuple[Model, Model]]:
    """Model both characters, about two seconds of one core; yield ``MODELLING_STEPS`` times in between."""
    first = yield from model_character(MIA)
    yield
    second = yield from model_character(TOM)
    return first, second


def _modelled() -> tuple[Model, Model]:
    return finished(model_pair())


def build_demo_scene(
    scene: bpy.types.Scene,
    speech_a: Path | None = None,
    speech_b: Path | None = None,
    models: tuple[Model, Model] | None = None,
) -> tuple[Character, Character]:
    """Add the demo to ``scene``, in a collection of its own, and cast it; the longer voice sets the frame range.

    The woman speaks ``speech_a``, the man ``speech_b``; None takes the voice that ships with the add-on, which is
    packed into the file. ``models``: the characters, if they are modelled already.
    Raises ``SpeechFileMissing`` or ``SpeechFileBroken`` with the scene untouched.
    """
    shipped = timeline.default_speech()
    voices = (speech_a or shipped[0], speech_b or shipped[1])
    for voice in voices:
        timeline.check_speech(voice)
    collection = bpy.data.collections.new("InterAct demo")
    scene.collection.children.link(collection)
    stage.set_render(scene)
    let_strips_give_way(scene)

    first, second = (build_character(model, collection) for model in models or _modelled())
    _put(first.rig, _MARK_A, _HEADING_A)
    _put(second.rig, _MARK_B, _HEADING_B)
    stage.build_floor(collection)
    chair = stage.build_chair(collection)
    behind = Matrix.Rotation(_HEADING_B, 3, "Z") @ Vector((0.0, 1.0, 0.0))
    _put(chair, _MARK_B + behind * _CHAIR_BEHIND, _HEADING_B)
    targets = (
        _target("Mia walks to", (-0.60, 0.0, 0.0), collection),
        _target("Tom walks to", (0.35, -0.75, 0.0), collection),
    )

    stage.build_lights(scene, collection, Vector((0.0, 0.0, 1.0)))
    stage.build_camera(scene, collection, Vector((0.15, -5.0, 1.45)), Vector((0.0, 0.0, 0.92)))
    for figure, character in ((MIA, first), (TOM, second)):
        centre = Vector((0.0, -0.04, figure.height - figure.head * 0.56))
        stage.build_face_camera(
            f"{figure.name} face camera", character.rig, bone_name("head", figure.naming), centre, collection
        )
    timeline.build_timeline(scene, (first.rig.name, second.rig.name), voices)
    _cast(scene, (first, second), chair, targets)
    scene.view_layers[0].update()
    return first, second


def _put(thing: bpy.types.Object, place: Vector, heading: float) -> None:
    thing.location = place
    thing.rotation_euler = (0.0, 0.0, heading)


def _target(name: str, place: tuple[float, float, float], collection: bpy.types.Collection) -> bpy.types.Object:
    empty = bpy.data.objects.new(name, None)
    empty.empty_display_type, empty.empty_display_size = "CIRCLE", 0.12
    empty.rotation_euler = (math.pi / 2, 0.0, 0.0)
    empty.location = place
    collection.objects.link(empty)
    return empty


def _cast(
    scene: bpy.types.Scene,
    pair: tuple[Character, Character],
    chair: bpy.types.Object,
    targets: tuple[bpy.types.Object, ...],
) -> None:
    """Fill the add-on's own properties, where it is registered."""
    cast = getattr(scene, "interact", None)
    if cast is None:
        return
    for actor, character, target in zip(cast.actors, pair, targets):
        actor.name = character.rig.name
        actor.armature = character.rig
        for strip in walk_strips(scene, actor.name)[-1:]:
            strip.interact_target = target
    timeline.add_interactions(scene)
    cast.actors[1].seat = chair
    cast.actors[1].seat_height = stage.SEAT_HEIGHT
