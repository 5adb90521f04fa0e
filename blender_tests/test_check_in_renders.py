"""What a check found as objects: they follow both characters, are coloured by depth, and leave nothing behind."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.check.in_renders import contact_objects
from interact_addon.check.shot_check import check_shot, is_current, known_check
from interact_addon.rig.measure import skinned_meshes

from .planted import FRAMES, THROUGH, plant
from .test_resolve import capture

KINDS = ("objects", "meshes", "materials", "images", "collections", "actions")


@pytest.fixture
def shown(shot: bpy.types.Scene) -> bpy.types.Scene:
    """The planted shot, checked and shown in renders."""
    plant(shot)
    bpy.ops.interact.check()
    assert bpy.ops.interact.add_contact_objects() == {"FINISHED"}
    return shot


def blocks() -> set[tuple[str, str]]:
    return {(kind, block.name) for kind in KINDS for block in getattr(bpy.data, kind)}


def seen(name: str) -> tuple[np.ndarray, bpy.types.Mesh]:
    """Return the corners (V, 3) of an object as they are seen now, metres, and its mesh as it is seen."""
    obj = bpy.data.objects[name].evaluated_get(bpy.context.evaluated_depsgraph_get())
    places = np.empty(3 * len(obj.data.vertices), np.float32)
    obj.data.vertices.foreach_get("co", places)
    world = np.array(obj.matrix_world)
    return places.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3], obj.data


def farthest_point(scene: bpy.types.Scene, frame: int) -> float:
    """Return how far (metres) a contact point is shown from where the check has it, at most."""
    scene.frame_set(frame)
    found = known_check(scene)
    assert found is not None
    off = []
    for name, body in zip(found.names, found.bodies):
        places = seen(f"InterAct Points {name}")[0].reshape(len(body.shape.points), -1, 3).mean(1)
        off.append(np.linalg.norm(places - body.points[found.row_at(frame)], axis=-1).max())
    return float(max(off))


def colour_at(scene: bpy.types.Scene, name: str, piece: int, frame: int) -> np.ndarray:
    """Return the colour (4,) that a capsule of an object has at a frame."""
    scene.frame_set(frame)
    _, mesh = seen(name)
    image = bpy.data.images[name]
    count = image.size[1]
    u, v = mesh.uv_layers["Depth"].uv[piece * len(mesh.loops) // count].vector
    pixels = np.array(image.pixels[:]).reshape(count, image.size[0], 4)
    return pixels[int(v * count), int(u * image.size[0])]


def test_bodies_and_points_follow_both_characters_over_the_shot(shown: bpy.types.Scene) -> None:
    assert max(farthest_point(shown, frame) for frame in (1, 65, THROUGH, FRAMES)) < 0.005
    found = known_check(shown)
    assert found is not None and is_current(shown)
    shown.frame_set(THROUGH)
    corners, _ = seen("InterAct Bodies Mia")
    capsules = found.bodies[0].capsules
    each = corners.reshape(capsules.start.shape[1], -1, 3).mean(1)
    middle = 0.5 * (capsules.start[THROUGH - 1] + capsules.end[THROUGH - 1])
    assert np.linalg.norm(each - middle, axis=-1).max() < 0.05


def test_a_capsule_is_red_while_it_is_deep_in_the_other_and_faint_before(shown: bpy.types.Scene) -> None:
    found = known_check(shown)
    assert found is not None
    chest = found.bodies[0].shape.parts.index("chest")
    red = colour_at(shown, "InterAct Bodies Mia", chest, THROUGH)
    faint = colour_at(shown, "InterAct Bodies Mia", chest, 10)
    assert red[0] > 0.9 and red[1] < 0.3 and red[3] > 0.9 and faint[3] < 0.3


def test_they_are_no_skin_of_the_characters_and_another_check_is_the_same(shown: bpy.types.Scene) -> None:
    before = known_check(shown)
    names = [mesh.name for actor in shown.interact.actors for mesh in skinned_meshes(actor.armature)]
    assert names and not [name for name in names if name.startswith("InterAct")]
    again = check_shot(shown)
    assert before is not None and again.made == before.made


def test_pressed_again_they_take_the_place_of_those_before_and_removed_they_leave_nothing(
    shot: bpy.types.Scene, tmp_path: Path
) -> None:
    plant(shot)
    bpy.ops.interact.check()
    before = blocks()
    bpy.ops.interact.add_contact_objects()
    once = blocks()
    bpy.ops.interact.add_contact_objects()
    assert blocks() == once and len(once) > len(before)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shown.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shown.blend"))
    scene = bpy.context.scene
    assert contact_objects(scene) is not None
    scene.frame_set(THROUGH)
    assert bpy.ops.interact.remove_contact_objects() == {"FINISHED"}
    assert blocks() == before and contact_objects(scene) is None
    assert not bpy.ops.interact.remove_contact_objects.poll()


def test_without_a_check_the_button_says_what_to_do(shot: bpy.types.Scene) -> None:
    with pytest.raises(RuntimeError, match="Press Check first"):
        bpy.ops.interact.add_contact_objects()


@pytest.mark.data
def test_on_rigs_of_other_makes_they_follow_the_bones_that_move_the_skin(addon: None) -> None:
    """Salsa on characters with Mixamo's and a game engine's bones: no bone is known by its name here."""
    scene = bpy.context.scene
    capture(frames=60, start=200)
    bpy.ops.interact.check()
    assert bpy.ops.interact.add_contact_objects() == {"FINISHED"}
    assert max(farthest_point(scene, frame) for frame in (1, 20, 41, 60)) < 0.02
