"""Generating: start, watch and cancel.

A timer watches the job, not a modal operator: playback, tools and keys, Esc among them, work on as if nothing ran.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import bpy
from bpy.props import BoolProperty

from ..messages import Message, counted, translated
from ..runtime_api import contract, errors
from ..worker_client import generation
from ..worker_client.orders import changed_order, opened_order
from .feedback import fail, redraw, redraw_status_bar, tell
from .stepping import NOTHING_CHANGED, broken, is_working, reason_to_wait

_SECONDS_A_TICK = 0.01  # further short steps are done in the same tick until it has taken that long


class Generating:
    """What operators share that start a generation: they say why not, and watch it to its end."""

    bl_options = {"REGISTER"}  # every take is an undo step of its own, made when it is keyed
    poll_message_set: Callable[[str], None]
    report: Callable[[set[str], str], None]

    def order(self, context: bpy.types.Context) -> generation.Order:
        """Return what is ordered. Raises named errors with nothing changed."""
        raise NotImplementedError

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = is_working() or generation.disabled_reason(context.scene)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            job = generation.Generation(context.scene, replace(self.order(context), undo=True))
            job.wait()
        except errors.InterActError as error:
            return fail(self, error)
        for kind, sentence in result_of(job):
            self.report({kind}, translated(sentence))
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background:
            return self.execute(context)
        try:
            order = replace(self.order(context), undo=True, in_window=True, obstacle=reason_to_wait)
            watch(generation.Generation(context.scene, order))
        except errors.InterActError as error:
            return fail(self, error)
        return {"FINISHED"}


class INTERACT_OT_generate(Generating, bpy.types.Operator):
    """Make both perform over the frame range; with the seed of the shown take, what lies before a change stays"""

    bl_idname = "interact.generate"
    bl_label = "Generate"

    only_changed: BoolProperty(  # type: ignore[valid-type]
        name="Only What Changed",
        default=False,
        options={"SKIP_SAVE"},
        description="Generate anew what was changed since the take that is shown, from a second before it to where the "
        "motion is as it was; all else stays",
    )

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        prop = properties.bl_rna.properties["only_changed"]
        return prop.description if properties.only_changed else cls.__doc__ or ""  # type: ignore[attr-defined]

    def order(self, context: bpy.types.Context) -> generation.Order:
        make = changed_order if self.only_changed else opened_order
        return replace(make(context.scene), takes=context.scene.interact.takes)


class INTERACT_OT_cancel(bpy.types.Operator):
    """Stop generating; takes that are done stay, all else is left as it is"""

    bl_idname = "interact.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return generation.current is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        if generation.current is not None:
            generation.current.cancel()
        return {"FINISHED"}


def _nothing() -> None:
    """Do nothing more."""


def watch(
    job: generation.Generation, then: Callable[[], None] = _nothing, otherwise: Callable[[], None] = _nothing
) -> None:
    """Poll a job from a timer until it ends, show how far it is, and tell how it went.

    ``then`` is done once it is done, ``otherwise`` where it ends without.
    """
    bpy.app.timers.register(partial(tick, job, then, otherwise), first_interval=0.0)
    _show()


def tick(
    job: generation.Generation, then: Callable[[], None] = _nothing, otherwise: Callable[[], None] = _nothing
) -> float | None:
    """Do one step; return the seconds until the next one, or None after the last."""
    if generation.current is not job:  # another file, or Free Memory
        otherwise()
        _show()
        return None
    shown, started = job.progress, time.monotonic()
    try:
        if _is_done_now(job, started + _SECONDS_A_TICK):
            tell(result_of(job))
            then()
    except errors.Cancelled:
        kept = Message("Cancelled; kept: {takes}", takes=counted(job.keyed, "take")) if job.keyed else NOTHING_CHANGED
        tell([("INFO", kept)])
    except errors.InterActError as error:
        tell([("ERROR", str(error))])
    except Exception as error:
        tell([("ERROR", broken(Message("Generating"), error))])
        raise
    finally:
        is_over = generation.current is not job
        if is_over and not job.is_done:
            otherwise()
        if is_over or job.progress != shown:  # drawing the window takes time that the runtime needs
            _show()
    if is_over:
        return None
    return job.pause


def _is_done_now(job: generation.Generation, until: float) -> bool:
    """Do steps until there is nothing to do or the time has come, and return whether the job is done."""
    while not (is_done := job.poll()):
        if job.pause > 0.0 or time.monotonic() > until:
            break
    return is_done


def _show() -> None:
    redraw(bpy.context)
    redraw_status_bar()


def result_of(job: generation.Generation) -> list[tuple[str, str]]:
    """Return what is told of a job that is done: kinds of report and sentences."""
    assert job.request is not None
    if job.edit:
        done = Message(
            "{edit} {length} s for two in {seconds} s, as a new take",
            edit=Message(job.edit),
            length=f"{job.request.duration:.1f}",
            seconds=f"{job.seconds:.0f}",
        )
        return [*(("WARNING", warning) for warning in job.warnings), ("INFO", done)]
    seed, takes = job.request.seed, job.keyed
    what = job.what or Message("{length} s for two", length=f"{job.request.duration:.1f}")
    seconds = f"{job.seconds:.0f}"
    done = Message("Generated {what} in {seconds} s (seed {seed})", what=what, seconds=seconds, seed=seed)
    if takes > 1:
        done = Message(
            "Generated {takes} of {what} in {seconds} s (seeds {first} to {seed})",
            takes=counted(takes, "take"),
            what=what,
            seconds=seconds,
            first=seed - takes + 1,
            seed=seed,
        )
    return [*(("WARNING", warning) for warning in job.warnings), ("INFO", done)]


def draw_status(header: bpy.types.Header, context: bpy.types.Context) -> None:
    """Draw how far a generation is into the status bar, with its button to cancel."""
    job = generation.current
    if job is not None:
        row = header.layout.row(align=True)
        row.ui_units_x = 15
        draw_progress(row, job.progress)


def draw_progress(layout: bpy.types.UILayout, progress: contract.Progress) -> None:
    """Draw stage and percent beside a button that cancels."""
    layout.progress(factor=progress.fraction, text=f"{translated(progress.stage)}  {progress.fraction:.0%}")
    layout.operator("interact.cancel", text="", icon="X")


CLASSES = (INTERACT_OT_generate, INTERACT_OT_cancel)
