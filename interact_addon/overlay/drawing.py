"""The lines drawn over every 3D view that shows overlays. What takes time is done between two redraws, by a timer."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader

from ..rig.timing import frames_per_second
from ..runtime_api import contract, errors, finished
from ..scene.casting import character_of
from ..scene.evaluated import is_only_looked_at, only_looking
from ..takes.library import Take, shown_take
from . import motion, plan, poses
from .lines import Line, Strokes

_SECONDS_BEFORE_READING = 0.05
_SECONDS_BEFORE_POSES, _SECONDS_BETWEEN = 0.4, 0.01  # after the last change; between two steps of reading
_GHOSTS_EVERY = 0.5  # seconds
_handler: object | None = None
_paths: tuple[tuple[Any, ...], motion.JointPaths | None] = ((), None)  # of which take, and what was read of it
_paths_reading: tuple[tuple[Any, ...], Generator[None, None, motion.JointPaths | None]] | None = None  # of which take
_marks: tuple[int, tuple[plan.Mark, ...]] = (0, ())  # of which scene, by its session_uid, and what was read
_is_changed = False  # the scene, since its marks were read
_poses: tuple[int, tuple[poses.KeptPose, ...]] = (0, ())  # of which scene, by its session_uid, and what was read
_are_poses_old = False  # since when the scene has changed
_reading: Generator[list[poses.KeptPose], None, None] | None = None
_batches: tuple[tuple[Any, ...], list[tuple[float, Any]]] = ((), [])  # what they show, and by width what is drawn
_still: tuple[tuple[Any, ...], list[tuple[float, Any]]] = ((), [])  # the same of what is there at all frames


def start() -> None:
    """Begin to draw; without a window there is nothing to draw on."""
    global _handler
    if _handler is None and not bpy.app.background:
        _handler = bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_VIEW")


def stop() -> None:
    """Draw no longer, and forget what was read."""
    global _handler, _paths, _paths_reading, _batches, _still, _marks, _poses, _reading
    if _handler is not None:
        bpy.types.SpaceView3D.draw_handler_remove(_handler, "WINDOW")
        _handler = None
    for timer in (_read, _read_poses):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
    _paths, _batches, _still, _marks, _poses, _reading = ((), None), ((), []), ((), []), (0, ()), (0, ()), None
    _paths_reading = None


def lines_of(
    scene: bpy.types.Scene,
    paths: motion.JointPaths | None,
    marks: Sequence[plan.Mark] = (),
    kept: Sequence[poses.KeptPose] = (),
) -> list[Line]:
    """Return what the settings of a scene ask to be drawn at its current frame, but for what ``still_lines`` are."""
    overlay, found = scene.interact.overlay, list[Line]()
    frame = scene.frame_current_final
    if overlay.plan:
        seconds = (frame - scene.frame_start) / frames_per_second(scene)
        found += plan.plan_lines(scene, marks, paths, seconds)
        found += poses.pose_lines(kept, frame)
    if paths is not None:
        if overlay.trails:
            found += motion.trails(paths, frame, overlay.reach)
        if overlay.ghosts:
            found += motion.figures(paths, frame, overlay.reach, _GHOSTS_EVERY)
    return found


def still_lines(scene: bpy.types.Scene, paths: motion.JointPaths | None) -> list[Line]:
    """Return what the settings of a scene ask to be drawn at all of its frames: the ways of a take."""
    return motion.ways(paths) if scene.interact.overlay.plan and paths is not None else []


def _draw() -> None:
    scene, space = bpy.context.scene, bpy.context.space_data
    overlay = scene.interact.overlay
    if not space.overlay.show_overlays or not (overlay.plan or overlay.trails or overlay.ghosts):
        return
    key = _key_of_paths(scene)
    if (_is_changed or key != _paths[0] or _marks[0] != scene.session_uid) and not bpy.app.timers.is_registered(_read):
        bpy.app.timers.register(_read, first_interval=_SECONDS_BEFORE_READING)
    if _are_poses_old and overlay.plan and not bpy.app.timers.is_registered(_read_poses):
        bpy.app.timers.register(_read_poses, first_interval=_SECONDS_BEFORE_POSES)
    draw_batches(_batches_for(scene, key))


def _batches_for(scene: bpy.types.Scene, key: tuple[Any, ...]) -> list[tuple[float, Any]]:
    """Return the batches to draw, made again only if something else is to be seen."""
    global _batches, _still
    overlay = scene.interact.overlay
    marks = _marks[1] if _marks[0] == scene.session_uid else ()
    targets = [target for mark in marks if (target := mark.target.find()) is not None]
    places = tuple(tuple(map(tuple, target.matrix_world)) for target in targets)
    kept = _poses[1] if _poses[0] == scene.session_uid else ()
    moving = scene.frame_current_final if overlay.trails or overlay.ghosts or marks or kept else 0
    switches = (overlay.plan, overlay.trails, overlay.ghosts, overlay.reach)
    read = tuple(pose.wanted for pose in kept)
    shown = (key, _paths[0], marks, read, places if overlay.plan else (), switches, moving)
    paths = _paths[1] if key == _paths[0] else None
    if shown != _batches[0]:
        _batches = (shown, make_batches(lines_of(scene, paths, marks, kept)))
    if (still := (key, _paths[0], overlay.plan)) != _still[0]:
        _still = (still, make_batches(still_lines(scene, paths)))
    return [*_still[1], *_batches[1]]


def make_batches(lines: Sequence[Line | Strokes]) -> list[tuple[float, Any]]:
    """Return one batch of separate segments for each width."""
    shader, found = gpu.shader.from_builtin("POLYLINE_SMOOTH_COLOR"), []
    for width in sorted({one.width for one in lines}):
        same = [one.strokes() for one in lines if one.width == width]
        points = np.concatenate([one for one, _ in same]).reshape(-1, 3)
        if not len(points):
            continue
        colours = np.concatenate([one for _, one in same]).reshape(-1, 4)
        found.append((width, batch_for_shader(shader, "LINES", {"pos": points, "color": colours})))
    return found


def draw_batches(batches: Sequence[tuple[float, Any]], over_everything: bool = False) -> None:
    """Draw what ``make_batches`` made into a 3D view; behind what hides it unless ``over_everything``."""
    shader = gpu.shader.from_builtin("POLYLINE_SMOOTH_COLOR")
    gpu.state.blend_set("ALPHA")
    gpu.state.depth_test_set("NONE" if over_everything else "LESS_EQUAL")
    shader.bind()
    shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
    for width, batch in batches:
        shader.uniform_float("lineWidth", width * bpy.context.preferences.system.ui_scale)
        batch.draw(shader)
    gpu.state.depth_test_set("NONE")
    gpu.state.blend_set("NONE")


def _key_of_paths(scene: bpy.types.Scene) -> tuple[Any, ...]:
    """Return what tells one motion from another: whose it is and which take is shown."""
    take = shown_take(scene)
    actions = take.written if take is not None else ()
    return (scene.session_uid, scene.frame_start, *(action.session_uid for action in actions))


@bpy.app.handlers.persistent
def scene_changed(*_arguments: object) -> None:
    """Read the plan again before the next redraw: strips, targets, keys or the cast may have changed."""
    global _is_changed, _are_poses_old, _reading
    if is_only_looked_at():
        return
    _is_changed, _are_poses_old, _reading = True, True, None
    if bpy.app.timers.is_registered(_read_poses):  # once the user pauses
        bpy.app.timers.unregister(_read_poses)


def _read() -> float | None:
    """Read the script, and some more of the take that is shown; a timer calls this between redraws, to the end."""
    global _paths, _paths_reading, _marks, _is_changed
    scene = bpy.context.scene
    if scene is None:
        return None
    before = _paths[0], _marks
    with only_looking():
        if _is_changed or _marks[0] != scene.session_uid:
            _is_changed = False
            _marks = (scene.session_uid, tuple(plan.read_marks(scene)))
        key = _key_of_paths(scene)
        if key != _paths[0]:
            if _paths_reading is None or _paths_reading[0] != key:
                _paths_reading = (key, read_paths_in_steps(scene, shown_take(scene)))
            try:
                next(_paths_reading[1])
            except StopIteration as end:
                _paths, _paths_reading = (key, end.value), None
    if before != (_paths[0], _marks):
        _redraw()
    return _SECONDS_BETWEEN if key != _paths[0] else None


def _read_poses() -> float | None:
    """Read one of the kept poses, or which there are; a timer calls this again until all are read."""
    global _poses, _are_poses_old, _reading
    scene, windows = bpy.context.scene, bpy.context.window_manager.windows  # in a timer, the context has no screen
    if scene is None or not poses.is_on(scene) or any(window.screen.is_animation_playing for window in windows):
        _reading = None
        return None
    known = _poses[1] if _poses[0] == scene.session_uid else ()
    with only_looking():
        if _reading is None:
            _reading = poses.read_poses(scene, poses.wanted_poses(scene), known)
        found = next(_reading, None)
    if found is None:
        _reading, _are_poses_old = None, False
        return None
    _poses = (scene.session_uid, tuple(found))
    _redraw()
    return _SECONDS_BETWEEN


def _redraw() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def read_paths(scene: bpy.types.Scene, take: Take | None) -> motion.JointPaths | None:
    """Return where the joints are in a take, as it was generated; None where it cannot be read."""
    return finished(read_paths_in_steps(scene, take))


def read_paths_in_steps(scene: bpy.types.Scene, take: Take | None) -> Generator[None, None, motion.JointPaths | None]:
    """Do the same in short steps. What is of Blender is read in the first."""
    if take is None:
        return None
    try:
        characters = [character_of(actor) for actor in scene.interact.actors]
        first, fps = take.summary.frames[0], frames_per_second(scene)
        performance: contract.Performance = take.load_performance()
    except errors.InterActError:
        return None
    yield
    skeletons = [character.rest.skeleton for character in characters]
    floors = [character.rest.floor for character in characters]
    return (yield from motion.joint_paths_in_steps(performance, skeletons, floors, first, fps))
