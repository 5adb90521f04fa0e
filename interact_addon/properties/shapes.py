"""The table of shapes: what drives which shape key of which mesh, and how far face bones turn."""

import bpy
from bpy.props import FloatProperty, PointerProperty, StringProperty

from ..rig.face_settings import FaceSettings, ShapeSetting
from ..rig.identity import reference


def _is_mesh_with_shapes(_self: bpy.types.PropertyGroup, thing: bpy.types.Object) -> bool:
    return thing.type == "MESH" and thing.data.shape_keys is not None


def shapes_to_choose(row: bpy.types.PropertyGroup, _context: bpy.types.Context, _typed: str) -> list[str]:
    """List the shape keys of the mesh of a row."""
    keys = row.mesh.data.shape_keys if row.mesh is not None else None
    return [block.name for block in keys.key_blocks if block != keys.reference_key] if keys is not None else []


class INTERACT_PG_shape(bpy.types.PropertyGroup):
    """A row of the table of shapes: what drives which shape key of which mesh, and how strongly.

    ``found`` is the shape key that was found by its name, ``near`` one that is only similar; both may be empty.
    """

    name: StringProperty(name="Curve", description="The ARKit curve or curves that drive the shape")  # type: ignore[valid-type]
    curve: StringProperty(  # type: ignore[valid-type]
        name="Missing Curve", description="The ARKit curve that no shape was found for"
    )
    mesh: PointerProperty(  # type: ignore[valid-type]
        name="Mesh", type=bpy.types.Object, poll=_is_mesh_with_shapes, description="The mesh that has the shape key"
    )
    found: StringProperty(  # type: ignore[valid-type]
        name="Found", description="The shape key that was found for the curve by its name"
    )
    near: StringProperty(  # type: ignore[valid-type]
        name="Similar", description="A shape key with a similar name, which is not driven unless it is chosen"
    )
    shape: StringProperty(  # type: ignore[valid-type]
        name="Shape",
        options=set(),
        search=shapes_to_choose,
        search_options=set(),
        description="The shape key that is driven; empty: none",
    )
    scale: FloatProperty(  # type: ignore[valid-type]
        name="Scale",
        default=1.0,
        soft_min=0.0,
        soft_max=2.0,
        min=-10.0,
        max=10.0,
        step=5,
        options=set(),
        description="What the shape's value is multiplied by",
    )
    offset: FloatProperty(  # type: ignore[valid-type]
        name="Offset",
        default=0.0,
        soft_min=-1.0,
        soft_max=1.0,
        min=-10.0,
        max=10.0,
        step=5,
        options=set(),
        description="What is added to the shape's value, within the range of its slider",
    )

    @property
    def is_as_found(self) -> bool:
        return self.shape == self.found and self.scale == 1.0 and self.offset == 0.0


def face_settings_of(actor: bpy.types.PropertyGroup) -> FaceSettings:
    """Return what was set for an actor's shape keys and face bones."""
    shapes = tuple(
        ShapeSetting(reference(row.mesh), row.found, row.curve, row.shape, row.scale, row.offset)
        for row in actor.shapes
        if row.mesh is not None and not row.is_as_found
    )
    return FaceSettings(shapes, actor.jaw_opens, actor.eyes_turn, actor.lids_close)
