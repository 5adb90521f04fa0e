"""Contacts that are asked for: both points in the 3D view, picking them there, and a hand that constraints hold.

The planted shot of the tests plays: Tom rests a palm on Mia's shoulder.
"""

from __future__ import annotations

from collections.abc import Iterator

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Vector

from blender_tests.in_window.demo_scene import add_demo, until_arranged
from blender_tests.in_window.hands import Hands, area_of, region_of, window
from blender_tests.planted import plant
from interact_addon import panels
from interact_addon.rig.contact_constraints import COLLECTION
from interact_addon.rig.read_back import seen_now
from interact_addon.runtime_api import skeleton
from interact_addon.scene.contact_goals import Ends, add_contact
from interact_addon.scene.request import cast_scene

_FRAME = 65  # the palm is on the shoulder
_AROUND, _HEIGHT = 2.0, 1.3  # metres from which they are looked at, and what height
_FITTED = 25.0  # seconds in which bodies are fitted, so that points are known

for cls in panels.CLASSES:  # as after Ctrl and a click on the header of Contacts
    cls.bl_options = set() if cls.bl_label in ("Script", "Contacts") else {"DEFAULT_CLOSED"}


def steps() -> Iterator[float | str]:
    yield from add_demo(window())
    yield from until_arranged(window())
    scene, area = window().scene, area_of("VIEW_3D")
    with bpy.context.temp_override(window=window(), area=area, region=region_of(area, "WINDOW")):
        plant(scene)
    mia, tom = (actor.identity for actor in scene.interact.actors)
    strip = add_contact(scene, Ends(tom, "right_palm", mia, "left_shoulder"), 50, 81)
    add_contact(scene, Ends(tom, "left_palm", mia, "belly"), 50, 81).select = False
    strip.select, scene.sequence_editor.active_strip = True, strip
    scene.frame_set(_FRAME)
    look_at(area)
    strips = area_of("SEQUENCE_EDITOR")
    with bpy.context.temp_override(window=window(), area=strips, region=region_of(strips, "WINDOW")):
        bpy.ops.sequencer.view_all()
    yield _FITTED
    yield "contacts.webp"
    yield from _picked(area)
    yield "contacts_pick.webp"
    yield from Hands().key("ESC")
    scene.interact.overlay.plan = False
    with bpy.context.temp_override(window=window(), area=area, region=region_of(area, "WINDOW")):
        bpy.ops.interact.constrain_contacts("EXEC_DEFAULT", source="STRIPS")
        bpy.ops.object.select_all(action="DESELECT")
    for empty in bpy.data.collections[COLLECTION].objects:
        empty.select_set(True)
        window().view_layer.objects.active = empty
    overlay = area.spaces.active.overlay
    overlay.show_bones = overlay.show_extras = True
    yield 4.0
    yield "contacts_constraints.webp"


def look_at(area: bpy.types.Area) -> None:
    """Look at both from the side, at the height of their shoulders."""
    view = area.spaces.active.region_3d
    view.view_perspective, view.view_distance = "PERSP", _AROUND
    view.view_location = (0.0, -0.26, _HEIGHT)
    view.view_rotation = Vector((1.0, 0.0, 0.15)).to_track_quat("Z", "Y")


def _picked(area: bpy.types.Area) -> Iterator[float]:
    """Begin to pick, and bring the mouse over Mia's shoulder."""
    region, scene = region_of(area, "WINDOW"), window().scene
    with bpy.context.temp_override(window=window(), area=area, region=region):
        character = cast_scene(scene)[0]
        seen = seen_now(character, bpy.context.evaluated_depsgraph_get())
        joints = skeleton.forward_kinematics(seen.root_positions, seen.rotations, character.rest.skeleton)[0][0]
        place = Vector(joints[skeleton.INDEX["right_shoulder"]]) + Vector((0.0, 0.0, character.rest.floor))
        at = location_3d_to_region_2d(region, area.spaces.active.region_3d, place)
        bpy.ops.interact.pick_contact("INVOKE_DEFAULT")
    hands = Hands()
    for beside in (12, 4, 0):
        yield from hands.move((region.x + round(at.x) + beside, region.y + round(at.y)))
        yield 0.5
    yield 3.0
