"""Walking: captured starts, cycles and stops are joined where poses match, and the straight walk is bent along a path.

The bend maps coordinates of the straight walk to those of the path: the way ahead to the distance along the path, the
way aside to the distance from it. A foot that stands in the straight walk then stands in the bent one too, however
sharp the bend.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ...body_model import rotations as rot
from ...body_model.legs import leg_positions, reach
from ...body_model.skeleton import INDEX, Skeleton, heading_of
from ...common.easing import smoothstep
from ...common.headings import heading_towards, turned
from ...contract import FPS, FloatArray
from ...datasets.clip import Clip
from ...planning.motion_labels import root_speed
from .base_motion import BodyTrack, Motion, body_positions, stance
from .clip_bank import ClipBank, ClipSet, hardest, root_jerk
from .paths import Path, left_of

# Tags of walks that show more than walking somewhere.
ODD = (
    "run", "jog", "jump", "drunk", "injured", "bruised", "funny", "extremefemale", "circle", "strafe",
    "turn", "dance", "step", "carry", "walk_start", "walk_stop", "to_walk", "to_idle", "walk_to_run",
    "sneak", "limp", "prop",
)  # fmt: skip
_ODD_NAMES = ("Up0", "Down0", "Shuffle")
_HARDEST, _ROUGHEST = 20.0, 110.0  # m/s^2 and m/s^3 of the pelvis; clips beyond are badly captured or cut
_SLOW_ENOUGH, _QUICK_ENOUGH = 1.75, 0.42  # m/s; gaits beyond hurry or loiter
_CROUCHED = 0.965  # of a leg's length; gaits that never stretch a leg further sneak
_BENT = 27.0  # degrees; gaits whose bearing knee is bent further at mid-stance prowl (of most people it is 10 to 20)
_UNLIKE = "smartbody"  # its performers walk, start and stop with knees bent by 30 degrees and more
_EASES = (0.85, 0.72)  # lengths and rates of slow steps over captured ones: people shorten both alike
_EASED_BELOW = 1.25  # m/s; gaits that also serve for slow walks
_LOOKS_DOWN = np.radians(22.0)  # gaits whose face looks further down are not used
_EYES_AHEAD = np.radians(4.0)  # half of what a face looks further down is taken out
_LEAN = 0.55  # of the angle that would balance the bend wholly
_SPINE = tuple(INDEX[n] for n in ("spine1", "spine2", "spine3"))
_TO_HEAD = [INDEX[n] for n in ("spine1", "spine2", "spine3", "neck", "head")]
_WRISTS = [INDEX["left_wrist"], INDEX["right_wrist"]]
JOIN_COST = 0.55  # m^2 summed over joints; pieces that fit worse are not joined
_LONG_ENOUGH, _STEADY = 3.5, 0.35  # s of a walk that may change its pace, and how often one does not


@dataclass(frozen=True)
class Gait:
    """A cycle of a captured walk: frames ``start`` to ``stop`` of clip ``name``; ``speed`` in m/s for a pelvis height
    of 1 m; ``bowed``, radians by which the face looks down on average; ``knee``, degrees of the bearing knee at
    mid-stance. Steps are ``ease`` times as long and as quick as captured ones, which ``speed`` includes.
    """

    name: str
    start: int
    stop: int
    speed: float
    bowed: float
    knee: float
    ease: float = 1.0

    def eased(self, ease: float) -> Gait:
        """Return the gait with steps ``ease`` times as long and as quick."""
        return replace(self, speed=self.speed * ease**2, ease=ease)


def gaits(bank: ClipBank) -> list[Gait]:
    """Return every plain walk of the bank that closes into a cycle and bears on nearly straight knees, and slower forms
    of those that do not hurry.
    """
    if ("gaits",) not in bank.kept:
        names = [
            n
            for n in bank.tagged("walk", without=ODD)
            if not any(odd in n for odd in _ODD_NAMES) and hardest(bank.clip(n)) < _HARDEST
        ]
        found = [gait for gait in (_cycle_of(bank, name) for name in names) if gait is not None]
        found = [gait for gait in _upright(bank, found) if gait.speed < _SLOW_ENOUGH]
        slower = [gait.eased(ease) for gait in found if gait.speed < _EASED_BELOW for ease in _EASES]
        bank.kept["gaits",] = [gait for gait in (*found, *slower) if gait.speed > _QUICK_ENOUGH]
    return bank.kept["gaits",]  # type: ignore[return-value]


def _upright(bank: ClipBank, found: list[Gait]) -> list[Gait]:
    """Return the gaits of people who walk on nearly straight knees; all where nobody does."""
    return [g for g in found if g.knee < _BENT and bank.clip(g.name).source != _UNLIKE] or found


def _cycle_of(bank: ClipBank, name: str) -> Gait | None:
    """Return the one or two strides that repeat the pose best; None where none do or the walk bends."""
    features, source = bank.features(name, False), bank.source(name, False)
    path = source.root[:, :2]
    speed = root_speed(source.root)
    steady = speed > 0.75 * np.percentile(speed, 80)
    best: tuple[float, int, int] | None = None
    for period in range(round(0.75 * FPS), min(round(3.2 * FPS), len(features))):
        cost = np.sum((features[:-period] - features[period:]) ** 2, -1)
        cost = np.where(steady[:-period] & steady[period:], cost, np.inf)
        start = int(np.argmin(cost))
        if best is None or cost[start] < best[0]:
            best = float(cost[start]), start, start + period
    if best is None or best[0] > 0.08:
        return None
    _, start, stop = best
    heading = Motion(source.root, source.rotations, source.contacts).heading[start : stop + 1]
    way = path[stop] - path[start]
    aside = float(turned(heading_towards(way), heading.mean()))
    bowed = _bowed(source.rotations[start:stop])
    if (
        bowed > _LOOKS_DOWN
        or straightest(source.root[start:stop], source.rotations[start:stop], source.skeleton) < _CROUCHED
    ):
        return None
    if abs(heading[-1] - heading[0]) > np.radians(12.0) or abs(aside) > np.radians(25.0):
        return None
    pace = float(np.hypot(*way) / (stop - start) * FPS / source.skeleton.pelvis_height)
    return Gait(
        name, start, stop, pace, bowed, bearing_knee(source.root, source.rotations, source.skeleton, start, stop)
    )


def bearing_knee(root: FloatArray, rotations: FloatArray, skeleton: Skeleton, start: int, stop: int) -> float:
    """Return the degrees of the knee at mid-stance, where a low ankle passes under the hips: the mean of both sides in
    frames ``start`` to ``stop``, a cycle.
    """
    positions, _ = leg_positions(root[start : stop + 1], rotations[start : stop + 1], skeleton)
    way = root[stop, :2] - root[start, :2]
    ahead = (positions[:, :, 2, :2] - root[start : stop + 1, None, :2]) @ (way / np.linalg.norm(way))
    ankles = positions[:, :, 2, 2]
    thigh, shin = (rot.unit(positions[:, :, k + 1] - positions[:, :, k]) for k in (0, 1))
    flexion = np.degrees(np.arccos(np.clip(np.sum(thigh * shin, -1), -1.0, 1.0)))
    passes = (ahead[:-1] > 0) & (ahead[1:] <= 0) & (ankles[1:] < ankles.min(0) + 0.05)
    return float(flexion[1:][passes].mean()) if passes.any() else 0.0


def _bowed(rotations: FloatArray) -> float:
    """Return the mean radians by which the face looks down, of ``rotations`` (T, 52, 4)."""
    turn = rotations[:, 0]
    for joint in _TO_HEAD:
        turn = rot.multiply(turn, rotations[:, joint])
    return -float(np.arcsin(rot.rotate(turn, np.array([0.0, -1.0, 0.0], np.float32))[:, 2]).mean())


def straightest(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> float:
    """Return how straight each leg becomes, 1 being fully: the lesser of the two."""
    positions, _ = leg_positions(root, rotations, skeleton)
    bones = np.linalg.norm(np.diff(positions[:, :, :3], axis=2), axis=-1).sum(-1)
    return float((np.linalg.norm(positions[:, :, 2] - positions[:, :, 0], axis=-1) / bones).max(0).min())


@dataclass(frozen=True)
class _Join:
    """The frames at which one piece is left and the next is entered, and the cost of the join."""

    cost: float
    leave: int
    enter: int


def _join(
    bank: ClipBank, one: tuple[str, bool], other: tuple[str, bool], leave: tuple[int, int], enter: tuple[int, int]
) -> _Join:
    """Return the best join from the frames ``leave`` [start, stop) of one piece to ``enter`` [start, stop) of the
    other.
    """
    key = ("join", one, other, leave, enter)
    if key not in bank.kept:
        a, b = bank.features(*one)[slice(*leave)], bank.features(*other)[slice(*enter)]
        costs = np.sum(a**2, -1)[:, None] + np.sum(b**2, -1) - 2.0 * a @ b.T
        i, j = np.unravel_index(int(np.argmin(costs)), costs.shape)
        bank.kept[key] = _Join(float(costs[i, j]), leave[0] + int(i), enter[0] + int(j))
    return bank.kept[key]  # type: ignore[return-value]


def ends(bank: ClipBank, tag: str) -> list[str]:
    """Return the captured starts ('walk_start') or stops ('walk_stop') that are straight and lead to or from a walk."""
    if (tag,) not in bank.kept:
        good = []
        names = bank.tagged(tag, without=("run", "jog", "turn", "circle"))
        for name in [n for n in names if bank.clip(n).source != _UNLIKE] or names:
            clip = bank.clip(name)
            stands = 0 if tag == "walk_start" else -1
            speed = np.linalg.norm(np.diff(clip.root_positions[:, :2], axis=0), axis=-1) * FPS
            moving = speed[-5:].mean() if tag == "walk_start" else speed[:5].mean()
            way = clip.root_positions[-1] - clip.root_positions[0]
            smooth = hardest(clip) < _HARDEST and root_jerk(clip) < _ROUGHEST
            if smooth and hands_hang(clip, stands) and moving > 0.4 and abs(way[0]) < 0.3 * abs(way[1]):
                good.append(name)
        bank.kept[tag,] = good
    return bank.kept[tag,]  # type: ignore[return-value]


def straight_walk(
    clips: ClipSet, gait: Gait, mirrored: bool, rate: float, length: float, rng: np.random.Generator
) -> Motion:
    """Return a start, as many cycles as needed, and a stop: about ``length`` metres along -Y from the origin.

    The cycle is played ``rate`` times as fast as captured.
    """
    bank, scale = clips.bank, clips.skeleton.pelvis_height
    cycle = (gait.name, mirrored)
    period = gait.stop - gait.start
    stride = gait.speed / gait.ease * period / FPS * scale
    begins = _fitting(bank, cycle, gait, "walk_start")
    finishes = _fitting(bank, cycle, gait, "walk_stop")
    options = []
    for start, s_mirrored, first in begins:
        begun = -_ahead(bank, start, 0, first.leave) * scale * gait.ease
        for stop, f_mirrored, last in finishes:
            ended = -_ahead(bank, stop, last.enter, -1) * scale * gait.ease
            for laps in range(20):
                count = (last.leave - first.enter) % period + laps * period
                total = begun + stride * count / period + ended
                fit = abs(np.log(total / length))
                options.append(
                    (
                        6.0 * max(0.0, fit - 0.02) + first.cost + last.cost + float(rng.uniform(0.0, 0.12)),
                        start,
                        s_mirrored,
                        first,
                        count,
                        stop,
                        f_mirrored,
                        last,
                    )
                )
                if total > 1.3 * length:
                    break
    _, start, s_mirrored, first, count, stop, f_mirrored, last = min(options, key=lambda option: option[0])
    pace = gait.speed / gait.ease * rate  # of captured steps
    begin = clips.motion(start, s_mirrored)
    begin = _eased(
        begin.slice(0, _frame(begin, bank, start, first.leave) + 1),
        pace / max(_speed(bank, start, first.leave), 0.2),
        at_end=True,
    ).resampled(0.5 + 0.5 * gait.ease)
    track = BodyTrack(clips.skeleton, begin, np.zeros(2, np.float32), 0.0, "walk")
    track.append(shortened(_straight(begin, 0.0), clips.skeleton, gait.ease), "walk")
    if count > 1:
        laps_motion = _cycled(clips, gait, mirrored, first.enter - gait.start, count)
        laps_motion = laps_motion.resampled(rate * gait.ease * clips.speed)
        track.append(_straight(shortened(laps_motion, clips.skeleton, gait.ease), track.position), "walk")
    end = clips.motion(stop, f_mirrored)
    end = _eased(
        end.slice(_frame(end, bank, stop, last.enter)), pace / max(_speed(bank, stop, last.enter), 0.2), at_end=False
    ).resampled(0.5 + 0.5 * gait.ease)
    track.append(_straight(shortened(_straight(end, 0.0), clips.skeleton, gait.ease), track.position), "walk")
    return track.result()[0]


def shortened(walk: Motion, skeleton: Skeleton, scale: float) -> Motion:
    """Return a walk along -Y with steps ``scale`` times as long; the pelvis rises as the legs reach less far, so that
    bearing knees stay as they are.
    """
    if scale == 1.0 or walk.frames < 2:
        return walk
    positions, world = leg_positions(walk.root, walk.rotations, skeleton)
    hips, ankles = positions[:, :, 0], positions[:, :, 2].copy()
    reach_before = (ankles - hips)[..., 1]
    height = (hips - ankles)[..., 2]
    rise = np.sqrt(np.maximum(height**2 + reach_before**2 * (1.0 - scale**2), 0.0)) - height
    bears = walk.contacts.reshape(-1, 2, 2).any(axis=2)
    lifted = np.where(bears, rise, np.inf).min(axis=1)
    known = np.isfinite(lifted)
    lifted = (
        np.interp(np.arange(walk.frames), np.flatnonzero(known), lifted[known]) if known.any() else 0.0 * rise[:, 0]
    )
    root = walk.root.copy()
    root[:, 1] = root[0, 1] + scale * (root[:, 1] - root[0, 1])
    root[:, 2] += gaussian_filter1d(lifted, 2.0, mode="nearest")
    ankles[..., 1] = root[0, 1] + scale * (ankles[..., 1] - root[0, 1])
    rotations = reach(root, walk.rotations, skeleton, ankles, world[:, :, 2])
    return Motion(root, rotations, walk.contacts, walk.features)


def with_changes_of_pace(walk: Motion, rng: np.random.Generator) -> Motion:
    """Make a long walk faster or slower by a tenth to a third at some moment; its duration stays about the same.

    Only time is warped, so planted feet stay planted; starting and stopping are not warped.
    """
    seconds = walk.frames / FPS
    if seconds < _LONG_ENOUGH or rng.random() < _STEADY:
        return walk
    change = float(np.exp(rng.choice([-1.0, 1.0]) * rng.uniform(0.10, 0.30)))
    when = float(rng.uniform(0.35, 0.65)) * walk.frames
    rate = np.where(np.arange(walk.frames) < when, change**-0.5, change**0.5)
    rate[: FPS // 2] = rate[-FPS // 2 :] = 1.0
    elapsed = np.cumsum(1.0 / gaussian_filter1d(rate, 0.35 * FPS, mode="nearest"))
    elapsed -= elapsed[0]
    frames = round(float(elapsed[-1])) + 1
    return walk.at(np.interp(np.linspace(0.0, elapsed[-1], frames), elapsed, np.arange(walk.frames)))


def _fitting(bank: ClipBank, cycle: tuple[str, bool], gait: Gait, tag: str) -> list[tuple[str, bool, _Join]]:
    """Return the starts or stops, and their mirror images, that fit a cycle best."""
    key = ("fitting", cycle, tag)
    captured = gait.speed / gait.ease**2
    if key not in bank.kept:
        options = []
        for name in ends(bank, tag):
            for mirrored in (False, True):
                frames = bank.clip(name).frames
                if tag == "walk_start":
                    join = _join(
                        bank, (name, mirrored), cycle, (int(0.55 * frames), frames - 1), (gait.start, gait.stop)
                    )
                    pace = _speed(bank, name, join.leave)
                else:
                    join = _join(bank, cycle, (name, mirrored), (gait.start, gait.stop), (1, max(2, int(0.4 * frames))))
                    pace = _speed(bank, name, join.enter)
                options.append((join.cost + 1.5 * np.log(pace / captured) ** 2, name, mirrored, join))
        options.sort(key=lambda option: option[0])
        bank.kept[key] = [
            (name, mirrored, join) for cost, name, mirrored, join in options[:6] if cost < options[0][0] + JOIN_COST
        ]
    return bank.kept[key]  # type: ignore[return-value]


def _ahead(bank: ClipBank, name: str, start: int, stop: int) -> float:
    """Return how far a clip moves between two frames in pelvis heights, negative ahead."""
    clip = bank.clip(name)
    return -float(np.hypot(*(clip.root_positions[stop] - clip.root_positions[start])[:2])) / clip.skeleton.pelvis_height


def _speed(bank: ClipBank, name: str, frame: int) -> float:
    """Return the speed around a frame in m/s for a pelvis height of 1 m."""
    clip = bank.clip(name)
    a, b = max(0, frame - 6), min(clip.frames - 1, frame + 6)
    return float(
        np.hypot(*(clip.root_positions[b] - clip.root_positions[a])[:2]) / (b - a) * FPS / clip.skeleton.pelvis_height
    )


def _frame(motion: Motion, bank: ClipBank, name: str, frame: int) -> int:
    """Return a clip's frame in its motion, which may be played at another speed."""
    return round(frame / (bank.clip(name).frames - 1) * (motion.frames - 1))


def _eased(motion: Motion, rate: float, at_end: bool) -> Motion:
    """Play a start or stop at its own speed at the standing end and ``rate`` times as fast at the walking end."""
    rate = float(np.clip(rate, 0.75, 1.35))
    u = np.linspace(0.0, 1.0, 64)
    share = smoothstep(np.clip(u if at_end else 1.0 - u, 0.0, 1.0))
    seconds = np.concatenate(
        [[0.0], np.cumsum(0.5 * (1 / (1 + (rate - 1) * share[1:]) + 1 / (1 + (rate - 1) * share[:-1])))]
    )
    frames = max(2, round((motion.frames - 1) * seconds[-1] / 63) + 1)
    at = np.interp(np.linspace(0.0, seconds[-1], frames), seconds, u) * (motion.frames - 1)
    return motion.at(at)


def _cycled(clips: ClipSet, gait: Gait, mirrored: bool, entry: int, count: int) -> Motion:
    """Return ``count`` + 1 frames of the repeated cycle at captured speed from frame ``entry`` on, its ends made to
    meet.
    """
    motion = clips.bank.motion(gait.name, mirrored, clips.skeleton).slice(gait.start, gait.stop + 1)
    period = motion.frames - 1
    share = (np.arange(period + 1, dtype=np.float32) / period - 0.5)[:, None]
    gap = rot.to_axis_angle(rot.multiply(motion.rotations[0], rot.conjugate(motion.rotations[-1])))
    # Each end is corrected by half of the gap.
    rotations = rot.normalize(rot.multiply(rot.from_axis_angle(share[..., None] * gap), motion.rotations)).astype(
        np.float32
    )
    lifted = -0.5 * max(0.0, gait.bowed - _EYES_AHEAD)  # many performers look at the floor ahead
    for joint in _TO_HEAD[-2:]:
        rotations[:, joint] = rot.multiply(
            rotations[:, joint], rot.from_axis_angle(np.array([lifted, 0.0, 0.0], np.float32))
        )
    root = motion.root.copy()
    root[:, 2:] += share * (motion.root[0, 2] - motion.root[-1, 2])
    at = entry + np.arange(count + 1)
    index, laps = at % period, at // period
    path = root[index].copy()
    path[:, :2] += laps[:, None] * (root[-1, :2] - root[0, :2])
    way = root[-1] - root[0]
    cycled = Motion(path, rotations[index], motion.contacts[index])
    return cycled.placed(np.zeros(2, np.float32), -float(heading_towards(way)))


def _straight(motion: Motion, place: FloatArray | float) -> Motion:
    """Turn ``motion`` so that it leads along -Y from ``place`` on."""
    way = motion.root[-1] - motion.root[0]
    yaw = -float(heading_towards(way)) if motion.frames > FPS // 2 else 0.0
    placed = motion.placed(np.zeros(2, np.float32), yaw)
    placed.root[:, :2] += place - placed.root[0, :2]
    return placed


def along(walk: Motion, path: Path, skeleton: Skeleton) -> Motion:
    """Bend a straight walk along the whole ``path``, leaning into the bends."""
    goes = -(walk.root[-1, 1] - walk.root[0, 1])
    scale = path.length / max(float(goes), 0.1)
    origin = walk.root[0, :2]

    def laid(points: FloatArray) -> tuple[FloatArray, FloatArray]:
        place, angle = path.at(-(points[..., 1] - origin[1]) * scale)
        aside = points[..., 0] - origin[0]
        planar = place + aside[..., None] * left_of(angle)
        return np.concatenate([planar, points[..., 2:]], -1).astype(np.float32), angle.astype(np.float32)

    positions, world = leg_positions(walk.root, walk.rotations, skeleton)
    root, angle = laid(walk.root)
    ankles, turns = laid(positions[:, :, 2])
    feet = rot.multiply(rot.about_z(turns), world[:, :, 2])
    rotations = walk.rotations.copy()
    rotations[:, 0] = rot.multiply(rot.about_z(angle), rotations[:, 0])
    speed = (
        np.linalg.norm(np.gradient(gaussian_filter1d(root[:, :2], 8.0, axis=0, mode="nearest"), axis=0), axis=-1) * FPS
    )
    bend = gaussian_filter1d(np.gradient(np.unwrap(angle)) * FPS, 8.0, mode="nearest")
    lean = np.clip(_LEAN * np.arctan(bend * speed / 9.81), -0.12, 0.12).astype(np.float32)
    forward = np.stack([np.sin(angle), -np.cos(angle), np.zeros_like(angle)], -1)
    left = np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], -1)
    root = root + (np.sin(lean) * 0.5 * skeleton.pelvis_height)[:, None] * left
    rotations[:, 0] = rot.multiply(rot.from_axis_angle(-lean[:, None] * forward), rotations[:, 0])
    return Motion(
        root.astype(np.float32), reach(root.astype(np.float32), rotations, skeleton, ankles, feet), walk.contacts
    )


def turn_on_the_spot(clips: ClipSet, style: str, angle: float, rng: np.random.Generator, rate: float = 1.0) -> Motion:
    """Return a captured turn with steps, warped to ``angle`` radians (left positive), without its still end."""
    bank = clips.bank
    options = []
    for name, captured in _turns(bank):
        for mirrored in (False, True):
            turn = -captured if mirrored else captured
            if turn * angle > 0:
                foreign = 0.0 if style_of(bank, name) == style else 0.25
                options.append((abs(np.log(angle / turn)) + foreign + float(rng.uniform(0.0, 0.3)), name, mirrored))
    _, name, mirrored = min(options)
    motion = clips.motion(name, mirrored, rate)
    captured = float(motion.heading[-1] - motion.heading[0])
    profile = gaussian_filter1d(motion.heading - motion.heading[0], 4.0, mode="nearest")
    profile = (profile - profile[0]) / (profile[-1] - profile[0])
    warped = motion.warped(((angle - captured) * profile).astype(np.float32))
    done = int(np.argmax(profile > 0.985)) + 4
    warped = warped.slice(0, max(12, min(done, warped.frames)))
    # The feet end where they began.
    before, after = (stance(warped.slice(frame, frame + 1), clips.skeleton)[0] for frame in (0, warped.frames - 1))
    warped.root[:, :2] -= profile[: warped.frames, None] * (after - before)
    return warped


def _turns(bank: ClipBank) -> list[tuple[str, float]]:
    """Return the captured turns on the spot with the radians each turns."""
    if ("turns",) not in bank.kept:
        found = []
        for name in bank.tagged(
            "turn", without=("walk", "to_walk", "turn_to_walk", "turn_left_360", "turn_right_360", "run", "jog")
        ):
            clip = bank.clip(name)
            turn = float(np.diff(np.unwrap(heading_of(clip.rotations[:, 0]))[[0, -1]])[0])
            stays = float(np.hypot(*clip.root_positions[-1, :2])) < 0.3
            if (
                0.5 < abs(turn) < 3.5
                and stays
                and hardest(clip) < _HARDEST
                and hands_hang(clip, 0)
                and hands_hang(clip, -1)
            ):
                found.append((name, turn))
        bank.kept["turns",] = found
    return bank.kept["turns",]  # type: ignore[return-value]


def hands_hang(clip: Clip, frame: int) -> bool:
    """Return whether both hands are below the pelvis joint at a frame, so that clips join without moving the hands."""
    pose = body_positions(clip.root_positions[[frame]], clip.rotations[[frame]], clip.skeleton)[0]
    return bool(pose[_WRISTS, 2].max() < pose[0, 2] - 0.02)


def style_of(bank: ClipBank, name: str) -> str:
    """Return 'f' or 'm' for the sex of a clip's performer, '' where it is unknown."""
    performer = bank.clip(name).performer
    if performer.startswith("rocketbox"):
        return performer[-1]
    if performer.startswith("smartbody"):
        return "f" if any(woman in performer for woman in ("Harmony", "Rachel")) else "m"
    return ""
