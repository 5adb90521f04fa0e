"""Read every archive of free motion at hand into one library of clips, ``corpus/clips.npz``."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import JOINTS, Skeleton
from ..common.files import write_whole, written_whole
from ..contract import FPS
from ..errors import InterActError
from .archives import ImportLog, members
from .bvh import read_bvh
from .clip import Clip, ClipUnreadable, Pair
from .clip_table import summary, summary_table
from .cmu import read_cmu_archive
from .families import assign_splits, drop_duplicates
from .gltf import parse_glb, read_animation
from .hifi import read_hifi
from .locations import data_dir
from .rocketbox import read_rocketbox
from .skm import LICENCE as SMARTBODY_LICENCE
from .skm import SOURCE as SMARTBODY
from .skm import parse_sk, read_skm
from .skm_tags import tags_named, tags_of_animation
from .source_rig import SourceRig

LIBRARY_VERSION = 2
_TURNS = 32767 / np.pi  # int16 steps per radian of a rotation vector
_META = ("name", "source", "licence", "tags", "sync", "has_fingers", "performer", "split")
_PAIR = ("partner", "x", "y", "heading")


class LibraryMissing(InterActError):
    """The library of clips, or the archives it is built from, are not where they should be."""


def build_library(data_dir: Path, out: Path) -> ImportLog:
    """Read the archives (or unpacked folders) under ``data_dir/motion``, write ``out`` and return the log.

    Raises ``LibraryMissing`` when there is none of them.
    """
    log = read_archives(data_dir / "motion")
    drop_duplicates(log)
    assign_splits(log)
    save_library(log.clips, out)
    return log


def read_archives(motion_dir: Path, source: str = "") -> ImportLog:
    """Read every archive, or unpacked folder, in ``motion_dir`` whose name begins with ``source``.

    Raises ``LibraryMissing`` when there is none.
    """
    log = ImportLog()
    found = False
    for archive, read in _ARCHIVES.items():
        if not archive.startswith(source):
            continue
        path = next(
            (motion_dir / name for name in (archive, archive.split(".")[0]) if (motion_dir / name).exists()), None
        )
        if path is not None:
            found = True
            read(path, log)
    if not found:
        raise LibraryMissing(
            f"No motion archive ({', '.join(_ARCHIVES)}) is in '{motion_dir}'; "
            "point --data at the folder that holds motion/."
        )
    return log


def read_clip(motion_dir: Path, name: str) -> Clip:
    """Return one clip by its name, such as 'cmu/06_10', from its own archive. Raises ``LibraryMissing``."""
    for clip in read_archives(motion_dir, name.split("/")[0]).clips:
        if clip.name == name:
            return clip
    raise LibraryMissing(f"There is no clip '{name}' in '{motion_dir}'; `corpus clips --table` lists what there is.")


def _read_rocketbox_archive(path: Path, log: ImportLog) -> None:
    for name, content in members(path, log):
        if name.endswith(".npz"):
            log.attempt(name, read_rocketbox, name, content)


def _read_smartbody_archive(path: Path, log: ImportLog) -> None:
    rigs: dict[str, SourceRig] = {}
    motions: list[tuple[str, bytes]] = []
    for name, content in members(path, log):  # a clip may come before its skeleton
        if name.endswith(".skm"):
            motions.append((name, content))
        elif name.endswith(".bvh") and "/motions/" in name:
            family, clip = name.split("/")[-3], PurePosixPath(name).stem
            log.attempt(
                name, read_bvh, f"{family}/{clip}", content, SMARTBODY, SMARTBODY_LICENCE, tags_named(family, clip)
            )
        elif "/skeletons/" in name:
            try:
                rigs[name] = parse_sk(name, content.decode("utf-8", errors="replace"))
            except ClipUnreadable as error:
                log.refused.append((name, str(error)))
    for name, content in sorted(motions):
        log.attempt(name, read_skm, name, content, rigs)


def _read_mesh2motion(path: Path, log: ImportLog) -> None:
    for name, content in members(path, log):
        if not name.endswith(".glb"):
            continue
        try:
            scene = parse_glb(name, content)
        except ClipUnreadable as error:
            log.refused.append((name, str(error)))
            continue
        if not scene.animations:
            log.refused.append((name, "it holds a body but no animation"))
        for number, animation in enumerate(scene.animations):
            clip = re.sub(r"\W+", "_", animation)
            performer = f"mesh2motion_{PurePosixPath(name).stem}"
            tags = tags_of_animation(clip)
            log.attempt(
                f"{name}:{animation}", read_animation, scene, number, clip, "mesh2motion", "CC0-1.0", tags, performer
            )


_ARCHIVES: dict[str, Callable[[Path, ImportLog], None]] = {
    "rocketbox.tar": _read_rocketbox_archive,
    "smartbody.tar.xz": _read_smartbody_archive,
    "cmu.tar.xz": read_cmu_archive,
    "mesh2motion": _read_mesh2motion,
    "hifi": read_hifi,
}


def save_library(clips: list[Clip], path: Path) -> None:
    """Write one ``.npz``: rotation vectors as int16 differences over time (they compress well), positions, offsets,
    JSON.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    steps = [np.round(rot.to_axis_angle(clip.rotations.astype(np.float64)) * _TURNS).astype(np.int16) for clip in clips]
    coded = [np.concatenate([s[:1], s[1:] - s[:-1]]) for s in steps]  # int16 wraps and unwraps exactly
    meta = {
        "version": LIBRARY_VERSION,
        "fps": FPS,
        "joints": list(JOINTS),
        "clips": [_meta_of(clip) for clip in clips],
    }
    with written_whole(path) as partial, open(partial, "wb") as file:
        np.savez_compressed(
            file,
            meta=np.array(json.dumps(meta)),
            rotations=np.concatenate([np.zeros((0, len(JOINTS), 3), np.int16), *coded]),
            root_positions=np.concatenate([np.zeros((0, 3), np.float32), *(c.root_positions for c in clips)]),
            offsets=np.array([c.skeleton.offsets for c in clips], np.float32).reshape(-1, len(JOINTS), 3),
        )


def _meta_of(clip: Clip) -> dict[str, Any]:
    pair = {"pair": [getattr(clip.pair, key) for key in _PAIR]} if clip.pair else {}
    return {key: getattr(clip, key) for key in _META} | {"frames": clip.frames} | pair


def load_library(path: str | Path) -> list[Clip]:
    """Return the clips of a library file. Raises ``LibraryMissing`` if absent, truncated or of another version."""
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as data:
            meta = json.loads(str(data["meta"]))
            rotations, root_positions, offsets = data["rotations"], data["root_positions"], data["offsets"]
            if meta["version"] != LIBRARY_VERSION or meta["joints"] != list(JOINTS):
                raise ValueError("another version")
    except FileNotFoundError as error:
        raise LibraryMissing(
            f"No clip library is at '{path}'; make it with 'python -m model_runtime corpus clips'."
        ) from error
    except Exception as error:  # zip, JSON and array errors have no common base
        raise LibraryMissing(f"'{path}' is not a readable clip library ({error}); make it again.") from error
    clips, start = [], 0
    for index, entry in enumerate(meta["clips"]):
        stop = start + entry["frames"]
        vectors = np.cumsum(rotations[start:stop], axis=0, dtype=np.int16).astype(np.float32) / np.float32(_TURNS)
        details = {key: entry[key] for key in _META} | {"tags": tuple(entry["tags"])}
        details["pair"] = Pair(*entry["pair"]) if "pair" in entry else None
        quaternions = rot.continuous(rot.from_axis_angle(vectors)).astype(np.float32)
        clips.append(
            Clip(
                skeleton=Skeleton(offsets[index]),
                root_positions=root_positions[start:stop],
                rotations=quaternions,
                **details,
            )
        )
        start = stop
    return clips


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=data_dir(), metavar="DIR", help="folder that holds motion/")
    parser.add_argument("--out", type=Path, default=Path("corpus/clips.npz"), help="library file to write")
    parser.add_argument("--table", type=Path, help="also write what was read and refused as a page of Markdown")


def run(options: argparse.Namespace) -> None:
    log = build_library(options.data, options.out)
    print(summary(log))
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB")
    if options.table is not None:
        write_whole(options.table, summary_table(log))
