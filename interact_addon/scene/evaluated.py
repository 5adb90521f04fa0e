"""Objects as Blender evaluates them, also those that the view layer leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from .. import compat


def is_seen(obj: bpy.types.Object, scene: bpy.types.Scene) -> bool:
    """Return whether the view layer of a scene shows an object."""
    return bool(obj.visible_get(view_layer=view_layer(scene)))


@contextmanager
def evaluated(obj: bpy.types.Object, scene: bpy.types.Scene) -> Iterator[bpy.types.Object]:
    """Yield an object with its present place and, for a mesh, its evaluated mesh.

    What is hidden, excluded or in another scene has neither: after loading, its ``matrix_world`` is the identity, also
    where the dependency graph holds it because a setting points to it. A visible copy in a scene of its own is
    evaluated instead, and removed at the end.
    """
    if is_seen(obj, scene):
        layer = view_layer(scene)
        layer.update()
        yield obj.evaluated_get(layer.depsgraph)
        return
    copy = obj.copy()
    alone = bpy.data.scenes.new("InterAct evaluation")
    try:
        copy.hide_viewport = False
        alone.collection.objects.link(copy)
        alone.frame_set(scene.frame_current)
        layer = alone.view_layers[0]
        layer.update()
        yield copy.evaluated_get(layer.depsgraph)
    finally:
        compat.remove_scene(alone, copy)


def view_layer(scene: bpy.types.Scene) -> bpy.types.ViewLayer:
    """Return the view layer that the user sees of a scene, the first one of a scene that is not open."""
    return bpy.context.view_layer if bpy.context.scene == scene else scene.view_layers[0]
