"""Which windows are sampled: all of a take, or those around what is left to generate."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from model_runtime.networks.duet_denoiser import PATCH
from model_runtime.sampling.windows import LONGEST, OVERLAP, chains, padded_frames, windows


def free(frames: int, *spans: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(frames, bool)
    for first, stop in spans:
        mask[first:stop] = True
    return mask


@pytest.mark.parametrize("frames", [31, 301, 751, 1800])
def test_a_take_of_which_nothing_is_given_is_sampled_as_ever(frames: int) -> None:
    assert chains(free(frames, (0, frames))) == [windows(frames)]


def test_where_all_is_given_nothing_is_sampled() -> None:
    assert chains(free(751)) == []


@pytest.mark.parametrize("span", [(0, 20), (62, 80), (70, 71), (300, 360), (100, 700), (740, 751)])
def test_a_chain_covers_what_is_free_and_two_seconds_around_it(span: tuple[int, int]) -> None:
    (spans,) = chains(free(751, span))
    begin, end = spans[0].start, spans[-1].stop
    assert begin % PATCH == 0 and end <= padded_frames(751)
    assert begin == 0 or begin + OVERLAP <= span[0] < begin + OVERLAP + PATCH
    assert end >= min(span[1] + OVERLAP, 751) and end < span[1] + OVERLAP + PATCH
    assert all(before.stop - after.start == OVERLAP for before, after in pairwise(spans))
    assert all(window.length <= LONGEST for window in spans)
    assert spans[0].overlap == (OVERLAP if begin else 0), "it goes on from what is given before it"


def test_stretches_far_apart_have_a_chain_each_and_near_ones_share_one() -> None:
    assert len(chains(free(900, (200, 230), (600, 660)))) == 2
    assert len(chains(free(900, (200, 230), (300, 330)))) == 1
