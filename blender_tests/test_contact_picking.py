"""Picking contact points with the mouse: a ray through the view meets a skin, and the point nearest to it is chosen."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest

from interact_addon.operators.contacts import INTERACT_OT_pick_contact
from interact_addon.scene import contact_picking
from interact_addon.scene.contact_picking import Pickable, Picked, choose
from model_runtime.errors import InvalidRequest


@pytest.fixture
def standing(shot: bpy.types.Scene) -> bpy.types.Scene:
    """The demo's two as they are modelled, side by side."""
    shot.interact.actor_b.armature.location.x += 0.2
    shot.frame_set(shot.frame_start)
    bpy.context.view_layer.update()
    return shot


def pickable(scene: bpy.types.Scene) -> tuple[Pickable, bpy.types.Depsgraph]:
    graph = bpy.context.evaluated_depsgraph_get()
    return Pickable(scene, graph), graph


def point(pick: Pickable, number: int, name: str) -> np.ndarray:
    return pick.points(number)[pick._bodies[number].shape.point(name)]


@pytest.mark.parametrize(
    "name", ["chest", "upper_back", "left_shoulder", "right_knee", "left_palm", "top_of_head", "mouth"]
)
def test_a_ray_at_a_point_from_outside_picks_it_on_both(standing: bpy.types.Scene, name: str) -> None:
    pick, graph = pickable(standing)
    for number in (0, 1):
        place = point(pick, number, name)
        normal = pick._bodies[number].normals[0, pick._bodies[number].shape.point(name)]
        found = pick.under(standing, graph, place + 0.3 * normal, -normal)
        assert found is not None and (found.number, found.point) == (number, name)
        assert found.named(standing) == f"{('Mia', 'Tom')[number]}'s {name.replace('_', ' ')}"


def test_beside_everything_nothing_is_picked_and_an_object_in_front_is(standing: bpy.types.Scene) -> None:
    pick, graph = pickable(standing)
    up = np.array([0.0, 0.0, 1.0], np.float32)
    assert pick.under(standing, graph, np.array([40.0, 40.0, 9.0], np.float32), up) is None
    chest = point(pick, 0, "chest")
    ahead = np.array([0.0, -1.0, 0.0], np.float32)
    bpy.ops.mesh.primitive_cube_add(size=0.1, location=chest + 0.4 * ahead)
    cube = bpy.context.object
    pick, graph = pickable(standing)
    found = pick.under(standing, graph, chest + 1.5 * ahead, -ahead)
    assert found is not None and found.object == cube
    choose(standing, Picked(chest, 0, "right_palm"), found)
    choice = standing.interact.contact
    assert choice.whom == "object" and choice.target.parent == cube
    bpy.context.view_layer.update()
    assert np.array(choice.target.matrix_world.translation) == pytest.approx(found.place, abs=1e-4)
    cube.hide_viewport = True
    pick, graph = pickable(standing)
    found = pick.under(standing, graph, chest + 1.5 * ahead, -ahead)
    assert found is not None and found.point == "chest"


def test_what_is_picked_is_what_the_next_strip_asks_for_and_no_point_touches_itself(standing: bpy.types.Scene) -> None:
    place = np.zeros(3, np.float32)
    choose(standing, Picked(place, 1, "left_palm"), Picked(place, 0, "right_shoulder"))
    choice = standing.interact.contact
    assert (choice.who, choice.point, choice.whom, choice.other_point) == ("1", "left_palm", "0", "right_shoulder")
    with pytest.raises(InvalidRequest, match="cannot touch itself"):
        choose(standing, Picked(place, 1, "left_palm"), Picked(place, 1, "left_palm"))
    with pytest.raises(InvalidRequest, match="Click a character first"):
        choose(standing, Picked(place, object=standing.camera), Picked(place, 1, "left_palm"))


class Clicking:
    """The operator without a window: what it is told of the mouse, and what it says."""

    def __init__(self, scene: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[str] = []
        region = SimpleNamespace(type="WINDOW", x=0, y=0, width=100, height=100)
        space = SimpleNamespace(active=SimpleNamespace(region_3d=None))
        area = SimpleNamespace(type="VIEW_3D", regions=[region], spaces=space, tag_redraw=lambda: None)
        workspace = SimpleNamespace(status_text_set=self.said.append)
        self.context = SimpleNamespace(
            scene=scene,
            area=area,
            workspace=workspace,
            window_manager=SimpleNamespace(modal_handler_add=lambda _: None),
            evaluated_depsgraph_get=bpy.context.evaluated_depsgraph_get,
        )
        self.operator: Any = SimpleNamespace(report=lambda kind, text: self.said.append(text))
        for name in ("invoke", "modal", "cancel", "_follow", "_leave", "_say"):
            method = getattr(INTERACT_OT_pick_contact, name)
            setattr(self.operator, name, method.__get__(self.operator))
        utilities = "interact_addon.operators.contacts.view3d_utils"
        monkeypatch.setattr(f"{utilities}.region_2d_to_vector_3d", lambda *_: self.ray[1])
        monkeypatch.setattr(f"{utilities}.region_2d_to_origin_3d", lambda *_: self.ray[0])
        assert self.operator.invoke(self.context, None) == {"RUNNING_MODAL"}

    def at(self, number: int, name: str) -> None:
        pick = self.operator._pickable
        index = pick._bodies[number].shape.point(name)
        normal = pick._bodies[number].normals[0, index]
        self.ray = pick.points(number)[index] + 0.3 * normal, -normal

    def event(self, kind: str, value: str = "PRESS") -> set[str]:
        event = SimpleNamespace(type=kind, value=value, mouse_x=50, mouse_y=50)
        return self.operator.modal(self.context, event)  # type: ignore[no-any-return]


def test_two_clicks_choose_a_contact_and_what_is_under_the_mouse_is_drawn(
    standing: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    clicking = Clicking(standing, monkeypatch)
    clicking.at(0, "right_knee")
    assert clicking.event("MOUSEMOVE", "NOTHING") == {"PASS_THROUGH"}
    assert contact_picking.hovered is not None and contact_picking.hovered.point == "right_knee"
    assert clicking.event("LEFTMOUSE") == {"RUNNING_MODAL"}
    assert clicking.event("BACK_SPACE") == {"RUNNING_MODAL"}
    clicking.at(1, "left_palm")
    assert clicking.event("LEFTMOUSE") == {"RUNNING_MODAL"} and "Tom's left palm touches" in clicking.said[-1]
    assert clicking.event("MIDDLEMOUSE") == {"PASS_THROUGH"}, "the view can be turned meanwhile"
    assert clicking.event("LEFTMOUSE") == {"RUNNING_MODAL"} and "cannot touch itself" in clicking.said[-1]
    clicking.at(0, "left_shoulder")
    assert clicking.event("LEFTMOUSE") == {"FINISHED"}
    choice = standing.interact.contact
    assert (choice.who, choice.point, choice.whom, choice.other_point) == ("1", "left_palm", "0", "left_shoulder")
    assert contact_picking.hovered is None


def test_escape_ends_it_without_a_change(standing: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    clicking, choice = Clicking(standing, monkeypatch), standing.interact.contact
    before = (choice.who, choice.point, choice.whom, choice.other_point)
    clicking.at(0, "right_knee")
    clicking.event("LEFTMOUSE")
    assert clicking.event("ESC") == {"CANCELLED"} and contact_picking.hovered is None
    assert (choice.who, choice.point, choice.whom, choice.other_point) == before
