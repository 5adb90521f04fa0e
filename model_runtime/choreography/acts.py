"""Small acts laid over a base: nods, laughing, recoil from a push or a hit, bowing, leaning, drawing back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..body_model import rotations as rot
from ..body_model.legs import leg_positions, reach
from ..body_model.skeleton import INDEX, heading_of
from ..common.arrays import Array, FloatArray
from ..common.easing import smootherstep
from ..contract import FPS
from ..refine.contacts.motion import BodyMotion

_SPINE = ("spine1", "spine2", "spine3")
Curve = Callable[[Array, float, np.random.Generator], dict[str, Array]]


def act(body: BodyMotion, kind: str, start: float, size: float, rng: np.random.Generator) -> BodyMotion:
    """Return the motion of ``body`` with an act of ``ACTS`` from ``start`` (s) on; feet stay where they are."""
    t = np.arange(body.frames) / FPS - start
    curves = ACTS[kind](t, size, rng)
    rotations = np.array(body.rotations, np.float32)
    zero = np.zeros(body.frames)
    trunk = [curves.get(name, zero) for name in ("bend", "side", "twist")]
    for joint in _SPINE:
        _turn(rotations, joint, *(axis / 3.0 for axis in trunk))
    _turn(rotations, "neck", *(0.4 * curves.get(name, zero) for name in ("nod", "tilt", "shake")))
    _turn(rotations, "head", *(0.6 * curves.get(name, zero) for name in ("nod", "tilt", "shake")))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        lift = curves.get("shrug", zero)
        _turn(rotations, f"{side}_collar", zero, -sign * lift, zero)
        _turn(rotations, f"{side}_shoulder", zero, 0.8 * sign * lift, zero)
    hips, back, down = (curves.get(name, zero) for name in ("hips", "back", "down"))
    rotations = rot.normalize(rotations).astype(np.float32)
    if not (np.any(hips) or np.any(back) or np.any(down)):
        return replace(body, rotations=rotations)
    return _with_pelvis(body, rotations, hips, back, down)


def _with_pelvis(body: BodyMotion, rotations: FloatArray, hips: Array, back: Array, down: Array) -> BodyMotion:
    """Return a motion with the pelvis tilted forward by ``hips`` (T,), moved ``back`` and ``down`` (T,) metres."""
    skeleton = body.skeleton
    positions, world = leg_positions(body.root, body.rotations, skeleton)
    heading = rot.about_z(np.unwrap(heading_of(body.rotations[:, 0])))
    away = np.stack([0 * back, back, -down], -1) * skeleton.size
    root = (body.root + rot.rotate(heading, away.astype(np.float32))).astype(np.float32)
    pelvis = rot.multiply(rot.multiply(heading, rot.tilt(hips)), rot.conjugate(heading))
    rotations[:, 0] = rot.normalize(rot.multiply(pelvis, rotations[:, 0]))
    return replace(body, root=root, rotations=reach(root, rotations, skeleton, positions[:, :, 2], world[:, :, 2]))


def _turn(rotations: FloatArray, joint: str, pitch: Array, roll: Array, yaw: Array) -> None:
    index = INDEX[joint]
    rotations[:, index] = rot.multiply(rotations[:, index], rot.tilt(pitch, roll, yaw))


def _hump(t: Array, rise: float, stay: float, fall: float) -> Array:
    """Return a value (T,) that goes from 0 to 1 in ``rise`` s, stays, and goes back."""
    return np.minimum(smootherstep(t / rise), smootherstep((rise + stay + fall - t) / fall)) * (t > 0)


def _nods(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    rate, count = float(rng.uniform(1.7, 2.6)), int(rng.integers(1, 4))
    inside = (t > 0) & (t < count / rate)
    fading = np.exp(-0.7 * np.maximum(t, 0.0) * rate / 2.0)
    wave = 0.5 * (1.0 - np.cos(2 * np.pi * rate * t)) * inside * fading
    return {"nod": size * np.radians(float(rng.uniform(9.0, 14.0))) * wave}


def _head_shake(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    rate, count = float(rng.uniform(1.6, 2.2)), int(rng.integers(2, 4))
    inside = gaussian_filter1d(((t > 0) & (t < count / rate)).astype(float), 2.0)
    return {"shake": size * np.radians(float(rng.uniform(12.0, 18.0))) * np.sin(2 * np.pi * rate * t) * inside}


def _laugh(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    """Laughing: the trunk bobs at some 4 to 5 a second (Ruch and Ekman 2001), the head goes back or forward."""
    lasts, rate = float(rng.uniform(1.0, 1.8)), float(rng.uniform(4.0, 5.2))
    envelope = _hump(t, 0.3, lasts, 0.7)
    bob = envelope * np.sin(2 * np.pi * rate * t)
    throw = float(rng.choice([-0.12, 0.14]))
    return {"bend": size * (0.06 * envelope + 0.02 * bob), "nod": size * throw * envelope, "shrug": size * 0.05 * bob,
            "tilt": size * float(rng.normal(0.0, 0.06)) * envelope}  # fmt: skip


def _recoil(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    """An impact from the front: the chest goes first, the head is left behind, then both come back past the middle."""
    decay = np.exp(-np.maximum(t, 0.0) / 0.28)
    kick = smootherstep(t / 0.14) * decay * (t > 0)
    late = smootherstep((t - 0.05) / 0.16) * np.exp(-np.maximum(t - 0.05, 0.0) / 0.25) * (t > 0.05)
    return {"bend": -0.42 * size * kick, "nod": 0.45 * size * kick - 0.2 * size * late, "back": 0.10 * size * kick,
            "hips": 0.10 * size * kick, "shrug": 0.12 * size * kick}  # fmt: skip


def _thrust(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    """Weight behind the hands: pelvis and trunk go forward into a push, and come back slowly."""
    into = _hump(t + 0.35, 0.4, 0.1, 0.9)
    return {"back": -0.08 * size * into, "down": 0.03 * size * into, "bend": 0.10 * size * into}


def _lean_in(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    into = _hump(t + 0.3, 0.6, float(rng.uniform(0.6, 1.4)), 0.8)
    return {"bend": 0.12 * size * into, "nod": 0.05 * size * into}


def _lean_back(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    back = _hump(t, 0.35, float(rng.uniform(0.5, 1.2)), 0.8)
    return {"bend": -0.16 * size * back, "nod": 0.08 * size * back, "back": 0.03 * size * back}


def _tilt_head(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    tilted = _hump(t, 0.5, float(rng.uniform(0.8, 1.8)), 0.6)
    side = float(rng.choice([-1.0, 1.0]))
    return {"tilt": side * 0.22 * size * tilted, "nod": 0.05 * size * tilted}


def _startle(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    """A start: shoulders up, head down, within 0.2 s (Landis and Hunt 1939)."""
    up = smootherstep(t / 0.16) * np.exp(-np.maximum(t - 0.2, 0.0) / 0.5) * (t > 0)
    return {"shrug": 0.28 * size * up, "nod": 0.14 * size * up, "bend": 0.06 * size * up, "back": 0.02 * size * up}


def _stiffen(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    stiff = _hump(t, 0.3, float(rng.uniform(0.8, 1.4)), 0.8)
    return {"shrug": 0.16 * size * stiff, "bend": -0.05 * size * stiff, "nod": -0.05 * size * stiff}


def _bow(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    """A bow from the hips: the pelvis goes back as the trunk goes down, the head a little later."""
    rise, stay, fall = float(rng.uniform(0.8, 1.1)), float(rng.uniform(0.25, 0.9)), float(rng.uniform(0.9, 1.3))
    down, late = _hump(t, rise, stay, fall), _hump(t - 0.08, rise, stay, fall)
    return {"hips": 0.42 * size * down, "bend": 0.38 * size * down, "nod": 0.3 * size * late,
            "back": 0.09 * size * down, "down": 0.01 * size * down}  # fmt: skip


def _shrug(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    up = _hump(t, 0.3, float(rng.uniform(0.3, 0.6)), 0.5)
    return {"shrug": 0.35 * size * up, "tilt": float(rng.choice([-0.1, 0.1])) * size * up}


def _head_turned(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    """A head thrown round by a slap; ``size`` below 0 is to the right."""
    kick = smootherstep(t / 0.12) * np.exp(-np.maximum(t - 0.15, 0.0) / 0.7) * (t > 0)
    return {"shake": 0.75 * size * kick, "tilt": 0.15 * size * kick, "twist": 0.2 * size * kick}


def _look_down(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    return {"nod": 0.35 * size * _hump(t, 0.4, float(rng.uniform(0.5, 1.0)), 0.6)}


def _sink(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    """Shoulders that sink and a head that drops, as under a massage."""
    deep = _hump(t, 0.9, float(rng.uniform(1.0, 2.2)), 0.9)
    return {
        "shrug": -0.1 * size * deep,
        "nod": 0.2 * size * deep,
        "tilt": 0.12 * size * float(rng.choice([-1, 1])) * deep,
    }


def _look_round(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    """A look over a shoulder: eyes and head first, the trunk after them; ``size`` below 0 is to the right."""
    rise, stay = float(rng.uniform(0.45, 0.6)), float(rng.uniform(0.7, 1.3))
    head, trunk = _hump(t, rise, stay + 0.15, 0.8), _hump(t - 0.12, rise + 0.1, stay, 0.8)
    return {"shake": 0.95 * size * head, "twist": 0.62 * size * trunk, "nod": -0.05 * abs(size) * head}


def _strain(t: Array, size: float, rng: np.random.Generator) -> dict[str, Array]:
    """Weight against a pull or a push: pelvis low and back, the trunk held against it, swaying."""
    stay = float(rng.uniform(1.2, 2.0))
    into = _hump(t, 0.5, stay, 0.7)
    sway = np.sin(2 * np.pi * float(rng.uniform(0.7, 1.1)) * t) * into
    return {"back": 0.09 * size * into + 0.015 * sway, "down": 0.05 * abs(size) * into, "bend": -0.14 * size * into,
            "nod": 0.06 * into, "twist": 0.05 * sway}  # fmt: skip


LATE = ("looks round", "head turned")  # acts of heads that the gaze does not take back
ACTS: dict[str, Curve] = {
    "nods": _nods, "shakes head": _head_shake, "laughs": _laugh, "recoils": _recoil, "thrusts": _thrust,
    "leans in": _lean_in, "leans back": _lean_back, "tilts head": _tilt_head, "starts": _startle,
    "stiffens": _stiffen, "bows": _bow, "shrugs": _shrug, "head turned": _head_turned, "looks down": _look_down,
    "sinks": _sink, "looks round": _look_round, "strains": _strain,
}  # fmt: skip
