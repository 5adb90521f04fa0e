"""A planted shot: Tom rests a palm on Mia's shoulder, and later his other hand goes through her chest."""

from __future__ import annotations

import bpy
import numpy as np

from interact_addon.rig.body_shape import body_shape_of
from interact_addon.rig.cast import CastActor
from interact_addon.rig.keying import key_performance
from interact_addon.scene.request import cast_scene
from interact_addon.takes.library import remember_pair
from interact_addon.takes.record import record_take, save_performance
from model_runtime.body_model import rotations as rot
from model_runtime.body_model.capsules import Capsules, deepest_overlap
from model_runtime.body_model.contacts import Body
from model_runtime.body_model.inverse_kinematics import bend
from model_runtime.body_model.skeleton import INDEX
from model_runtime.common.easing import smootherstep
from model_runtime.contract import Actor, ActorPerformance, Performance, Request

FRAMES, PALM, THROUGH = 180, (50, 80), 100  # the palm rests from one frame to the other; the hand is deepest there
_APART, _REACHING, _LOWERING, _THROUGH = 0.52, 16, 10, 9  # metres; frames up, onto the shoulder and into the chest


def _standing(character: CastActor, y: float, turn: float) -> ActorPerformance:
    vectors = np.zeros((FRAMES, 52, 3))
    vectors[:, 0, 2] = turn
    for side, sign in (("left", 1.0), ("right", -1.0)):
        vectors[:, INDEX[f"{side}_shoulder"], 1] = sign * 1.2
        vectors[:, INDEX[f"{side}_elbow"], 2] = -sign * 0.3
    root = np.tile(np.array([0.0, y, character.rest.skeleton.pelvis_height], np.float32), (FRAMES, 1))
    turns = np.asarray(rot.from_axis_angle(vectors), np.float32)
    return ActorPerformance(
        character.name, root, turns, np.zeros((FRAMES, 52), np.float32), np.zeros((FRAMES, 4), np.float32)
    )


def _body(character: CastActor, motion: ActorPerformance) -> Body:
    return Body(body_shape_of(character), character.rest.skeleton, motion.root_positions, motion.rotations)


def _reaching(character: CastActor, motion: ActorPerformance, side: str, target: np.ndarray) -> np.ndarray:
    """Return the rotations (52, 4) of frame 0 with a palm at ``target`` (3,), fingers ahead and the palm down."""
    chain = [INDEX[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist")]
    rotations = motion.rotations[0].astype(np.float64)
    ahead = rot.from_axis_angle(np.array([0.0, 0.0, 0.5 * np.pi if side == "left" else -0.5 * np.pi]))
    for _ in range(3):
        body = Body(body_shape_of(character), character.rest.skeleton, motion.root_positions[:1], rotations[None])
        places, world = (array[0].astype(np.float64) for array in body.posed)
        in_hand = rot.rotate(
            rot.conjugate(world[chain[2]]), body.points[0, body.shape.point(f"{side}_palm")] - places[chain[2]]
        )
        palm = places[chain[2]] + rot.rotate(ahead, in_hand)
        _, _, upper, lower = bend(
            places[chain], np.array([0.0, 0.0, -1.0]), np.stack([np.zeros(3), target - palm])[::-1]
        )
        above = world[INDEX[f"{side}_collar"]]
        turned = [rot.multiply(upper, world[chain[0]]), rot.multiply(lower, world[chain[1]]), ahead]
        for joint, parent, own in zip(chain, [above, *turned[:2]], turned):
            rotations[joint] = rot.normalize(rot.multiply(rot.conjugate(parent), own))
    return rotations


def _depth(hers: Body, character: CastActor, motion: ActorPerformance, pose: np.ndarray) -> float:
    his = Body(body_shape_of(character), character.rest.skeleton, motion.root_positions[:1], pose[None])
    first = Capsules(hers.capsules.start[:1], hers.capsules.end[:1], hers.capsules.radius)
    return float(deepest_overlap(first, his.capsules)[0])


def _resting(hers: Body, character: CastActor, motion: ActorPerformance, target: np.ndarray) -> np.ndarray:
    """Return a pose with the right palm on her at ``target``, lifted until it lies 3 to 7 mm in her."""
    for lift in np.arange(0.0, 0.12, 0.003):
        pose = _reaching(character, motion, "right", target + [0.0, 0.0, lift])
        if _depth(hers, character, motion, pose) < 0.007:
            return pose
    raise AssertionError("the palm finds no place on the shoulder")


def plant(scene: bpy.types.Scene) -> None:
    """Key the planted shot on the demo's two as a take, from frame 1 on at 30 fps."""
    scene.frame_start, scene.frame_end = 1, FRAMES
    scene.render.fps, scene.render.fps_base = 30, 1.0
    mia, tom = cast_scene(scene)
    still, reaching = _standing(mia, 0.0, 0.0), _standing(tom, -_APART, np.pi)
    hers = _body(mia, still)
    shoulder = hers.points[0, hers.shape.point("left_shoulder")] + np.array([0.03, -0.02, 0.0])
    chest = hers.points[0, hers.shape.point("chest")] + np.array([-0.03, 0.0, 0.0])
    above = _reaching(tom, reaching, "right", shoulder + [0.03, -0.12, 0.14])
    resting = _resting(hers, tom, reaching, shoulder)
    away = np.maximum(PALM[0] - np.arange(1, FRAMES + 1), np.arange(1, FRAMES + 1) - PALM[1]).clip(0)
    _blend(reaching, "right", above, smootherstep(1.0 - (away - _LOWERING).clip(0) / _REACHING))
    _blend(reaching, "right", resting, smootherstep(1.0 - away / _LOWERING))
    near = np.abs(np.arange(1, FRAMES + 1) - THROUGH)
    _blend(reaching, "left", _reaching(tom, reaching, "left", chest), smootherstep(1.0 - near / _THROUGH))
    performance = Performance((still, reaching))
    keyed = key_performance(scene, [mia, tom], performance)
    actors = tuple(Actor(one.name, one.rest.skeleton, one.rest.position, one.rest.heading) for one in (mia, tom))
    path, _ = save_performance(performance)
    record_take(keyed, Request((FRAMES - 1) / 30, actors, seed=7), performance, path)
    remember_pair(scene)
    scene.frame_set(1)


def _blend(motion: ActorPerformance, side: str, pose: np.ndarray, share: np.ndarray) -> None:
    for joint in (INDEX[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist")):
        here = np.broadcast_to(pose[joint], (FRAMES, 4))
        motion.rotations[:, joint] = rot.slerp(motion.rotations[:, joint], here, share)
