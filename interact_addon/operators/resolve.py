"""Resolving: bodies taken out of each other, contacts met, as a new take; then the shot is checked again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import bpy

from ..check.resolving import ResolvePlan, outcome_of
from ..check.shot_check import ShotCheck, check_shot, remember_before
from ..messages import translated
from ..rig.identity import scene_with
from ..runtime_api import contract, errors
from ..worker_client import generation
from ..worker_client.orders import resolve_order
from . import stepping
from .check import check_work, keep_check
from .feedback import fail
from .generate import Generating, result_of, watch


class INTERACT_OT_resolve(bpy.types.Operator):
    """Move bodies out of each other and meet the contacts that are asked for, in the frames chosen below, as a new
    take. What is a second away stays as it is, to the last key, and so does the take that is shown now
    """

    bl_idname = "interact.resolve"
    bl_label = "Resolve"
    bl_options = {"REGISTER"}  # the take is an undo step of its own, made when it is keyed

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return Generating.poll.__func__(cls, context)  # type: ignore[attr-defined, no-any-return]

    def execute(self, context: bpy.types.Context) -> set[str]:
        done: list[tuple[ResolvePlan, contract.Performance]] = []
        try:
            order = resolve_order(context.scene, lambda *found: done.append(found))
            job = generation.Generation(context.scene, replace(order, undo=True))
            job.wait()
            after = check_shot(context.scene)
        except errors.InterActError as error:
            return fail(self, error)
        told = _keep(context.scene, *done[-1], after)
        for kind, sentence in [*result_of(job), *told]:
            self.report({kind}, translated(sentence))
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background:
            return self.execute(context)
        done: list[tuple[ResolvePlan, contract.Performance]] = []
        try:
            order = resolve_order(context.scene, lambda *found: done.append(found))
            order = replace(order, undo=True, in_window=True, obstacle=stepping.reason_to_wait)
            job = generation.Generation(context.scene, order)
        except errors.InterActError as error:
            return fail(self, error)
        stepping.stop()
        watch(job, partial(_check_again, context.scene.session_uid, done))
        return {"FINISHED"}


def _check_again(uid: int, done: list[tuple[ResolvePlan, contract.Performance]]) -> None:
    """Check what came of it; the undo step of the take takes all of it back."""
    scene = scene_with(uid)
    if scene is not None:
        stepping.begin(scene, check_work(partial(_keep_last, done), undo=""))


def _keep_last(
    done: list[tuple[ResolvePlan, contract.Performance]], scene: bpy.types.Scene, after: ShotCheck
) -> list[tuple[str, str]]:
    return _keep(scene, *done[-1], after)


def _keep(
    scene: bpy.types.Scene, plan: ResolvePlan, performance: contract.Performance, after: ShotCheck
) -> list[tuple[str, str]]:
    """Keep the new state and what came of it; return what is told: a warning where something is left."""
    keep_check(scene, after)
    remember_before(scene, plan.found)
    resolve = scene.interact.resolve  # type: ignore[attr-defined]
    said = outcome_of(plan, performance, after, resolve.own)
    resolve.outcome = "\n".join(said)
    return [("INFO", sentence) for sentence in said[:1]]


CLASSES = (INTERACT_OT_resolve,)
