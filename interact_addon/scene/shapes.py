"""The table of shapes of an actor: which curve drives which shape key, what is missing, scale and offset."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import bpy
import numpy as np

from ..messages import Message, counted
from ..rig.faces import FaceMesh, find_faces, missing_shapes, shape_names
from ..rig.measure import skinned_meshes
from ..rig.near_shapes import near_shapes
from ..runtime_api import contract, errors

_MOST_ROWS = 2000
_LARGEST = 10.0  # of scale and offset
_RANGES = {"jaw": "jaw_opens", "eyes": "eyes_turn", "lids": "lids_close"}
_TEXTS = ("mesh", "found", "curve", "shape")


def list_shapes(actor: Any) -> None:
    """List an actor's shape keys anew, and the curves that have none; those with a similar shape come first.

    What was set stays.
    """
    before = _what_was_set(actor)
    faces = find_faces(actor.armature)
    actor.shapes.clear()
    main = _main_mesh(actor.armature, faces)
    missing = missing_shapes(faces) if main is not None else []
    near = near_shapes(missing, _free_names(main, faces)) if main is not None else {}
    for curve in near:
        _add_row(actor, curve, main, curve=curve, near=near[curve])
    for face in faces:
        for shape, weights in zip(face.shapes, face.weights):
            _add_row(actor, curves_label(weights), face.object.find(), found=shape)
    for curve in missing:
        if curve not in near:
            _add_row(actor, curve, main, curve=curve)
    _restore(actor, before)
    actor.shape_shown = min(actor.shape_shown, max(len(actor.shapes) - 1, 0))


def use_near_shapes(actor: Any) -> int:
    """Choose the similar shape wherever nothing was found or chosen; return how many."""
    rows = [row for row in actor.shapes if row.near and not row.shape]
    for row in rows:
        row.shape = row.near
    return len(rows)


def reset_row(row: Any) -> None:
    """Take back what was set for one shape."""
    row.shape = row.found
    row.scale, row.offset = 1.0, 0.0


def reset_shapes(actor: Any) -> None:
    """Take back all that was set for an actor's shapes and face bones."""
    for row in actor.shapes:
        reset_row(row)
    for prop in _RANGES.values():
        actor.property_unset(prop)


def summary(actor: Any) -> str:
    """Return one sentence: how many of the 52 curves are shown, how many more could be."""
    driven = sum(bool(row.shape) for row in actor.shapes)
    missing = sum(not row.shape for row in actor.shapes if not row.found)
    near = sum(bool(row.near) for row in actor.shapes if not row.shape)
    counts = {"shapes": counted(driven, "driven shape"), "missing": missing}
    if near:
        return Message(
            "{shapes}; {missing} of the 52 ARKit curves have none, {near} a similar one.", near=near, **counts
        )
    return Message("{shapes}; {missing} of the 52 ARKit curves have none.", **counts)


def shapes_to_dict(actor: Any) -> dict[str, Any]:
    """Return what was set for an actor's shapes and face bones as plain data for a preset; empty if nothing was."""
    rows = [
        {
            "mesh": row.mesh.name,
            "found": row.found,
            "curve": row.curve,
            "shape": row.shape,
            "scale": round(row.scale, 4),
            "offset": round(row.offset, 4),
        }
        for row in actor.shapes
        if row.mesh is not None and not row.is_as_found
    ]
    ranges = {name: round(getattr(actor, prop), 4) for name, prop in _RANGES.items() if actor.is_property_set(prop)}
    return ({"keys": rows} if rows else {}) | ranges


def shapes_from_dict(actor: Any, data: Mapping[str, Any]) -> list[str]:
    """Replace what was set for an actor's shapes by a preset's; return the shape keys that this actor doesn't have.

    A mesh is found by its name; where the actor has only one mesh with the shape, its name may differ. Raises
    ``InvalidRequest``, with nothing changed, where the data is none of ``shapes_to_dict``.
    """
    check_shapes(data)
    list_shapes(actor)
    reset_shapes(actor)
    left_out = []
    for entry in data.get("keys", []):
        row = _row_for(actor, entry)
        if row is None:
            left_out.append(entry["shape"] or entry["found"])
            continue
        row.shape, row.scale, row.offset = entry["shape"], entry["scale"], entry["offset"]
    for name, prop in _RANGES.items():
        if name in data:
            setattr(actor, prop, data[name])
    return left_out


def curves_label(weights: Any) -> str:
    """Return the curves that drive a shape, as a person reads them: both sides of a feature as one."""
    names = [contract.ARKIT_NAMES[column] for column in np.flatnonzero(np.asarray(weights) > 0.0)]
    label: list[str] = []
    for name in names:
        stem = name.removesuffix("Left").removesuffix("Right")
        both = f"{stem}Left" in names and f"{stem}Right" in names
        label.append(stem if both else name)
    return " + ".join(dict.fromkeys(label))


def _add_row(
    actor: Any, label: str, mesh: bpy.types.Object | None, found: str = "", curve: str = "", near: str = ""
) -> None:
    row = actor.shapes.add()
    row.name, row.mesh, row.found, row.shape, row.curve, row.near = label, mesh, found, found, curve, near


def _main_mesh(armature: bpy.types.Object, faces: list[FaceMesh]) -> bpy.types.Object | None:
    """Return the mesh with the most shapes of the face, or the one with the most shape keys at all."""
    if faces:
        return max(faces, key=lambda face: len(face.shapes)).object.find()
    meshes = [obj for obj in skinned_meshes(armature) if shape_names(obj)]
    return max(meshes, key=lambda obj: len(shape_names(obj)), default=None)


def _free_names(mesh: bpy.types.Object, faces: list[FaceMesh]) -> list[str]:
    taken = {shape for face in faces if face.object.uid == mesh.session_uid for shape in face.shapes}
    return [name for name in shape_names(mesh) if name not in taken]


def _what_was_set(actor: Any) -> dict[tuple[str, str, str], tuple[str, float, float]]:
    return {
        (row.mesh.name, row.found, row.curve): (row.shape, row.scale, row.offset)
        for row in actor.shapes
        if row.mesh is not None and not row.is_as_found
    }


def _restore(actor: Any, before: Mapping[tuple[str, str, str], tuple[str, float, float]]) -> None:
    for row in actor.shapes:
        if row.mesh is not None and (key := (row.mesh.name, row.found, row.curve)) in before:
            row.shape, row.scale, row.offset = before[key]


def _row_for(actor: Any, entry: Mapping[str, Any]) -> Any:
    """Return the row of the table that an entry of a preset is for; None if its shape key is not there."""
    rows = [row for row in actor.shapes if (row.found, row.curve) == (entry["found"], entry["curve"])]
    named = [row for row in rows if row.mesh is not None and row.mesh.name == entry["mesh"]]
    row = named[0] if named else rows[0] if len(rows) == 1 else None
    if row is None or row.mesh is None or (entry["shape"] and entry["shape"] not in shape_names(row.mesh)):
        return None
    return row


def check_shapes(data: Mapping[str, Any]) -> None:
    """Raise ``InvalidRequest`` where plain data is no table of shapes."""
    rows = data.get("keys", [])
    if set(data) - {"keys", *_RANGES} or not isinstance(rows, list) or len(rows) > _MOST_ROWS:
        raise errors.InvalidRequest("The preset's shapes are not those of InterAct; export them again.")
    numbers = [data[name] for name in _RANGES if name in data]
    for row in rows:
        if not isinstance(row, dict) or set(row) != {*_TEXTS, "scale", "offset"}:
            raise errors.InvalidRequest("A shape in the preset lacks a part; export it again.")
        if not all(isinstance(row[name], str) for name in _TEXTS):
            raise errors.InvalidRequest("A shape in the preset has a name that is no text; export it again.")
        numbers += [row["scale"], row["offset"]]
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise errors.InvalidRequest("The preset's shapes hold something that is no number; export them again.")
        if abs(number) > _LARGEST:
            raise errors.InvalidRequest(f"The preset's shapes hold {number:g}; scale and offset go up to {_LARGEST:g}.")
