"""``python -m model_runtime convert mesh-to-arkit MESHES --basis BASIS -o OUT.npz``: ARKit curves from face meshes.

MESHES is an .npz with 'vertices' (frames, vertices, 3) or a folder of .obj files, one a frame; BASIS an .npz with
'neutral', 'names' and 'deltas' or a folder with neutral.obj and one .obj for each ARKit curve. OUT is an .npz, or a
.csv as Live Link Face records it.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...contract import ARKIT_NAMES
from ...errors import InvalidRequest
from .face_basis import FaceBasis, read_basis
from .face_files import check_place, save_fit
from .fit_weights import CALM
from .mesh_to_arkit import UNITS, FaceFit, fit_meshes, resampled
from .meshes import FASTEST, MeshSequence, read_meshes, read_obj
from .vertex_weights import LIPS_AND_LIDS, lips_and_lids, read_vertex_weights

_AT_BOUND = 1e-3


def run(options: argparse.Namespace) -> None:
    """Read, fit, write, and print a report. Raises ``InvalidRequest`` and ``OutOfSpace``."""
    check_place(options.out)
    for rate in (options.fps, options.mesh_fps):
        if rate is not None and not 1.0 <= rate <= FASTEST:
            raise InvalidRequest(f"{rate:g} is no frame rate; choose one between 1 and {FASTEST:g}.")
    basis = read_basis(options.basis)
    if options.neutral is not None:
        neutral, count = read_obj(options.neutral), len(basis.neutral)
        if len(neutral) != count:
            raise InvalidRequest(
                f"'{options.neutral.name}' has {len(neutral)} vertices and the basis {count}; both need the same mesh."
            )
        basis = replace(basis, neutral=neutral)
    weights = lips_and_lids(basis, options.lips_and_lids)
    if options.vertices is not None:
        weights = weights * read_vertex_weights(options.vertices, len(basis.neutral))
    meshes = read_meshes(options.meshes, options.mesh_fps)
    fit = fit_meshes(meshes, basis, options.unit, options.calm, options.scale, weights)
    written = fit if options.fps is None else resampled(fit, options.fps)
    save_fit(options.out, written)
    print("\n".join(report(fit, meshes, basis, options.unit)))
    print(f"{len(written.face)} frames at {written.fps:g} fps in {options.out}")


def report(fit: FaceFit, meshes: MeshSequence, basis: FaceBasis, unit: str) -> list[str]:
    """Return the lines of the report that is printed."""
    size = " x ".join(f"{length:.1f}" for length in np.ptp(basis.neutral, axis=0))
    shown = [i for i, name in enumerate(ARKIT_NAMES) if name not in fit.missing]
    full = fit.face[:, shown] > 1.0 - _AT_BOUND
    most = sorted(zip(full.mean(axis=0), (ARKIT_NAMES[i] for i in shown)), reverse=True)[:3]
    often = ", ".join(f"{name} in {share:.0%} of frames" for share, name in most if share >= 0.05)
    worst = int(np.argmax(fit.largest_error))
    rms = np.sqrt(np.mean(np.square(fit.error)))
    lines = [
        f"{len(meshes.vertices)} meshes at {meshes.fps:g} fps, {meshes.vertices.shape[1]} vertices; "
        f"the basis spans {size} {unit}",
        f"vertex error: {rms:.2f} mm RMS, {fit.largest_error[worst]:.2f} mm at most (frame {worst})",
        f"weights at 0: {np.mean(fit.face[:, shown] < _AT_BOUND):.1%}, at 1: {np.mean(full):.1%}"
        + (f" ({often})" if often else ""),
    ]
    if fit.missing:
        more = f" and {len(fit.missing) - 6} more" if len(fit.missing) > 6 else ""
        lines.append(f"0 throughout, since nothing shows them: {', '.join(fit.missing[:6])}{more}")
    if abs(fit.scale - 1.0) > 1e-9:
        lines.append(f"the meshes were scaled by {fit.scale:.5g} to the basis")
    return lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "meshes",
        type=Path,
        help="an .npz with 'vertices' (frames, vertices, 3), or a folder of .obj files in name order",
    )
    add(
        "--basis",
        type=Path,
        required=True,
        help="the same mesh at rest and with each ARKit curve: an .npz or a folder of .obj files",
    )
    add("-o", "--out", type=Path, required=True, help="the curves: .npz, or .csv as Live Link Face records them")
    add(
        "--unit",
        choices=tuple(UNITS),
        default="cm",
        help="what the basis is in, and without --scale the meshes too (default: cm)",
    )
    add("--scale", action="store_true", help="the meshes may be of another size: one scale is found for all of them")
    add(
        "--neutral",
        type=Path,
        help="the captured person at rest (.obj), where the neutral of the basis is someone else's",
    )
    add("--mesh-fps", type=float, help="the rate of the meshes where their file does not say (default: 30)")
    add("--fps", type=float, help="resample the curves to this rate (default: the rate of the meshes)")
    add(
        "--calm",
        type=float,
        default=CALM,
        help=f"Hz; faster changes are held to be noise, lower is calmer (default: {CALM:g})",
    )
    add(
        "--lips-and-lids",
        type=float,
        default=LIPS_AND_LIDS,
        help=f"how many times they count (default: {LIPS_AND_LIDS:g})",
    )
    add(
        "--vertices",
        type=Path,
        help="a text file with one weight a vertex; 0 leaves out necks, hair and all else the basis cannot move",
    )
