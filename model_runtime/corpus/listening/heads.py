"""Combine gaze, nods and the captured fast motion of a head, and the part of the trunk in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX, PARENTS, Skeleton, heading_of
from ...contract import FPS
from ..script.affect import AffectTrack
from .gaze import Attention, in_head, plan_gaze, softly
from .nods import Stress, laughing_heads, listener_heads, speaker_heads, wander

FloatArray = NDArray[Any]
_SPINE = tuple(INDEX[n] for n in ("spine1", "spine2", "spine3"))
_NECK, _HEAD, _CHEST = INDEX["neck"], INDEX["head"], INDEX["spine3"]
_EYES = np.array([0.0, -0.088, 0.075], np.float32)  # m from the head joint to the middle of the eyes of a 1.7 m body
_NECK_SHARE = 0.45
_TRUNK_SHARE = 0.2  # of a turn of the head is the spine's
_EYES_FURTHEST = np.radians([[-30.0, -29.0], [30.0, 21.0]])  # yaw, pitch up
_NECK_FURTHEST = np.radians([44.0, 33.0, 68.0])  # flexion, side, twist: inside what joint limits allow
_FAST_FURTHEST = np.radians([9.0, 5.0, 6.0])


class Heads(NamedTuple):
    """``rotations`` (T, 52, 4) of the whole body; ``looking`` (T,) whether the eyes are on the other's face; ``eyes``
    (T, 2) their direction in the head's frame, yaw to the left and pitch up in radians.
    """

    rotations: FloatArray
    looking: NDArray[np.bool_]
    eyes: FloatArray


class UpperBody(NamedTuple):
    """In the world: rotations (T, 4) of ``pelvis``, ``chest`` and ``head``; ``eyes`` (T, 3), the point between the
    eyes; ``lean`` (T,) of the chest forward in radians.
    """

    pelvis: FloatArray
    chest: FloatArray
    head: FloatArray
    eyes: FloatArray
    lean: FloatArray


def upper_body(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> UpperBody:
    """Forward kinematics of the upper body from ``root`` (T, 3) and local ``rotations`` (T, 52, 4)."""
    joint, chain = _HEAD, []
    while joint >= 0:
        chain.append(joint)
        joint = PARENTS[joint]
    position, turn = root, rotations[:, 0]
    chest = turn
    for joint in chain[-2::-1]:
        position = position + rot.rotate(turn, skeleton.offsets[joint])
        turn = rot.multiply(turn, rotations[:, joint])
        chest = turn if joint == _CHEST else chest
    size = skeleton.leg_size
    up = rot.rotate(rot.multiply(rot.about_z(-heading_of(chest)), chest), np.array([0.0, 0.0, 1.0], np.float32))
    return UpperBody(
        rotations[:, 0], chest, turn, position + rot.rotate(turn, _EYES * size), np.arctan2(-up[:, 1], up[:, 2])
    )


def look_and_listen(
    rng: np.random.Generator,
    root: FloatArray,
    rotations: FloatArray,
    skeleton: Skeleton,
    partner_head: FloatArray,
    walking: FloatArray,
    voice: FloatArray,
    partner_voice: FloatArray,
    stresses: Sequence[Stress],
    partner_stresses: Sequence[Stress],
    affect: AffectTrack,
    questions: Sequence[float] = (),
    laughs: Sequence[tuple[float, float]] = (),
    partner_lean: FloatArray | None = None,
    facing: bool = True,
    laughter: FloatArray | None = None,
) -> Heads:
    """Draw head, eyes and trunk of an actor in talk with a partner whose eyes are at ``partner_head`` (T, 3).

    ``walking`` (T,) 0 or 1; ``voice`` and ``partner_voice`` (T,) voice activity 0..1; ``questions``: the ends (s) of
    the actor's own; ``laughs``: its spans (s); ``partner_lean`` (T,) of the partner's trunk forward in radians;
    ``laughter`` (T, 3): the captured motion of a head that laughs (``laughs.Laughter.head``), None for a rule. The
    captured fast motion of the head stays; its slow direction, which belongs to the studio of the capture, is replaced
    by gaze.
    """
    result = np.array(rotations, np.float32)
    frames = len(root)
    size = 0.6 + 0.4 * affect.track("gesture_size", frames) + 0.25 * affect.track("arousal", frames).clip(-1, 1)
    mirrors = affect.at(0.0).mirroring
    _move_trunk(rng, result, voice, partner_voice, walking, size, partner_lean, mirrors)
    body = upper_body(root, result, skeleton)
    heading = np.unwrap(heading_of(body.chest))
    attention = Attention(
        voice,
        partner_voice,
        walking,
        affect.track("gaze_speaking", frames),
        affect.track("gaze_listening", frames),
        affect.track("power", frames),
        facing,
        affect.at(0.0).glances,
    )
    gaze = plan_gaze(rng, body.eyes, body.chest, body.pelvis, partner_head, attention)

    twist = _eased(_TRUNK_SHARE * gaze.head[:, 0] * (1.0 - 0.6 * walking), 0.16)
    for joint in _SPINE:
        result[:, joint] = rot.multiply(result[:, joint], rot.about_z(twist / 3))
    extra = speaker_heads(rng, frames, stresses, questions, size)
    deep = size * affect.track("nod_depth", frames)
    extra += listener_heads(rng, voice, partner_voice, partner_stresses, affect.track("nods", frames), deep)
    extra += (laughing_heads(rng, frames, laughs) if laughter is None else laughter) + wander(rng, frames)
    extra = gaussian_filter1d(extra, 0.6, axis=0)
    pitch = gaze.head[:, 1] + _chin_down(affect, frames) + extra[:, 0]

    turned = rot.multiply(rot.about_z((heading + gaze.head[:, 0] + extra[:, 1]).astype(np.float32)), _about(0, pitch))
    wanted = rot.multiply(
        rot.multiply(turned, _about(1, extra[:, 2])),
        _fast(rot.multiply(rot.about_z(-heading.astype(np.float32)), body.head)),
    )
    chest = upper_body(root, result, skeleton).chest
    captured = rot.multiply(result[:, _NECK], result[:, _HEAD])
    free = rot.slerp(captured, rot.normalize(rot.multiply(rot.conjugate(chest), wanted)), _gaze_weight(chest))
    vector = softly(rot.to_axis_angle(free), _NECK_FURTHEST)
    result[:, _NECK] = rot.from_axis_angle(_NECK_SHARE * vector)
    result[:, _HEAD] = rot.from_axis_angle((1.0 - _NECK_SHARE) * vector)
    result = rot.normalize(result).astype(np.float32)

    head = rot.multiply(chest, rot.from_axis_angle(vector))
    eyes = in_head(gaze.eyes, heading, head)
    reached = np.abs(eyes - np.clip(eyes, *_EYES_FURTHEST)).max(1) < np.radians(5.0)
    return Heads(result, gaze.looking & reached, np.clip(eyes, *_EYES_FURTHEST).astype(np.float32))


def _move_trunk(
    rng: np.random.Generator,
    rotations: FloatArray,
    voice: FloatArray,
    partner_voice: FloatArray,
    walking: FloatArray,
    size: FloatArray,
    partner_lean: FloatArray | None,
    mirrors: float,
) -> None:
    """Add small leans, turns and sways of the spine with speech, and part of the partner's lean while listening, in
    place; ``mirrors``: how many times as much of it as others take over.
    """
    frames = len(voice)
    talk = gaussian_filter1d(voice.astype(np.float32), 5.0) * size * np.radians(rng.uniform(1.0, 2.0))
    noise = gaussian_filter1d(rng.standard_normal((frames + 60, 3)), 9.0, axis=0)[30 : 30 + frames]
    vector = noise / np.maximum(noise.std(0), 1e-6) * np.array([1.0, 0.5, 1.0]) * talk[:, None]
    if partner_lean is not None:
        # Changes of posture are mirrored after some seconds (Chartrand and Lakin 2013); the usual posture is not.
        slow = gaussian_filter1d(partner_lean, 0.8 * FPS, mode="nearest")
        slow = np.clip(slow - np.median(slow), -0.25, 0.25)
        delay = int(rng.uniform(1.0, 4.0) * FPS)
        late = np.concatenate([np.full(min(delay, frames), slow[0]), slow[: max(0, frames - delay)]])
        listens = gaussian_filter1d(
            ((partner_voice > 0.5) & (voice < 0.5) & (walking < 0.5)).astype(np.float32), 1.0 * FPS
        )
        vector[:, 0] += rng.uniform(0.25, 0.45) * mirrors * late * listens
    for joint in _SPINE:
        rotations[:, joint] = rot.multiply(rotations[:, joint], rot.from_axis_angle(vector / 3).astype(np.float32))


def _chin_down(affect: AffectTrack, frames: int) -> FloatArray:
    """Return (T,) radians: weak and sad actors lower the head, powerful ones raise it."""
    power, valence = affect.track("power", frames), affect.track("valence", frames)
    return np.radians(np.clip(-3.5 * power - 2.5 * np.minimum(valence, 0.0) * (power < 0), -4.0, 8.0))


def _fast(head: FloatArray) -> FloatArray:
    """Return the part of orientations (T, 4) faster than about a second: shakes and bobs, not gaze."""
    slow = rot.normalize(gaussian_filter1d(rot.continuous(head), 0.7 * FPS, axis=0, mode="nearest"))
    return rot.from_axis_angle(softly(rot.to_axis_angle(rot.multiply(rot.conjugate(slow), head)), _FAST_FURTHEST))


def _gaze_weight(chest: FloatArray) -> FloatArray:
    """Return (T,) how much gaze leads the head: less where the trunk leans more than 30 degrees, as in sitting down."""
    upright = np.clip((rot.rotate(chest, np.array([0.0, 0.0, 1.0], np.float32))[:, 2] - 0.75) / 0.15, 0.0, 1.0)
    return gaussian_filter1d(0.4 + 0.6 * upright, 5.0).astype(np.float32)


def _eased(values: FloatArray, seconds: float) -> FloatArray:
    return gaussian_filter1d(values, seconds * FPS, mode="nearest")


def _about(axis: int, angle: FloatArray) -> FloatArray:
    vector = np.zeros((*np.shape(angle), 3), np.float32)
    vector[..., axis] = angle
    return rot.from_axis_angle(vector)
