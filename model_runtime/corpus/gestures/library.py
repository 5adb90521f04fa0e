"""Find the gestures among the clips: their kind, their hands, and the times of preparation, strokes and retraction.

``python -m model_runtime corpus gestures --clips corpus/clips.npz`` prints the library as a table. The phases of a
gesture are those of Kendon 1980 and McNeill 1992: preparation, stroke, hold, retraction.
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
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX, Skeleton
from ...common.arrays import Array
from ...common.masks import runs_of
from ...contract import FPS, FloatArray
from ...datasets.clip import Clip
from ...datasets.library import load_library
from ...metrics.joint_limits import joint_excess

SIDES = ("left", "right")
_CHAIN = {side: tuple(INDEX[f"{side}_{part}"] for part in ("collar", "shoulder", "elbow", "wrist")) for side in SIDES}
_TIP = 0.5  # length of a finger beyond its last joint, relative to that between its joints
_KNUCKLE = {side: INDEX[f"{side}_middle1"] for side in SIDES}

# Adaptors, hands on one's own body: they belong to no word and have no stroke.
ADAPTORS = ("touch_face", "scratch", "hair", "dust", "nails", "hands")
# SmartBody's kind -> kind of the library; kinds not named here keep their name.
_SMARTBODY = {
    "inclusive": "we", "inclusive_negative": "negative", "safe": "negative", "frame": "surround",
    "big": "surround", "when": "question", "scratch": "scratch", "fidget": "hands",
}  # fmt: skip
_SMARTBODY_KINDS = frozenset((
    "beat", "chop", "me", "you", "we", "no", "negative", "stop", "offer", "receive", "plea", "shrug", "think",
    "point", "indicate", "here", "example", "however", "surround", "question", "sweep", "scratch", "hands",
))  # fmt: skip
_REFUSED = re.compile(r"ScrewYou|ThrowAway|Kick|Fight|IdleCross|Stretch|Idle03_BeatLow")
# Part of a Rocketbox clip's name -> kind, and the hand that is free where the other carries a prop.
_ROCKETBOX = (
    ("gestic_shrug", "shrug", None), ("gestic_thoughtful", "think", None),
    ("gestic_presentation", "present", None), ("invite_sit", "offer", None),
    ("gestic_listen_deny", "negative", None), ("gestic_listen_accept", "beat", None),
    ("trolley_talk", "beat", "left"), ("umbrella_talk", "beat", "left"), ("_wave_", "wave", None),
    ("claphands", "clap", None), ("cheer", "cheer", None), ("touch_face", "touch_face", None),
    ("scratch_head", "scratch", None), ("touch_hair", "hair", None), ("idle_dust", "dust", None),
    ("finger_nail", "nails", None), ("Talking", "beat", None),
)  # fmt: skip

USED = 0.09  # m, body of mean height; a hand that moves less does not take part
_AWAY = 0.10  # m from rest beyond which a hand gestures
_QUICK = 0.24  # m/s, the least peak speed of a stroke
_LONGEST = 6.0  # s; longer excursions are cut between strokes
_EMPHASIS_NEAR = 0.5  # s between a labelled emphasis and the stroke it labels
_TOO_BENT = 25.0  # degrees beyond a joint's range: errors of the capture
_PLACEHOLDER = 0.3  # s; an emphasis before this was never set by hand


class Stroke(NamedTuple):
    """The stroke of a gesture: clip seconds at which the hand starts, is fastest, and has stopped."""

    begin: float
    peak: float
    stop: float


@dataclass(frozen=True, eq=False)
class Gesture:
    """A part of a clip that can be blended over the arms of another motion.

    ``hands`` (left, right) that take part; ``start``, ``retract``, ``end`` (clip seconds): preparation begins,
    retraction begins, the gesture is over; ``strokes[main]`` is the emphasised one. ``from_rest`` and ``to_rest``:
    whether the clip itself raises and lowers the hands. ``front``, ``back`` (T,) 0..1: the furthest the hands have been
    so far, and will be from now on, from where they rest. ``neutral`` (52, 4) is the pose about which the size is
    scaled. ``size``: metres the leading hand covers in the main stroke on a body of mean height; ``speed``: its peak in
    m/s; ``drop``: how far below the shoulder the hand stops, in arm lengths.
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
    """Return the kind of a clip and the only free hand (None: both); None where it is no co-speech gesture."""
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
    """Return the gestures among ``clips``, in their order."""
    found = []
    for clip in clips:
        kind = gesture_kind(clip)
        if kind is not None:
            found += _gestures_of(clip, *kind)
    return found


def arm_positions(rotations: Array, skeleton: Skeleton) -> FloatArray:
    """Return positions (T, 2, 5, 3) of shoulder, elbow, wrist, middle knuckle and fingertip of both arms in the frame
    of spine3.
    """
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
    """Return the speed (T, ...) in m/s of points (T, ..., 3) at ``FPS``, by central differences."""
    return np.linalg.norm(np.gradient(places, axis=0), axis=-1).astype(np.float32) * FPS


def _gestures_of(clip: Clip, kind: str, free: str | None) -> list[Gesture]:
    """Return the gestures of one clip; ``free`` is the only hand that counts, None for both."""
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
    """Return frames [first, last) of each excursion of a hand from rest: ``away`` (T,) m."""
    # Short returns to rest belong to the gesture.
    out = gaussian_filter1d((away > _AWAY).astype(float), 0.15 * FPS, mode="constant") > 0.35
    edges = []
    for first, stop in runs_of(out):
        last = stop - 1
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
    """Return the gestures in frames [first, last): one, or several where the excursion is long.

    ``away`` (T,) m from rest, ``speed`` (T,) m/s of the leading hand, ``drop`` (T,) arm lengths below the shoulder.
    """
    moves = _movements(speed, first, last)
    top = float(away[first:last].max())
    while moves and _goes_back(moves[-1], away, top):
        moves.pop()
    if not moves:
        return []
    retract = _retraction(away, speed, round(moves[-1].stop * FPS), last) / FPS
    frames = np.arange(len(away))
    envelope = gaussian_filter1d(np.where((frames >= first) & (frames < last), away, 0.0) / top, 1.2)
    excursion = _Excursion(
        clip,
        kind,
        hands,
        first,
        speed,
        drop,
        np.maximum.accumulate(envelope).astype(np.float32),
        np.maximum.accumulate(envelope[::-1])[::-1].astype(np.float32),
    )
    if (last - first) / FPS <= _LONGEST or kind in ADAPTORS or kind == "think":
        return excursion.as_one(moves, retract, (last - 1) / FPS)
    return excursion.in_pieces(moves, retract)


class _Excursion(NamedTuple):
    """A part of a clip, from frame ``first`` on, with the hands away from rest; see ``_cut`` and ``Gesture``."""

    clip: Clip
    kind: str
    hands: tuple[bool, bool]
    first: int
    speed: Array
    drop: Array
    front: FloatArray
    back: FloatArray

    def as_one(self, moves: list[Stroke], retract: float, end: float) -> list[Gesture]:
        """Return the whole as one gesture; none where label and motion disagree about the time of the emphasis."""
        emphasis = self.clip.sync.get("emphasis", 0.0)
        strokes, main = _strokes_of(moves, emphasis, self.speed)
        if emphasis >= _PLACEHOLDER and abs(strokes[main].stop - emphasis) > 2 * _EMPHASIS_NEAR:
            return []
        long_hold = retract - strokes[-1].stop > 1.5 and self.kind not in ADAPTORS
        return [self._gesture(strokes, main, self.first / FPS, retract, end, (True, not long_hold), 0)]

    def in_pieces(self, moves: list[Stroke], retract: float) -> list[Gesture]:
        """Return gestures of one to three strokes that follow one another closely."""
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
            start = max(self.first / FPS, strokes[0].begin - 0.25)
            found.append(self._gesture(strokes, _fastest(strokes, self.speed), start, end, end, (False, False), number))
        return found

    def _gesture(
        self,
        strokes: Sequence[Stroke],
        main: int,
        start: float,
        retract: float,
        end: float,
        rests: tuple[bool, bool],
        number: int,
    ) -> Gesture:
        clip, first = self.clip, self.first
        inner = slice(round(strokes[main].begin * FPS), round(strokes[main].stop * FPS) + 1)
        if rests[0]:
            neutral = clip.rotations[first]
        else:
            neutral = rot.normalize(clip.rotations[round(start * FPS) : round(end * FPS)].mean(axis=0))
        return Gesture(
            clip,
            f"{clip.name.rsplit('@', 1)[-1]}#{clip.performer}{first}.{number}",
            self.kind,
            self.hands,
            "seated" if "seated" in clip.tags else "standing",
            start,
            tuple(strokes),
            main,
            retract,
            end,
            *rests,
            float(self.speed[inner].sum() / FPS),
            float(self.speed[inner].max()),
            float(self.drop[round(strokes[main].stop * FPS)]),
            self.front,
            self.back,
            neutral.astype(np.float32),
        )


def _fastest(strokes: Sequence[Stroke], speed: Array) -> int:
    """Return the index of the stroke with the highest peak speed."""
    return max(range(len(strokes)), key=lambda k: speed[round(strokes[k].peak * FPS)])


def _movements(speed: Array, first: int, last: int) -> list[Stroke]:
    """Return the quick movements in [first, last): each between the frames with a third of its peak speed."""
    peaks = find_peaks(speed[first:last], height=_QUICK, distance=4, prominence=0.12)[0] + first
    kept: list[int] = []
    for peak in peaks:
        if kept and speed[kept[-1] : peak + 1].min() > 0.5 * min(speed[kept[-1]], speed[peak]):
            if speed[peak] >= 0.8 * speed[kept[-1]]:  # the hand did not stop in between: one movement
                kept[-1] = int(peak)
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
    """Return whether a movement brings the hand back towards rest."""
    before, after = away[round(move.begin * FPS)], away[min(round(move.stop * FPS), len(away) - 1)]
    return bool(after < before - 0.04 and after < 0.5 * top)


def _retraction(away: Array, speed: Array, stop: int, last: int) -> int:
    """Return the frame after ``stop`` from which on the hands only go back."""
    after = away[stop:last]
    if len(after) < 3:
        return stop
    return stop + int(np.flatnonzero(after >= 0.85 * after.max())[-1])


def _strokes_of(moves: list[Stroke], emphasis: float, speed: Array) -> tuple[list[Stroke], int]:
    """Return the strokes among the movements before the retraction, and which is emphasised.

    Of several movements the first is the preparation.
    """
    if len(moves) == 1:
        return moves, 0
    if emphasis >= _PLACEHOLDER:
        main = min(
            range(len(moves)), key=lambda k: abs(moves[k].stop - emphasis) - 0.05 * speed[round(moves[k].peak * FPS)]
        )
        return (moves, 0) if main == 0 else (moves[1:], main - 1)
    rest = moves[1:]
    return rest, _fastest(rest, speed)


# Name, width and format of the table's columns.
_COLUMNS = (
    ("kind", "<12", "s"), ("clips", ">5", "d"), ("pieces", ">6", "d"), ("left", ">5", "d"), ("right", ">5", "d"),
    ("both", ">5", "d"), ("seated", ">6", "d"), ("strokes", ">7", ".1f"), ("size m", ">7", ".2f"),
    ("peak m/s", ">8", ".2f"),
)  # fmt: skip


def table(library: Sequence[Gesture]) -> str:
    """Return kinds by hand and posture, with strokes, size and speed, as lines to print."""
    lines = [" ".join(f"{name:{width}s}" for name, width, _ in _COLUMNS)]
    for kind, count in sorted(Counter(g.kind for g in library).items(), key=lambda item: (-item[1], item[0])):
        some = [g for g in library if g.kind == kind]
        hands = Counter(g.hand for g in some)
        row = (
            kind,
            len({g.clip.name for g in some}),
            count,
            *(hands[hand] for hand in ("left", "right", "both")),
            sum(g.posture == "seated" for g in some),
            np.mean([len(g.strokes) for g in some]),
            np.median([g.size for g in some]),
            np.median([g.speed for g in some]),
        )
        lines.append(" ".join(f"{value:{width}{form}}" for value, (_, width, form) in zip(row, _COLUMNS)))
    lines.append(f"{len(library)} gestures of {len({g.clip.name for g in library})} clips")
    return "\n".join(lines)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=Path, default=Path("corpus/clips.npz"), help="library of clips")


def run(options: argparse.Namespace) -> None:
    print(table(gesture_library(load_library(options.clips))))
