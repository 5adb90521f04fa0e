"""``convert mesh-to-arkit`` from files to files: what it reads, writes and refuses."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import numpy as np
import pytest

from model_runtime.__main__ import main
from model_runtime.contract import ARKIT_NAMES, FloatArray, timecode
from model_runtime.face.arkit import CURVE
from model_runtime.face.mesh_conversion.face_basis import FaceBasis, read_basis
from model_runtime.face.mesh_conversion.face_files import save_fit
from model_runtime.face.mesh_conversion.mesh_to_arkit import FaceFit
from model_runtime.tests.conftest import DATA

from ..face_mesh_samples import PUSHES, SMALL, meshes_of, rms, small_face, smooth_curves

CAPTURE = DATA / "face" / "llf_rom_3.csv.xz"


@pytest.fixture(scope="module")
def small() -> FaceBasis:
    return small_face()


def write_obj(path: Path, vertices: FloatArray) -> None:
    lines = ["# a mesh", "o face", *(f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices), "vn 0 0 1", "f 1 2 3"]
    path.write_text("\r\n".join(lines), encoding="utf-8")


def write_basis(path: Path, basis: FaceBasis) -> Path:
    np.savez(path, neutral=basis.neutral, names=np.array(list(PUSHES)), deltas=basis.deltas[SMALL].astype(np.float16))
    return path


def run(*arguments: object) -> int:
    return main(["convert", "mesh-to-arkit", *map(str, arguments)])


def test_folders_of_obj_files_give_the_same_as_arrays_in_natural_order(small: FaceBasis, tmp_path: Path) -> None:
    face = smooth_curves(SMALL, frames=12)
    meshes = meshes_of(small, face)
    np.savez(tmp_path / "meshes.npz", vertices=meshes)
    for folder in ("meshes", "basis"):
        (tmp_path / folder).mkdir()
    for i, mesh in enumerate(meshes):
        write_obj(tmp_path / "meshes" / f"face_{i}.obj", mesh)  # face_10 after face_9
    write_obj(tmp_path / "basis" / "neutral.obj", small.neutral)
    for name, column in zip(PUSHES, SMALL):
        write_obj(tmp_path / "basis" / f"{name}.obj", small.neutral + small.deltas[column])
    assert run(tmp_path / "meshes", "--basis", tmp_path / "basis", "-o", tmp_path / "a.npz") == 0
    assert (
        run(tmp_path / "meshes.npz", "--basis", write_basis(tmp_path / "b.npz", small), "-o", tmp_path / "b_out.npz")
        == 0
    )
    with np.load(tmp_path / "a.npz") as a, np.load(tmp_path / "b_out.npz") as b:
        assert np.abs(a["face"] - b["face"]).max() < 1e-3
        assert np.abs(a["face"] - face).max() < 0.02


def test_the_result_holds_curves_names_rate_and_errors_and_the_report_states_the_error(
    small: FaceBasis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "meshes.npz", vertices=meshes_of(small, smooth_curves(SMALL, 61), 0.03), fps=60.0)
    basis = write_basis(tmp_path / "basis.npz", small)
    assert run(tmp_path / "meshes.npz", "--basis", basis, "-o", tmp_path / "out.npz", "--fps", 30) == 0
    with np.load(tmp_path / "out.npz", allow_pickle=False) as out:
        assert out["face"].shape == (31, 52) and out["face"].dtype == np.float32 and float(out["fps"]) == 30.0
        assert tuple(out["names"]) == ARKIT_NAMES
        assert (
            rms(out["error_mm"]) == pytest.approx(0.52, abs=0.03) and (out["largest_error_mm"] > out["error_mm"]).all()
        )
    printed = capsys.readouterr().out
    assert all(text in printed for text in ("0.52 mm RMS", "weights at 0", "eyeLookDownLeft", "31 frames at 30 fps"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["basis.npz", "meshes.npz", "out.npz"]


def test_a_basis_in_another_vocabulary_is_read_with_the_map_beside_it(small: FaceBasis, tmp_path: Path) -> None:
    brow = small.deltas[CURVE["browInnerUp"]]
    names, deltas = np.array(["brow_L", "brow_R", "pupil"]), np.stack([0.4 * brow, 0.6 * brow, brow])
    np.savez(tmp_path / "other.npz", neutral=small.neutral, names=names, deltas=deltas)
    (tmp_path / "other_map.json").write_text(
        json.dumps({"map": {"browInnerUp": ["brow_L", "brow_R", "brow_R"], "tongueOut": []}}), "utf-8"
    )
    basis = read_basis(tmp_path / "other.npz")
    assert np.allclose(basis.deltas[CURVE["browInnerUp"]], brow, atol=1e-5)
    assert not np.delete(basis.deltas, CURVE["browInnerUp"], axis=0).any()


def test_another_persons_neutral_replaces_that_of_the_basis(small: FaceBasis, tmp_path: Path) -> None:
    person = FaceBasis(small.neutral * np.array([1.1, 0.95, 1.0], np.float32), small.deltas)
    face = smooth_curves(SMALL)
    np.savez(tmp_path / "meshes.npz", vertices=meshes_of(person, face))
    write_obj(tmp_path / "anna.obj", person.neutral)
    basis = write_basis(tmp_path / "basis.npz", small)
    assert (
        run(tmp_path / "meshes.npz", "--basis", basis, "--neutral", tmp_path / "anna.obj", "-o", tmp_path / "out.npz")
        == 0
    )
    with np.load(tmp_path / "out.npz") as out:
        assert np.abs(out["face"] - face).max() < 0.01


def test_timecodes_count_frames_of_a_second() -> None:
    assert [timecode(i, 30.0) for i in (0, 29, 30, 30 * 3661)] == [
        "00:00:00:00.000",
        "00:00:00:29.000",
        "00:00:01:00.000",
        "01:01:01:00.000",
    ]
    assert timecode(1, 29.97) == "00:00:00:01.001"


def broken(tmp_path: Path, small: FaceBasis) -> dict[str, tuple[list[object], str]]:
    """Return by name of the mistake the arguments and a word of the error message."""
    basis, good = write_basis(tmp_path / "basis.npz", small), meshes_of(small, smooth_curves(SMALL, 4))
    np.savez(tmp_path / "good.npz", vertices=good)
    np.savez(tmp_path / "fewer.npz", vertices=good[:, :100])
    np.savez(tmp_path / "metres.npz", vertices=good / 100.0)
    np.savez(tmp_path / "shuffled.npz", vertices=good[:, np.random.default_rng(0).permutation(1500)])
    np.savez(tmp_path / "nan.npz", vertices=np.where(np.arange(4)[:, None, None] == 2, np.nan, good))
    np.savez(tmp_path / "none.npz", vertices=good[:0])
    np.savez(tmp_path / "other.npz", points=good)
    np.savez(
        tmp_path / "unknown.npz",
        neutral=small.neutral,
        names=np.array(["jawOpen", "mouthWide"]),
        deltas=small.deltas[:2],
    )
    np.savez(tmp_path / "still.npz", neutral=small.neutral, names=np.array(["jawOpen"]), deltas=0 * small.deltas[:1])
    np.savez(tmp_path / "objects.npz", vertices=np.array([{}], object))
    (tmp_path / "text.npz").write_text("no zip", "utf-8")
    (tmp_path / "few.txt").write_text("1 1 0", "utf-8")
    for name, counts in {"empty": (), "mixed": (9, 8), "no_neutral": (9,)}.items():
        (tmp_path / name).mkdir()
        for i, count in enumerate(counts):
            write_obj(tmp_path / name / f"{i}.obj", small.neutral[:count])
    out = ["-o", tmp_path / "out.npz"]

    def arguments(meshes: str, of: str = "basis.npz", *more: object) -> list[object]:
        return [tmp_path / meshes, "--basis", tmp_path / of, *out, *more]

    return {
        "wrong count": (arguments("fewer.npz"), "100 vertices and the basis 1500"),
        "nan": (arguments("nan.npz"), "frame 2"),
        "metres": (arguments("metres.npz"), "mm off the basis"),
        "shuffled": (arguments("shuffled.npz"), "vertex for vertex"),
        "no frames": (arguments("none.npz"), "at least one frame"),
        "no vertices": (arguments("other.npz"), "'vertices'"),
        "no meshes": (arguments("nowhere.npz"), "no such file"),
        "no zip": (arguments("text.npz"), "cannot be read"),
        "objects": (arguments("objects.npz"), "cannot be read"),
        "empty folder": (arguments("empty"), "no .obj files"),
        "mixed folder": (arguments("mixed"), "8 vertices"),
        "no basis": (arguments("good.npz", "nowhere.npz"), "No basis"),
        "unknown curve": (arguments("good.npz", "unknown.npz"), "'mouthWide'"),
        "still basis": (arguments("good.npz", "still.npz"), "moves a vertex"),
        "no neutral": (arguments("good.npz", "no_neutral"), "neutral.obj"),
        "few weights": (arguments("good.npz", "basis.npz", "--vertices", tmp_path / "few.txt"), "3"),
        "calm": (arguments("good.npz", "basis.npz", "--calm", 0), "0 Hz"),
        "rate": (arguments("good.npz", "basis.npz", "--fps", 0), "frame rate"),
        "suffix": ([tmp_path / "good.npz", "--basis", basis, "-o", tmp_path / "out.txt"], ".csv"),
        "no folder": ([tmp_path / "good.npz", "--basis", basis, "-o", tmp_path / "nowhere" / "out.npz"], "no folder"),
    }


def test_unfit_files_are_refused_in_one_sentence_and_nothing_is_written(
    small: FaceBasis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for what, (given, word) in broken(tmp_path, small).items():
        assert run(*given) == 1, what
        message = capsys.readouterr().err.strip()
        assert message.startswith("error: ") and message.endswith(".") and "\n" not in message, what
        assert word in message, f"{what}: {message}"
    assert not list(tmp_path.glob("out*"))


@pytest.mark.data
def test_the_csv_has_the_columns_of_the_captures(tmp_path: Path) -> None:
    with lzma.open(CAPTURE, "rt") as file:
        header, first = file.readline().strip(), file.readline().strip()
    face = np.tile(np.array(first.split(",")[2:54], np.float32), (40, 1))
    save_fit(tmp_path / "face.csv", FaceFit(face, 30.0, np.zeros(40, np.float32), np.zeros(40, np.float32), (), 1.0))
    written = (tmp_path / "face.csv").read_text("ascii").splitlines()
    assert written[0] == header and len(written) == 41
    assert written[1].split(",")[1] == first.split(",")[1] == "61"
    assert [len(row.split(",")) for row in written] == [len(first.split(","))] * 41
    assert written[1].split(",")[2:54] == first.split(",")[2:54]
    assert written[32].split(",")[0] == "00:00:01:01.000"
