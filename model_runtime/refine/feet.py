"""Foot locking: hold each planted foot in place and on the floor, and let the legs follow by inverse kinematics.

The hold is a correction added to the motion. Inside a contact it cancels the slip; between contacts it moves smoothly
from one hold to the next, so that steps keep their timing and shape. Legs are two bones in closed form, with the knee
kept in its own plane. Where a leg is too short for its foothold, the pelvis is lowered.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, convolve1d, maximum_filter1d

from ..body_model import rotations as rot
from ..body_model.feet import LONGEST_DROPOUT, SHORTEST_CONTACT, SIDES, Leg, leg_of
from ..body_model.inverse_kinematics import middle_of
from ..body_model.skeleton import Skeleton
from ..common.arrays import Array
from ..common.easing import smoothstep
from ..common.masks import runs_of, without_short_runs
from .fixed import freedom

FADE = 4  # frames over which a correction of height or angle leaves after a contact (0.13 s)
# A foot that drifts further than this under one contact is planted anew with a small step.
LONGEST_SLIP = 0.12  # metres
WIDEST_TWIST = np.radians(20.0)
# The same for a foot that fixed frames have in two places, one before and one after those that are free.
LONGEST_SHUFFLE, WIDEST_SHUFFLE = 0.02, np.radians(6.0)
STEP_FRAMES = 12
STEP_LIFT, LIFT_BY_DISTANCE = (0.05, 0.09), 0.7  # metres, and share of the distance the foot goes
SHORTEST_STEP, SHORTEST_LIFT = 0.01, 4  # metres and frames; a foot that goes less far, or less long, is not lifted
HASTIEST_LIFT = 8e-4  # metres for each frame squared: 15 m/s^2
STRAIGHTEST = 0.985  # share of the leg's length a correction may reach for; beyond it a knee pops
SWINGS = 0.96  # share of the leg's length that a foot may reach while it swings to another foothold
EASES = 6  # frames between one in which a foot has to be up and the first, or the last, in which it stands
BARELY_UP = 0.006  # metres above the lowest; a foot higher than this at the end of a contact is leaving
NEAR_THE_END = 8  # frames
MOST_LOWERED = 0.07  # metres of a mean body; a foothold that needs the pelvis lower is released
RELEASES = 4  # rounds of finding footholds anew without the released ones
BESIDE_FIXED = 20  # frames over which corrections come in beside frames that stay
# No foot nearer to the floor than this is on it; longer and higher than that it is a jump; metres at 1.70 m, frames.
ON_THE_FLOOR, HIGHEST_HOVER, LONGEST_FLIGHT = 0.01, 0.08, 8
_UP = np.array([0.0, 0.0, 1.0])
NOTHING = 2e-4  # metres and radians: corrections below are none


def lock_feet(
    root_positions: Array,
    rotations: Array,
    skeleton: Skeleton,
    contacts: Array,
    fixed: Array | None = None,
    straightest: float = STRAIGHTEST,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return root positions (T, 3) and rotations (T, 52, 4) with the planted feet held.

    ``contacts`` (T, 4), bool or probability, order ``FOOT_CONTACTS``. Only pelvis height, hips, knees, ankles and toes
    change, and nothing changes where the feet already stand still on the floor. No sole point ends below the floor
    (z = 0). A foot too far from the body is released: it lifts earlier or lands later than ``contacts`` say. ``fixed``
    (T,): frames that stay as they are; a foot that stands there is held where it is then. ``straightest``: the share
    of a leg's length that it may reach for.
    """
    root = np.array(root_positions, np.float64)
    turns = np.array(rotations, np.float64)
    if len(root) < 3:
        return np.asarray(root_positions, np.float32), np.asarray(rotations, np.float32)
    feet = [leg_of(side, root, turns, skeleton) for side in SIDES]
    most_lowered = MOST_LOWERED * skeleton.size
    held = np.stack(
        [
            without_short_runs(column, LONGEST_DROPOUT, value=False)
            for column in (np.asarray(contacts, np.float64) > 0.5).T
        ],
        axis=-1,
    )
    share = freedom(fixed, len(root), BESIDE_FIXED).astype(np.float64)
    fixed = None if fixed is None or not np.any(fixed) else np.asarray(fixed, bool)
    held = _eased(held, fixed)
    for _ in range(RELEASES):
        steps: list[int] = []
        targets = [_foothold(foot, held[:, 2 * k : 2 * k + 2], steps, fixed, share) for k, foot in enumerate(feet)]
        needs = np.stack(
            [
                _need(foot, target, held[:, 2 * k : 2 * k + 2], straightest)
                for k, (foot, (target, _)) in enumerate(zip(feet, targets))
            ],
            axis=1,
        )
        if needs.max() <= most_lowered:
            break
        held = _without_stumps(held & np.repeat(needs <= most_lowered, 2, axis=1))
    drops = _drops(feet, targets, held, share, skeleton.size)
    targets = [(ankle - drop[:, None] * _UP, turn) for (ankle, turn), drop in zip(targets, drops)]
    carries = [held[:, 2 * k : 2 * k + 2] | (drop > NOTHING)[:, None] for k, drop in enumerate(drops)]
    needs = np.stack(
        [_need(foot, ankle, bears, straightest) for foot, (ankle, _), bears in zip(feet, targets, carries)], axis=1
    )
    lowered = _envelope(np.minimum(np.where(needs > NOTHING, needs, 0.0).max(axis=1), most_lowered), 5) * share
    root[:, 2] -= lowered
    for k, (foot, (ankle, ankle_turn)) in enumerate(zip(feet, targets)):
        free = _fade(np.zeros(len(held)), held[:, 2 * k : 2 * k + 2].any(axis=1), outside=1.0)
        ankle = _within_reach(foot, lowered, ankle, free * share)
        _solve_leg(turns, foot, lowered, ankle, ankle_turn, straightest)
    if fixed is not None:
        turns[fixed] = np.array(rotations, np.float64)[fixed]
    return root.astype(np.float32), turns.astype(np.float32)


def _eased(held: Array, fixed: Array | None) -> Array:
    """Return contacts (T, 4) without those within ``EASES`` frames of a ``fixed`` frame in which the same foot is up.

    A foot that stood there would stop, or leave the floor, from one frame to the next.
    """
    if fixed is None:
        return held
    eased = held.copy()
    for foot in range(2):
        mine = slice(2 * foot, 2 * foot + 2)
        moves = binary_dilation(fixed & ~held[:, mine].any(axis=1), iterations=EASES)
        eased[moves & ~fixed, mine] = False
    return _without_stumps(eased)


def _foothold(foot: Leg, held: Array, steps: list[int], fixed: Array | None, share: Array) -> tuple[Array, Array]:
    """Return where the ankle (T, 3) and its world rotation (T, 4) should be.

    ``held`` (T, 2) heel, ball; ``steps``: frames at which the other foot is planted anew, so that both never are at
    once (this foot's are added); ``fixed`` as of ``lock_feet``; ``share`` (T,) of heights and angles that is corrected
    beside fixed frames, where places are corrected in full.
    """
    flat = held.all(axis=1)
    planted = held.any(axis=1)
    sole = foot.points[:, 1] - foot.points[:, 0]
    direction = np.unwrap(np.arctan2(sole[:, 1], sole[:, 0]))
    slip = _slip(foot.points, held)
    pieces = _pieces(planted, flat, slip, direction, steps, fixed)

    # A flat foot neither twists nor tilts.
    twist = _hold(direction, pieces, flat, fixed)
    tilt = share * _fade(np.arcsin(np.clip(sole[:, 2] / np.linalg.norm(sole, axis=-1), -1, 1)), flat)
    lateral = np.cross(sole, [0.0, 0.0, 1.0])
    lateral /= np.maximum(np.linalg.norm(lateral, axis=-1, keepdims=True), 1e-9)
    correction = rot.multiply(rot.about_z(twist), rot.from_axis_angle(-lateral * tilt[:, None]))
    ankle_turn = rot.multiply(correction, foot.turns[2])
    points = np.stack(
        [foot.ankle + rot.rotate(ankle_turn, offset) for offset in (foot.heel_offset, foot.ball_offset)], axis=1
    )

    # Held points do not slide ...
    slip = _slip(points, held)
    shift = _hold(slip, pieces, planted, fixed)
    # ... and lie on the floor; a short step lifts the foot where it is planted anew.
    lowest = np.where(held, points[..., 2], np.inf).min(axis=1)
    down = _down(lowest, planted)
    rise = _fade(-np.where(down, lowest, 0.0), down)
    rise += _envelope(np.maximum(-(points[..., 2].min(axis=1) + rise), 0.0), 2) * ~down
    for (_, b), (a, _) in pairwise(pieces):
        if 0 < a - b <= STEP_FRAMES and planted[b:a].all():
            distance = np.linalg.norm(
                (points[a, :, :2] + shift[a]) - (points[b - 1, :, :2] + shift[b - 1]), axis=-1
            ).max()
            lift = float(np.clip(LIFT_BY_DISTANCE * distance, *STEP_LIFT))
            # Off and down gently: near full stretch the knee bends three times as far.
            rise[b - 1 : a + 1] += lift * np.sin(np.linspace(0.0, np.pi, a - b + 2)) ** 2
    rise = share * np.maximum(rise, -points[..., 2].min(axis=1))  # never through the floor
    places = np.concatenate([points[..., :2] + shift[:, None], points[..., 2:] + rise[:, None, None]], axis=-1)
    rise += _lifts(places, pieces, planted, fixed)
    return foot.ankle + np.concatenate([shift, rise[:, None]], axis=-1), ankle_turn


def _lifts(points: Array, pieces: list[tuple[int, int]], planted: Array, fixed: Array | None) -> Array:
    """Return by how many metres (T,) a foot is lifted so that it steps from one foothold to the next.

    Where a foothold was released, or the network's foot hardly left the floor, it would be dragged along. ``points``
    (T, 2, 3): heel and ball as they would go.
    """
    lifts = np.zeros(len(points))
    for (_, b), (a, _) in pairwise(pieces):
        if planted[b:a].any() or a - b < SHORTEST_LIFT or (fixed is not None and fixed[b:a].any()):
            continue
        distance = np.linalg.norm(points[a, :, :2] - points[b - 1, :, :2], axis=-1).max()
        height = points[b:a, :, 2].min(axis=1).max()
        if distance > SHORTEST_STEP:
            highest = min(STEP_LIFT[1], HASTIEST_LIFT * (a - b) ** 2)
            missing = np.clip(LIFT_BY_DISTANCE * distance, 0.0, highest) - height
            lifts[b:a] = max(missing, 0.0) * np.sin(np.linspace(0.0, np.pi, a - b + 2)[1:-1]) ** 2
    return lifts


def _drops(feet: list[Leg], targets: list[tuple[Array, Array]], held: Array, share: Array, size: float) -> list[Array]:
    """Return the metres (T,) by which each foot comes down where no foot would be on the floor and one should be.

    One should be where a foot stands a moment before and after: people who walk never fly. The lower foot comes down to
    the floor; the other one with it where it is nearly as low, so that one takes over from the other without a jump.
    """
    soles = []
    for foot, (ankle, turn) in zip(feet, targets):
        tip = rot.rotate(rot.multiply(turn, _local(foot.turns[2], foot.turns[3])), foot.tip_offset)
        offsets = (foot.heel_offset, foot.ball_offset, foot.toe_joint_offset)
        heel, ball, toe = (ankle + rot.rotate(turn, offset) for offset in offsets)
        soles.append(np.minimum(np.minimum(heel[:, 2], ball[:, 2]), (toe + tip)[:, 2]))
    hover = np.maximum(np.minimum(*soles), 0.0)
    stands = without_short_runs(held.any(axis=1) | (hover < ON_THE_FLOOR * size), LONGEST_FLIGHT, value=False)
    hover = np.where(stands & (hover < HIGHEST_HOVER * size), hover, 0.0) * share
    found = []
    for sole in soles:
        need = np.maximum(2.0 * hover - np.maximum(sole, 0.0), 0.0)
        found.append(np.minimum(_envelope(need, 1), np.maximum(sole, 0.0)))
    return found


def _down(lowest: Array, planted: Array) -> Array:
    """Return ``planted`` (T,) without the frames at its ends on which the foot already rises or still comes down.

    Held to the last, the foot would leave at full speed, and near full stretch the knee would jump.
    """
    down = planted.copy()
    for start, end in runs_of(planted):
        first, last = start, end - 1
        while last > start and lowest[last] > lowest[max(start, last - NEAR_THE_END) : last].min() + BARELY_UP:
            last -= 1
        while first < last and lowest[first] > lowest[first + 1 : first + 1 + NEAR_THE_END].min() + BARELY_UP:
            first += 1
        down[start:first] = down[last + 1 : end] = False
    return down


def _slip(points: Array, held: Array) -> Array:
    """Return the horizontal distance (T, 2) that the held points have slid since the start."""
    moved = np.diff(points[..., :2], axis=0)
    both = held[1:] & held[:-1]
    weight = both / np.maximum(both.sum(axis=1, keepdims=True), 1)
    return np.concatenate([np.zeros((1, 2)), np.cumsum((moved * weight[..., None]).sum(axis=1), axis=0)])


def _pieces(
    planted: Array, flat: Array, slip: Array, direction: Array, steps: list[int], fixed: Array | None
) -> list[tuple[int, int]]:
    """Return the runs [a, b) of frames held in one place: contacts, cut where the foot drifts too far.

    So they are between ``fixed`` frames that have the foot in two places: it takes a step from one to the other.
    """
    pieces = []
    for start, end in runs_of(planted):
        a = frame = start
        if (step := _step_between_fixed(start, end, slip, direction, steps, fixed)) is not None:
            pieces.append((a, step))
            steps.append(step)
            a = frame = step + STEP_FRAMES
        while frame < end:
            drift = np.linalg.norm(slip[frame] - slip[a])
            turn = abs(direction[frame] - direction[a]) if flat[frame] and flat[a] else 0.0
            clear = all(abs(frame - other) > 2 * STEP_FRAMES for other in steps)
            if (
                (drift > LONGEST_SLIP or turn > WIDEST_TWIST)
                and clear
                and frame - a > STEP_FRAMES
                and end - frame > 2 * STEP_FRAMES
                and not (fixed is not None and fixed[frame : frame + STEP_FRAMES].any())  # no time for a step
            ):
                pieces.append((a, frame))
                steps.append(frame)
                a = frame = frame + STEP_FRAMES
            else:
                frame += 1
        pieces.append((a, end))
    return pieces


def _step_between_fixed(
    start: int, end: int, slip: Array, direction: Array, steps: list[int], fixed: Array | None
) -> int | None:
    """Return the frame at which to lift a foot that is down from ``start`` to before ``end`` (None: it can stay).

    That is where it stands in one place before some frames that are free, and in another one after them.
    """
    if fixed is None:
        return None
    free = next((run for run in runs_of(~fixed[start:end]) if run[0] > 0 and run[1] < end - start), None)
    if free is None or free[1] - free[0] < 2 * STEP_FRAMES:
        return None
    first, last = start + free[0], start + free[1]
    apart, turned = np.linalg.norm(slip[last] - slip[first - 1]), abs(direction[last] - direction[first - 1])
    if apart < LONGEST_SHUFFLE and turned < WIDEST_SHUFFLE:
        return None
    choice = range(first + 2, last - STEP_FRAMES - 2)
    room = [min((abs(frame - other) for other in steps), default=frame - first) for frame in choice]
    clear = [frame for frame, space in zip(choice, room) if not steps or space > STEP_FRAMES]
    if not clear:
        return None
    wanted = first + (last - first) // 4  # the other foot then has time for a step of its own
    return (
        min(clear, key=lambda frame: abs(frame - wanted))
        if not steps
        else max(clear, key=lambda frame: room[frame - choice.start])
    )


def _hold(drift: Array, pieces: list[tuple[int, int]], where: Array, fixed: Array | None) -> Array:
    """Return what cancels ``drift`` (T,) or (T, D) in each piece at frames ``where``, smooth everywhere between.

    It is zero on ``fixed`` frames, and a piece with some of them stays where they have it.
    """
    correction = np.full_like(drift, np.nan)
    for a, b in pieces:
        frames = np.flatnonzero(where[a:b]) + a
        if len(frames):
            correction[frames] = _place(drift, frames, fixed) - drift[frames]
    if fixed is not None:
        correction[fixed] = 0.0
    known = ~np.isnan(correction.reshape(len(drift), -1)[:, 0])
    if not known.any():
        return np.zeros_like(drift)
    before, after = _nearest(known)
    # At the ends of the clip the first and last correction stay.
    before, after = np.where(before < 0, after, before), np.where(after >= len(drift), before, after)
    # Across while the foot is up: not in the first and last moments of a step.
    way = (np.arange(len(drift)) - before) / np.maximum(after - before, 1)
    share = smoothstep(np.clip((way - 0.1) / 0.8, 0.0, 1.0))
    share = share.reshape(-1, *([1] * (drift.ndim - 1)))
    return np.where(
        known.reshape(share.shape), correction, correction[before] * (1 - share) + correction[after] * share
    )


def _place(drift: Array, frames: Array, fixed: Array | None) -> Array:
    """Return where (N,) or (N, D) a piece is held on its ``frames`` (N,): its mean, or as ``fixed`` frames have it."""
    stays = frames[:0]
    if fixed is not None:
        stays = frames[fixed[frames]]
        stays = stays if len(stays) else frames[binary_dilation(fixed)[frames]]
    if not len(stays):
        return np.broadcast_to(drift[frames].mean(axis=0), drift[frames].shape)
    columns = drift[stays].reshape(len(stays), -1).T
    return np.stack([np.interp(frames, stays, column) for column in columns], -1).reshape(drift[frames].shape)


def _fade(values: Array, where: Array, outside: float = 0.0) -> Array:
    """Return ``values`` (T,) at frames ``where``; elsewhere the nearest, fading to ``outside`` over ``FADE`` frames."""
    if outside:
        return outside + _fade(values - outside, where)
    if not where.any():
        return np.zeros_like(values)
    index = np.arange(len(values))
    before, after = _nearest(where)
    from_before = np.where(before >= 0, 1.0 - smoothstep(np.clip((index - before) / (FADE + 1), 0, 1)), 0.0)
    from_after = np.where(after < len(values), 1.0 - smoothstep(np.clip((after - index) / (FADE + 1), 0, 1)), 0.0)
    total = np.maximum(from_before + from_after, 1.0)
    mixed = (
        from_before * values[np.maximum(before, 0)] + from_after * values[np.minimum(after, len(values) - 1)]
    ) / total
    return np.where(where, values, mixed)


def _nearest(known: Array) -> tuple[Array, Array]:
    """Return the last known frame at or before each frame (-1 if none) and the first at or after it (T if none)."""
    index = np.arange(len(known))
    before = np.maximum.accumulate(np.where(known, index, -1))
    after = np.minimum.accumulate(np.where(known, index, len(known))[::-1])[::-1]
    return before, after


def _need(foot: Leg, ankle: Array, held: Array, straightest: float) -> Array:
    """Return how far (T,) the pelvis must come down for a standing leg to reach its foothold; ``held`` (T, 2)."""
    reach = _reach(foot, straightest)
    apart = foot.hip - ankle
    allowed = np.sqrt(np.maximum(reach**2 - np.sum(apart[:, :2] ** 2, axis=-1), 0.0))
    return np.where(held.any(axis=1), np.maximum(apart[:, 2] - allowed, 0.0), 0.0)


def _without_stumps(held: Array) -> Array:
    """Return contacts (T, 4) without those that have become too short."""
    return np.stack([without_short_runs(held[:, k], SHORTEST_CONTACT, value=True) for k in range(4)], axis=-1)


def _reach(foot: Leg, straightest: float) -> Array:
    """Return the longest hip-ankle distance (T,) for a correction: nearly straight, or as straight as before."""
    length = np.linalg.norm(foot.knee - foot.hip, axis=-1) + np.linalg.norm(foot.ankle - foot.knee, axis=-1)
    was = np.linalg.norm(foot.ankle - foot.hip, axis=-1)
    return np.minimum(np.maximum(was, straightest * length), 0.99999 * length)


def _within_reach(foot: Leg, lowered: Array, ankle: Array, free: Array) -> Array:
    """Return ``ankle`` (T, 3), drawn in over the floor where it is ``free`` (T,), so that the leg reaches it."""
    hip = foot.hip - lowered[:, None] * np.array([0.0, 0.0, 1.0])
    limit = SWINGS * (np.linalg.norm(foot.knee - foot.hip, axis=-1) + np.linalg.norm(foot.ankle - foot.knee, axis=-1))
    limit = np.maximum(limit, np.linalg.norm(foot.ankle - foot.hip, axis=-1))
    across = np.linalg.norm((ankle - hip)[:, :2], axis=-1)
    furthest = np.sqrt(np.maximum(limit**2 - (ankle - hip)[:, 2] ** 2, 0.01))
    # From nine tenths of the way on it comes ever slower, so that the knee does not stop at once.
    over = np.maximum(across / furthest - 0.9, 0.0) / 0.1
    drawn = np.where(over > 0.0, furthest * (0.9 + 0.1 * np.tanh(over)), across)
    share = 1.0 - free * (1.0 - drawn / np.maximum(across, 1e-6))
    moved = np.linalg.norm(ankle - foot.ankle, axis=-1)
    share = 1.0 - (1.0 - share) * np.clip((moved - 0.02) / 0.06, 0.0, 1.0)
    return np.concatenate([hip[:, :2] + (ankle - hip)[:, :2] * share[:, None], ankle[:, 2:]], axis=-1)


def _solve_leg(turns: Array, foot: Leg, lowered: Array, ankle: Array, ankle_turn: Array, straightest: float) -> None:
    """Solve a leg and write its local rotations into ``turns`` (T, 52, 4) in place."""
    hip = foot.hip - lowered[:, None] * np.array([0.0, 0.0, 1.0])
    thigh, shin = foot.knee - foot.hip, foot.ankle - foot.knee
    upper, lower = np.linalg.norm(thigh, axis=-1), np.linalg.norm(shin, axis=-1)
    was, wanted = foot.ankle - foot.hip, ankle - hip
    distance = np.clip(np.linalg.norm(wanted, axis=-1), np.abs(upper - lower) + 0.02, _reach(foot, straightest))
    line = wanted / np.maximum(np.linalg.norm(wanted, axis=-1, keepdims=True), 1e-9)

    # The knee's side of the line, carried along; a straight leg has none and bends towards its own front.
    old_line = was / np.maximum(np.linalg.norm(was, axis=-1, keepdims=True), 1e-9)
    pole = (thigh - np.sum(thigh * old_line, axis=-1, keepdims=True) * old_line) / upper[:, None]
    clear = np.linalg.norm(pole, axis=-1, keepdims=True)
    pole = pole + 0.05 * np.exp(-((clear / 0.04) ** 2)) * rot.rotate(foot.turns[0], np.array([0.0, -1.0, 0.0]))
    pole = rot.rotate(rot.between(old_line, line), pole)
    pole -= np.sum(pole * line, axis=-1, keepdims=True) * line
    pole /= np.maximum(np.linalg.norm(pole, axis=-1, keepdims=True), 1e-9)
    along, off = middle_of(upper, lower, distance)
    new_thigh = along[:, None] * line + off[:, None] * pole
    new_shin = distance[:, None] * line - new_thigh

    hip_turn = rot.multiply(rot.between(thigh, new_thigh), foot.turns[0])
    knee_turn = rot.multiply(rot.between(shin, new_shin), foot.turns[1])
    toe_turn = _toes_on_floor(
        hip + new_thigh + new_shin, ankle_turn, rot.multiply(ankle_turn, _local(foot.turns[2], foot.turns[3])), foot
    )
    hip_joint, knee_joint, ankle_joint, toe_joint = foot.joints
    pelvis = turns[:, 0]
    solved = (
        (hip_joint, _local(pelvis, hip_turn)),
        (knee_joint, _local(hip_turn, knee_turn)),
        (ankle_joint, _local(knee_turn, ankle_turn)),
        (toe_joint, _local(ankle_turn, toe_turn)),
    )
    changed = np.linalg.norm(wanted - was, axis=-1) > NOTHING
    changed |= np.abs(np.sum(ankle_turn * foot.turns[2], axis=-1)) < np.cos(NOTHING)
    changed |= np.abs(np.sum(toe_turn * foot.turns[3], axis=-1)) < np.cos(NOTHING)
    for joint, local in solved:
        turns[changed, joint] = rot.normalize(local[changed])


def _toes_on_floor(ankle: Array, ankle_turn: Array, toe_turn: Array, foot: Leg) -> Array:
    """Return toe rotations (T, 4), bent up just as far as keeps the toe tip out of the floor."""
    joint = ankle + rot.rotate(ankle_turn, foot.toe_joint_offset)
    tip = rot.rotate(toe_turn, foot.tip_offset)
    length = np.linalg.norm(tip, axis=-1)
    elevation = np.arcsin(np.clip(tip[:, 2] / length, -1, 1))
    needed = np.arcsin(np.clip(-joint[:, 2] / length, -1, 0.9))
    axis = np.cross(tip, [0.0, 0.0, 1.0])
    axis /= np.maximum(np.linalg.norm(axis, axis=-1, keepdims=True), 1e-9)
    return rot.multiply(rot.from_axis_angle(axis * np.maximum(needed - elevation, 0.0)[:, None]), toe_turn)


def _local(parent: Array, world: Array) -> Array:
    return rot.multiply(rot.conjugate(parent), world)


def _envelope(need: Array, width: int) -> Array:
    """Return a smooth curve (T,) that is nowhere below ``need`` (T,)."""
    kernel = np.hanning(2 * width + 3)[1:-1]
    return convolve1d(maximum_filter1d(need, 2 * width + 1, mode="nearest"), kernel / kernel.sum(), mode="nearest")
