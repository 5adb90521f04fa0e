"""Regenerating: a stretch, an actor, a part of the body; in between two poses; keeping the result or not."""

from __future__ import annotations

from dataclasses import replace

import bpy

from ..properties import actor_name, chosen_parts
from ..runtime_api import errors
from ..scene.ranges import chosen_range
from ..scene.stretch import Stretch
from ..takes.decision import accept, reject, stretch_of, undecided
from ..takes.stretches import stretch_between_poses
from ..worker_client import generation
from ..worker_client.orders import stretch_order
from .generate import Generating


class INTERACT_OT_regenerate(Generating, bpy.types.Operator):
    """Generate the chosen frames, actors and parts anew. All else stays as it is, to the last key"""

    bl_idname = "interact.regenerate"
    bl_label = "Regenerate"

    def order(self, context: bpy.types.Context) -> generation.Order:
        scene = context.scene
        stretch = Stretch(*chosen_range(scene), dict.fromkeys(_chosen_actors(scene), _chosen_parts(scene)))
        return replace(stretch_order(scene, stretch), seed=scene.interact.regenerate.seed)


class INTERACT_OT_in_between(Generating, bpy.types.Operator):
    """Generate the frames between two poses of yours: the last one you keyed before the playhead and the next one.
    The poses themselves stay, and so does everything before and after them"""

    bl_idname = "interact.in_between"
    bl_label = "In-Between"

    def order(self, context: bpy.types.Context) -> generation.Order:
        scene = context.scene
        stretch = stretch_between_poses(scene, _chosen_actors(scene), _chosen_parts(scene))
        return replace(stretch_order(scene, stretch), seed=scene.interact.regenerate.seed)


class INTERACT_OT_another_stretch(Generating, bpy.types.Operator):
    """Go back to the take before and generate the same stretch with the next seed"""

    bl_idname = "interact.another_stretch"
    bl_label = "Try Another"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return undecided(context.scene) is not None and super().poll(context)

    def order(self, context: bpy.types.Context) -> generation.Order:
        take = undecided(context.scene)
        if take is None:
            raise errors.InvalidRequest("No stretch that was generated anew is shown; regenerate one first.")
        seed, stretch = take.summary.seed + 1, stretch_of(take)
        reject(context.scene)
        bpy.ops.ed.undo_push(message="Reject")  # a step of its own: what follows may be cancelled
        context.scene.interact.regenerate.seed = seed
        return replace(stretch_order(context.scene, stretch), seed=seed)


class INTERACT_OT_keep_stretch(bpy.types.Operator):
    """Keep the stretch that was generated anew"""

    bl_idname = "interact.keep_stretch"
    bl_label = "Keep"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return undecided(context.scene) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        accept(context.scene)
        return {"FINISHED"}


class INTERACT_OT_reject_stretch(bpy.types.Operator):
    """Go back to the take before; the stretch that was generated anew is removed"""

    bl_idname = "interact.reject_stretch"
    bl_label = "Reject"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return undecided(context.scene) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        reject(context.scene)
        return {"FINISHED"}


def _chosen_actors(scene: bpy.types.Scene) -> list[str]:
    """Return the names of the actors to regenerate. Raises ``InvalidRequest`` where none is chosen."""
    settings = scene.interact  # type: ignore[attr-defined]
    names = [actor_name(actor) for actor, wanted in zip(settings.actors, settings.regenerate.actors) if wanted]
    if not names:
        raise errors.InvalidRequest("No actor is chosen; choose one to regenerate.")
    return names


def _chosen_parts(scene: bpy.types.Scene) -> tuple[str, ...]:
    """Return the parts to regenerate. Raises ``InvalidRequest`` where none is chosen."""
    parts = chosen_parts(scene.interact.regenerate)  # type: ignore[attr-defined]
    if not parts:
        raise errors.InvalidRequest("No part of the body is chosen; choose one to regenerate.")
    return parts


CLASSES = (
    INTERACT_OT_regenerate,
    INTERACT_OT_in_between,
    INTERACT_OT_another_stretch,
    INTERACT_OT_keep_stretch,
    INTERACT_OT_reject_stretch,
)
