"""Objects as Blender evaluates them, also those that the view layer leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from .. import compat

_looking = 0  # how many are looking at a scene now


@contextmanager
def only_looking() -> Iterator[None]:
    """Let nothing that is done meanwhile count as a change of the scene, for those who ask ``is_only_looked_at``.

    A temporary scene or object makes Blender update the user's scene, and its handlers are called as after a change:
    who looks at a scene after each of them would look for ever.
    """
    global _looking
    bpy.context.view_layer.update()  # what was changed before is told before
    _looking += 1
    try:
        yield
        bpy.context.view_layer.update()  # the handlers are called here, and not after this
    finally:
        _looking -= 1


def is_only_looked_at() -> bool:
    """Return whether an update that a handler is told of comes from looking, not from a change."""
    return _looking > 0


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
