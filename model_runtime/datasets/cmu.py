"""Read the CMU captures: salsa of two people, BVH takes on one shared rig, and ASF/AMC takes on each subject's body."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import MEAN_HEIGHT
from .archives import ImportLog, members
from .asfamc import AsfSkeleton, make_amc_clip, parse_asf
from .bvh import BvhMotion, Rest, make_clip, make_pair, parse_bvh, rest_of_first_frame
from .clip import Clip, ClipUnreadable
from .skm_tags import LEFT_OUT, tags_of_text

SOURCE = "cmu"
LICENCE = "CMU Graphics Lab Motion Capture Database, free for all uses, not to be resold"
# Salsa is on small game characters, and the shared rig is 1.15 times as large as the subjects, so all BVH is scaled.
STATURE = MEAN_HEIGHT
_WORDS = (
    ("walk", "walk"), ("run", "run"), ("jog", "jog"), ("jump", "jump"), ("punch", "punch"),
    ("dance", "dance"), ("wash", "wash"), ("swordplay", "fight"), ("basketball", "prop"),
    ("uneven", "uneven"), ("slow", "slow"), ("brisk", "brisk"), ("climb", "climb"),
    ("playground", "climb"), ("bend over", "bend"), ("balance", "balance"),
)  # fmt: skip


def read_cmu_archive(path: Path, log: ImportLog) -> None:
    """Read all clips of the archive (or folder) into ``log``; BVH takes that it also has as ASF/AMC are left out."""
    index: dict[str, str] = {}
    skeletons: dict[str, AsfSkeleton] = {}
    takes: dict[str, bytes] = {}
    for name, content in members(path, log):
        if name.endswith("index.csv"):
            index = _read_index(content.decode("utf-8", errors="replace"))
        elif name.endswith(".asf"):
            try:
                skeletons[_folder(name)] = parse_asf(name, content.decode("utf-8", errors="replace"))
            except ClipUnreadable as error:
                log.refused.append((name, str(error)))
        elif name.endswith((".amc", ".bvh")):
            takes[name] = content
    _read_amc(takes, skeletons, index, log)
    _read_pairs({name: content for name, content in takes.items() if "salsa" in name}, log)
    _read_bvh(
        {name: content for name, content in takes.items() if name.endswith(".bvh") and "salsa" not in name},
        index,
        log,
    )


def _read_amc(
    takes: Mapping[str, bytes], skeletons: Mapping[str, AsfSkeleton], index: Mapping[str, str], log: ImportLog
) -> None:
    for name in sorted(name for name in takes if name.endswith(".amc")):
        skeleton = skeletons.get(_folder(name))
        if skeleton is None:
            log.refused.append((name, "no readable .asf skeleton lies beside it"))
            continue
        log.attempt(
            name,
            make_amc_clip,
            _take(name),
            takes[name].decode("utf-8", errors="replace"),
            skeleton,
            SOURCE,
            LICENCE,
            tags=tags_of_take(index.get(_take(name), "")),
            performer=f"cmu_{_take(name)[:2]}",
        )


def _read_pairs(takes: Mapping[str, bytes], log: ImportLog) -> None:
    """Read salsa: take NN of subject 60 with take NN of subject 61, both cut alike so that they stay synchronous."""
    motions: dict[str, tuple[str, BvhMotion]] = {}
    for name in sorted(takes):
        try:
            motions[_take(name)] = name, parse_bvh(_take(name), takes[name].decode("utf-8", errors="replace"))
        except ClipUnreadable as error:
            log.refused.append((name, str(error)))
    for take, (name, motion) in motions.items():
        subject, _, number = take.partition("_")
        partner = motions.get(f"61_{number}" if subject == "60" else f"60_{number}")
        if partner is None:
            tags: tuple[str, ...] = ("dance", "salsa", LEFT_OUT)
            log.attempt(
                name, make_clip, take, motion, SOURCE, LICENCE, stature=STATURE, tags=tags, performer=f"cmu_{subject}"
            )
        elif subject == "60":
            tags = ("dance", "salsa", "pair", LEFT_OUT)
            try:
                log.clips += make_pair(
                    (take, f"61_{number}"), (motion, partner[1]), SOURCE, LICENCE, stature=STATURE, tags=tags
                )
            except ClipUnreadable as error:
                log.refused += [(name, str(error)), (partner[0], f"its partner cannot be read: {error}")]


def _read_bvh(takes: Mapping[str, bytes], index: Mapping[str, str], log: ImportLog) -> None:
    names = {clip.name for clip in log.clips}
    motions: dict[str, BvhMotion] = {}
    rests: list[tuple[BvhMotion, Rest]] = []
    for name in sorted(takes):
        if f"{SOURCE}/{_take(name)}" in names:
            log.refused.append((name, f"a copy of '{SOURCE}/{_take(name)}', which is read from ASF/AMC"))
            continue
        try:
            motion = motions[name] = parse_bvh(_take(name), takes[name].decode("utf-8", errors="replace"))
            rest = rest_of_first_frame(_take(name), motion)
        except ClipUnreadable as error:
            motions.pop(name, None)
            log.refused.append((name, str(error)))
        else:
            if rest is not None:
                rests.append((motion, rest))
    for name, motion in motions.items():
        log.attempt(name, _bvh_clip, _take(name), motion, rests, index)


def _bvh_clip(take: str, motion: BvhMotion, rests: list[tuple[BvhMotion, Rest]], index: Mapping[str, str]) -> Clip:
    """Return a clip whose body is measured in its first frame, if that is a T-pose, else in that of another take on the
    same bones. Raises ``ClipUnreadable``.
    """
    own_first = sorted(rests, key=lambda item: item[0] is not motion)
    rest = next((rest_on(motion, other, rest) for other, rest in own_first if _same_bones(other, motion)), None)
    if rest is None:
        raise ClipUnreadable(
            f"'{take}' does not begin with a T-pose to measure the body in, nor does a take on the same bones."
        )
    return make_clip(
        take,
        motion,
        SOURCE,
        LICENCE,
        rest=rest,
        stature=STATURE,
        tags=tags_of_take(index.get(take, "")),
        performer=f"cmu_{take[:2]}",
    )


def _same_bones(a: BvhMotion, b: BvhMotion) -> bool:
    """Return whether both have the same bones, except for added roots above them and the place of the first."""
    first = dict(zip(a.rig.names, a.rig.offsets))
    common = [(bone, offset) for bone, offset in zip(b.rig.names, b.rig.offsets) if bone in first]
    if len(common) < 0.9 * max(len(a.rig.names), len(b.rig.names)):
        return False
    return all(np.allclose(first[bone], offset, atol=0.01) for bone, offset in common[1:])


def rest_on(motion: BvhMotion, other: BvhMotion, rest: Rest) -> Rest:
    """Return the T-pose of another take for the bones of this take.

    Root bones that only this take has, and the first bone that both have, keep the rotation of this take's first frame.
    """
    names = motion.rig.names
    own = dict(zip(names, motion.local[0]))
    if names == other.rig.names:
        return rest
    first = next(bone for bone in names if bone in rest)
    above = rot.IDENTITY.astype(np.float64)
    for bone in names[: names.index(first)]:
        above = rot.multiply(above, own[bone])
    common = {first: rot.multiply(rot.conjugate(above), rest[first])}
    return {bone: common.get(bone, rest.get(bone, own[bone])) for bone in names}


def _read_index(text: str) -> dict[str, str]:
    """Return the descriptions by take ('02_01')."""
    rows = csv.reader(io.StringIO(text))
    return {row[0]: row[1].lower() for row in rows if len(row) > 1 and re.fullmatch(r"\d+_\d+", row[0])}


def tags_of_take(description: str) -> tuple[str, ...]:
    """Return tags of a take's description in the index."""
    tags = tags_of_text(description, _WORDS)
    if "uneven" in tags:  # not a walk on a level floor
        tags = tuple(tag for tag in tags if tag != "walk")
    plain = {"walk", "slow", "brisk"} >= set(tags) and "walk" in tags
    return (*tags, *(("walk_loop", "locomotion") if plain else (LEFT_OUT,)))


def _take(name: str) -> str:
    """Return the take of a file: 'cmu/bvh/002/002_01.bvh' -> '02_01'."""
    return re.sub(r"^0+(\d\d)", r"\1", PurePosixPath(name).stem.removesuffix("_scaled"))


def _folder(name: str) -> str:
    return str(PurePosixPath(name).parent)
