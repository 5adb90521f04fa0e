"""Keys only where curves need them: samples as cubic pieces, each as long as a tolerance allows. No Blender here.

A piece between two keys is a cubic in time through the samples at both ends. Its two slopes are those of least squares
over the samples between, so a key may have another slope on its left than on its right. As a Bezier curve such a piece
has its handles at a third and at two thirds of its time.

A piece of every length is tried at every frame, for all curves at once: its differences from the samples are the
product of the samples and one matrix a length. Of all ways from the first frame to the last along pieces that are close
enough, one with the fewest keys is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ..runtime_api import Array

_LENGTHS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 20, 24, 29, 35, 42, 50)  # frames, tried in turn
_BETWEEN = 0.25  # how much a difference halfway between two frames counts: the samples say less there
_AT_ONCE = 1 << 20  # numbers in memory
_ONE_THREAD = 1 << 17  # multiplications: a larger product of matrices would wake more threads, and wait for them


@dataclass(frozen=True)
class FittedKeys:
    """The keys of one group of curves: ``frames`` (K,) counted from the first sample, ``values`` (K, C).

    ``left`` and ``right`` (K, C): the slopes before and after each key, in units of the values per frame.
    """

    frames: Array
    values: Array
    left: Array
    right: Array


def fit_curves(values: Array, tolerances: Array, must: Array) -> list[FittedKeys]:
    """Return the fewest keys for ``values`` (T, G, C): G groups of C curves that share their key frames.

    At every frame the curves are within ``tolerances`` (G,) of the samples, as the Euclidean distance over a group's
    curves; halfway between frames within four times that of the Catmull-Rom spline through the samples, so that nothing
    swings out there. From one frame to the next the line is straight. ``must`` (T, G): frames that get a key. The first
    and the last frame always do; a group that does not change at all has one key, and those of ``must``.
    """
    values, tolerances = np.asarray(values, np.float64), np.asarray(tolerances, np.float64)
    still = np.ptp(values, axis=0).max(axis=-1, initial=0.0) == 0.0
    chosen, left, right = must.copy(), np.zeros(values.shape), np.zeros(values.shape)
    chosen[0] = True
    moving = np.flatnonzero(~still)
    if len(moving):
        samples = values[:, moving]
        keys = _fewest(_reaches(samples, tolerances[moving]), must[:, moving])
        left[:, moving], right[:, moving] = _slopes(samples, tolerances[moving], keys)
        chosen[:, moving] = keys
    found = []
    for group in range(values.shape[1]):
        frames = np.flatnonzero(chosen[:, group])
        found.append(FittedKeys(frames, *(part[frames, group] for part in (values, left, right))))
    return found


def evaluate(keys: FittedKeys, frames: Array) -> Array:
    """Return the curves (F, C) at ``frames`` (F,), which may lie between whole ones; held before and after the keys."""
    places = keys.frames
    if len(places) == 1:
        return np.repeat(keys.values, len(frames), axis=0)
    frames = np.clip(frames, places[0], places[-1])
    piece = np.clip(np.searchsorted(places, frames, side="right") - 1, 0, len(places) - 2)
    length = places[piece + 1] - places[piece]
    a, b, c, d = (weight[:, None] for weight in _hermite((frames - places[piece]) / length, length))
    return a * keys.values[piece] + b * keys.right[piece] + c * keys.values[piece + 1] + d * keys.left[piece + 1]


def _hermite(share: Array, length: Array | int) -> tuple[Array, Array, Array, Array]:
    """Return the weights of a cubic's first value and slope and last value and slope at a ``share`` of its time."""
    s, rest = share, 1.0 - share
    return rest * rest * (1.0 + 2.0 * s), s * rest * rest * length, s * s * (3.0 - 2.0 * s), -s * s * rest * length


@cache
def _matrices(length: int) -> tuple[Array, Array]:
    """Return what makes the slopes (2,) and the weighted differences (R,) of a piece out of its samples.

    Those are ``length`` + 3: one before the piece and one after it are for the Catmull-Rom spline.
    """
    samples = np.eye(length + 3)
    first, last, here = samples[1], samples[-2], samples[1:-1]
    halves = (9.0 * (here[:-1] + here[1:]) - samples[:-3] - samples[3:]) / 16.0
    at = np.concatenate([np.arange(1, length), np.arange(length) + 0.5]) / length
    weights = np.repeat([1.0, _BETWEEN], [length - 1, length])[:, None]
    a, b, c, d = (part[:, None] for part in _hermite(at, length))
    goal = weights * (np.concatenate([here[1:-1], halves]) - a * first - c * last)
    if length == 1:  # what changes from one frame to the next may be a jump: a straight line never swings out
        slopes = np.stack([last - first, last - first])
    else:
        slopes = np.linalg.pinv(weights * np.concatenate([b, d], axis=1)) @ goal
    return slopes, goal - weights * (b * slopes[0] + d * slopes[1])


class _Samples:
    """The samples of many groups of curves, and how far pieces through them are off."""

    def __init__(self, values: Array, kind: type) -> None:
        """Take ``values`` (T, G, C); ``kind``: the type of number to work in."""
        line = np.moveaxis(values - values.mean(axis=0), 0, -1)
        before, after = 2.0 * line[..., :1] - line[..., 1:2], 2.0 * line[..., -1:] - line[..., -2:-1]
        self._line: Array = np.ascontiguousarray(np.concatenate([before, line, after], axis=-1), kind)

    def _windows(self, groups: Array, starts: Array, length: int) -> Array:
        return np.lib.stride_tricks.sliding_window_view(self._line, length + 3, axis=-1)[groups, :, starts]

    def worst(self, groups: Array, starts: Array, length: int) -> Array:
        """Return the greatest weighted difference (N,) of pieces of one length."""
        matrix = _matrices(length)[1].T.astype(self._line.dtype)
        step = max(1, _AT_ONCE // (self._line.shape[1] * len(matrix)))
        found = np.zeros(len(starts))
        for at in range(0, len(starts), step):
            some = slice(at, at + step)
            windows = self._windows(groups[some], starts[some], length)
            off = _product(windows.reshape(-1, len(matrix)), matrix).reshape(*windows.shape[:2], -1)
            found[some] = np.sqrt(np.einsum("ncr,ncr->nr", off, off).max(axis=1, initial=0.0))
        return found

    def slopes(self, groups: Array, starts: Array, length: int) -> Array:
        """Return the slopes (N, C, 2) at both ends of pieces of one length."""
        windows, matrix = self._windows(groups, starts, length), _matrices(length)[0].T
        return _product(windows.reshape(-1, len(matrix)), matrix).reshape(*windows.shape[:2], 2)


def _product(rows: Array, matrix: Array) -> Array:
    """Return ``rows`` (N, L) times ``matrix`` (L, R), on one thread: on a busy machine two are slower by far."""
    found = np.empty((len(rows), matrix.shape[1]), rows.dtype)
    step = max(1, _ONE_THREAD // matrix.size)
    for at in range(0, len(rows), step):
        np.matmul(rows[at : at + step], matrix, out=found[at : at + step])
    return found


def _reaches(samples: Array, tolerances: Array) -> Array:
    """Return (T, G): up to which frame a piece from each frame may go, for ``samples`` (T, G, C)."""
    frames, groups, _ = samples.shape
    reach = np.minimum(np.arange(frames) + 1, frames - 1)[:, None].repeat(groups, axis=1)
    tried = _Samples(samples, np.float32)
    starts, group = (index.ravel() for index in np.indices((frames, groups)))
    for length in _LENGTHS:
        inside = starts + length < frames
        starts, group = starts[inside], group[inside]
        fits = tried.worst(group, starts, length) <= tolerances[group]
        starts, group = starts[fits], group[fits]
        reach[starts, group] = starts + length
        if not len(starts):
            break
    return reach


def _fewest(reach: Array, must: Array) -> Array:
    """Return (T, G) bool: the frames of the keys. In reach of one key, the next is where one gets farthest from."""
    frames, groups = reach.shape
    ahead = np.where(must, np.arange(frames)[:, None], frames - 1)
    ahead = np.minimum.accumulate(ahead[::-1], axis=0)[::-1]  # the next frame that must have a key, or this one
    reach = np.minimum(reach, np.append(ahead[1:], ahead[-1:], axis=0))
    chosen = np.zeros(reach.shape, bool)
    every = np.arange(groups)
    end, far, best = np.zeros(groups, int), np.zeros(groups, int), np.zeros(groups, int)
    for frame in range(frames - 1):
        farther = reach[frame] >= far
        far, best = np.where(farther, reach[frame], far), np.where(farther, frame, best)
        at_end = end == frame
        chosen[best[at_end], every[at_end]] = True
        end = np.where(at_end, far, end)
    chosen[-1] = True
    return chosen


def _slopes(samples: Array, tolerances: Array, chosen: Array) -> tuple[Array, Array]:
    """Return the slopes (T, G, C) left and right of the keys ``chosen`` (T, G).

    A piece that is too far off is halved, in ``chosen`` too: not every length was tried.
    """
    exact = _Samples(samples, np.float64)
    left, right = np.zeros(samples.shape), np.zeros(samples.shape)
    groups, starts = np.nonzero(chosen.T)
    lengths = np.diff(starts, append=starts[:1])
    inside = lengths > 0  # the last key of a group begins no piece
    groups, starts, lengths = groups[inside], starts[inside], lengths[inside]
    while len(starts):
        halved = []
        for length in np.unique(lengths).tolist():
            group, start = groups[lengths == length], starts[lengths == length]
            off = exact.worst(group, start, length) > tolerances[group] if length > 1 else np.zeros(len(start), bool)
            half = length // 2
            halved += [(group[off], start[off], half), (group[off], start[off] + half, length - half)]
            group, start = group[~off], start[~off]
            slopes = exact.slopes(group, start, length)
            right[start, group], left[start + length, group] = slopes[..., 0], slopes[..., 1]
        groups, starts = (np.concatenate([part[index] for part in halved]) for index in (0, 1))
        lengths = np.concatenate([np.full(len(part[0]), part[2]) for part in halved])
        chosen[starts, groups] = True
    left[0] = right[0]
    right[-1] = left[-1]
    return left, right
