"""Clips can be cut and mirrored, bad archive members are refused, and the library stores the clips."""

from __future__ import annotations

import io
import tarfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.corpus.staging import lent
from model_runtime.datasets.archives import ImportLog, members
from model_runtime.datasets.clip import Clip, Pair
from model_runtime.datasets.clip_table import summary, summary_table
from model_runtime.datasets.families import assign_splits, drop_duplicates, families_of, family_name
from model_runtime.datasets.library import LibraryMissing, build_library, load_library, save_library

from ..motion_samples import bvh_text, place, still_clip


def test_a_slice_starts_at_the_origin_and_shifts_its_sync_points():
    clip = still_clip()
    object.__setattr__(clip, "sync", {"emphasis": 0.5})
    part = clip.slice(6, 24)
    assert part.frames == 18
    assert part.sync["emphasis"] == pytest.approx(0.3)
    np.testing.assert_allclose(part.root_positions[0, :2], 0, atol=1e-6)


def test_a_mirrored_clip_is_the_reflection_and_mirroring_twice_gives_the_clip():
    clip = still_clip()
    mirror, back = clip.mirrored(), clip.mirrored().mirrored()
    np.testing.assert_allclose(place(mirror, "left_wrist") * [-1, 1, 1], place(clip, "right_wrist"), atol=1e-5)
    np.testing.assert_allclose(place(mirror, "head") * [-1, 1, 1], place(clip, "head"), atol=1e-5)
    np.testing.assert_allclose(back.rotations, clip.rotations, atol=1e-6)


def _named(*names: str, tags: tuple[str, ...] = ()) -> list[Clip]:
    return [replace(still_clip(seed=zlib.crc32(name.encode()), name=name), tags=tags) for name in names]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("smartbody/Gestures/ChrBrad@Idle01_BeatHighBt01", "smartbody/Gestures/ChrBrad@Idle01_BeatHighLf02"),
        ("smartbody/Gestures/ChrBrad@Idle01_IndicateLeftLf01", "smartbody/Gestures/ChrBrad@Idle01_IndicateRightBt01"),
        ("smartbody/PNGestures/stop2", "smartbody/PNGestures/stop_intense2"),
        ("smartbody/FemaleLocomotion/ChrHarmony@Turn90Lf01", "smartbody/FemaleLocomotion/ChrHarmony@Turn90Rt01"),
        ("rocketbox/m_walk_stroll_01", "rocketbox/m_walk_stroll_02"),
        ("rocketbox/f_sit_chair_idle_yawn", "rocketbox/f_sit_table_idle_yawn"),
        ("rocketbox/m_sit_down_chair_left", "rocketbox/m_sit_down_chair_right"),
    ],
)
def test_variants_of_one_motion_are_one_family(one: str, other: str):
    assert family_name(one) == family_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("smartbody/Gestures/ChrBrad@Idle01_BeatHighBt01", "smartbody/Gestures/ChrBrad@Idle03_BeatHighBt01"),
        ("smartbody/Gestures/ChrBrad@Idle01_BeatHighBt01", "smartbody/Gestures/ChrBrad@Idle01_BeatLowBt01"),
        ("smartbody/FemaleLocomotion/ChrHarmony@Turn90Lf01", "smartbody/FemaleLocomotion/ChrHarmony@Turn180Lf01"),
        ("rocketbox/m_wave_01", "rocketbox/f_wave_01"),
        ("rocketbox/m_sit_down_chair_01", "rocketbox/m_sit_down_chair_left"),
    ],
)
def test_different_performances_are_different_families(one: str, other: str):
    assert family_name(one) != family_name(other)


def test_retargeted_and_mirrored_copies_under_other_names_are_one_family():
    first, other = still_clip(name="test/first"), still_clip(name="test/other", seed=1)
    copy = replace(first, name="test/copy", rotations=rot.normalize(first.rotations + np.float32(0.01)))
    mirror = replace(copy.mirrored(), name="test/mirror")
    found = families_of([first, other, copy, mirror])
    assert found[0] == found[2] == found[3] != found[1]


def test_halves_of_a_pair_are_one_family():
    assert family_name("cmu/60_03", "cmu/61_03") == family_name("cmu/61_03", "cmu/60_03")


def test_both_splits_have_every_category_and_every_family_is_in_one_split():
    clips = [
        c
        for kind in ("beat", "we")
        for c in _named(
            *(f"smartbody/S/A@Idle0{n}_{kind}{s}01" for n in range(1, 9) for s in ("Lf", "Rt")), tags=("gesture", kind)
        )
    ]
    clips += _named("rocketbox/m_sit_down_chair_01", "rocketbox/m_sit_down_table_left", tags=("sit_down",))
    log = ImportLog(clips=clips)
    assign_splits(log)
    for tag in ("beat", "we", "sit_down"):
        assert {clip.split for clip in log.clips if tag in clip.tags} == {"train", "test"}
    sides: dict[str, set[str]] = {}
    for clip, family in zip(log.clips, families_of(log.clips)):
        sides.setdefault(family, set()).add(clip.split)
    assert all(len(side) == 1 for side in sides.values())


def test_clips_of_the_list_are_held_out_and_lent_to_nobody():
    clips = _named("rocketbox/f_walk_stroll_01", "rocketbox/f_walk_neutral_01", tags=("walk", "walk_loop"))
    log = ImportLog(clips=[replace(clip, source="rocketbox") for clip in clips])
    assign_splits(log)
    splits = {clip.name: clip.split for clip in log.clips}
    assert splits["rocketbox/f_walk_stroll_01"] == "held_out" != splits["rocketbox/f_walk_neutral_01"]
    assert [clip.name for clip in lent(log.clips, "test")] == ["rocketbox/f_walk_neutral_01"]


def test_the_split_does_not_depend_on_the_order_of_reading():
    clips = _named(*(f"smartbody/S/A@Idle0{n}_BeatLf01" for n in range(1, 9)), tags=("gesture", "beat"))
    one, other = ImportLog(clips=list(clips)), ImportLog(clips=clips[::-1])
    assign_splits(one)
    assign_splits(other)
    assert {clip.name: clip.split for clip in one.clips} == {clip.name: clip.split for clip in other.clips}


# ---- archives


def _tar(path: Path, files: dict[str, bytes], link: str | None = None) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(info)
    return path


def test_archive_members_that_point_outside_are_refused_and_counted(tmp_path: Path):
    log = ImportLog()
    path = _tar(
        tmp_path / "a.tar",
        {"ok/a.bvh": b"1", "../evil.bvh": b"2", "/abs.bvh": b"3", "x\\..\\..\\y.bvh": b"4"},
        link="ok/link.bvh",
    )
    assert [name for name, _ in members(path, log)] == ["ok/a.bvh"]
    assert len(log.refused) == 4
    assert "5 refused" in summary(ImportLog(refused=[*log.refused, ("one more", "why")]))


def test_only_the_library_is_written(tmp_path: Path):
    motion, outside = tmp_path / "data" / "motion", tmp_path / "outside.bvh"
    motion.mkdir(parents=True)
    outside.write_bytes(bvh_text().encode())
    good = bvh_text({"Head": (0, 20, 0)}).encode()
    _tar(
        motion / "cmu.tar.xz",
        {"../../escaped.bvh": good, str(tmp_path / "absolute.bvh"): good, "C:\\windows.bvh": good},
        link="cmu/salsa/l.bvh",
    )
    (motion / "mesh2motion").mkdir()
    (motion / "mesh2motion" / "link.glb").symlink_to(outside)
    (motion / "mesh2motion" / "folder").symlink_to(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()}
    log = build_library(tmp_path / "data", tmp_path / "out" / "clips.npz")
    after = {path for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()}
    assert after - set(before) == {tmp_path / "out" / "clips.npz"}
    assert all(path.read_bytes() == content for path, content in before.items())
    assert log.clips == []
    assert sum("link" in reason for _, reason in log.refused) == 6


def test_a_truncated_archive_gives_its_whole_files_and_is_reported(tmp_path: Path):
    path = _tar(tmp_path / "a.tar", {"a.bvh": b"1" * 4096, "b.bvh": b"2" * 40960})
    path.write_bytes(path.read_bytes()[:9000])
    log = ImportLog()
    assert [name for name, _ in members(path, log)] == ["a.bvh"]
    assert "cannot be read to its end" in log.refused[0][1]


def test_bad_files_in_an_archive_are_named_and_the_good_ones_kept(tmp_path: Path):
    motion = tmp_path / "motion"
    motion.mkdir()
    good, bad = bvh_text({"Head": (0, 20, 0)}).encode(), b"Dear diary"
    _tar(motion / "cmu.tar.xz", {"cmu/salsa_pairs/60_01_scaled.bvh": good, "cmu/salsa_pairs/60_02_scaled.bvh": bad})
    log = build_library(tmp_path, tmp_path / "clips.npz")
    assert [clip.name for clip in load_library(tmp_path / "clips.npz")] == ["cmu/60_01"]
    assert [name for name, _ in log.refused] == ["cmu/salsa_pairs/60_02_scaled.bvh"]


def test_every_kind_of_broken_file_is_named_counted_and_skipped(tmp_path: Path):
    motion = tmp_path / "motion"
    good = bvh_text({"Head": (0, 20, 0)}).encode()
    for name, content in {
        "cmu/salsa_pairs/60_01_scaled.bvh": good,
        "cmu/bvh/009/009_01.bvh": b"Dear diary",
        "cmu/asfamc/09/09.asf": b"\xff\xfe",
        "cmu/asfamc/09/09_01.amc": b"1\n",
        "smartbody/Set/motions/x.skm": b"\x00\x01",
        "smartbody/Set/skeletons/x.sk": b"",
        "rocketbox/static__m_odd.npz": b"PK",
        "mesh2motion/odd.glb": b"glTF\x02",
        "mesh2motion/empty.glb": b"",
    }.items():
        (motion / name).parent.mkdir(parents=True, exist_ok=True)
        (motion / name).write_bytes(content)
    log = build_library(tmp_path, tmp_path / "clips.npz")
    assert [clip.name for clip in log.clips] == ["cmu/60_01"]
    assert sorted(name.rsplit("/", 1)[-1] for name, _ in log.refused) == [
        "009_01.bvh",
        "09.asf",
        "09_01.amc",
        "empty.glb",
        "odd.glb",
        "static__m_odd.npz",
        "x.sk",
        "x.skm",
    ]
    assert "8 refused" in summary(log)
    page = summary_table(log)
    assert "| **all** | 1 |" in page and all(name in page for name in ("`odd.glb`", "`09.asf`"))


def test_a_folder_without_motion_says_where_to_point():
    with pytest.raises(LibraryMissing, match="point --data at"):
        build_library(Path("nowhere"), Path("never.npz"))


def test_copies_and_mirrored_copies_are_dropped_by_name():
    first, other = still_clip(name="first"), still_clip(name="other", seed=1)
    log = ImportLog(clips=[first, other, still_clip(name="again"), first.mirrored()])
    drop_duplicates(log)
    assert [clip.name for clip in log.clips] == ["first", "other"]
    assert log.refused == [("again", "a copy of 'first'"), ("first~mirrored", "a mirrored copy of 'first'")]


# ---- the library file


def test_the_library_stores_clips_to_a_twentieth_of_a_degree(tmp_path: Path):
    clip = still_clip()
    object.__setattr__(clip, "tags", ("idle", "stand"))
    object.__setattr__(clip, "sync", {"emphasis": 0.25})
    object.__setattr__(clip, "pair", Pair("two", 0.5, -1.25, 3.0))
    save_library([clip, still_clip(seed=2, name="two")], tmp_path / "clips.npz")
    loaded = load_library(tmp_path / "clips.npz")[0]
    for field in ("name", "tags", "sync", "has_fingers", "pair"):
        assert getattr(loaded, field) == getattr(clip, field), field
    turn = rot.to_axis_angle(rot.multiply(rot.conjugate(clip.rotations), loaded.rotations).astype(float))
    assert np.degrees(np.linalg.norm(turn, axis=-1).max()) < 0.05
    np.testing.assert_allclose(loaded.root_positions, clip.root_positions)


def test_a_missing_or_truncated_library_says_how_to_make_it(tmp_path: Path):
    with pytest.raises(LibraryMissing, match=r"corpus clips"):
        load_library(tmp_path / "none.npz")
    save_library([still_clip()], tmp_path / "clips.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "clips.npz").read_bytes()[:2000])
    with pytest.raises(LibraryMissing, match="make it again"):
        load_library(tmp_path / "cut.npz")
