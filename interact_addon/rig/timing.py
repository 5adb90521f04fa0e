"""The scene's clock."""

from __future__ import annotations

import bpy


def frames_per_second(scene: bpy.types.Scene) -> float:
    """Return the frame rate of a scene, such as 29.97."""
    return scene.render.fps / scene.render.fps_base
