"""One undo after an operator brings back the same state of the file, one redo the operator's."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from interact_addon.compat import strip_left, strip_right
from interact_addon.demo import timeline
from interact_addon.properties import actor_key
from interact_addon.rig.curves import curves_of
from interact_addon.rig.key_arrays import read_keys
from interact_addon.scene.targets import walk_strips

State = dict[str, object]
Prepare = Callable[[bpy.types.Scene], None]
_DEPTH = 3  # of property groups within each other
_OF_BLENDER = {"rna_type", "session_uid", "users", "id_data", "is_evaluated", "original"}
_READINGS = {"check", "outcome"}  # what a check found, and Resolve said; read again after a redo


@pytest.fixture(scope="module")
def performed(demo_blend: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The short demo with two takes and a list of what a check found, saved once."""
    bpy.ops.wm.open_mainfile(filepath=str(demo_blend))
    path = tmp_path_factory.mktemp("undo") / "takes.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    for seed in (1, 2):
        bpy.context.scene.interact.seed = seed
        assert bpy.ops.interact.generate() == {"FINISHED"}
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def state() -> State:
    """Return all actions, strips, objects and settings of the file, as they compare."""
    found: State = {"actions": sorted(action.name for action in bpy.data.actions)}
    for action in bpy.data.actions:
        found[f"action {action.name}"] = _custom(action)
        for slot in action.slots:
            for curve in curves_of(action, slot):
                bits = b"".join(np.ascontiguousarray(values).tobytes() for values in read_keys(curve).values())
                found[f"{action.name} {slot.identifier} {curve.data_path} {curve.array_index}"] = hash(bits)
    for scene in bpy.data.scenes:
        found[f"scene {scene.name}"] = (
            scene.frame_start,
            scene.frame_end,
            scene.frame_current,
            scene.use_preview_range,
        )
        found[f"settings {scene.name}"] = _settings(scene.interact)
        for strip in scene.sequence_editor.strips if scene.sequence_editor is not None else ():
            found[f"strip {scene.name} {strip.name}"] = _strip(strip)
    for obj in bpy.data.objects:
        found[f"object {obj.name}"] = _object(obj)
    found["kinds"] = {
        kind: sorted(one.name for one in getattr(bpy.data, kind))
        for kind in ("collections", "meshes", "materials", "armatures", "sounds", "texts", "images")
    }
    return found


def _strip(strip: Any) -> tuple[object, ...]:
    target = strip.interact_target.name if getattr(strip, "interact_target", None) is not None else ""
    colour = tuple(strip.color) if strip.type == "COLOR" else ()
    text = strip.text if strip.type == "TEXT" else ""
    return (strip.type, strip.channel, strip_left(strip), strip_right(strip), strip.mute, colour, text, target)


def _object(obj: bpy.types.Object) -> tuple[object, ...]:
    animation = obj.animation_data
    plays: tuple[Any, ...] = ()
    tracks: tuple[Any, ...] = ()
    if animation is not None:
        plays = (animation.action and animation.action.name, animation.action_slot and animation.action_slot.identifier)
        tracks = tuple((t.name, t.mute, tuple(strip.name for strip in t.strips)) for t in animation.nla_tracks)
    constraints = [[(c.name, c.mute) for c in bone.constraints] for bone in obj.pose.bones] if obj.pose else []
    return (obj.parent and obj.parent.name, tuple(map(tuple, obj.matrix_basis)), plays, tracks, str(constraints))


def _settings(group: Any, depth: int = 0) -> dict[str, object]:
    found: dict[str, object] = {}
    for prop in group.bl_rna.properties:
        if prop.identifier in _OF_BLENDER | _READINGS:
            continue
        value = getattr(group, prop.identifier)
        if isinstance(value, (bool, int, float, str)):
            found[prop.identifier] = value
        elif isinstance(value, bpy.types.ID):
            found[prop.identifier] = value.name
        elif isinstance(value, bpy.types.PropertyGroup) and depth < _DEPTH:
            found[prop.identifier] = _settings(value, depth + 1)
        elif prop.type == "COLLECTION" and depth < _DEPTH:
            found[prop.identifier] = [_settings(one, depth + 1) for one in value]
    return found


def _custom(item: Any) -> dict[str, str]:
    """Return custom properties as text, without addresses."""
    values = {name: item[name] for name in item.keys()}  # noqa: SIM118 - an ID is no dict
    texts = {name: str(v.to_dict() if hasattr(v, "to_dict") else v) for name, v in values.items()}
    return {name: re.sub(r"0x[0-9a-f]+", "", text) for name, text in sorted(texts.items())}


def nothing(scene: bpy.types.Scene) -> None:
    """Prepare nothing."""


def a_walk(scene: bpy.types.Scene) -> None:
    scene.sequence_editor.active_strip = walk_strips(scene, actor_key(scene.interact.actor_a))[0]


def labels(scene: bpy.types.Scene) -> None:
    for strip in scene.sequence_editor.strips:
        strip.select = strip.type == "COLOR"


def an_empty(scene: bpy.types.Scene) -> None:
    target = bpy.data.objects.new("Window", None)
    scene.collection.objects.link(target)
    bpy.context.view_layer.objects.active = target
    scene.frame_set(20)


def a_range(scene: bpy.types.Scene) -> None:
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 15, 45


def a_contact(scene: bpy.types.Scene) -> None:
    first, second = (actor.armature for actor in scene.interact.actors)
    second.location = first.location.lerp(second.location, 0.3)  # within reach
    a_range(scene)
    assert bpy.ops.interact.add_contact() == {"FINISHED"}


def a_check(scene: bpy.types.Scene) -> None:
    assert bpy.ops.interact.check() == {"FINISHED"}


def an_edit(scene: bpy.types.Scene) -> None:
    bone = scene.interact.actor_a.armature.pose.bones["mixamorig:RightArm"]
    scene.frame_set(30)
    bone.rotation_quaternion = (0.7, 0.7, 0.1, 0.0)
    bone.keyframe_insert("rotation_quaternion")


@pytest.mark.parametrize(
    ("name", "prepare", "settings"),
    [
        ("set_up_timeline", nothing, {}),
        ("label_range", nothing, {"label": "sit", "actor": "0"}),
        ("label_selected", labels, {"label": "walk"}),
        ("add_emotion_labels", nothing, {}),
        ("add_interaction", nothing, {"category": "walk towards", "acting": "0"}),
        ("add_prompt", nothing, {"text": "Mia walks to Tom", "acting": "0"}),
        ("add_target", an_empty, {"kind": "gaze", "actor": "0"}),
        ("add_walk_target", a_walk, {}),
        ("add_contact", a_range, {}),
        ("add_speech", nothing, {"filepath": str(timeline.default_speech()[0]), "actor": "1"}),
        ("next_take", nothing, {"step": -1}),
        ("delete_take", nothing, {}),
        ("push_take", nothing, {}),
        ("compare_takes", nothing, {}),
        ("mirror_take", nothing, {}),
        ("offset_take", nothing, {}),
        ("thin_keys", nothing, {}),
        ("keep_as_layer", an_edit, {}),
        ("add_contact_objects", a_check, {}),
        ("constrain_contacts", a_contact, {"source": "STRIPS"}),
        ("resolve", a_contact, {}),
        ("regenerate", a_range, {}),
        ("generate", nothing, {}),
        ("make_take_again", nothing, {}),
    ],
)
def test_one_undo_restores_the_file_and_a_redo_what_was_done(
    performed: Path, name: str, prepare: Prepare, settings: dict[str, Any]
) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(performed))
    scene = bpy.context.scene
    scene.interact.resolve.frames_from = "ALL"
    prepare(scene)
    bpy.ops.ed.undo_push(message="before")
    before = state()
    assert getattr(bpy.ops.interact, name)("EXEC_DEFAULT", True, **settings) == {"FINISHED"}
    after = state()
    assert differing(before, after), "it did something"
    bpy.ops.ed.undo()
    assert not differing(before, state())
    bpy.ops.ed.redo()
    assert not differing(after, state())


def differing(one: State, other: State) -> dict[str, tuple[object, object]]:
    return {
        name: (one.get(name), other.get(name)) for name in {*one, *other} if str(one.get(name)) != str(other.get(name))
    }
