"""The library of clips: reads every archive of free motion at hand and keeps the clips in one ``.npz``.

``python -m model_runtime.corpus.library --data ../shared/data --out corpus/clips.npz``
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import rotations as rot
from ..contract import FPS
from ..errors import InterActError
from ..skeleton import JOINTS, Skeleton
from .bvh import make_clip, parse_bvh, rest_of_first_frame
from .clip import Clip, ClipUnreadable
from .rocketbox import read_rocketbox
from .skm import parse_sk, read_skm
from .source_rig import SourceRig

Array = NDArray[Any]
LIBRARY_VERSION = 1
_TURNS = 32767 / np.pi  # int16 steps per radian of a rotation vector
_META = ("name", "source", "licence", "tags", "sync", "has_fingers", "performer", "split")


class LibraryMissing(InterActError):
    """The library of clips, or the archives it is built from, are not where they should be."""


@dataclass
class Reading:
    """What came of reading: clips, and refusals as (file, reason)."""

    clips: list[Clip] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def build_library(data_dir: Path, out: Path) -> Reading:
    """Read the archives (or unpacked folders) under ``data_dir/motion``, write ``out`` and return what was read.

    Raises ``LibraryMissing`` when there is none of them.
    """
    reading = read_archives(data_dir / "motion")
    drop_duplicates(reading)
    save_library(reading.clips, out)
    return reading


def read_archives(motion_dir: Path) -> Reading:
    reading = Reading()
    found = False
    for archive, read in _ARCHIVES.items():
        path = next((motion_dir / name for name in (archive, archive.split(".")[0]) if (motion_dir / name).exists()), None)
        if path is not None:
            found = True
            read(path, reading)
    if not found:
        raise LibraryMissing(
            f"No motion archive ({', '.join(_ARCHIVES)}) is in '{motion_dir}'; point --data at the folder that holds motion/."
        )
    return reading


def members(path: Path, reading: Reading) -> Iterator[tuple[str, bytes]]:
    """(name, content) of the plain files in a tar archive or folder, archive order; unsafe members are refused."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                yield f"{path.name}/{file.relative_to(path).as_posix()}", file.read_bytes()
        return
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                if member.isdir():
                    continue
                parts = PurePosixPath(member.name.replace("\\", "/"))
                if parts.is_absolute() or ".." in parts.parts or not member.isfile():
                    reading.refused.append((f"{path.name}:{member.name}", "the archive member is a link or points outside the archive"))
                    continue
                stream = archive.extractfile(member)
                if stream is not None:
                    yield member.name, stream.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        reading.refused.append((path.name, f"the archive cannot be read to its end ({error})"))


def _read_rocketbox_archive(path: Path, reading: Reading) -> None:
    for name, content in members(path, reading):
        if name.endswith(".npz"):
            _attempt(reading, name, lambda name=name, content=content: read_rocketbox(name, content))  # type: ignore[misc]


def _read_smartbody_archive(path: Path, reading: Reading) -> None:
    rigs: dict[str, SourceRig] = {}
    motions: list[tuple[str, bytes]] = []
    for name, content in members(path, reading):  # a clip may come before its skeleton
        if name.endswith(".skm"):
            motions.append((name, content))
        elif "/skeletons/" in name:
            try:
                rigs[name] = parse_sk(name, content.decode("utf-8", errors="replace"))
            except ClipUnreadable as error:
                reading.refused.append((name, str(error)))
    for name, content in sorted(motions):
        _attempt(reading, name, lambda name=name, content=content: read_skm(name, content, rigs))  # type: ignore[misc]


_CMU_LICENCE = "CMU Graphics Lab Motion Capture Database, free for all uses, not to be resold"


def _read_cmu_archive(path: Path, reading: Reading) -> None:
    index: dict[str, str] = {}
    motions: list[tuple[str, bytes]] = []
    for name, content in members(path, reading):
        if name.endswith("index.csv"):
            index = _cmu_index(content.decode("utf-8", errors="replace"))
        elif name.endswith(".bvh"):
            motions.append((name, content))
    for name, content in sorted(motions):
        _attempt(reading, name, lambda name=name, content=content: _cmu_clip(name, content, index))  # type: ignore[misc]


def _cmu_clip(name: str, content: bytes, index: Mapping[str, str]) -> Clip:
    take = re.sub(r"^0*(\d\d)", r"\1", PurePosixPath(name).stem.removesuffix("_scaled"))
    motion = parse_bvh(take, content.decode("utf-8", errors="replace"))
    performer = f"cmu_{take.split('_')[0]}"
    if "salsa" in name:  # drawn in their zero pose, and made for small game characters
        return make_clip(take, motion, "cmu", _CMU_LICENCE, stature=1.70, tags=("dance", "salsa"), performer=performer)
    rest = rest_of_first_frame(take, motion)
    if rest is None:
        raise ClipUnreadable(f"'{take}' does not begin with a T-pose to measure the body in.")
    return make_clip(take, motion, "cmu", _CMU_LICENCE, rest=rest, tags=_cmu_tags(index.get(take, "")), performer=performer)


def _cmu_index(text: str) -> dict[str, str]:
    """Take ('02_01') -> what it shows."""
    rows = csv.reader(io.StringIO(text))
    return {row[0]: row[1].lower() for row in rows if len(row) > 1 and re.fullmatch(r"\d+_\d+", row[0])}


def _cmu_tags(description: str) -> tuple[str, ...]:
    words = re.findall(r"[a-z]+", description)
    known = ["walk", "run", "jog", "jump", "punch", "dance", "salsa", "wash", "swordplay", "basketball", "uneven", "slow", "brisk"]
    tags = [word for word in known if word in words]
    plain = {"walk"} >= set(tags) - {"slow", "brisk"} and "walk" in tags
    return (*tags, *(("walk_loop", "locomotion") if plain else ()))


def _attempt(reading: Reading, name: str, read: Callable[[], Clip]) -> None:
    try:
        reading.clips.append(read())
    except ClipUnreadable as error:
        reading.refused.append((name, str(error)))


_ARCHIVES: dict[str, Callable[[Path, Reading], None]] = {
    "rocketbox.tar": _read_rocketbox_archive,
    "smartbody.tar.xz": _read_smartbody_archive,
    "cmu.tar.xz": _read_cmu_archive,
}


def drop_duplicates(reading: Reading) -> None:
    """Refuse copies, and mirrored copies, of a clip already read."""
    kept: list[Clip] = []
    seen: dict[tuple[int, bytes], str] = {}
    for clip in reading.clips:
        twin = seen.get(_fingerprint(clip))
        if twin is not None:
            reading.refused.append((clip.name, f"a copy of '{twin}'"))
            continue
        twin = seen.get(_fingerprint(clip.mirrored()))
        if twin is not None:
            reading.refused.append((clip.name, f"a mirrored copy of '{twin}'"))
            continue
        seen[_fingerprint(clip)] = clip.name
        kept.append(clip)
    reading.clips[:] = kept


def _fingerprint(clip: Clip) -> tuple[int, bytes]:
    """Length and coarse body rotations at five moments: equal for copies, different for takes of the same motion."""
    moments = np.linspace(0, clip.frames - 1, 5).astype(int)
    vectors = rot.to_axis_angle(clip.rotations[moments][:, 1:22].astype(np.float64))
    return clip.frames, np.round(vectors * 20).astype(np.int8).tobytes()


def save_library(clips: list[Clip], path: Path) -> None:
    """One ``.npz``: rotation vectors as int16 differences over time (they compress well), positions, offsets, JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    steps = [np.round(rot.to_axis_angle(clip.rotations.astype(np.float64)) * _TURNS).astype(np.int16) for clip in clips]
    coded = [np.concatenate([s[:1], s[1:] - s[:-1]]) for s in steps]  # int16 wraps and unwraps exactly
    meta = {
        "version": LIBRARY_VERSION,
        "fps": FPS,
        "joints": list(JOINTS),
        "clips": [{key: getattr(clip, key) for key in _META} | {"frames": clip.frames} for clip in clips],
    }
    partial = path.with_name(path.name + ".part")
    try:
        with open(partial, "wb") as file:
            np.savez_compressed(
                file,
                meta=np.array(json.dumps(meta)),
                rotations=np.concatenate(coded) if coded else np.zeros((0, len(JOINTS), 3), np.int16),
                root_positions=np.concatenate([c.root_positions for c in clips]) if clips else np.zeros((0, 3), np.float32),
                offsets=np.stack([c.skeleton.offsets for c in clips]) if clips else np.zeros((0, len(JOINTS), 3), np.float32),
            )
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def load_library(path: str | Path) -> list[Clip]:
    """The clips of a library file. Raises ``LibraryMissing`` when it is absent, truncated or of another version."""
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as data:
            meta = json.loads(str(data["meta"]))
            rotations, root_positions, offsets = data["rotations"], data["root_positions"], data["offsets"]
            if meta["version"] != LIBRARY_VERSION or meta["joints"] != list(JOINTS):
                raise ValueError("another version")
    except FileNotFoundError as error:
        raise LibraryMissing(f"No clip library is at '{path}'; make it with 'python -m model_runtime.corpus.library'.") from error
    except Exception as error:  # zip, JSON and array errors have no common base
        raise LibraryMissing(f"'{path}' is not a readable clip library ({error}); make it again.") from error
    clips, start = [], 0
    for index, entry in enumerate(meta["clips"]):
        stop = start + entry["frames"]
        vectors = np.cumsum(rotations[start:stop], axis=0, dtype=np.int16).astype(np.float32) / np.float32(_TURNS)
        details = {key: entry[key] for key in _META} | {"tags": tuple(entry["tags"])}
        quaternions = rot.continuous(rot.from_axis_angle(vectors)).astype(np.float32)
        clips.append(Clip(skeleton=Skeleton(offsets[index]), root_positions=root_positions[start:stop], rotations=quaternions, **details))
        start = stop
    return clips


def summary(reading: Reading) -> str:
    """Minutes by source and tag, and every refusal with its reason, as lines to print."""
    lines = []
    for source in sorted({clip.source for clip in reading.clips}):
        clips = [clip for clip in reading.clips if clip.source == source]
        held_out = sum(clip.split == "test" for clip in clips)
        lines.append(f"{source}: {len(clips)} clips, {_minutes(clips):.1f} min, {held_out} held out, {clips[0].licence}")
        counts = Counter(tag for clip in clips for tag in clip.tags)
        for tag, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            lines.append(f"    {tag:24s} {count:4d} clips {_minutes([c for c in clips if tag in c.tags]):6.1f} min")
    lines.append(f"total: {len(reading.clips)} clips, {_minutes(reading.clips):.1f} min; {len(reading.refused)} refused")
    lines += [f"    {name}: {reason}" for name, reason in reading.refused]
    return "\n".join(lines)


def _minutes(clips: list[Clip]) -> float:
    return sum(clip.duration for clip in clips) / 60


def main() -> None:
    parser = argparse.ArgumentParser(description="Read the motion archives into one library of clips.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder that holds motion/")
    parser.add_argument("--out", type=Path, default=Path("corpus/clips.npz"), help="library file to write")
    arguments = parser.parse_args()
    print(summary(build_library(arguments.data, arguments.out)))
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
