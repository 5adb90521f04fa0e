"""Verbs that read for longer than a redraw may wait: in short steps in a window, at once where there is none.

The steps change nothing. What they lead to is written in one go at the end, as an undo step of its own. A timer does
them, not a modal operator: playback, tools and keys work on meanwhile. Where an undo or a change of keys comes in
between, the steps begin anew; where the file is closed, they are given up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

import bpy

from ..messages import Message, in_words, translated
from ..rig.identity import scene_with
from ..runtime_api import contract, errors, finished
from ..scene.evaluated import is_only_looked_at, only_looking
from ..worker_client import generation
from .feedback import fail, redraw, redraw_status_bar, tell

_WRITABLE_MODES = {"OBJECT", "POSE"}  # other modes have undo steps that hold nothing but what is edited
_SECONDS_A_STEP = 0.015  # of reading; to begin a step takes as long again
_PAUSE, _WAITING = 0.001, 0.2  # seconds between steps, and until something is asked for again
NOTHING_CHANGED = Message("Cancelled; nothing was changed")
FindScene = Callable[[], bpy.types.Scene]
Told = list[tuple[str, str]]  # kinds of report and sentences
Write = Callable[[bpy.types.Scene], Told]
Steps = Generator[float, None, Write]  # each yields the share that is done; returns what writes


@dataclass(frozen=True)
class Work:
    """What is done in steps: ``stage`` says so while it runs, ``undo`` names its undo step; "" leaves it to ``then``.

    ``begin`` begins it, or begins it anew, in steps of about as many seconds. ``then`` is done once it is written.
    """

    stage: str
    undo: str
    begin: Callable[[FindScene, float], Steps]
    then: Callable[[bpy.types.Scene], None] = lambda scene: None


class _Running:
    def __init__(self, scene: bpy.types.Scene, work: Work) -> None:
        self.work, self.share, self.obstacle = work, 0.0, ""
        self._name, self._uid = scene.name, scene.session_uid
        self._steps: Steps | None = None
        self.write: Write | None = None  # once all is read

    def scene(self) -> bpy.types.Scene:
        scene = scene_with(self._uid)
        if scene is None:
            raise errors.InvalidRequest(f"The scene '{self._name}' was removed meanwhile; nothing was changed.")
        return scene

    def begin_anew(self) -> None:
        self._steps, self.write = None, None

    def step(self) -> None:
        """Do one step; after the last one there is what writes."""
        with only_looking():  # what was changed until now is told first, and may let it begin anew
            self._steps = self._steps or self.work.begin(self.scene, _SECONDS_A_STEP)
            try:
                self.share = next(self._steps)
            except StopIteration as end:
                self.write = end.value
            except ReferenceError:  # something was removed of which no handler was told yet
                self.begin_anew()


_running: _Running | None = None


def progress() -> contract.Progress | None:
    """Return how far the work is that runs; None where none runs."""
    if _running is None:
        return None
    return contract.Progress(_running.obstacle or _running.work.stage, _running.share)


def broken(what: str, error: Exception) -> Message:
    """Return the sentence for an error that nobody foresaw."""
    reason = f"{type(error).__name__}: {error}"
    return Message("{what} failed ({error}); please report it as a bug.", what=what, error=reason)


def why_busy() -> str:
    """Return in one line why nothing that takes its time can be begun; empty where it can."""
    return is_working() if generation.current is None else "Wait until the generation has ended"


def is_working() -> str:
    """Return in one line that something is under way in steps; empty where nothing is."""
    return "" if _running is None else "Wait until what is under way has ended, or cancel it"


class InSteps:
    """What operators share that read in steps; one with a dialog returns ``ask`` from ``invoke``."""

    bl_options = {"REGISTER"}  # the undo step is made when it is written
    in_window = False

    def work(self, context: bpy.types.Context) -> Work:
        """Return what to do, holding nothing of the operator, which ends before it. Raises named errors."""
        raise NotImplementedError

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_busy()
        if reason:
            cls.poll_message_set(reason)  # type: ignore[attr-defined]
        return not reason

    def invoke(self: Any, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.in_window = not bpy.app.background
        return self.execute(context)  # type: ignore[no-any-return]

    def ask(self: Any, context: bpy.types.Context) -> set[str]:
        """Show the properties first: what ``invoke`` returns."""
        self.in_window = not bpy.app.background
        return context.window_manager.invoke_props_dialog(self)  # type: ignore[no-any-return]

    def execute(self: Any, context: bpy.types.Context) -> set[str]:
        scene = context.scene
        try:
            work = self.work(context)
            if self.in_window:
                begin(scene, work)
                return {"FINISHED"}
            told = finished(work.begin(lambda: scene, math.inf))(scene)
        except errors.InterActError as error:
            return fail(self, error)
        _push(work)
        for kind, sentence in told:
            self.report({kind}, translated(sentence))
        work.then(scene)
        return {"FINISHED"}


def begin(scene: bpy.types.Scene, work: Work) -> None:
    """Begin work on a scene, in steps of a timer."""
    global _running
    _running = _Running(scene, work)
    bpy.app.timers.register(partial(tick, _running), first_interval=0.0)
    _show()


def tick(running: _Running) -> float | None:
    """Do one step; return the seconds until the next one, or None after the last."""
    if _running is not running:  # cancelled, or another file
        return None
    shown = progress()
    try:
        running.obstacle = "" if running.write is None else reason_to_wait()
        if running.obstacle or bpy.app.is_job_running("RENDER"):
            return _WAITING
        if running.write is None:
            running.step()
        else:
            _write(running, running.write)
            if _running is not running:
                return None
    except errors.InterActError as error:
        stop()
        tell([("ERROR", in_words(error))])
        return None
    except Exception as error:
        stop()
        tell([("ERROR", broken(Message(running.work.stage), error))])
        raise
    finally:
        if shown is None or _running is not running or _seen(shown) != _seen(progress()):
            _show()
    return _PAUSE


def _seen(now: contract.Progress | None) -> tuple[str, int] | None:
    return None if now is None else (now.stage, int(100 * now.fraction))


def _write(running: _Running, write: Write) -> None:
    """Write what was found, as one undo step, unless something was changed in the meantime."""
    bpy.context.view_layer.update()  # handlers are told of it
    if running.write is not write:
        return
    scene = running.scene()
    stop()
    told = write(scene)
    _push(running.work)
    tell(told)
    running.work.then(scene)


def _push(work: Work) -> None:
    if work.undo:
        bpy.ops.ed.undo_push(message=work.undo)


def reason_to_wait() -> str:
    """Return why nothing that is done can be written just now, as the panel says it; empty if it can be."""
    if any(bpy.app.is_job_running(kind) for kind in ("RENDER", "OBJECT_BAKE")):
        return Message("Done: waits for the render to end")
    for window in bpy.context.window_manager.windows:
        # A tool such as a move in progress restores what it found when it is cancelled, and adds an undo step after.
        if any({"UNDO", "BLOCKING"} & operator.bl_options for operator in window.modal_operators):
            return Message("Done: waits for the tool in use")
        active = window.view_layer.objects.active
        if active is not None and active.mode not in _WRITABLE_MODES:
            mode = active.mode.replace("_", " ").title()
            return Message("Done: leave {mode} Mode to see it", mode=mode)
    return ""


def stop() -> None:
    """Give up what runs; nothing was changed."""
    global _running
    _running = None


@bpy.app.handlers.persistent
def file_loaded(*_arguments: object) -> None:
    """Give up what runs on the file that was closed."""
    stop()


@bpy.app.handlers.persistent
def scene_changed(scene: bpy.types.Scene, graph: bpy.types.Depsgraph | None = None) -> None:
    """Begin anew after an undo, a redo, or a change of keys."""
    if _running is not None and not is_only_looked_at() and (graph is None or graph.id_type_updated("ACTION")):
        _running.begin_anew()


class INTERACT_OT_cancel_work(bpy.types.Operator):
    """Stop what is under way; nothing is changed"""

    bl_idname = "interact.cancel_work"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _running is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        stop()
        _show()
        self.report({"INFO"}, translated(NOTHING_CHANGED))
        return {"FINISHED"}


def draw_work(layout: bpy.types.UILayout) -> None:
    """Draw stage and percent of what runs, beside a button that cancels; nothing where nothing runs."""
    now = progress()
    if now is not None:
        row = layout.row(align=True)
        row.progress(factor=now.fraction, text=f"{translated(now.stage)}  {now.fraction:.0%}")
        row.operator("interact.cancel_work", text="", icon="X")


def draw_status(header: bpy.types.Header, context: bpy.types.Context) -> None:
    """Draw how far the work is into the status bar, with its button to cancel."""
    if _running is not None:
        row = header.layout.row(align=True)
        row.ui_units_x = 15
        draw_work(row)


def _show() -> None:
    redraw(bpy.context)
    redraw_status_bar()


CLASSES = (INTERACT_OT_cancel_work,)
