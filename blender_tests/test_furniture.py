"""Furniture is measured as it stands in the scene, travels with the request, and a check finds who is in it."""

from __future__ import annotations

from typing import Any

import bmesh
import bpy
import numpy as np
import pytest

from interact_addon.check import events as check_events
from interact_addon.check.resolving import key_resolved, outcome_of, plan_resolve
from interact_addon.check.shot_check import check_shot, known_check
from interact_addon.properties.resolve import FROM_ALL
from interact_addon.rig.keying import key_performance
from interact_addon.scene import furniture as module
from interact_addon.scene.furniture import furniture
from interact_addon.scene.preflight.objects import furniture_problems
from interact_addon.scene.request import build_request, cast_scene
from model_runtime.contract import Performance, request_from_json, request_to_json
from model_runtime.errors import InvalidRequest

from .test_check import FIRST, FRAMES, LAST, placed, point_of


def box(name: str, low: tuple[float, float, float], high: tuple[float, float, float]) -> bpy.types.Object:
    """Make a box whose mesh is a unit cube: place and size are the object's own."""
    mesh = bpy.data.meshes.new(name)
    shape = bmesh.new()
    bmesh.ops.create_cube(shape, size=1.0)
    shape.to_mesh(mesh)
    shape.free()
    thing = bpy.data.objects.new(name, mesh)
    thing.location, thing.scale = 0.5 * np.add(low, high), np.subtract(high, low)
    return thing


def distance_to(place: np.ndarray, low: tuple[float, float, float], high: tuple[float, float, float]) -> np.ndarray:
    beyond = np.abs(place - 0.5 * np.add(low, high)) - 0.5 * np.subtract(high, low)
    distance: np.ndarray = np.linalg.norm(np.maximum(beyond, 0.0), axis=-1) + np.minimum(beyond.max(-1), 0.0)
    return distance


@pytest.fixture
def chosen(addon: None) -> bpy.types.Collection:
    """An empty collection that is the scene's furniture."""
    collection = bpy.data.collections.new("Set")
    bpy.context.scene.collection.children.link(collection)
    bpy.context.scene.interact.furniture = collection
    return collection


def test_distances_are_those_of_the_mesh_in_the_world_also_turned_mirrored_and_in_parts_that_cut(
    chosen: bpy.types.Collection,
) -> None:
    low, high = (1.0, -0.4, 0.7), (2.2, 0.3, 0.74)
    board, leg = box("Board", low, high), box("Leg", (1.4, -0.1, 0.0), (1.5, 0.0, 0.72))
    board.scale.x *= -1.0  # mirrored: its normals point inwards
    board.rotation_euler.z = np.pi
    mesh = board.data
    for part in (board, leg):
        chosen.objects.link(part)
    bpy.context.view_layer.update()
    both = bmesh.new()
    both.from_mesh(mesh)
    other = bmesh.new()
    other.from_mesh(leg.data)
    other.transform(board.matrix_world.inverted() @ leg.matrix_world)
    joined = bpy.data.meshes.new("joined")
    other.to_mesh(joined)
    both.from_mesh(joined)
    both.to_mesh(mesh)
    chosen.objects.unlink(leg)
    (thing,) = furniture(bpy.context.scene)
    assert thing.name == "Board"
    rng = np.random.default_rng(1)
    places = rng.uniform((0.9, -0.5, 0.0), (2.3, 0.4, 0.85), (4000, 3))
    leg_at = (1.4, -0.1, 0.0), (1.5, 0.0, 0.72)
    truth = np.minimum(distance_to(places, low, high), distance_to(places, *leg_at))
    off = np.abs(thing.distance_at(places) - truth)[np.abs(truth) < 0.1]
    assert off.mean() < 0.002 and np.percentile(off, 99) < 0.011  # a board of 4 cm between corners 2.5 cm apart


def test_an_open_mesh_has_no_inside_and_a_hidden_one_is_no_furniture(chosen: bpy.types.Collection) -> None:
    plane = bpy.data.objects.new("Plane", bpy.data.meshes.new("Plane"))
    plane.data.from_pydata([(-1, -1, 1), (1, -1, 1), (1, 1, 1), (-1, 1, 1)], [], [(0, 1, 2, 3)])
    chosen.objects.link(plane)
    (thing,) = furniture(bpy.context.scene)
    assert thing.distance.min() >= 0.0
    plane.hide_set(True)
    assert furniture(bpy.context.scene) == ()


def test_an_instance_of_a_collection_is_furniture_where_it_stands(chosen: bpy.types.Collection) -> None:
    source = bpy.data.collections.new("Asset")
    source.objects.link(box("Cube", (-0.2, -0.2, 0.0), (0.2, 0.2, 0.4)))
    empty = bpy.data.objects.new("Placed", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", source
    empty.location = (3.0, 0.0, 0.0)
    chosen.objects.link(empty)
    (thing,) = furniture(bpy.context.scene)
    assert thing.name == "Placed"
    assert thing.distance_at(np.array([3.0, 0.0, 0.2])) < -0.15


def test_it_is_measured_again_only_where_it_moved_or_changed(
    chosen: bpy.types.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    cube = box("Cube", (0.0, 0.0, 0.0), (0.3, 0.3, 0.3))
    chosen.objects.link(cube)
    measured, real = list[int](), module._measured

    def counted(*given: Any) -> Any:
        measured.append(1)
        return real(*given)

    monkeypatch.setattr(module, "_measured", counted)
    before = furniture(bpy.context.scene)
    cube.name = "Another Name"
    assert furniture(bpy.context.scene)[0].name == "Another Name"
    assert len(measured) == 1
    cube.location.x += 1.0
    after = furniture(bpy.context.scene)
    assert len(measured) == 2 and after[0].origin[0] == pytest.approx(before[0].origin[0] + 1.0, abs=1e-5)


def test_what_is_too_large_is_refused_with_the_way_out(chosen: bpy.types.Collection) -> None:
    chosen.objects.link(box("Floor", (-50.0, -50.0, -0.1), (50.0, 50.0, 0.0)))
    with pytest.raises(InvalidRequest, match="leave floor"):
        furniture(bpy.context.scene)


def test_furniture_that_moves_is_told_of_before_anything_is_computed(shot: bpy.types.Scene) -> None:
    collection = bpy.data.collections.new("Set")
    shot.collection.children.link(collection)
    shot.interact.furniture = collection
    cart = box("Cart", (3.0, 3.0, 0.0), (3.5, 3.5, 0.8))
    collection.objects.link(cart)
    assert list(furniture_problems(shot)) == []
    for frame, x in ((shot.frame_start, 3.0), (shot.frame_end, 4.0)):
        cart.location.x = x
        cart.keyframe_insert("location", frame=frame)
    (problem,) = furniture_problems(shot)
    assert not problem.blocks and "('Cart'), and counts where it stands at the current frame" in str(problem.sentence)


def test_a_request_carries_the_furniture_and_who_sits_on_it(shot: bpy.types.Scene) -> None:
    collection = bpy.data.collections.new("Set")
    shot.collection.children.link(collection)
    seat = next(actor.seat for actor in shot.interact.actors if actor.seat is not None)
    number = [actor.seat for actor in shot.interact.actors].index(seat)
    collection.objects.link(seat)
    collection.objects.link(box("Table", (2.0, -0.5, 0.0), (3.0, 0.5, 0.74)))
    shot.interact.furniture = collection
    request = build_request(shot)[0]
    assert {thing.name: thing.seated for thing in request.obstacles} == {seat.name: (number,), "Table": ()}
    assert len(request_from_json(request_to_json(request)).obstacles) == 2
    shot.interact.furniture = None
    assert build_request(shot)[0].obstacles == ()


def test_a_check_lists_the_hand_that_is_in_a_table_by_name(shot: bpy.types.Scene) -> None:
    shot.frame_start, shot.frame_end = 1, FRAMES
    shot.render.fps, shot.render.fps_base = 30, 1.0
    mia, tom = cast_scene(shot)
    standing, far = placed(mia, 0.0, 0.0), placed(tom, 0.0, -3.0)
    palm = point_of(mia, standing, "left_palm")
    standing.root_positions[: FIRST - 1, 2] += 0.3
    standing.root_positions[LAST:, 2] += 0.3
    key_performance(shot, [mia, tom], Performance((standing, far)))
    collection = bpy.data.collections.new("Set")
    shot.collection.children.link(collection)
    top = float(palm[2]) + 0.03
    collection.objects.link(box("Old_Table", (palm[0] - 0.15, palm[1] - 0.3, 0.2), (palm[0] + 0.6, palm[1] + 0.3, top)))
    shot.interact.furniture = collection
    assert bpy.ops.interact.check() == {"FINISHED"}
    titles = {
        check_events.title(shot, event): event
        for event in shot.interact.check.events
        if event.kind == "penetration" and event.other_part == "Old_Table"
    }
    event = titles["Mia left hand, Old_Table"]
    assert (round(event.start), round(event.end)) == (FIRST, LAST)
    assert event.depth == pytest.approx(0.05, abs=0.03)
    found = known_check(shot)
    assert found is not None and found.measures["deepest_in_furniture_m"] > 0.03
    assert "furniture" in found.deepest[2] or found.deepest[0] > found.measures["deepest_in_furniture_m"]
    collection.objects.unlink(collection.objects["Old_Table"])
    assert not check_shot(shot).contacts.obstacle_depth.any()


def test_resolve_takes_a_hand_out_of_a_table_as_a_new_take(shot: bpy.types.Scene) -> None:
    runtime = pytest.importorskip("model_runtime.resolve", reason="needs the runtime's libraries", exc_type=ImportError)
    shot.frame_start, shot.frame_end = 1, FRAMES
    shot.render.fps, shot.render.fps_base = 30, 1.0
    mia, tom = cast_scene(shot)
    standing, far = placed(mia, 0.0, 0.0), placed(tom, 0.0, -3.0)
    palm = point_of(mia, standing, "left_palm")
    key_performance(shot, [mia, tom], Performance((standing, far)))
    collection = bpy.data.collections.new("Set")
    shot.collection.children.link(collection)
    top = float(palm[2]) + 0.02
    collection.objects.link(box("Table", (palm[0] - 0.1, palm[1] - 0.3, 0.2), (palm[0] + 0.6, palm[1] + 0.3, top)))
    shot.interact.furniture = collection
    shot.interact.resolve.frames_from = FROM_ALL
    found = check_shot(shot)
    assert found.contacts.obstacle_depth[0].max() > 0.02
    plan = plan_resolve(shot, found)
    assert [thing.name for thing in plan.request.obstacles] == ["Table"]
    resolved = runtime.resolve(plan.request)
    key_resolved(shot, plan, resolved, exact=False)
    after = check_shot(shot)
    assert after.contacts.obstacle_depth.max() < 0.012
    assert any("none is left" in sentence for sentence in outcome_of(plan, resolved, after, own=False))
