"""Face meshes to ARKit curves: the weights that made them come back, bounded and smooth, under any head motion."""

from __future__ import annotations

import lzma
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import minimize

from model_runtime.contract import ARKIT_NAMES, FPS, FloatArray
from model_runtime.face.arkit import CURVE
from model_runtime.face.mesh_conversion import fit_weights
from model_runtime.face.mesh_conversion.face_basis import FaceBasis, read_basis
from model_runtime.face.mesh_conversion.mesh_to_arkit import FaceFit, fit_meshes, resampled
from model_runtime.face.mesh_conversion.meshes import MeshSequence
from model_runtime.face.mesh_conversion.vertex_weights import lips_and_lids
from model_runtime.face.mouth_shapes import CLOSE, JAW, lip_gap
from model_runtime.tests.conftest import DATA

from ..face_mesh_samples import SMALL, jitter, meshes_of, on_a_moving_head, rms, small_face, smooth_curves

FACE = DATA / "face"
MOST_EVALUATIONS = 200  # of the fit of ten seconds, in all rounds


@pytest.fixture(scope="module")
def small() -> FaceBasis:
    return small_face()


def fitted(basis: FaceBasis, meshes: FloatArray, fps: float = FPS, calm: float = 10.0, scaled: bool = False) -> FaceFit:
    return fit_meshes(MeshSequence(meshes, fps), basis, calm=calm, scaled=scaled)


def test_the_weights_that_made_the_meshes_come_back(small: FaceBasis) -> None:
    face = smooth_curves(SMALL)
    fit = fitted(small, meshes_of(small, face))
    assert np.abs(fit.face - face).max() < 0.01
    assert fit.error.max() < 0.05 and fit.largest_error.max() < 0.3  # mm


def test_head_motion_does_not_reach_the_curves(small: FaceBasis) -> None:
    meshes = meshes_of(small, smooth_curves(SMALL))
    assert np.abs(fitted(small, on_a_moving_head(meshes)).face - fitted(small, meshes).face).max() < 1e-3


def test_the_head_is_found_even_where_every_vertex_of_the_mesh_moves(small: FaceBasis) -> None:
    front = small.neutral[:, 2] > 4.0
    mask = FaceBasis(small.neutral[front], small.deltas[:, front])
    face = smooth_curves(SMALL)
    assert np.abs(fitted(mask, on_a_moving_head(meshes_of(mask, face))).face - face).max() < 0.02


def test_a_neck_that_moves_against_the_basis_does_not_turn_the_head(small: FaceBasis) -> None:
    face = smooth_curves(SMALL)
    meshes = meshes_of(small, face)
    low = np.flatnonzero((small.neutral[:, 1] < -7.0) & (small.neutral[:, 2] < 0.0))  # a neck that stays behind
    meshes[:, low, 0] += 3.0 * np.sin(np.arange(len(meshes)) / 10.0)[:, None].astype(np.float32)
    weights = np.ones(len(small.neutral), np.float32)
    alone = fit_meshes(MeshSequence(meshes, FPS), small)
    weights[low] = 0.0
    without = fit_meshes(MeshSequence(meshes, FPS), small, vertex_weights=weights)
    assert np.abs(alone.face - face).max() < 0.05
    assert np.abs(without.face - face).max() < 0.01 and without.largest_error.max() < 0.3 < alone.largest_error.max()


def test_meshes_of_another_size_are_scaled_when_asked(small: FaceBasis) -> None:
    face = smooth_curves(SMALL)
    fit = fitted(small, on_a_moving_head(meshes_of(small, face)) / 100.0, scaled=True)
    assert fit.scale == pytest.approx(100.0, rel=1e-3)
    assert np.abs(fit.face - face).max() < 0.01


def test_the_error_is_in_millimetres_whatever_the_unit(small: FaceBasis) -> None:
    meshes = meshes_of(small, smooth_curves(SMALL), noise=0.03)  # cm
    metres = FaceBasis(small.neutral / 100.0, small.deltas / 100.0)
    assert rms(fitted(small, meshes).error) == pytest.approx(0.3 * np.sqrt(3.0), rel=0.03)
    assert rms(fit_meshes(MeshSequence(meshes / 100.0, FPS), metres, unit="m").error) == pytest.approx(
        0.3 * np.sqrt(3.0), rel=0.03
    )


def test_noise_is_smoothed_and_more_at_a_lower_frequency(small: FaceBasis) -> None:
    meshes = meshes_of(small, smooth_curves(SMALL), noise=0.1)
    free, usual, calm = (jitter(fitted(small, meshes, calm=calm).face[:, SMALL]) for calm in (1000.0, 10.0, 3.0))
    assert usual < 0.7 * free and calm < 0.5 * usual


def test_a_fit_is_as_smooth_at_60_frames_a_second_as_at_30(small: FaceBasis) -> None:
    face = smooth_curves(SMALL, frames=181)
    twice, once = fitted(small, meshes_of(small, face), fps=60.0), fitted(small, meshes_of(small, face)[::2], fps=30.0)
    at_30 = resampled(twice, 30.0)
    assert at_30.face.shape == once.face.shape == (91, 52) and at_30.error.shape == (91,)
    assert np.abs(at_30.face - once.face).max() < 0.02


def test_a_shape_beyond_the_basis_stops_at_the_bound_and_moves_no_other_curve(small: FaceBasis) -> None:
    face = np.zeros((30, 52), np.float32)
    face[:, CURVE["eyeBlinkLeft"]] = 1.6
    fit = fitted(small, meshes_of(small, face)).face
    assert np.allclose(fit[:, CURVE["eyeBlinkLeft"]], 1.0)
    assert np.delete(fit, CURVE["eyeBlinkLeft"], axis=1).max() < 0.05


def test_a_mesh_that_the_basis_cannot_make_stays_bounded_and_smooth(small: FaceBasis) -> None:
    rng, face = np.random.default_rng(3), smooth_curves(SMALL)
    bumps = np.exp(-np.square(small.neutral[:, None] - small.neutral[rng.integers(0, 1500, 30)]).sum(axis=2) / 8.0)
    moves = gaussian_filter1d(rng.normal(size=(len(face), 30, 3)), 6.0, axis=0)
    meshes = meshes_of(small, face) + np.einsum("vb,tbi->tvi", bumps, 0.3 * moves / moves.std()).astype(np.float32)
    fit = fitted(small, on_a_moving_head(meshes))
    assert fit.face.min() >= 0.0 and fit.face.max() <= 1.0
    assert jitter(fit.face) < 1.5 * jitter(face)
    assert rms(fit.error) > 2.0  # mm, and it says so


def test_an_ambiguous_mouth_gets_no_larger_mouth_close_than_jaw_open(
    small: FaceBasis,
) -> None:
    deltas = small.deltas.copy()
    deltas[CLOSE] = -deltas[JAW]  # the worst case: one takes back all that the other does
    twins = FaceBasis(small.neutral, deltas)
    gap = np.linspace(0.0, 0.8, 30, dtype=np.float32)
    face = np.zeros((30, 52), np.float32)
    face[:, JAW] = gap
    fit = fitted(twins, meshes_of(twins, face)).face
    assert np.abs(fit[:, JAW] - fit[:, CLOSE] - gap).max() < 0.01
    assert (fit[:, CLOSE] - fit[:, JAW]).max() < 0.01 and fit[:, CLOSE].max() < 0.05


def test_lips_pressed_beyond_the_jaw_come_back_when_the_mesh_shows_them(small: FaceBasis) -> None:
    face = np.zeros((30, 52), np.float32)
    face[:, JAW], face[:, CLOSE] = 0.1, 0.5
    fit = fitted(small, meshes_of(small, face)).face
    assert np.abs(fit[:, CLOSE] - 0.5).max() < 0.05 and np.abs(fit[:, JAW] - 0.1).max() < 0.05


def test_lips_and_lids_have_larger_weights_and_the_rest_one(small: FaceBasis) -> None:
    weights = lips_and_lids(small, 4.0)
    lid = np.linalg.norm(small.deltas[CURVE["eyeBlinkLeft"]], axis=1).argmax()
    assert weights[lid] == pytest.approx(4.0) and weights.min() == 1.0
    assert np.mean(weights > 1.5) < 0.2


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_sequence_may_be_a_single_mesh(small: FaceBasis, frames: int) -> None:
    face = smooth_curves(SMALL)[:frames]
    assert np.abs(fitted(small, meshes_of(small, face)).face - face).max() < 0.01


# The ICT face under captured curves.


@pytest.fixture(scope="module")
def ict() -> FaceBasis:
    if not (FACE / "ict_arkit.npz").is_file():
        pytest.skip("needs ../shared/data/face")
    return read_basis(FACE / "ict_arkit.npz")


@pytest.fixture(scope="module")
def captured() -> FloatArray:
    """(T, 52) of a capture; the ICT face has no tongue."""
    if not (FACE / "llf_rom_3.csv.xz").is_file():
        pytest.skip("needs ../shared/data/face")
    with lzma.open(FACE / "llf_rom_3.csv.xz", "rt") as file:
        rows = [row.split(",")[2:54] for row in file][1:]
    face = np.clip(np.array(rows, np.float32), 0.0, 1.0)
    face[:, CURVE["tongueOut"]] = 0.0
    return face


def ten_seconds(captured: FloatArray, kind: str) -> FloatArray:
    """10 s of the capture itself, or random ones within its range."""
    if kind == "captured":
        return captured[600:900]
    return smooth_curves(list(range(51)), 300, highest=np.percentile(captured, 99.0, axis=0)[:51].astype(np.float32))


@pytest.mark.data
@pytest.mark.parametrize("kind", ["captured", "random"])
def test_noisy_meshes_on_a_moving_head_give_their_curves_back_after_few_evaluations(
    ict: FaceBasis, captured: FloatArray, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = ten_seconds(captured, kind)
    meshes = on_a_moving_head(meshes_of(ict, face, noise=0.03))  # 0.3 mm
    evaluations: list[int] = []

    def counted(*given: Any, **options: Any) -> Any:
        found = minimize(*given, **options)
        evaluations.append(found.nfev)
        return found

    monkeypatch.setattr(fit_weights, "minimize", counted)
    fit = fit_meshes(MeshSequence(meshes, FPS), ict, vertex_weights=lips_and_lids(ict))
    off = fit.face - face
    worst = np.sqrt(np.mean(np.square(off), axis=0))
    print(
        f"\n{kind}: curves {rms(off):.4f} RMS, worst curve {worst.max():.4f} ({ARKIT_NAMES[worst.argmax()]}), "
        f"most {np.abs(off).max():.3f}; "
        f"vertices {rms(fit.error):.2f} mm RMS, {fit.largest_error.max():.2f} at most; "
        f"jitter {jitter(fit.face):.4f} of {jitter(face):.4f}; {evaluations} evaluations"
    )
    assert rms(off) < 0.012 and worst.max() < 0.03 and np.abs(off).max() < 0.2
    assert rms(fit.error) < 0.3 * np.sqrt(3.0) * 1.02 and fit.largest_error.max() < 3.0  # that of the noise
    # The random curves are smoother than any face.
    assert jitter(fit.face) < (1.0 if kind == "captured" else 1.1) * jitter(face)
    assert fit.missing == ("tongueOut",)
    assert sum(evaluations) < MOST_EVALUATIONS


@pytest.mark.data
def test_a_mask_without_skull_or_eyeballs_does_as_well(ict: FaceBasis, captured: FloatArray) -> None:
    at = ict.neutral
    skin = (np.arange(len(at)) < 9409) & (at[:, 2] > 5.0) & (np.abs(at[:, 1] + 1.5) < 7.5)
    mask, face = FaceBasis(at[skin], ict.deltas[:, skin]), ten_seconds(captured, "captured")
    off = fitted(mask, on_a_moving_head(meshes_of(mask, face, noise=0.03))).face - face
    print(f"\nmask of {skin.sum()} vertices: curves {rms(off):.4f} RMS, most {np.abs(off).max():.3f}")
    assert rms(off) < 0.015 and np.abs(off).max() < 0.2


@pytest.mark.data
def test_a_bending_neck_does_no_harm_when_it_is_left_out(ict: FaceBasis, captured: FloatArray) -> None:
    face, at = ten_seconds(captured, "captured"), ict.neutral
    neck = np.clip((-8.0 - at[:, 1]) / 6.0, 0.0, 1.0)
    t = np.arange(len(face)) / FPS
    bend = 3.0 * np.stack([np.sin(1.1 * t), np.sin(1.7 * t), np.sin(0.9 * t)], axis=1).astype(np.float32)  # cm
    meshes = on_a_moving_head(meshes_of(ict, face, noise=0.03) + neck[:, None] * bend[:, None])
    whole = fit_meshes(MeshSequence(meshes, FPS), ict).face - face
    without = fit_meshes(MeshSequence(meshes, FPS), ict, vertex_weights=(neck == 0.0).astype(np.float32)).face - face
    print(f"\nneck: curves {rms(whole):.4f} RMS with it, {rms(without):.4f} without")
    assert rms(without) < 0.012 < rms(whole)


@pytest.mark.data
def test_lips_closed_over_an_open_jaw_come_back_closed(ict: FaceBasis) -> None:
    t = np.arange(150) / FPS
    face = np.zeros((150, 52), np.float32)
    face[:, JAW] = face[:, CLOSE] = 0.3 + 0.3 * np.sin(2.0 * t)
    face[60:90, CLOSE] = 0.0  # and open for a second
    fit = fitted(ict, on_a_moving_head(meshes_of(ict, face, noise=0.03))).face
    shut = np.r_[0:58, 92:150]
    assert (
        lip_gap(fit[shut]).max() < 0.02
        and np.abs(fit[shut][:, [JAW, CLOSE]] - face[shut][:, [JAW, CLOSE]]).max() < 0.05
    )
    assert (fit[:, CLOSE] - fit[:, JAW]).max() < 0.01
    assert np.abs(lip_gap(fit) - lip_gap(face))[62:88].max() < 0.05


@pytest.mark.data
def test_closures_of_a_capture_are_kept(ict: FaceBasis, captured: FloatArray) -> None:
    gap = lip_gap(captured)
    start = int(
        np.argmax(np.convolve(np.abs(np.diff(gap < 0.02)), np.ones(300), "valid"))
    )  # the 10 s with the most closing
    face = captured[start : start + 300]
    fit = fitted(ict, on_a_moving_head(meshes_of(ict, face, noise=0.03))).face
    shut = lip_gap(face) < 0.02
    assert 20 < shut.sum() < 280
    print(f"\n{shut.sum()} closed frames: gap {lip_gap(fit)[shut].max():.3f} cm at most")
    assert lip_gap(fit)[shut].max() < 0.05
