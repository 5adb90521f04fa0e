"""Sampled bodies made better, step by step: where they go, then smooth, timed, planted, clear of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..body_model import rotations as rot
from ..body_model.feet import detect_contacts, may_bear
from ..body_model.proxemics import NARROWEST_PASS
from ..body_model.skeleton import Skeleton
from ..common.arrays import BoolArray, FloatArray
from ..common.masks import runs_of
from ..conditioning.conditioning import Conditioning
from ..conditioning.representation import GlobalMotion, HandBasis, to_rotations
from ..contract import PART_JOINTS, Actor, MotionConstraints
from ..contract.directions import span_frames
from ..planning.avoidance import avoid_collisions
from .arm_collisions import clear_arms
from .avoidance import avoid_partner
from .constraints import apply_body_constraints
from .feet import lock_feet
from .handedness import lead_with
from .head_pins import hold_heads
from .head_turns import turn_heads
from .leg_collisions import clear_legs
from .partner_legs import part_legs
from .pins import hold_pins
from .smoothing import smooth
from .stroke_timing import align_strokes_to_stress
from .trajectories import follow_headings, follow_positions

# A stand-in for a missing partner goes this far, in metres, before arms could meet it.
OUT_OF_THE_WAY = 1e3
# Of which parts what is held or turned are joints.
_ARMS, _HEADS, _WHOLE = ("upper", "hands"), ("upper", "head"), ("lower", "upper", "head")
_ROOT_MISSED = 0.15  # metres


@dataclass(frozen=True)
class Bodies:
    """Both bodies: ``roots`` (2, T, 3) in metres, local ``rotations`` (2, T, 52, 4), ``contacts`` (2, T, 4)."""

    roots: FloatArray
    rotations: FloatArray
    contacts: FloatArray


def follow_constraints(lower: GlobalMotion, conditioning: Conditioning) -> GlobalMotion:
    """Return the lower bodies (2, T, ...) moved to the places and headings that were asked for, and past each other.

    The network already goes there; this makes up what it misses.
    """
    frames, places = lower.root.shape[1], conditioning.places
    walking = conditioning.walking[:, :frames]
    root, heading = lower.root.clone(), lower.heading.clone()
    for a in _generated(conditioning, "lower"):
        wanted, known = places.position[a, :frames].numpy(), places.has_position[a, :frames].numpy()
        root[a] = torch.from_numpy(follow_positions(root[a].numpy(), wanted, known))
        wanted, known = places.heading[a, :frames].numpy(), places.has_heading[a, :frames].numpy()
        heading[a] = torch.from_numpy(follow_headings(heading[a].numpy(), wanted, known, walking[a]))
    if not conditioning.alone:
        given = conditioning.constraints.part("lower")[:, :frames].numpy()
        walks = [runs_of(walking[a] & ~given[a]) for a in range(2)]
        apart = avoid_collisions(root[..., :2].double().numpy(), walks, NARROWEST_PASS, places.units)
        root[..., :2] = torch.from_numpy(apart)
    return replace(lower, root=root, heading=heading)


def refine_bodies(
    lower: GlobalMotion, upper: Tensor, hands: HandBasis, conditioning: Conditioning, preset: str = "final"
) -> Bodies:
    """Return both stages' result (2, T, ...) without jitter, strokes on stresses, feet planted, limbs clear of bodies.

    ``preset``: how they were sampled; a draft has more jitter.

    Given motion is put in its place three times: at first, so that smoothing does not spread the jump beside it; before
    feet are planted, so that they stand where bodies flow in and out of it; and at the end, to the last bit. A body
    that is given throughout is left alone.
    """
    lower = lower.window(0, conditioning.frames)
    skeletons, shapes, together = conditioning.skeletons, conditioning.shapes, conditioning.share_a_place
    roots, rotations = lower.root.numpy().copy(), to_rotations(lower, upper, hands)
    if conditioning.alone:
        roots[1, :, :2] += OUT_OF_THE_WAY
    contacts = lower.contacts.numpy().copy()
    _apply_constraints(roots, rotations, conditioning)
    for a in _generated(conditioning, *PART_JOINTS):
        roots[a], rotations[a] = smooth(roots[a], rotations[a], preset)
        if hand := conditioning.leading_hands[a]:
            rotations[a] = lead_with(roots[a], rotations[a], skeletons[a], hand, conditioning.exchangeable(a))
        rotations[a] = align_strokes_to_stress(roots[a], rotations[a], skeletons[a], *conditioning.stresses(a))
    legs_given, arms_given = conditioning.given("lower"), conditioning.given("upper", "hands")
    if together:
        roots = avoid_partner(roots, rotations, skeletons, legs_given.any(1).tolist(), shapes)
    _apply_constraints(roots, rotations, conditioning)
    for a in _generated(conditioning, "lower"):
        predicted = lower.contacts[a].numpy()
        roots[a], rotations[a], contacts[a] = plant_feet(roots[a], rotations[a], skeletons[a], predicted, legs_given[a])
        rotations[a] = clear_legs(roots[a], rotations[a], skeletons[a], contacts[a], legs_given[a], shapes[a])
    if together or any(conditioning.furniture):
        rotations = part_legs(
            roots, rotations, skeletons, contacts, legs_given, shapes, conditioning.furniture, together
        )
    rotations = clear_arms(roots, rotations, skeletons, together, arms_given, shapes, conditioning.furniture)
    _apply_constraints(roots, rotations, conditioning, blends=False)
    return Bodies(roots, rotations, contacts)


def plant_feet(
    root: FloatArray, rotations: FloatArray, skeleton: Skeleton, predicted: FloatArray, fixed: BoolArray | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return root (T, 3), rotations (T, 52, 4) and contacts (T, 4) with the feet that stand locked in place.

    ``predicted`` (T, 4): the contacts the network made beside the motion; they also know feet that slide too fast to
    look planted. ``fixed`` (T,): frames that stay as they are.
    """
    claimed = (predicted > 0.5) & may_bear(root, rotations, skeleton)
    if fixed is not None:
        claimed &= ~fixed[:, None]  # the network did not make those
    contacts = detect_contacts(root, rotations, skeleton) | claimed
    root, rotations = lock_feet(root, rotations, skeleton, contacts, fixed)
    return root, rotations, contacts.astype(np.float32)


def follow_directions(bodies: Bodies, actors: Sequence[Actor]) -> tuple[Bodies, list[str]]:
    """Return the bodies with pins held and heads turned to what they look at, and a sentence for each failure.

    Frames on which motion is given stay as they are.
    """
    frames, roots, rotations = bodies.roots.shape[1], bodies.roots, bodies.rotations
    arms, heads, whole = (
        [given_frames(actor.constraints, frames, *parts) for actor in actors] for parts in (_ARMS, _HEADS, _WHOLE)
    )
    roots, rotations, missed_by_heads = hold_heads(roots, rotations, actors, whole)
    rotations, missed_by_hands = hold_pins(roots, rotations, actors, arms)
    rotations = turn_heads(roots, rotations, actors, heads)
    if any(actor.gaze and any(pin.part == "head" for pin in actor.pins) for actor in actors):
        # A head that turns leaves its pin by a little, and arms follow the trunk that brings it back.
        roots, rotations, missed_by_heads = hold_heads(roots, rotations, actors, whole)
        rotations, missed_by_hands = hold_pins(roots, rotations, actors, arms)
    notes = [*missed_by_heads, *missed_by_hands, *_missed_by_roots(roots, actors)]
    return replace(bodies, roots=roots, rotations=rotations), notes


def _missed_by_roots(roots: FloatArray, actors: Sequence[Actor]) -> list[str]:
    """Return a sentence for each pin of a root that the body is not at; ``actors`` as they were asked for."""
    notes = []
    for root, actor in zip(roots, actors):
        for pin in actor.pins:
            if pin.part != "root":
                continue
            there = root[span_frames(pin.start, pin.end, len(root)), :2]
            off = float(np.linalg.norm(np.median(there, axis=0) - pin.places[0][:2]))
            if off > _ROOT_MISSED * actor.skeleton.size:
                notes.append(
                    f"'{actor.name}' is {off:.2f} m from the pin of its root at {pin.start:.2f} s; give it more time "
                    "to come there, or let a longer walk lead there."
                )
    return notes


def given_frames(constraints: MotionConstraints | None, frames: int, *parts: str) -> BoolArray:
    """Return the frames (T,) of a shot on which any of ``parts`` is given."""
    if constraints is None:
        return np.zeros(frames, bool)
    given: BoolArray = constraints.joints(frames)[:, [part in parts for part in PART_JOINTS]].any(1)
    return given


def performed_body(
    root: FloatArray, rotations: FloatArray, constraints: MotionConstraints | None
) -> tuple[FloatArray, FloatArray]:
    """Return root (T, 3) and rotations (T, 52, 4) as they are handed out: without jumps between q and -q.

    What ``constraints`` give throughout comes back bit for bit: neither the body's size nor a sign has changed it.
    """
    root, rotations = root.astype(np.float32), rot.continuous(rotations).astype(np.float32)
    for part, joints in PART_JOINTS.items():
        if constraints is not None and constraints.covers(len(root), part):
            rotations[:, joints] = constraints.rotations[: len(root), joints]
            root = constraints.root_positions[: len(root)] if part == "lower" else root
    return root, rotations


def _generated(conditioning: Conditioning, *parts: str) -> list[int]:
    """Return the actors of whom any of these parts is generated on any frame."""
    return [a for a, given in enumerate(conditioning.constraints.whole(*parts)) if not given]


def _apply_constraints(
    roots: FloatArray, rotations: FloatArray, conditioning: Conditioning, blends: bool = True
) -> None:
    """Put given motion in its place, in place."""
    for a, constraints in enumerate(conditioning.constraints.motions):
        if constraints is not None:
            roots[a], rotations[a] = apply_body_constraints(roots[a], rotations[a], constraints, blends)
