"""One generation, from the scene to keys on both characters: polled by the window, awaited without one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bpy

from ..rig.identity import is_in_scene
from ..rig.keying import key_performance
from ..rig.verify import Verification, verify
from ..runtime_api import contract, errors
from ..scene.perform import kept_motion, parts_to_key
from ..scene.preflight import check_scene
from ..scene.request import Constraints, build_request, cast_scene, why_not_here
from ..scene.strips import keep_labels_out_of_renders
from ..takes.library import remember_pair
from ..takes.record import record_take, save_performance
from ..takes.voices import keep_beside
from . import settings
from .process import SECONDS_BETWEEN_POLLS, RuntimeProcess

_runtime: RuntimeProcess | None = None
current: Generation | None = None


class Generation:
    """A job for one scene. The scene is found again at the end: an undo in between invalidates pointers."""

    def __init__(
        self,
        scene: bpy.types.Scene,
        quality: str | None = None,
        seed: int | None = None,
        constraints: Constraints | None = None,
        blend: Path | None = None,
    ) -> None:
        """Read the scene and start the runtime; raises named errors with nothing changed.

        ``constraints``: the motion that an actor, by name, is given. ``blend``: where the file will be saved, for the
        take's performance beside it.
        """
        global current
        if current is not None:
            raise errors.InvalidRequest("A generation is running already; wait for it or press Esc.")
        self._started = time.monotonic()
        self._cast = cast_scene(scene, first_frame=True)
        self._parts = parts_to_key(self._cast, scene.interact.actors)
        seen = check_scene(scene, self._cast)
        kept = kept_motion(scene, self._cast, scene.interact.actors)
        self._kept_frames = kept.frames
        request, warnings = build_request(scene, self._cast, constraints, kept)
        self.warnings = seen + warnings
        self.request = replace(request, quality=quality or request.quality, seed=request.seed if seed is None else seed)
        self.progress = contract.Progress("Starting the runtime", 0.0)
        self.performance: contract.Performance | None = None
        self.seconds = 0.0  # how long the whole job took, once it is done
        self.verification: Verification | None = None  # what Blender shows, once both are keyed
        self._blend = blend
        self._scene_name, self._scene_uid = scene.name, scene.session_uid
        self._runtime = runtime()
        self._runtime.start_job(self.request, settings.weights_folder(), settings.wav2vec2_folder())
        current = self

    def poll(self) -> bool:
        """Return True once both characters are keyed. Raises named errors; then the scene is as it was."""
        try:
            update = self._runtime.poll()
            if isinstance(update, contract.Progress):
                self.progress = update
                return False
            self.performance = update
            self._key(update)
            self.seconds = time.monotonic() - self._started
        except BaseException:
            self._end()
            raise
        self._end()
        return True

    def wait(self, progress: Callable[[contract.Progress], None] | None = None) -> contract.Performance:
        """Wait for the end and return the performance; a ``KeyboardInterrupt`` cancels."""
        try:
            while not self.poll():
                if progress is not None:
                    progress(self.progress)
                time.sleep(SECONDS_BETWEEN_POLLS)
        except BaseException:
            self.abandon()
            raise
        assert self.performance is not None
        return self.performance

    def cancel(self) -> None:
        """Ask the runtime to stop; a following poll raises ``Cancelled`` within two seconds."""
        self._runtime.cancel()

    def abandon(self) -> None:
        """Stop at once without keys, when the file is closed or nobody waits any more."""
        if self._runtime.busy:
            self._runtime.cancel_and_wait()
        self._end()

    def _key(self, performance: contract.Performance) -> None:
        scene = next((scene for scene in bpy.data.scenes if scene.session_uid == self._scene_uid), None)
        if scene is None:
            raise errors.InvalidRequest(
                f"The scene '{self._scene_name}' was removed while it generated; generate again."
            )
        path, warnings = save_performance(performance, self._blend)
        request = keep_beside(self.request, path, self._blend)
        started = time.monotonic()
        keyed = key_performance(scene, self._cast, performance, self._parts, self._kept_frames)
        keep_labels_out_of_renders(scene)
        report = performance.report
        report["seconds_keying"] = round(time.monotonic() - started, 3)
        started = time.monotonic()
        self.verification = verify(scene, keyed)
        report["seen"] = {**self.verification.report(), "seconds": round(time.monotonic() - started, 3)}
        record_take(keyed, request, performance, path)
        remember_pair(scene)
        silent = [f"'{actor.name}'" for actor in self.request.actors if not actor.speech]  # warned about already
        self.warnings += [*warnings, *keyed.warnings, *map(str, self.verification.differences)]
        self.warnings += [
            warning for warning in report.get("warnings", []) if not any(warning.startswith(name) for name in silent)
        ]

    def _end(self) -> None:
        global current
        if current is self:
            current = None


def generate_scene(
    scene: bpy.types.Scene,
    quality: str | None = None,
    seed: int | None = None,
    progress: Callable[[contract.Progress], None] | None = None,
    constraints: Constraints | None = None,
    blend: Path | None = None,
) -> Generation:
    """Run a whole generation and wait for it: both characters of ``scene`` are keyed."""
    generation = Generation(scene, quality, seed, constraints, blend)
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
    python: Path = settings.runtime_python()
    if _runtime is not None and _runtime.python != python:
        free_runtime()
    if _runtime is None:
        _runtime = RuntimeProcess(python)
    return _runtime


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
    if current is not None:
        current.abandon()
    if _runtime is not None:
        _runtime.close()
        _runtime = None
