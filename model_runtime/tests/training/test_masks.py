"""What training keeps and drops: all that a request may keep or leave out."""

import pytest
import torch

from model_runtime.conditioning.conditions import CONDITIONS
from model_runtime.conditioning.representation import HEADING
from model_runtime.contract import FPS
from model_runtime.tests.training.test_training import make_scene
from model_runtime.training.body_data import Batch, BodyData
from model_runtime.training.masks import (
    OFTEN_ABSENT,
    constrained_frames,
    dropped_conditions,
    facing_condition,
    lower_mask,
    upper_mask,
)


@pytest.fixture(scope="module")
def batch(tmp_path_factory) -> Batch:
    folder = tmp_path_factory.mktemp("scenes")
    make_scene(0, "train").save(folder / "scene_00000.npz")
    return BodyData([folder / "scene_00000.npz"], torch.device("cpu")).windows(torch.zeros(64, dtype=torch.long))


def runs(kept: torch.Tensor) -> torch.Tensor:
    """(...,) how often a track (..., T) turns from free to kept."""
    return (kept[..., 1:] & ~kept[..., :-1]).sum(-1) + kept[..., 0]


def test_beginnings_ends_spans_gaps_and_single_frames_are_kept_of_both_or_of_one():
    torch.manual_seed(0)
    kept = constrained_frames(4000, 300, torch.device("cpu"))
    some = kept.any(-1)
    assert 0.1 < some.any(1).float().mean() < 0.2, "most windows are free"
    both, one = some.all(1), some.any(1) & ~some.all(1)
    assert both.sum() > 100 and one.sum() > 100
    track = kept[some.any(1)].any(1)
    begins, ends, count = track[:, 0], track[:, -1], track.sum(-1)
    single = (count <= 9) & (runs(track) >= count - 1)
    assert {
        "beginning": int((begins & ~ends).sum()) > 50,
        "end": int((ends & ~begins).sum()) > 50,
        "gap": int((begins & ends & (runs(track) == 2)).sum()) > 50,
        "span": int((~begins & ~ends & (runs(track) == 1) & (count >= 5)).sum()) > 50,
        "single frames": int(single.sum()) > 50,
    } == dict.fromkeys(("beginning", "end", "gap", "span", "single frames"), True)


def test_the_partner_is_given_only_where_the_partner_is_kept_too(batch):
    torch.manual_seed(1)
    for _ in range(20):
        mask = lower_mask(batch).bool()
        motion, partner = mask[..., 0], mask[..., 3]
        assert not (partner & ~(motion & motion.flip(1)))[:, :, 1:].any()


def test_joints_without_hands_and_hands_alone_are_kept_over_whole_windows_and_over_some_frames(batch):
    torch.manual_seed(2)
    joints, hands = (torch.cat(x) for x in zip(*(upper_mask(batch).bool().unbind(-1) for _ in range(40))))
    for this, other in ((joints, hands), (hands, joints)):
        alone = this & ~other
        assert alone.all(-1).any(), "throughout"
        assert (alone.any(-1) & ~alone.all(-1)).any(), "for a while"


def test_every_condition_is_dropped_on_its_own_and_what_requests_leave_unsaid_all_at_once_while_voices_are_heard():
    torch.manual_seed(3)
    dropped = dropped_conditions(40_000, torch.device("cpu"))
    assert set(dropped) == set(CONDITIONS)
    flags = torch.stack(list(dropped.values()))
    for name, flag in dropped.items():
        assert 0.1 <= flag.float().mean() <= (0.5 if name in OFTEN_ABSENT else 0.2), name
        assert (flag & (flags.sum(0) == 1)).any(), f"{name} alone"
    unsaid = torch.stack([dropped[name] for name in OFTEN_ABSENT]).all(0)
    assert (unsaid & ~dropped["speech"] & ~dropped["labels"]).float().mean() > 0.15


def test_headings_are_told_as_they_are_but_for_a_few_degrees_throughout_for_a_span_or_not_at_all(batch):
    torch.manual_seed(4)
    facing = torch.cat([facing_condition(batch) for _ in range(10)])
    known, true = facing[..., 2] > 0, batch.lower[..., HEADING].repeat(10, 1, 1, 1)
    assert (facing[~known] == 0).all()
    off = torch.rad2deg(torch.acos((facing[..., :2] * true).sum(-1).clamp(-1, 1)))[known]
    assert off.median() < 5 and off.quantile(0.95) < 20
    length = known.sum(-1)
    frames = known.shape[-1]
    for share, kind in (
        (0.2, length == 0),
        (0.15, length == frames),
        (0.2, (length > 0) & (length <= 4 * FPS) & (runs(known) == 1)),
    ):
        assert kind.float().mean() > share
