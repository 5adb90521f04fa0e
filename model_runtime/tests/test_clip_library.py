"""Clips can be cut and mirrored, archives are read with suspicion, and the library keeps what was read."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from model_runtime import rotations as rot
from model_runtime.corpus.clip import split_of
from model_runtime.corpus.library import (
    LibraryMissing,
    Reading,
    build_library,
    drop_duplicates,
    load_library,
    members,
    save_library,
    summary,
)

from .motion_samples import bvh_text, place, still_clip


def test_a_slice_starts_anew_and_takes_its_sync_points_along():
    clip = still_clip()
    object.__setattr__(clip, "sync", {"emphasis": 0.5})
    part = clip.slice(6, 24)
    assert part.frames == 18
    assert part.sync["emphasis"] == pytest.approx(0.3)
    np.testing.assert_allclose(part.root_positions[0, :2], 0, atol=1e-6)


def test_a_mirrored_clip_is_the_reflection_and_mirroring_twice_changes_nothing():
    clip = still_clip()
    mirror, back = clip.mirrored(), clip.mirrored().mirrored()
    np.testing.assert_allclose(place(mirror, "left_wrist") * [-1, 1, 1], place(clip, "right_wrist"), atol=1e-5)
    np.testing.assert_allclose(place(mirror, "head") * [-1, 1, 1], place(clip, "head"), atol=1e-5)
    np.testing.assert_allclose(back.rotations, clip.rotations, atol=1e-6)


def test_the_split_is_the_same_for_ever_and_holds_out_about_a_tenth():
    assert [split_of(name) for name in ("m_idle_breathe_01", "f_wave_02", "ChrBrad@Idle01_MeLf01")] == ["train", "train", "train"]
    share = np.mean([split_of(f"clip {number}") == "test" for number in range(5000)])
    assert 0.08 < share < 0.12


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
    reading = Reading()
    path = _tar(tmp_path / "a.tar", {"ok/a.bvh": b"1", "../evil.bvh": b"2", "/abs.bvh": b"3", "x\\..\\..\\y.bvh": b"4"}, link="ok/link.bvh")
    assert [name for name, _ in members(path, reading)] == ["ok/a.bvh"]
    assert len(reading.refused) == 4
    assert "5 refused" in summary(Reading(refused=[*reading.refused, ("one more", "why")]))


def test_a_truncated_archive_yields_what_is_whole_and_says_so(tmp_path: Path):
    path = _tar(tmp_path / "a.tar", {"a.bvh": b"1" * 4096, "b.bvh": b"2" * 40960})
    path.write_bytes(path.read_bytes()[:9000])
    reading = Reading()
    assert [name for name, _ in members(path, reading)] == ["a.bvh"]
    assert "cannot be read to its end" in reading.refused[0][1]


def test_bad_files_in_an_archive_are_named_and_the_good_ones_kept(tmp_path: Path):
    motion = tmp_path / "motion"
    motion.mkdir()
    good, bad = bvh_text({"Head": (0, 20, 0)}).encode(), b"Dear diary"
    _tar(motion / "cmu.tar.xz", {"cmu/salsa_pairs/60_01_scaled.bvh": good, "cmu/salsa_pairs/60_02_scaled.bvh": bad})
    reading = build_library(tmp_path, tmp_path / "clips.npz")
    assert [clip.name for clip in load_library(tmp_path / "clips.npz")] == ["cmu/60_01"]
    assert [name for name, _ in reading.refused] == ["cmu/salsa_pairs/60_02_scaled.bvh"]


def test_a_folder_without_motion_says_where_to_point():
    with pytest.raises(LibraryMissing, match="point --data at"):
        build_library(Path("nowhere"), Path("never.npz"))


def test_copies_and_mirrored_copies_are_dropped_by_name():
    first, other = still_clip(name="first"), still_clip(name="other", seed=1)
    reading = Reading(clips=[first, other, still_clip(name="again"), first.mirrored()])
    drop_duplicates(reading)
    assert [clip.name for clip in reading.clips] == ["first", "other"]
    assert reading.refused == [("again", "a copy of 'first'"), ("first~mirrored", "a mirrored copy of 'first'")]


# ---- the library file


def test_the_library_keeps_clips_to_a_fiftieth_of_a_degree(tmp_path: Path):
    clip = still_clip()
    object.__setattr__(clip, "tags", ("idle", "stand"))
    object.__setattr__(clip, "sync", {"emphasis": 0.25})
    save_library([clip, still_clip(seed=2, name="two")], tmp_path / "clips.npz")
    loaded = load_library(tmp_path / "clips.npz")[0]
    assert (loaded.name, loaded.tags, loaded.sync, loaded.has_fingers) == (clip.name, clip.tags, clip.sync, clip.has_fingers)
    turn = rot.to_axis_angle(rot.multiply(rot.conjugate(clip.rotations), loaded.rotations).astype(float))
    assert np.degrees(np.linalg.norm(turn, axis=-1).max()) < 0.05
    np.testing.assert_allclose(loaded.root_positions, clip.root_positions)


def test_a_missing_or_truncated_library_says_how_to_make_it(tmp_path: Path):
    with pytest.raises(LibraryMissing, match=r"corpus\.library"):
        load_library(tmp_path / "none.npz")
    save_library([still_clip()], tmp_path / "clips.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "clips.npz").read_bytes()[:2000])
    with pytest.raises(LibraryMissing, match="make it again"):
        load_library(tmp_path / "cut.npz")
