"""Heads: who is looked at, nods, tilts, and the small motion of a trunk that speaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter

from .. import rotations as rot
from ..contract import FPS
from ..skeleton import INDEX, Skeleton, forward_kinematics, heading_of

FloatArray = NDArray[Any]
_SPINE = tuple(INDEX[n] for n in ("spine1", "spine2", "spine3"))
_NECK, _HEAD, _CHEST = INDEX["neck"], INDEX["head"], INDEX["spine3"]
WIDEST_LOOK = np.radians(62.0)  # of the head against the chest
BEHIND = np.radians(115.0)  # a partner further round than this is not looked at
NOD_SHARE_OF_NECK = 0.45


def look_and_listen(
    rng: np.random.Generator, root: FloatArray, rotations: FloatArray, skeleton: Skeleton, partner_head: FloatArray, walking: FloatArray,
    voice: FloatArray, partner_voice: FloatArray, stresses: Sequence[tuple[float, float]], partner_stresses: Sequence[tuple[float, float]],
) -> FloatArray:
    """Rotations (T, 52, 4) with head and trunk of somebody who talks with ``partner_head`` (T, 3).

    ``walking`` (T,) 0 or 1; ``voice`` and ``partner_voice`` (T,) voice activity 0..1; stresses are (s, strength).
    The captured quick motion of the head stays; its slow direction is replaced by gaze, as heads of captured idles look
    where their performer's studio wall was.
    """
    result = np.array(rotations, np.float32)
    frames = len(root)
    talk = gaussian_filter1d(voice.astype(np.float32), 5.0)
    _speak_with_the_trunk(rng, result, talk)
    positions, world = forward_kinematics(root, result, skeleton)
    yaw, pitch, hold = _gaze(rng, positions[:, _HEAD], world[:, _CHEST], partner_head, walking, voice, partner_voice)

    # The trunk turns a part of the way, so that the neck need not do it all.
    twist = _eased(0.30 * yaw)
    for joint in _SPINE:
        result[:, joint] = rot.multiply(result[:, joint], rot.about_z(twist / 3))
    chest = rot.multiply(world[:, _CHEST], rot.about_z(twist))
    chest_heading = heading_of(chest)
    yaw = np.clip(yaw - twist, -WIDEST_LOOK, WIDEST_LOOK)

    pitch = pitch + _nods(rng, frames, voice, partner_voice, stresses, partner_stresses)
    roll = _tilts(rng, frames, partner_voice)
    gaze = rot.multiply(rot.multiply(rot.about_z(chest_heading + yaw), _about(0, pitch)), _about(1, roll))
    captured = rot.multiply(result[:, _NECK], result[:, _HEAD])
    quick = rot.multiply(rot.conjugate(_slow(captured)), captured)
    quick = rot.from_axis_angle(0.8 * rot.to_axis_angle(quick))
    wanted = rot.multiply(rot.multiply(rot.conjugate(chest), gaze), quick)
    neck_to_head = rot.slerp(captured, rot.normalize(wanted), hold)
    vector = _limited(rot.to_axis_angle(neck_to_head))
    result[:, _NECK] = rot.from_axis_angle(NOD_SHARE_OF_NECK * vector)
    result[:, _HEAD] = rot.from_axis_angle((1.0 - NOD_SHARE_OF_NECK) * vector)
    return rot.normalize(result).astype(np.float32)


def _gaze(
    rng: np.random.Generator, head: FloatArray, chest: FloatArray, partner: FloatArray, walking: FloatArray, voice: FloatArray, partner_voice: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Yaw against the chest and pitch (T,) in radians, and how firmly (T,) 0..1 the gaze leads the head."""
    frames = len(head)
    way = partner - head
    flat = np.linalg.norm(way[:, :2], axis=-1)
    to_partner = _wrap(np.arctan2(way[:, 0], -way[:, 1]) - heading_of(chest))
    pitch = np.clip(np.arctan2(-way[:, 2], np.maximum(flat, 0.3)), -0.45, 0.45)
    attention, yaw_off, pitch_off = np.ones(frames), np.zeros(frames), np.zeros(frames)
    clock = 0
    while clock < frames:
        ahead = slice(clock, min(clock + FPS, frames))
        speaking, listening = voice[ahead].mean() > 0.4, partner_voice[ahead].mean() > 0.4
        looking = float(rng.uniform(1.2, 3.5) if speaking else rng.uniform(2.5, 7.0) if listening else rng.uniform(1.5, 5.0))
        clock += round(looking * FPS)
        away = round(float(rng.uniform(0.5, 1.5) if speaking else rng.uniform(0.4, 1.1)) * FPS)
        _avert(rng, attention, yaw_off, pitch_off, clock, away)
        clock += away
    # Speakers look away as they begin (Kendon 1967).
    for start in np.flatnonzero(np.diff((voice > 0.5).astype(int)) == 1):
        if not (voice[max(0, start - FPS) : start] > 0.5).any() and rng.random() < 0.6:
            _avert(rng, attention, yaw_off, pitch_off, max(0, start - 6), round(float(rng.uniform(0.5, 1.5)) * FPS))
    # While walking the way ahead matters more, glances aside.
    blocks = np.repeat(rng.random(frames // 45 + 1) < 0.45, 45)[:frames]
    attention = np.where((walking > 0.5) & ~(blocks & (np.abs(to_partner) < 1.0)), 0.0, attention)
    attention = np.where(np.abs(to_partner) > BEHIND, 0.0, attention)
    # 'Attention' mixes where the partner is with straight ahead; averted looks start from the partner's place.
    attention = _eased(attention)
    yaw = attention * np.clip(to_partner, -1.3, 1.3) + _eased(yaw_off) * (0.4 + 0.6 * attention)
    level = 0.06 + 0.05 * gaussian_filter1d(rng.standard_normal(frames), 30.0) * 8
    pitch = attention * pitch + (1.0 - attention) * level + _eased(pitch_off)
    forward = np.abs(rot.rotate(chest, np.array([0.0, 0.0, 1.0], np.float32))[:, 2])
    upright = np.clip((forward - 0.75) / 0.15, 0.0, 1.0)  # trunk within about 30 degrees of the vertical
    hold = gaussian_filter1d(0.35 + 0.57 * upright, 5.0)
    return _eased(yaw, 0.16), pitch.astype(np.float32), hold.astype(np.float32)


def _avert(rng: np.random.Generator, attention: FloatArray, yaw: FloatArray, pitch: FloatArray, start: int, length: int) -> None:
    if start >= len(yaw):
        return
    span = slice(start, start + length)
    yaw[span] = float(rng.choice([-1, 1])) * np.radians(rng.uniform(10.0, 28.0))
    pitch[span] = np.radians(rng.uniform(-9.0, 14.0))
    attention[span] = rng.uniform(0.6, 1.0)


def _nods(
    rng: np.random.Generator, frames: int, voice: FloatArray, partner_voice: FloatArray,
    stresses: Sequence[tuple[float, float]], partner_stresses: Sequence[tuple[float, float]],
) -> FloatArray:
    """(T,) pitch to add: beats of the speaker's head on stresses, the listener's nods 4 to 12 a minute."""
    pitch = np.zeros(frames, np.float32)
    t = np.arange(frames) / FPS
    liveliness = rng.uniform(0.5, 1.3)
    for time, strength in stresses:
        if rng.random() < 0.25 + 0.5 * strength:
            size = np.radians(rng.uniform(1.5, 5.0)) * (0.5 + strength) * liveliness
            pitch += size * np.exp(-0.5 * ((t - time - 0.03) / 0.10) ** 2) - 0.45 * size * np.exp(-0.5 * ((t - time + 0.22) / 0.12) ** 2)
    per_minute = rng.uniform(4.0, 12.0)
    clock = rng.exponential(60.0 / per_minute)
    while clock < frames / FPS:
        moment = clock
        near = [s for s, _ in partner_stresses if abs(s - clock) < 0.8]
        if near:
            moment = min(near, key=lambda s: abs(s - clock)) + 0.25  # a nod answers what was just said
        frame = min(int(moment * FPS), frames - 1)
        if partner_voice[max(0, frame - 2 * FPS) : frame + 1].max() > 0.5 and voice[frame] < 0.5:
            cycles, rate = int(rng.choice([1, 2, 3], p=[0.4, 0.4, 0.2])), rng.uniform(1.5, 2.3)
            local = np.clip((t - moment) * rate / cycles, 0.0, 1.0)
            size = np.radians(rng.uniform(5.0, 11.0)) * np.exp(-1.2 * local)
            pitch += size * 0.5 * (1.0 - np.cos(2 * np.pi * cycles * local)) * (local < 1.0)
        clock += max(1.5, rng.exponential(60.0 / per_minute))
    return gaussian_filter1d(pitch, 0.8)


def _tilts(rng: np.random.Generator, frames: int, partner_voice: FloatArray) -> FloatArray:
    """(T,) roll in radians: slow wandering, and tilts held for some seconds while listening."""
    wander = gaussian_filter1d(rng.standard_normal(frames + 120), 20.0)[60 : 60 + frames]
    roll = np.radians(1.8) * wander / max(float(wander.std()), 1e-6)
    clock = int(rng.exponential(8.0) * FPS)
    held = np.zeros(frames)
    while clock < frames:
        length = int(rng.uniform(1.5, 4.0) * FPS)
        if partner_voice[clock] > 0.5:
            held[clock : clock + length] = rng.choice([-1, 1]) * np.radians(rng.uniform(3.0, 8.0))
        clock += length + int(rng.exponential(8.0) * FPS)
    return roll + _eased(held)


def _speak_with_the_trunk(rng: np.random.Generator, rotations: FloatArray, talk: FloatArray) -> None:
    """Small leans, turns and sways of the spine that come with speech, in place; ``talk`` (T,) 0..1."""
    frames = len(talk)
    size = np.radians(rng.uniform(1.0, 2.2))
    noise = np.stack([gaussian_filter1d(rng.standard_normal(frames + 60), 9.0)[30 : 30 + frames] for _ in range(3)], -1)
    noise = noise / np.maximum(noise.std(0), 1e-6) * np.array([1.0, 0.5, 1.0]) * size * talk[:, None]
    for joint in _SPINE:
        rotations[:, joint] = rot.multiply(rotations[:, joint], rot.from_axis_angle(noise / 3).astype(np.float32))


def _eased(values: FloatArray, seconds: float = 0.10) -> FloatArray:
    """Steps made into eye-and-head shifts: two equal low passes, about 0.3 s from 10 to 90 % with 0.1 s each."""
    keep = float(np.exp(-1.0 / (seconds * FPS)))
    out = np.asarray(values, np.float64)
    for _ in range(2):
        out, _ = lfilter([1.0 - keep], [1.0, -keep], out, zi=[keep * out[0]])
    return out.astype(np.float32)


def _slow(q: FloatArray) -> FloatArray:
    """Quaternions (T, 4) averaged over about two seconds."""
    return rot.normalize(gaussian_filter1d(rot.continuous(q), 1.0 * FPS, axis=0, mode="nearest"))


def _limited(vector: FloatArray) -> FloatArray:
    """Rotation vectors (T, 3) of neck and head together kept within what a neck can do, softly."""
    limit = np.radians([48.0, 32.0, 68.0])
    return limit * np.tanh(vector / limit * 0.95)


def _about(axis: int, angle: FloatArray) -> FloatArray:
    vector = np.zeros((*np.shape(angle), 3), np.float32)
    vector[..., axis] = angle
    return rot.from_axis_angle(vector)


def _wrap(angle: FloatArray) -> FloatArray:
    return (angle + np.pi) % (2 * np.pi) - np.pi
