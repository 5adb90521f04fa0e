"""Generating, from the scene to keys on both characters: in short steps for a window, or awaited without one."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import bpy

from ..messages import Message
from ..rig.identity import is_in_scene, scene_with
from ..rig.keying import KeyedPerformance, key_performance
from ..rig.verify import Verification, verify
from ..runtime_api import contract, errors, finished
from ..scene.perform import kept_motion_in_steps
from ..scene.request import Constraints, why_not_here
from ..scene.shot import CASTING, MIXING, Keep, Read, Shot, check_cast_is_here, read_shot
from ..scene.strips import keep_labels_out_of_renders
from ..takes.library import remember_pair
from ..takes.record import record_take, save_performance
from ..takes.voices import keep_beside
from ..takes.words import words_of_take
from . import early_voices, settings
from .process import SECONDS_BETWEEN_POLLS, RuntimeProcess

_runtime: RuntimeProcess | None = None
current: Generation | None = None
_is_warmed_early = False
_mixed_early: set[int] = set()  # the session_uids of scenes that were ready when a panel was drawn


def key_take(scene: bpy.types.Scene, shot: Shot, performance: contract.Performance) -> KeyedPerformance:
    """Key a performance as a new take of both actors."""
    exact = scene.interact.key_every_frame  # type: ignore[attr-defined]
    return key_performance(scene, shot.cast, performance, shot.parts, shot.kept_frames, frames=shot.frames, exact=exact)


@dataclass(frozen=True)
class Order:
    """What is asked for beside what the scene says.

    ``quality`` and ``seed``: others than the scene's. ``takes``: how many, with consecutive seeds; each is keyed as
    soon as it is done, so the last one stays active. ``constraints``: the motion that an actor, by name, is given.
    ``key``: writes a performance into the scene. ``blend``: where the file will be saved, for the performances beside
    it. ``undo``: make every take an undo step of its own, called ``undo_name``. ``in_window``: keep each step short.
    ``obstacle``: says why nothing can be written just now; a take that is done waits until it says nothing. ``keep``:
    reads what the actors keep, in steps. ``request``: what to play in the place of what the scene says. ``what``: in
    words what is generated, if not the whole shot. ``settle``: returns, in steps that say what they do, an order whose
    ``keep``, ``key`` and ``what`` count; it is given what finds the scene, and ``in_window``. ``read``: reads the scene
    in steps. ``edit``: what is done, in words, where motion that there is is changed and none generated; ``recorded``:
    the request that the take remembers then.
    """

    quality: str | None = None
    seed: int | None = None
    takes: int = 1
    constraints: Constraints | None = None
    key: Callable[[bpy.types.Scene, Shot, contract.Performance], KeyedPerformance] = key_take
    blend: Path | None = None
    undo: bool = False
    in_window: bool = False
    obstacle: Callable[[], str] = str
    keep: Keep = kept_motion_in_steps
    request: contract.Request | None = None
    what: str = ""
    settle: Callable[[Callable[[], bpy.types.Scene], bool], Generator[str, None, Order]] | None = None
    read: Read = read_shot
    edit: str = ""
    recorded: Callable[[contract.Request], contract.Request] | None = None
    undo_name: str = ""


class Generation:
    """An order for one scene. The scene is found again in every step: an undo in between invalidates pointers."""

    def __init__(self, scene: bpy.types.Scene, order: Order = Order()) -> None:
        """Check the scene; raises named errors with nothing changed. ``poll`` does the rest."""
        global current
        if current is not None:
            raise errors.InvalidRequest("A generation is running already; wait for it or cancel it.")
        self._started = time.monotonic()
        self._runtime: RuntimeProcess | None = None  # until the scene is checked
        self._order = order
        self._scene_name, self._scene_uid = scene.name, scene.session_uid
        self._reading = self._read_in_steps()
        self._shot: Shot | None = None
        self._starting: Generator[None, None, None] | None = None  # of the first take
        self._requests: deque[contract.Request] = deque()  # those still to be started
        self._unwritten: deque[tuple[contract.Request, contract.Performance]] = deque()
        self._cancelled = False
        self.request: contract.Request | None = None  # of the take that is generated, or was last
        self.performance: contract.Performance | None = None  # of the last take that was keyed
        self.verification: Verification | None = None  # what Blender shows of it
        self.keyed = 0  # takes
        self.seconds = 0.0  # how long the whole job took, once it is done
        self.warnings: list[str] = []
        self.progress = contract.Progress(next(self._reading), 0.0)
        current = self
        early_voices.stop()  # this one mixes them itself

    @property
    def what(self) -> str:
        """What is generated, in words; empty for the whole shot."""
        return self._order.what

    @property
    def edit(self) -> str:
        """What is done to the motion that there is, in words; empty where new motion is generated."""
        return self._order.edit

    @property
    def is_done(self) -> bool:
        """Whether all takes are keyed."""
        return self.keyed >= self._order.takes

    @property
    def pause(self) -> float:
        """Seconds to wait before the next step: none while there is something to read."""
        is_reading = self._shot is None and self.progress.stage != MIXING
        return 0.0 if is_reading or self._starting is not None else SECONDS_BETWEEN_POLLS

    def poll(self) -> bool:
        """Do one step and return True once all takes are keyed. Raises named errors; takes keyed before stay."""
        try:
            if self._cancelled:
                raise errors.Cancelled("Cancelled.")
            if self._shot is None:
                self._read()
            elif self._starting is not None:
                self._start_first()
            else:
                self._watch_runtime()
                self._write_what_is_done()
        except BaseException:
            self.abandon()
            raise
        if not self.is_done:
            return False
        self.seconds = time.monotonic() - self._started
        self._end()
        return True

    def wait(self, progress: Callable[[contract.Progress], None] | None = None) -> None:
        """Wait until all takes are keyed; a ``KeyboardInterrupt`` cancels."""
        try:
            while not self.poll():
                if progress is not None:
                    progress(self.progress)
                time.sleep(self.pause)
        except BaseException:
            self.abandon()
            raise

    def cancel(self) -> None:
        """Stop; the next poll raises ``Cancelled``. Takes that are keyed stay."""
        self._cancelled = True
        if self._runtime is not None:
            self._runtime.cancel()

    def abandon(self) -> None:
        """Stop at once without keys, when the file is closed or nobody waits any more."""
        if current is not self:
            return
        self._end()
        if self._runtime is not None:
            self._runtime.cancel()

    @property
    def _is_computing(self) -> bool:
        return self._runtime is not None and self._runtime.busy

    def _scene(self) -> bpy.types.Scene:
        scene = scene_with(self._scene_uid)
        if scene is None:
            raise errors.InvalidRequest(
                f"The scene '{self._scene_name}' was removed while it generated; generate again."
            )
        return scene

    def _read_in_steps(self) -> Generator[str, None, Shot]:
        order = self._order
        if order.settle is not None:
            settled = yield from order.settle(self._scene, order.in_window)
            self._order = order = replace(order, keep=settled.keep, key=settled.key, what=settled.what)
        return (yield from order.read(self._scene, order.constraints, order.in_window, order.keep))

    def _read(self) -> None:
        """Read the next part of the scene."""
        try:
            self.progress = contract.Progress(next(self._reading), 0.0)
            if self._runtime is None and self.progress.stage != CASTING:  # nothing is in the way; it loads meanwhile
                self._runtime = runtime()
                self._runtime.warm_up(settings.weights_folder(), settings.wav2vec2_folder())
            return
        except StopIteration as end:
            shot: Shot = end.value
        self._shot, order = shot, self._order
        self.warnings += shot.warnings
        request = order.request or shot.request
        first = request.seed if order.seed is None else order.seed
        asked = replace(request, quality=order.quality or request.quality)
        self._requests.extend(replace(asked, seed=first + number) for number in range(order.takes))
        self._starting = self._start_next()

    def _start_first(self) -> None:
        """Do one step of starting the first take."""
        assert self._starting is not None
        try:
            next(self._starting)
        except StopIteration:
            self._starting = None

    def _start_next(self) -> Generator[None, None, None]:
        """Start the next take, if there is one, in steps."""
        if self._requests and self._runtime is not None:
            folders = settings.weights_folder(), settings.wav2vec2_folder()
            yield from self._runtime.start_job_in_steps(self._requests[0], *folders)
            self.request = self._requests.popleft()

    def _watch_runtime(self) -> None:
        """Note how far the runtime is; when a take is done, start the next before that one is written."""
        if self._runtime is None or not self._runtime.busy:
            return
        update = self._runtime.poll()
        if isinstance(update, contract.Progress):
            self.progress = self._overall(update)
        elif self.request is not None:
            self._unwritten.append((self.request, update))
            finished(self._start_next())  # at once, as writing what is done takes longer

    def _overall(self, update: contract.Progress) -> contract.Progress:
        """Return the progress over all takes."""
        takes = self._order.takes
        if takes == 1:
            return update
        number = takes - len(self._requests)
        stage = Message("Take {number} of {takes}: {stage}", number=number, takes=takes, stage=Message(update.stage))
        return contract.Progress(stage, (number - 1 + update.fraction) / takes)

    def _write_what_is_done(self) -> None:
        if not self._unwritten:
            return
        if obstacle := self._order.obstacle():
            if not self._is_computing:
                self.progress = contract.Progress(obstacle, 1.0)
            return
        self._write(*self._unwritten.popleft())
        self.keyed += 1
        if self._order.undo:
            bpy.ops.ed.undo_push(message=self._order.undo_name or self._order.edit or "Generate")

    def _write(self, request: contract.Request, performance: contract.Performance) -> None:
        scene, shot, order = self._scene(), self._shot, self._order
        assert shot is not None
        check_cast_is_here(scene, shot)
        path, warnings = save_performance(performance, order.blend)
        kept = keep_beside(order.recorded(request) if order.recorded else request, path, order.blend)
        started = time.monotonic()
        keyed = order.key(scene, shot, performance)
        keep_labels_out_of_renders(scene)
        report = performance.report
        report["seconds_keying"] = round(time.monotonic() - started, 3)
        self.performance = performance
        if not order.edit:
            started = time.monotonic()
            self.verification = verify(scene, keyed)
            report["seen"] = {**self.verification.report(), "seconds": round(time.monotonic() - started, 3)}
        words = words_of_take(shot, request, performance)
        record_take(keyed, kept, performance, path, edit=order.edit.lower(), words=words)
        remember_pair(scene)
        silent = [f"'{actor.name}'" for actor in request.actors if not actor.speech]  # warned about already
        warnings += keyed.warnings
        warnings += map(str, self.verification.differences if self.verification is not None else ())
        warnings += [text for text in report.get("warnings", []) if not any(text.startswith(name) for name in silent)]
        self.warnings += [warning for warning in warnings if warning not in self.warnings]

    def _end(self) -> None:
        global current
        if current is self:
            current = None
        self._reading.close()


def generate_scene(
    scene: bpy.types.Scene,
    quality: str | None = None,
    seed: int | None = None,
    progress: Callable[[contract.Progress], None] | None = None,
    constraints: Constraints | None = None,
    blend: Path | None = None,
    order: Order = Order(),
) -> Generation:
    """Generate one take and wait for it: both characters of ``scene`` are keyed.

    ``order``: what else is asked for; the other arguments are as in it.
    """
    given = order.constraints if constraints is None else constraints
    generation = Generation(scene, replace(order, quality=quality, seed=seed, constraints=given, blend=blend))
    generation.wait(progress)
    return generation


def disabled_reason(scene: bpy.types.Scene) -> str:
    """Return in one line why Generate cannot be pressed; empty if it can."""
    first, second = scene.interact.actors
    if current is not None:
        return "Generating"
    if first.armature is None or second.armature is None:
        missing = "two characters" if first.armature is second.armature else "a second character"
        return f"Cast {missing}: select their armatures and press Cast Selected"
    if first.armature == second.armature:
        return "Both actors use the same armature; cast two different ones"
    for actor in (first, second):
        if not is_in_scene(actor.armature, scene):
            return why_not_here(actor.armature, scene)
    try:
        settings.runtime_python()
    except errors.InterActError as error:
        return str(error)
    return ""


def runtime() -> RuntimeProcess:
    """Return the worker of this Blender; a new one if the preferences name another Python."""
    global _runtime
    interpreter = settings.runtime_python()
    if _runtime is not None and _runtime.interpreter != interpreter:
        free_runtime()
    if _runtime is None:
        _runtime = RuntimeProcess(interpreter)
    return _runtime


def warm_up(scene: bpy.types.Scene | None = None) -> None:
    """Let the worker load everything in the background, for somebody at a window who is about to press Generate.

    The voices of ``scene`` are mixed meanwhile. Nothing is said where there is no runtime: that Generate cannot be
    pressed is shown anyway.
    """
    if bpy.app.background:
        return
    with suppress(errors.InterActError):
        runtime().warm_up(settings.weights_folder(), settings.wav2vec2_folder())
    if scene is not None and current is None:
        early_voices.begin(scene)


def warm_up_early(scene: bpy.types.Scene | None = None) -> None:
    """Let the worker load for somebody who is about to cast, from a panel that is drawn; once a session.

    It has some seconds more then. Drawing itself waits for nothing: a timer starts the process. ``scene``: one that is
    ready, as in a file that was just opened; its voices are mixed too, once a scene.
    """
    global _is_warmed_early
    if bpy.app.background:
        return
    if scene is not None and scene.session_uid not in _mixed_early:
        _mixed_early.add(scene.session_uid)
        _is_warmed_early = True
        bpy.app.timers.register(partial(_warm_up_scene, scene.session_uid), first_interval=0.0)
    elif not _is_warmed_early:
        _is_warmed_early = True
        bpy.app.timers.register(warm_up, first_interval=0.0)


def _warm_up_scene(uid: int) -> None:
    if (scene := scene_with(uid)) is not None:
        warm_up(scene)


def runtime_is_missing() -> bool:
    """Return whether no Python has the runtime's libraries."""
    try:
        settings.runtime_python()
    except errors.InterActError:
        return True
    return False


def runtime_is_loaded() -> bool:
    """Return whether the worker process runs."""
    return _runtime is not None and _runtime.alive


def free_runtime() -> None:
    """End the worker process and free its memory."""
    global _runtime
    early_voices.stop()
    if current is not None:
        current.abandon()
    if _runtime is not None:
        _runtime.close()
        _runtime = None
