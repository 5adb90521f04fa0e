"""Mesh objects in Blender, with materials, weights and an armature modifier, from parts."""

from __future__ import annotations

import bpy
import numpy as np

from .figure import Figure, bone_name
from .skinning import BONES
from .surface import Part


def make_object(
    name: str, part: Part, materials: dict[str, bpy.types.Material], collection: bpy.types.Collection
) -> bpy.types.Object:
    """A smooth-shaded mesh object whose material slots are those the part uses."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(part.points.tolist(), [], [tuple(int(v) for v in face) for face in part.faces])
    used = sorted(set(part.materials))
    for key in used:
        mesh.materials.append(materials[key])
    slots = {key: index for index, key in enumerate(used)}
    mesh.polygons.foreach_set("material_index", np.array([slots[key] for key in part.materials], np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(part.faces), bool))
    mesh.update()
    thing = bpy.data.objects.new(name, mesh)
    collection.objects.link(thing)
    return thing


def skin(thing: bpy.types.Object, rig: bpy.types.Object, weights: np.ndarray, figure: Figure) -> None:
    """Vertex groups named as the rig's bones, and the armature as the only modifier."""
    for column, joint in enumerate(BONES):
        rows = np.flatnonzero(weights[:, column] > 0.0)
        if not len(rows):
            continue
        group = thing.vertex_groups.new(name=bone_name(joint, figure.naming))
        for row in rows.tolist():
            group.add([row], float(weights[row, column]), "REPLACE")
    thing.parent = rig
    modifier = thing.modifiers.new("Armature", "ARMATURE")
    modifier.object = rig


def make_material(
    name: str, colour: tuple[float, float, float], roughness: float = 0.6, coat: float = 0.0
) -> bpy.types.Material:
    """A principled material whose viewport colour (Workbench) is the same."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material.diffuse_color = (*colour, 1.0)
    material.roughness = roughness
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*colour, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    if coat:
        shader.inputs["Coat Weight"].default_value = coat
    return material
