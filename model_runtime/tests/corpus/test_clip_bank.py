"""The bank of clips keeps what scenes share, and no more memory than it may."""

from __future__ import annotations

import numpy as np
import pytest

from ...body_model.skeleton import AVERAGE_SKELETON
from ...corpus.motion import clip_bank
from ...corpus.motion.clip_bank import ClipBank
from ...datasets.clip import Clip


def standing_clip(name: str, frames: int = 60) -> Clip:
    rotations = np.zeros((frames, 52, 4), np.float32)
    rotations[..., 0] = 1.0
    root = np.tile(np.array([0.0, 0.0, AVERAGE_SKELETON.pelvis_height], np.float32), (frames, 1))
    return Clip(f"made/{name}", "made", "CC0-1.0", AVERAGE_SKELETON, root, rotations)


def kept_bytes(bank: ClipBank) -> int:
    return sum(a.nbytes for body in bank._bodies.values() for arrays in body.values() for a in arrays)


def test_retargeted_legs_of_bodies_used_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_bank, "_MOST_KEPT", 40_000)
    bank = ClipBank([standing_clip("one"), standing_clip("two")])
    for size in np.linspace(0.9, 1.1, 12):
        for name in ("one", "two"):
            bank.motion(name, False, AVERAGE_SKELETON.scaled(float(size)))
        one_body = 2 * 60 * (6 * 4 + 3) * 4
        assert kept_bytes(bank) <= 40_000 + one_body
    assert len(bank._bodies) > 1  # several, not only the latest


def test_a_body_that_comes_back_moves_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    bank = ClipBank([standing_clip("one")])
    first = bank.motion("one", False, AVERAGE_SKELETON)
    monkeypatch.setattr(clip_bank, "_MOST_KEPT", 0)
    for size in (0.9, 1.1):
        bank.motion("one", False, AVERAGE_SKELETON.scaled(size))
    again = bank.motion("one", False, AVERAGE_SKELETON)
    np.testing.assert_array_equal(first.root, again.root)
    np.testing.assert_array_equal(first.rotations, again.rotations)
