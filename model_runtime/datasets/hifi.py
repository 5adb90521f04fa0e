"""Read the clips of High Fidelity's animators (Apache-2.0): one glTF file a clip, all on one skeleton.

Clips that travel were made for a game that moves the root itself. The travel of walks is given back to them: the speed
at which the bearing foot moves backwards.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np

from ..body_model.skeleton import INDEX, Skeleton, forward_kinematics
from ..common.arrays import Array
from ..contract import FPS
from .archives import ImportLog, members
from .bone_maps import HIFI
from .clip import Clip, ClipUnreadable, finish_clip, local_rotations
from .gltf import GlbScene, parse_glb, sampled
from .skm_tags import LEFT_OUT
from .source_rig import TPose, carry_over, measure_t_pose, t_posed_frames

SOURCE, LICENCE = "hifi", "Apache-2.0"
_T_POSED = "talk04"  # its bind pose is a T-pose; other files are bound in the midst of their motion
_FEET = [INDEX["left_foot"], INDEX["right_foot"]]
_TAGS = {
    "talk04": ("stand", "gesture", "talk"), "talk_righthand": ("stand", "gesture", "talk", "right"),
    "idle_once_slownod": ("stand", "head", "gesture"), "idle_once_headtilt": ("stand", "head", "gesture"),
    "idle_once_lookaround": ("stand", "idle", "look_around"),
    "idle_neutral_to_LFF": ("stand", "weight_shift"), "idle_LFF_to_neutral": ("stand", "weight_shift"),
    "settle_to_idle": ("stand", "weight_shift"), "turn_left": ("turn", "turn_left", "turn_in_place", "locomotion"),
}  # fmt: skip
_WALKS = ("walk_fwd", "walk_fwd_b", "walk_fwd_fast")  # the others go backwards, sideways, or with the arms out


def read_hifi(path: Path, log: ImportLog) -> None:
    """Read all clips of the folder ``path`` into ``log``."""
    scenes: dict[str, GlbScene] = {}
    for name, content in members(path, log):
        if not name.endswith(".glb"):
            continue
        try:
            scenes[PurePosixPath(name).stem] = parse_glb(name, content)
        except ClipUnreadable as error:
            log.refused.append((name, str(error)))
    if _T_POSED not in scenes:
        log.refused += [(name, f"the T-pose of '{_T_POSED}.glb' is not beside it") for name in scenes]
        return
    t_pose = measure_t_pose(scenes[_T_POSED].rig, HIFI, scenes[_T_POSED].rest)
    for name in sorted(scenes):
        log.attempt(f"{name}.glb", make_hifi_clip, name, scenes[name], t_pose)


def make_hifi_clip(name: str, scene: GlbScene, t_pose: TPose) -> Clip:
    """Return the clip of one file, without the T-pose that it may begin with. Raises ``ClipUnreadable``."""
    if not HIFI.fits(scene.rig):
        raise ClipUnreadable(f"'{name}' names its bones in another way than High Fidelity's skeleton.")
    local, translations = sampled(scene, 0, HIFI, name)
    root, world = carry_over(scene.rig, HIFI, t_pose, local, translations)
    posed = t_posed_frames(t_pose.skeleton, world)
    first = int(np.argmin(posed)) + (2 if posed[0] else 0)  # the frame after a T-pose is on the way from it
    if posed.all() or len(root) - first < 2:
        raise ClipUnreadable(f"'{name}' holds a T-pose and no motion.")
    root, world = root[first:], world[first:]
    if name in _WALKS:
        root = with_travel(root, world, t_pose.skeleton)
    return finish_clip(
        f"{SOURCE}/{name}",
        SOURCE,
        LICENCE,
        t_pose.skeleton,
        root,
        world,
        float(FPS),
        tags=tags_of(name),
        performer=SOURCE,
    )


def tags_of(name: str) -> tuple[str, ...]:
    """Return the tags of a clip by its name."""
    if name in _TAGS:
        return _TAGS[name]
    if name in _WALKS:
        return ("walk", "walk_loop", "locomotion")
    if name.startswith("idle_once"):
        return ("stand", "self_adaptor")
    if name.startswith("idle"):
        return ("stand", "idle")
    return (*(word for word in name.split("_") if word in ("walk", "jog", "run", "jump", "strafe")), LEFT_OUT)


def with_travel(root: Array, world: Array, skeleton: Skeleton) -> Array:
    """Return root positions (T, 3) of a walk in place that go ahead at a steady speed, so that feet stand.

    The speed is the median of that of the lower foot's ball, backwards; ``world`` (T, 52, 4) are world rotations.
    """
    rotations = local_rotations(world).astype(np.float32)
    positions = forward_kinematics(root.astype(np.float32), rotations, skeleton)[0][:, _FEET]
    speed = np.gradient(positions[..., 1], axis=0)
    bearing = np.argmin(positions[..., 2], axis=1)
    result = np.array(root)
    result[:, 1] -= np.median(np.take_along_axis(speed, bearing[:, None], axis=1)) * np.arange(len(root))
    return result
