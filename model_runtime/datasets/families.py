"""Find families of clips of the same motion, drop copies, and split clips by family into training and test.

A family holds all clips made of one performance: numbered takes, left and right forms, one- and two-handed forms,
strong forms, mirrored and retargeted copies, the halves of a pair. Families are found by name and, across names, by
motion. Whole families are held out, so that no variant of a test clip is trained on. Every category that composing uses
has families on both sides if it has at least two.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import BODY_JOINTS, INDEX, MIRRORED, mirrored
from ..common.arrays import Array
from .archives import ImportLog
from .clip import Clip
from .held_out import HELD_OUT_CLIPS, HELD_OUT_SPLIT

HELD_OUT = 0.15  # of every category's clips
_ALIKE = 0.4  # largest difference of two clips of the same motion, relative to their own rotation
_MOMENTS = 9
_BASE_MOTION = ("walk_loop", "turn_in_place", "turn_to_walk", "sit_down", "stand_up", "idle", "listen")
_KEPT = re.compile(r"rocketbox/[mf]/(walk_(start|stop|neutral)|sit_breathe_01)")  # without a substitute in training
_GESTURE_KINDS = (
    "beat", "chop", "me", "you", "we", "no", "negative", "stop", "offer", "receive", "plea", "shrug", "think",
    "point", "indicate", "example", "however", "surround", "question", "dismiss", "inclusive", "big", "frame", "here",
    "when", "sweep", "safe", "presentation",
)  # fmt: skip
# Categories that both splits should have: clips with all of these tags.
CATEGORIES: tuple[tuple[str, ...], ...] = (
    *(("gesture", kind) for kind in _GESTURE_KINDS),
    ("idle", "stand"), ("idle", "sit"), ("gesture", "sit"), ("talk",), ("listen",), ("listen", "accept"),
    ("listen", "deny"), ("laugh",), ("self_adaptor", "stand"), ("self_adaptor", "sit"), ("weight_shift",), ("wave",),
    ("clap",), ("cheer",), ("walk_loop",), ("walk_start",), ("walk_stop",), ("turn_in_place",), ("turn_to_walk",),
    ("step",), ("strafe",), ("sit_down",), ("stand_up",), ("run_loop",), ("crouch",), ("prop",), ("reach",),
    ("jump",), ("kick",), ("punch",), ("dance",), ("climb",), ("head",), ("uneven",),
)  # fmt: skip


def drop_duplicates(log: ImportLog) -> None:
    """Refuse copies and mirrored copies of other clips."""
    kept: list[Clip] = []
    seen: dict[tuple[int, bytes], str] = {}
    for clip in log.clips:
        plain = _fingerprint(clip.frames, clip.rotations)
        mirror = _fingerprint(clip.frames, mirrored(clip.rotations))
        if plain in seen:
            log.refused.append((clip.name, f"a copy of '{seen[plain]}'"))
        elif mirror in seen:
            log.refused.append((clip.name, f"a mirrored copy of '{seen[mirror]}'"))
        else:
            seen[plain] = clip.name
            kept.append(clip)
    log.clips[:] = kept


def _fingerprint(frames: int, rotations: Array) -> tuple[int, bytes]:
    """Return length and coarse body rotations at five times: equal for copies, different for takes of one motion."""
    moments = np.linspace(0, frames - 1, 5).astype(int)
    vectors = rot.to_axis_angle(rotations[moments][:, 1:22].astype(np.float64))
    return frames, np.round(vectors * 20).astype(np.int8).tobytes()


def assign_splits(log: ImportLog) -> None:
    """Set ``split`` of every clip: 'held_out' for those of ``HELD_OUT_CLIPS``; of the rest whole families to 'test'
    until each category has a share of about ``HELD_OUT`` there.
    """
    clips = [clip for clip in log.clips if clip.name not in HELD_OUT_CLIPS]
    families = families_of(clips)
    rows = [[i for i, clip in enumerate(clips) if set(tags) <= set(clip.tags)] for tags in CATEGORIES]
    for performer in sorted({clip.performer for clip in clips if clip.source == "rocketbox"}):  # base motion of scenes
        for tag in _BASE_MOTION:
            rows.append([i for i, clip in enumerate(clips) if tag in clip.tags and clip.performer == performer])
    rows.append(sorted(set(range(len(clips))) - {i for row in rows for i in row}))
    split = _Split(families, [row for row in rows if row])
    for row in sorted(split.rows, key=lambda row: len({families[i] for i in row})):  # the scarcest first
        split.hold_out_of(row)
    splits = {clip.name: "test" if family in split.test else "train" for clip, family in zip(clips, families)}
    log.clips[:] = [replace(clip, split=splits.get(clip.name, HELD_OUT_SPLIT)) for clip in log.clips]


class _Split:
    """A split in the making: ``test``: the families held out so far; ``families``: the name of each clip's family;
    ``rows``: the indices of each category's clips.
    """

    def __init__(self, families: Sequence[str], rows: list[list[int]]) -> None:
        self.families, self.rows, self.test = families, rows, set[str]()
        self.sizes = [Counter(families[i] for i in row) for row in rows]

    def hold_out_of(self, row: list[int]) -> None:
        """Hold out small families of a row until its share is reached, or the smallest one if all are large."""
        sizes = self.sizes[self.rows.index(row)]
        held = sum(size for family, size in sizes.items() if family in self.test)
        large = max(0.35 * len(row), 1)
        for family in sorted(
            sizes,
            key=lambda family: (sizes[family] > large, sizes[family] if sizes[family] > large else 0, _order(family)),
        ):
            if held > 0 and (held + 0.5 * sizes[family] > HELD_OUT * len(row) or sizes[family] > large):
                break
            if family not in self.test and self._can_spare(family):
                self.test.add(family)
                held += sizes[family]

    def _can_spare(self, family: str) -> bool:
        """Return whether training keeps at least 40 % of the clips of every category without this family."""
        if _KEPT.fullmatch(family):
            return False
        for row, sizes in zip(self.rows, self.sizes):
            kept = sum(size for other, size in sizes.items() if other != family and other not in self.test)
            if family in sizes and kept < 0.4 * len(row):
                return False
        return True


def _order(family: str) -> bytes:
    """Return a key for an order of families that is the same on every machine."""
    return hashlib.blake2b(family.encode(), digest_size=8).digest()


def families_of(clips: Sequence[Clip]) -> list[str]:
    """Return the name of each clip's family, which is the family name of one of its members."""
    names = [family_name(clip.name, clip.pair.partner if clip.pair else None) for clip in clips]
    leader = {name: name for name in names}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for first, second in _alike(clips):
        a, b = sorted((find(names[first]), find(names[second])))
        leader[b] = a
    return [find(name) for name in names]


def family_name(name: str, partner: str | None = None) -> str:
    """Return a clip's name without the words that distinguish variants of one motion."""
    if partner is not None:
        name = min(name, partner)
    source, *_, action = name.split("/")
    if source == "cmu":
        return name
    performer = ""
    if source == "rocketbox":
        performer, _, action = action.partition("_")
        if any(word in action for word in ("idle", "gestic", "breathe")):
            # The same capture at a chair and at a table; numbered takes are different captures.
            return f"{source}/{performer}/{action.replace('_chair', '').replace('_table', '')}"
    else:
        performer, _, action = action.rpartition("@")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", re.sub(r"_?\d+$", "", action)).lower()
    kept = [word for word in re.split(r"[_\s-]+", words) if word]
    kept = [word for word in kept if re.sub(r"\d+$", "", word) not in _VARIANT_WORDS] or kept
    if performer == "" or source != "rocketbox":
        return "/".join(part for part in (*name.split("/")[:-1], performer, "_".join(kept)) if part)
    sided = "_side" if source == "rocketbox" and action.startswith("sit_") and len(kept) < len(words.split("_")) else ""
    return f"{source}/{performer}/{'_'.join(kept)}{sided}"


_VARIANT_WORDS = {"left", "right", "lf", "rt", "bt", "both", "intense", "lturn", "rturn", "softened", "old", "rm"}


def _alike(clips: Sequence[Clip]) -> Iterable[tuple[int, int]]:
    """Yield pairs of clips of nearly the same length with the same rotations between moments, or mirrored ones."""
    if not clips:
        return
    joints = [joint for joint in range(1, len(BODY_JOINTS)) if joint not in (INDEX["left_foot"], INDEX["right_foot"])]
    poses = np.stack(
        [clip.rotations[np.linspace(0, clip.frames - 1, _MOMENTS).astype(int), : len(BODY_JOINTS)] for clip in clips]
    )
    turns = rot.to_axis_angle(rot.multiply(rot.conjugate(poses[:, :-1]), poses[:, 1:]))  # (clips, moments, joints, 3)
    mirror = (turns[:, :, [MIRRORED[joint] for joint in range(len(BODY_JOINTS))]] * np.array([1, -1, -1], np.float32))[
        :, :, joints
    ]
    turns = turns[:, :, joints]
    size = np.linalg.norm(turns, axis=-1).mean(axis=(1, 2))
    lengths = np.array([clip.frames for clip in clips])
    for index in range(1, len(clips)):
        near = np.flatnonzero(np.abs(lengths[:index] - lengths[index]) <= 0.02 * lengths[index] + 1)
        for mine in (turns[index], mirror[index]):
            difference = np.linalg.norm(turns[near] - mine, axis=-1).mean(axis=(1, 2))
            for other in near[difference < _ALIKE * np.maximum(size[near], size[index])]:
                yield int(other), index
