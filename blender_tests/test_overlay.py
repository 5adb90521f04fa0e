"""What is drawn over the 3D view: the way of the actors, trails and ghosts, as lines in the world."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.overlay import drawing, motion
from interact_addon.overlay.lines import OF_ACTORS
from interact_addon.rig.cast import cast_actor
from model_runtime.body_model import skeleton as sk
from model_runtime.contract import ActorPerformance, Performance

from .rigs import perform
from .test_take_library import generate, pair  # noqa: F401 - a fixture

HEAD = sk.INDEX["head"]


def walked(metres: float, frames: int = 91) -> motion.JointPaths:
    """Return two actors, the first of whom slides ``metres`` along x in 3 s."""
    rotations = np.tile(np.array([1, 0, 0, 0], np.float32), (frames, 52, 1))
    actors = []
    for way in (metres, 0.0):
        root = np.zeros((frames, 3), np.float32)
        root[:, 0], root[:, 2] = np.linspace(0.0, way, frames), sk.AVERAGE_SKELETON.pelvis_height
        nothing = np.zeros((frames, 52), np.float32)
        actors.append(ActorPerformance("A", root, rotations, nothing, nothing[:, :4]))
    bodies = [sk.AVERAGE_SKELETON] * 2
    return motion.joint_paths(Performance(tuple(actors)), bodies, [0.5, 0.0], first=10, fps=60.0)


def test_a_way_lies_on_the_actors_floor_and_one_that_stands_has_none() -> None:
    way, arrow = motion.ways(walked(2.0))
    assert np.allclose(way.points[:, 2], 0.51) and np.allclose(way.points[[0, -1], 0], [0.0, 2.0], atol=0.05)
    assert np.allclose(arrow.points[1], [2.0, 0.0, 0.51], atol=1e-5) and (arrow.points[[0, 2], 0] < 1.95).all()


def test_trails_reach_as_far_in_time_as_asked_for_and_fade() -> None:
    paths = walked(3.0)
    found = [line for line in motion.trails(paths, frame=100, seconds=0.5) if len(line.points) > 2]  # 1.5 s at 60 fps
    head = found[0]
    assert len(head.points) == 31 and np.allclose(head.points[[0, -1], 0], [1.0, 2.0], atol=1e-4)
    assert head.colours[15, 3] == 1.0 and head.colours[0, 3] < 0.1
    assert len(found) == 6 and np.allclose(found[3].colours[15], OF_ACTORS[1])


def test_ghosts_stand_before_and_after_the_frame() -> None:
    paths = walked(3.0)
    lines = motion.figures(paths, frame=100, seconds=1.0, every=0.5)
    assert len(lines) == 4 * 2 * 21
    places = sorted({round(float(line.points[0, 0]), 2) for line in lines[: 4 * 42] if line.colours[0, 0] > 0.9})
    assert places[0] < 0.8 and places[-1] > 2.2


def test_outside_of_the_shot_the_nearest_frame_counts() -> None:
    paths = walked(3.0)
    assert paths.index(-50) == 0 and paths.index(9000) == 90


def test_the_take_that_is_shown_is_read_from_beside_the_file(pair: bpy.types.Scene, tmp_path: Path) -> None:  # noqa: F811
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    scene = bpy.context.scene
    take = generate(scene, 2)
    assert drawing.read_paths(scene, take) is None
    characters = [cast_actor(actor.armature.name, actor.armature) for actor in scene.interact.actors]
    performance = perform(31, *characters)
    (tmp_path / "shot.takes").mkdir()
    performance.save(tmp_path / "shot.takes" / "2.npz")
    paths = drawing.read_paths(scene, take)
    assert paths is not None and paths.frames == 31 and paths.first == 1
    above = paths.places[0][:, 0] - performance.actors[0].root_positions
    assert np.allclose(above, [0.0, 0.0, paths.floors[0]], atol=1e-5)


@pytest.mark.parametrize(
    ("plan", "trails", "ghosts"), [(True, False, False), (False, True, False), (False, False, True)]
)
def test_only_what_is_switched_on_is_drawn(pair: bpy.types.Scene, plan: bool, trails: bool, ghosts: bool) -> None:  # noqa: F811
    overlay = pair.interact.overlay
    overlay.plan, overlay.trails, overlay.ghosts = plan, trails, ghosts
    pair.frame_set(70)
    some = len(drawing.lines_of(pair, walked(2.0)))
    overlay.plan = overlay.trails = overlay.ghosts = False
    assert some and not drawing.lines_of(pair, walked(2.0)) and not drawing.lines_of(pair, None)
