"""One character in Blender: armature, skinned body, skinned head with its 52 shapes."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import bpy
import numpy as np

from .body import body_parts
from .face_shapes import arkit_shapes
from .fields import Array, vector
from .figure import Figure, build_armature, joints_of
from .head import Face, build_skin
from .head_parts import build_brows, build_ears, build_eyes, build_hair, build_lashes, build_teeth, build_tongue
from .objects import make_material, make_object, skin
from .skinning import head_weights, limited, rigid_weights
from .surface import Part, join

_SHARED = {
    "white": (0.93, 0.92, 0.90), "pupil": (0.006, 0.005, 0.006), "glint": (1.0, 1.0, 1.0),
    "teeth": (0.93, 0.90, 0.84), "gum": (0.50, 0.14, 0.13), "mouth": (0.10, 0.012, 0.014),
    "tongue": (0.58, 0.16, 0.16), "lash": (0.012, 0.008, 0.008),
}  # fmt: skip
_ROUGHNESS = {
    "white": 0.12, "pupil": 0.08, "iris": 0.15, "teeth": 0.25, "tongue": 0.35, "lips": 0.38,
    "skin": 0.52, "hair": 0.45, "shoe": 0.40, "top": 0.80, "bottom": 0.85, "trim": 0.75,
}  # fmt: skip


@dataclass(frozen=True)
class Character:
    """The objects of one character."""

    rig: bpy.types.Object
    body: bpy.types.Object
    head: bpy.types.Object


@dataclass(frozen=True)
class Model:
    """One character's skin as numbers, in the world, with bone weights in ``marks['weights']``."""

    figure: Figure
    head: Part
    shapes: dict[str, Array]  # displacements (N, 3) of the head's points at weight one
    body: Part


def model_character(figure: Figure) -> Generator[None, None, Model]:
    """Model head and body, which takes a second of one core; yield between parts, so that a window can be drawn."""
    face = Face(figure.feminine)
    head, shapes = build_head(face)
    yield
    head = _placed(head, figure)
    head.marks["weights"] = limited(_head_weights(head, joints_of(figure)))
    parts = []
    for part in body_parts(figure):
        parts.append(part)
        yield
    hair = _placed(build_hair(face, figure.hair), figure)
    parts.append(replace(hair, marks={"weights": rigid_weights(len(hair.points), "head")}))
    scale = _scale(figure)
    return Model(figure, head, {name: delta * scale for name, delta in shapes.items()}, join(parts))


def build_character(model: Model, collection: bpy.types.Collection) -> Character:
    """Build an armature and two meshes in ``collection``, at the world's origin, facing -Y."""
    figure = model.figure
    rig = build_armature(figure, collection)
    materials = {
        key: make_material(
            f"{figure.name} {key}", colour, _ROUGHNESS.get(key, 0.6), 1.0 if key in ("pupil", "iris", "white") else 0.0
        )
        for key, colour in {**_SHARED, **figure.palette}.items()
    }
    head = make_object(f"{figure.name} Head", model.head, materials, collection)
    _add_shapes(head, model.head, model.shapes)
    skin(head, rig, model.head.marks["weights"], figure)
    body = make_object(f"{figure.name} Body", model.body, materials, collection)
    skin(body, rig, model.body.marks["weights"], figure)
    return Character(rig, body, head)


def build_head(face: Face) -> tuple[Part, dict[str, Array]]:
    """Build the head in its own coordinates (head.py) and the displacements of its 52 shapes."""
    surface = build_skin(face)
    surface.marks["skin"] = np.ones(len(surface.points))
    brows = build_brows(face)
    brows.marks["skin"] = np.ones(len(brows.points))
    lashes = build_lashes(surface, face)
    whole = join([surface, lashes, brows, build_eyes(), build_teeth(), build_tongue(), build_ears(face)])
    return whole, arkit_shapes(whole)


def _scale(figure: Figure) -> float:
    return figure.head / 0.230


def _placed(part: Part, figure: Figure) -> Part:
    """Move from head coordinates to the world: crown at the figure's height, the skull over the neck."""
    neck = joints_of(figure)["head"]
    scale = _scale(figure)
    top = vector(0.0, neck[1] - 0.012 * scale, figure.height - 0.115 * scale)
    return part.moved(part.points * scale + top)


def _head_weights(part: Part, joints: dict[str, Array]) -> Array:
    weights = head_weights(part.points, joints)
    inside = part.marks["skin"] < 0.5  # eyes, teeth, tongue and ears stay rigid
    weights[inside] = rigid_weights(1, "head")
    return weights


def _add_shapes(head: bpy.types.Object, part: Part, shapes: dict[str, Array]) -> None:
    head.shape_key_add(name="Basis", from_mix=False)
    for name in sorted(shapes):
        key = head.shape_key_add(name=name, from_mix=False)
        key.data.foreach_set("co", (part.points + shapes[name]).astype(np.float32).ravel())
        key.value = 0.0  # newer Blenders add a shape at full weight
    head.data.shape_keys.name = head.name
