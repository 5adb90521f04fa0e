"""A body shape is fitted to the skin that a character really has."""

from __future__ import annotations

from collections.abc import Generator

import bpy
import numpy as np
import pytest

from interact_addon.rig import body_shape as fitting
from interact_addon.rig.body_shape import body_shape_of
from interact_addon.rig.capsule_fit import Skin, fit_capsules_in_steps
from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.tables.mixamo import MIXAMO
from model_runtime.body_model.body_shape import BodyShape, default_body_shape, depth_inside
from model_runtime.body_model.skeleton import Skeleton
from model_runtime.common.steps import finished

from .rigs import A_POSE, make_rig

SIDES = ("Left", "Right")
LIMBS = {"Arm": ("ForeArm", 0.06), "ForeArm": ("Hand", 0.045), "UpLeg": ("Leg", 0.1), "Leg": ("Foot", 0.05)}
PARTS = {"Arm": "upper_arm", "ForeArm": "forearm", "UpLeg": "thigh", "Leg": "shin"}


def tube(start: np.ndarray, end: np.ndarray, radius: float, rings: int = 14, spokes: int = 16) -> np.ndarray:
    """Return points (N, 3) on a cylinder about a line, its ends left out."""
    axis = (end - start) / np.linalg.norm(end - start)
    across = np.cross(axis, [0.0, 1.0, 0.0] if abs(axis[1]) < 0.9 else [1.0, 0.0, 0.0])
    across /= np.linalg.norm(across)
    angle = np.linspace(0.0, 2.0 * np.pi, spokes, endpoint=False)[:, None]
    ring = radius * (np.cos(angle) * across + np.sin(angle) * np.cross(axis, across))
    return np.concatenate([start + share * (end - start) + ring for share in np.linspace(0.1, 0.9, rings)])


def add_mesh(armature: bpy.types.Object, name: str, parts: dict[str, np.ndarray]) -> bpy.types.Object:
    """Make a mesh of points that follow one bone each."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(np.concatenate(list(parts.values())).tolist(), [], [])
    obj = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(obj)
    obj.modifiers.new("Armature", "ARMATURE").object = armature
    first = 0
    for bone, points in parts.items():
        obj.vertex_groups.new(name=bone).add(list(range(first, first + len(points))), 1.0, "REPLACE")
        first += len(points)
    return obj


def limbs_of(armature: bpy.types.Object, thicker: float = 0.0) -> dict[str, np.ndarray]:
    heads = {bone.name: np.array(bone.head_local) for bone in armature.data.bones}
    return {
        f"mixamorig:{side}{limb}": tube(
            heads[f"mixamorig:{side}{limb}"], heads[f"mixamorig:{side}{below}"], radius + thicker
        )
        for side in SIDES
        for limb, (below, radius) in LIMBS.items()
    }


def worn(thicker: float = 0.0) -> tuple[bpy.types.Object, CastActor]:
    """Return a rig with tubes of known radius about its limbs, and the character."""
    armature = make_rig(MIXAMO, prefix="mixamorig:", pose=A_POSE)
    add_mesh(armature, "Skin", limbs_of(armature, thicker))
    return armature, cast_actor("Mia", armature)


def radius_of(shape: BodyShape, part: str) -> float:
    return float(shape.radius[shape.parts.index(part)].mean())


def test_capsules_get_the_radius_of_the_skin_about_their_bone() -> None:
    _, character = worn()
    shape = body_shape_of(character)
    for limb, (_, radius) in LIMBS.items():
        for side in ("left", "right"):
            assert radius_of(shape, f"{side}_{PARTS[limb]}") == pytest.approx(radius, abs=0.003), limb


def test_what_has_no_skin_keeps_the_shape_of_its_bones() -> None:
    _, character = worn()
    bare = default_body_shape(character.rest.skeleton)
    assert radius_of(body_shape_of(character), "head") == pytest.approx(radius_of(bare, "head"))


def test_a_character_without_a_mesh_has_the_shape_of_its_bones() -> None:
    character = cast_actor("Mia", make_rig(MIXAMO, prefix="mixamorig:"))
    bare = default_body_shape(character.rest.skeleton)
    np.testing.assert_array_equal(body_shape_of(character).radius, bare.radius)


def test_skirts_things_in_a_hand_and_what_lies_under_the_skin_change_nothing() -> None:
    armature, character = worn()
    before = body_shape_of(character)
    heads = {bone.name: np.array(bone.head_local) for bone in armature.data.bones}
    thigh, knee = heads["mixamorig:LeftUpLeg"], heads["mixamorig:LeftLeg"]
    sword = heads["mixamorig:RightHand"] + np.outer(np.linspace(0.1, 1.0, 200), [0.0, -1.0, 0.0])
    extra = {
        "mixamorig:LeftUpLeg": tube(thigh, knee, 0.28),
        "mixamorig:RightForeArm": tube(heads["mixamorig:RightForeArm"], heads["mixamorig:RightHand"], 0.02),
        "mixamorig:RightHand": sword,
    }
    add_mesh(armature, "Extra", extra)
    after = body_shape_of(cast_actor("Mia", armature))
    for part in ("left_thigh", "right_forearm", "right_palm_middle", "left_shin"):
        assert radius_of(after, part) == pytest.approx(radius_of(before, part), abs=0.004), part


def test_clothes_over_a_body_are_what_is_touched() -> None:
    armature, _ = worn()
    add_mesh(armature, "Clothes", limbs_of(armature, thicker=0.015))
    shape = body_shape_of(cast_actor("Mia", armature))
    assert radius_of(shape, "left_thigh") == pytest.approx(0.115, abs=0.006)


def test_a_shape_is_fitted_once_and_again_when_the_mesh_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    armature, character = worn()
    fits: list[Skin] = []

    def counted(skin: Skin, bones: Skeleton) -> Generator[None, None, BodyShape]:
        fits.append(skin)
        return fit_capsules_in_steps(skin, bones)

    monkeypatch.setattr(fitting, "fit_capsules_in_steps", counted)
    first = body_shape_of(character)
    body_shape_of(cast_actor("Mia", armature), thickness=0.01)
    assert len(fits) == 1
    skin = bpy.data.objects["Skin"]
    for vertex, place in zip(skin.data.vertices, np.concatenate(list(limbs_of(armature, 0.02).values()))):
        vertex.co = place
    second = body_shape_of(cast_actor("Mia", armature))
    assert len(fits) == 2 and radius_of(second, "left_thigh") > radius_of(first, "left_thigh") + 0.015


def test_thickness_moves_the_surface_out() -> None:
    _, character = worn()
    thin, thick = body_shape_of(character), body_shape_of(character, thickness=0.02)
    np.testing.assert_allclose(thick.radius, thin.radius + 0.02, atol=1e-6)


def test_a_smile_does_not_change_the_body_and_a_key_of_the_figure_does() -> None:
    armature, character = worn()
    skin = bpy.data.objects["Skin"]
    skin.shape_key_add(name="Basis")
    fat = skin.shape_key_add(name="Fat", from_mix=False)
    driven = skin.shape_key_add(name="Muscle", from_mix=False)
    fat.value = 0.0  # Blender 5 starts new shapes at 1
    for block in (fat, driven):
        for point, place in zip(block.data, np.concatenate(list(limbs_of(armature, 0.02).values()))):
            point.co = place
    driven.driver_add("value").driver.expression = "1.0"
    driven.value = 1.0
    thin = radius_of(body_shape_of(cast_actor("Mia", armature)), "left_thigh")
    assert thin == pytest.approx(radius_of(body_shape_of(character), "left_thigh"), abs=0.003)
    fat.value = 1.0
    assert radius_of(body_shape_of(cast_actor("Mia", armature)), "left_thigh") > thin + 0.015


@pytest.mark.data
@pytest.mark.parametrize("name", ["female_mixamo", "male_gameengine", "male_rigify"])
def test_the_skin_of_real_characters_lies_on_their_capsules(load_character, name: str) -> None:
    armature = load_character(name)
    character = cast_actor(name, armature)
    shape = body_shape_of(character)
    skin = finished(fitting.skin_in_steps(character, finished(fitting.meshes_in_steps(character))))
    rest = character.rest.skeleton.rest_positions[shape.joint]
    off = depth_inside(skin.places[:, None], (rest + shape.start)[None], (rest + shape.end)[None], shape.radius[None])
    outside = -off.max(1)[skin.joint != 15]  # a head has eyes, teeth and hair
    assert abs(np.median(outside)) < 0.003
    assert np.quantile(outside, 0.95) < 0.012
