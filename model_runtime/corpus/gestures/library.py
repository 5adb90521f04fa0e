"""The gestures among the clips: what each says, with which hands, and when it is raised, strikes, and goes back.

``python -m model_runtime.corpus.gestures.library --clips corpus/clips.npz`` prints the library as a table.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d, label
from scipy.signal import find_peaks

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX, Skeleton
from ...common.arrays import Array
from ...contract import FPS, FloatArray
from ...datasets.clip import Clip
from ...metrics.joint_limits import joint_excess

SIDES = ("left", "right")
_CHAIN = {side: tuple(INDEX[f"{side}_{part}"] for part in ("collar", "shoulder", "elbow", "wrist")) for side in SIDES}
_TIP = 0.5  # what lies beyond the last joint of a finger, against what lies between its joints
_KNUCKLE = {side: INDEX[f"{side}_middle1"] for side in SIDES}

# Hands on oneself: they belong to no word and strike nothing.
ADAPTORS = ("touch_face", "scratch", "hair", "dust", "nails", "hands")
# A SmartBody kind -> what it is used as; kinds not named here keep their name.
_SMARTBODY = {
    "inclusive": "we", "inclusive_negative": "negative", "safe": "negative", "frame": "surround",
    "big": "surround", "when": "question", "scratch": "scratch", "fidget": "hands",
}  # fmt: skip
_SMARTBODY_KINDS = frozenset(
    (
        "beat",
        "chop",
        "me",
        "you",
        "we",
        "no",
        "negative",
        "stop",
        "offer",
        "receive",
        "plea",
        "shrug",
        "think",
        "point",
        "indicate",
        "here",
        "example",
        "however",
        "surround",
        "question",
        "sweep",
        "scratch",
        "hands",
    )
)
_REFUSED = re.compile(r"ScrewYou|ThrowAway|Kick|Fight|IdleCross|Stretch|Idle03_BeatLow")
# What a Rocketbox clip's name holds -> kind, and the hand that is free where the other carries something.
_ROCKETBOX = (
    ("gestic_shrug", "shrug", None), ("gestic_thoughtful", "think", None),
    ("gestic_presentation", "present", None), ("invite_sit", "offer", None),
    ("gestic_listen_deny", "negative", None), ("gestic_listen_accept", "beat", None),
    ("trolley_talk", "beat", "left"), ("umbrella_talk", "beat", "left"), ("_wave_", "wave", None),
    ("claphands", "clap", None), ("cheer", "cheer", None), ("touch_face", "touch_face", None),
    ("scratch_head", "scratch", None), ("touch_hair", "hair", None), ("idle_dust", "dust", None),
    ("finger_nail", "nails", None), ("Talking", "beat", None),
)  # fmt: skip

USED = 0.09  # m a hand has to move, on a body of 1.7 m, to take part
_AWAY = 0.10  # m from where it rests, from which on a hand is in a gesture
_QUICK = 0.24  # m/s; a hand that peaks below this does not strike
_LONGEST = 6.0  # s; longer stretches of gesturing are cut between strokes
_EMPHASIS_NEAR = 0.5  # s between a labelled emphasis and the stroke it labels
_TOO_BENT = 25.0  # degrees beyond a joint's range: hands broken in the capture, or turned so in its making
_PLACEHOLDER = 0.3  # s; an emphasis before this was never set by hand


class Stroke(NamedTuple):
    """A quick movement of the hands that means something: clip seconds at which it begins, is quickest, and has
    stopped.
    """

    begin: float
    peak: float
    stop: float


@dataclass(frozen=True, eq=False)
class Gesture:
    """A part of a clip ready to be laid over arms.

    ``hands`` (left, right) that take part; ``start``, ``retract``, ``end`` (s) of the clip: the raising begins, the
    going back begins, all is over; ``strokes[main]`` is the emphasised one. ``from_rest`` and ``to_rest``: the clip
    itself raises and lowers the hands. ``front``, ``back`` (T,) 0..1: how far the hands have ever been, are yet to be,
    from where they rest. ``neutral`` (52, 4) is the pose that sizes are taken about. ``size``: metres the leading hand
    covers in the main stroke on a body of 1.7 m; ``speed``: its peak (m/s); ``drop``: how far below the shoulder that
    hand is at its stop, in arm lengths.
    """

    clip: Clip
    name: str
    kind: str
    hands: tuple[bool, bool]
    posture: str
    start: float
    strokes: tuple[Stroke, ...]
    main: int
    retract: float
    end: float
    from_rest: bool
    to_rest: bool
    size: float
    speed: float
    drop: float
    front: FloatArray = field(repr=False)
    back: FloatArray = field(repr=False)
    neutral: FloatArray = field(repr=False)

    @property
    def adaptor(self) -> bool:
        return self.kind in ADAPTORS

    @property
    def strong(self) -> bool:
        return "strong" in self.clip.tags or self.speed > 1.9

    @property
    def hand(self) -> str:
        return "both" if all(self.hands) else SIDES[int(self.hands[1])]


def gesture_kind(clip: Clip) -> tuple[str, str | None] | None:
    """The kind a clip stands for, with the only hand that is free (None: both are), or None when it is no gesture to
    talk with.
    """
    if _REFUSED.search(clip.name):
        return None
    if clip.source != "smartbody":
        return next(((kind, hand) for word, kind, hand in _ROCKETBOX if word in clip.name), None)
    if "prop" in clip.tags or "sit" in clip.tags:
        return None
    named = (
        [_SMARTBODY.get(tag, tag) for tag in clip.tags[clip.tags.index("gesture") + 1 :]]
        if "gesture" in clip.tags
        else []
    )
    fidgets = [_SMARTBODY[tag] for tag in clip.tags if tag in ("scratch", "fidget")]
    return next(((kind, None) for kind in named + fidgets if kind in _SMARTBODY_KINDS), None)


def gesture_library(clips: Sequence[Clip]) -> list[Gesture]:
    """The gestures among ``clips``, in their order. Tables and chairs count as seated."""
    found = []
    for clip in clips:
        kind = gesture_kind(clip)
        if kind is not None:
            found += _gestures_of(clip, *kind)
    return found


def arm_positions(rotations: Array, skeleton: Skeleton) -> FloatArray:
    """(T, 2, 5, 3) metres of shoulder, elbow, wrist, middle knuckle and fingertip of both arms in the frame of spine3."""
    places = np.empty((len(rotations), 2, 5, 3), np.float32)
    for s, side in enumerate(SIDES):
        collar, shoulder, elbow, wrist = _CHAIN[side]
        turn = rotations[:, collar]
        at = skeleton.offsets[collar] + rot.rotate(turn, skeleton.offsets[shoulder])
        places[:, s, 0] = at
        for k, (joint, child) in enumerate(((shoulder, elbow), (elbow, wrist), (wrist, _KNUCKLE[side])), start=1):
            turn = rot.multiply(turn, rotations[:, joint])
            at = at + rot.rotate(turn, skeleton.offsets[child])
            places[:, s, k] = at
        for joint, child in ((_KNUCKLE[side], _KNUCKLE[side] + 1), (_KNUCKLE[side] + 1, _KNUCKLE[side] + 2)):
            turn = rot.multiply(turn, rotations[:, joint])
            at = at + rot.rotate(turn, skeleton.offsets[child])
        places[:, s, 4] = at + _TIP * (at - places[:, s, 3])
    return places


def speed_of(places: Array) -> FloatArray:
    """(T, ...) m/s of points (T, ..., 3) at ``FPS``, by central differences."""
    return np.linalg.norm(np.gradient(places, axis=0), axis=-1).astype(np.float32) * FPS


def _gestures_of(clip: Clip, kind: str, free: str | None) -> list[Gesture]:
    size = clip.skeleton.size
    arms = arm_positions(clip.rotations, clip.skeleton)
    wrists = gaussian_filter1d(arms[:, :, 2] / size, 0.7, axis=0, mode="nearest")
    length = sum(float(np.linalg.norm(clip.skeleton.offsets[_CHAIN["left"][k]])) for k in (2, 3))
    drop = (arms[:, :, 0, 2] - arms[:, :, 2, 2]) / length
    away = np.minimum(*(np.linalg.norm(wrists - wrists[end], axis=-1) for end in (0, -1)))  # (T, 2)
    speed = speed_of(wrists)
    if free is not None:
        away[:, 1 - SIDES.index(free)] = 0.0
    if kind == "shrug" and away.max() <= _AWAY:  # shoulders alone
        return []
    found = []
    excess = joint_excess(clip.rotations)
    bent = np.maximum.reduce(
        [excess[name] for name in ("wrist deviation", "wrist flexion", "forearm rotation", "elbow flexion")]
    )
    for first, last in _excursions(away.max(axis=1)):
        if bent[first:last].max() > _TOO_BENT:
            continue
        hands = (away[first:last, 0].max() > USED, away[first:last, 1].max() > USED)
        hands = (bool(hands[0]), bool(hands[1]))
        lead = np.where(np.array(hands), speed, 0.0).max(axis=1)
        lowest = np.where(np.array(hands), drop, -1.0).max(axis=1)
        found += _cut(clip, kind, hands, away.max(axis=1), lead, lowest, first, last)
    return found


def _excursions(away: Array) -> list[tuple[int, int]]:
    """Frames [first, last) of each stretch in which a hand is away from rest, from its leaving to its coming back."""
    out = away > _AWAY
    out = (
        gaussian_filter1d(out.astype(float), 0.15 * FPS, mode="constant") > 0.35
    )  # short returns belong to the gesture
    spans, count = label(out)
    edges = []
    for k in range(1, count + 1):
        inside = np.flatnonzero(spans == k)
        first, last = int(inside[0]), int(inside[-1])
        while first > 0 and away[first - 1] < away[first]:
            first -= 1
        while last < len(away) - 1 and away[last + 1] < away[last]:
            last += 1
        if last - first >= round(0.5 * FPS):
            edges.append((max(0, first - 2), min(len(away), last + 3)))
    return edges


def _cut(
    clip: Clip, kind: str, hands: tuple[bool, bool], away: Array, speed: Array, drop: Array, first: int, last: int
) -> list[Gesture]:
    """The gestures in frames [first, last): one, or several where it is long."""
    moves = _movements(speed, first, last)
    top = float(away[first:last].max())
    while moves and _goes_back(moves[-1], away, top):
        moves.pop()
    if not moves:
        return []
    retract = _retraction(away, speed, round(moves[-1].stop * FPS), last) / FPS
    envelope = gaussian_filter1d(
        np.where((np.arange(len(away)) >= first) & (np.arange(len(away)) < last), away, 0.0) / top, 1.2
    )
    front, back = np.maximum.accumulate(envelope), np.maximum.accumulate(envelope[::-1])[::-1]
    seated = "seated" in clip.tags
    whole = (last - first) / FPS <= _LONGEST or kind in ADAPTORS or kind == "think"

    def made(
        strokes: Sequence[Stroke],
        main: int,
        start: float,
        stop: float,
        end: float,
        ends: tuple[bool, bool],
        number: int,
    ) -> Gesture:
        inner = slice(round(strokes[main].begin * FPS), round(strokes[main].stop * FPS) + 1)
        neutral = (
            clip.rotations[first]
            if ends[0]
            else rot.normalize(clip.rotations[round(start * FPS) : round(end * FPS)].mean(axis=0))
        )
        return Gesture(
            clip,
            f"{clip.name.rsplit('@', 1)[-1]}#{clip.performer}{first}.{number}",
            kind,
            hands,
            "seated" if seated else "standing",
            start,
            tuple(strokes),
            main,
            stop,
            end,
            *ends,
            float(speed[inner].sum() / FPS),
            float(speed[inner].max()),
            float(drop[round(strokes[main].stop * FPS)]),
            front.astype(np.float32),
            back.astype(np.float32),
            neutral.astype(np.float32),
        )

    if whole:
        strokes, main = _strokes_of(moves, clip.sync.get("emphasis", 0.0), speed)
        if (emphasis := clip.sync.get("emphasis", 0.0)) >= _PLACEHOLDER and abs(
            strokes[main].stop - emphasis
        ) > 2 * _EMPHASIS_NEAR:
            return []  # label and motion do not speak of the same moment
        long_hold = retract - strokes[-1].stop > 1.5 and kind not in ADAPTORS
        return [made(strokes, main, first / FPS, retract, (last - 1) / FPS, (True, not long_hold), 0)]
    pieces: list[list[Stroke]] = []
    for stroke in moves:
        if pieces and stroke.stop - pieces[-1][-1].stop < 1.1 and len(pieces[-1]) < 3:
            pieces[-1].append(stroke)
        else:
            pieces.append([stroke])
    found = []
    for number, strokes in enumerate(pieces):
        after = pieces[number + 1][0].begin if number + 1 < len(pieces) else retract
        end = max(min(strokes[-1].stop + 0.6, after), strokes[-1].stop + 0.05)
        main = max(range(len(strokes)), key=lambda k: speed[round(strokes[k].peak * FPS)])
        found.append(made(strokes, main, max(first / FPS, strokes[0].begin - 0.25), end, end, (False, False), number))
    return found


def _movements(speed: Array, first: int, last: int) -> list[Stroke]:
    """The quick movements in [first, last): each from where it has a third of its peak speed to where it has again."""
    peaks = find_peaks(speed[first:last], height=_QUICK, distance=4, prominence=0.12)[0] + first
    kept: list[int] = []
    for peak in peaks:
        if kept and speed[kept[-1] : peak + 1].min() > 0.5 * min(speed[kept[-1]], speed[peak]):
            kept[-1] = (
                int(peak) if speed[peak] >= 0.8 * speed[kept[-1]] else kept[-1]
            )  # the hand did not stop in between
        else:
            kept.append(int(peak))
    moves = []
    for k, peak in enumerate(kept):
        low, high = (kept[k - 1] if k else first), (kept[k + 1] if k + 1 < len(kept) else last - 1)
        slow_before = np.flatnonzero(speed[low:peak] < speed[peak] / 3)
        slow_after = np.flatnonzero(speed[peak : high + 1] < speed[peak] / 3)
        begin = low + int(slow_before[-1]) if len(slow_before) else low + int(np.argmin(speed[low : peak + 1]))
        stop = peak + int(slow_after[0]) if len(slow_after) else peak + int(np.argmin(speed[peak : high + 1]))
        if stop > peak and stop - peak <= round(0.6 * FPS):
            moves.append(Stroke(begin / FPS, peak / FPS, stop / FPS))
    return moves


def _goes_back(move: Stroke, away: Array, top: float) -> bool:
    before, after = away[round(move.begin * FPS)], away[min(round(move.stop * FPS), len(away) - 1)]
    return bool(after < before - 0.04 and after < 0.5 * top)


def _retraction(away: Array, speed: Array, stop: int, last: int) -> int:
    """The frame after ``stop`` from which on the hands only go back."""
    after = away[stop:last]
    if len(after) < 3:
        return stop
    return stop + int(np.flatnonzero(after >= 0.85 * after.max())[-1])


def _strokes_of(moves: list[Stroke], emphasis: float, speed: Array) -> tuple[list[Stroke], int]:
    """The strokes among the movements before the going back, and which is emphasised. The first of several raises the
    hands.
    """
    if len(moves) == 1:
        return moves, 0
    if emphasis >= _PLACEHOLDER:
        main = min(
            range(len(moves)), key=lambda k: abs(moves[k].stop - emphasis) - 0.05 * speed[round(moves[k].peak * FPS)]
        )
        return (moves, 0) if main == 0 else (moves[1:], main - 1)
    rest = moves[1:]
    return rest, max(range(len(rest)), key=lambda k: speed[round(rest[k].peak * FPS)])


def table(library: Sequence[Gesture]) -> str:
    """Kinds by hand and posture, with strokes, size and speed, as lines to print."""
    lines = [
        f"{'kind':12s} {'clips':>5s} {'pieces':>6s} {'left':>5s} {'right':>5s} {'both':>5s} {'seated':>6s} {'strokes':>7s} {'size m':>7s} {'peak m/s':>8s}"
    ]
    for kind, count in sorted(Counter(g.kind for g in library).items(), key=lambda item: (-item[1], item[0])):
        some = [g for g in library if g.kind == kind]
        hands = Counter(g.hand for g in some)
        lines.append(
            f"{kind:12s} {len({g.clip.name for g in some}):5d} {count:6d} {hands['left']:5d} {hands['right']:5d} {hands['both']:5d} "
            f"{sum(g.posture == 'seated' for g in some):6d} {np.mean([len(g.strokes) for g in some]):7.1f} "
            f"{np.median([g.size for g in some]):7.2f} {np.median([g.speed for g in some]):8.2f}"
        )
    lines.append(f"{len(library)} gestures of {len({g.clip.name for g in library})} clips")
    return "\n".join(lines)


def main() -> None:
    from ...datasets.library import load_library

    parser = argparse.ArgumentParser(description="Print the library of gestures.")
    parser.add_argument("--clips", type=Path, default=Path("corpus/clips.npz"), help="library of clips")
    print(table(gesture_library(load_library(parser.parse_args().clips))))


if __name__ == "__main__":
    main()
