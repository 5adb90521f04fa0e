"""Random inpainting masks and trajectory conditions of training windows, and which conditions are dropped.

The masks cover what generation uses: a start, the end of the window before, root constraints (a seat, a walk target),
and more rarely one whole actor, one part of the body, or some frames: a beginning, an end, a span, all but a gap,
single ones.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..conditioning.conditions import CONDITIONS
from ..conditioning.representation import HEADING, POSITION
from ..contract import ACTION_LABELS, FPS
from ..planning.trajectories import KNOT_EVERY
from .body_data import Batch

SIT, WALK = (ACTION_LABELS.index(label) for label in ("sit", "walk"))


def _chance(shape: tuple[int, ...], p: float, like: Tensor) -> Tensor:
    """Return random bools of a shape, true with chance ``p``."""
    return torch.rand(shape, device=like.device) < p


def constrained_frames(pairs: int, frames: int, device: torch.device, each: float = 0.03) -> Tensor:
    """Return (B, 2, T) bool: frames of both actors or of one that are given.

    A beginning, an end, a span, all but a gap, or up to three single frames, each with chance ``each``, else none.
    """
    t = torch.arange(frames, device=device)

    def whole(low: int, high: int) -> Tensor:
        return torch.randint(low, high, (pairs, 1, 1), device=device)

    length, first, size = whole(5, frames // 4 + 1), whole(5, frames - 10), whole(5, frames // 2)
    span = (t >= first) & (t < first + size)
    single = torch.rand(pairs, 1, frames, device=device) < whole(1, 4) / frames
    kinds = (t < length, t >= frames - length, span, ~span, single)
    drawn = torch.rand(pairs, 1, 1, device=device)
    given = torch.zeros(pairs, 1, frames, dtype=torch.bool, device=device)
    for index, kind in enumerate(kinds):
        given = given | (kind & (drawn >= index * each) & (drawn < (index + 1) * each))
    both = torch.rand(pairs, 1, 1, device=device) < 0.5
    return given & (both | (torch.arange(2, device=device)[:, None] == whole(0, 2)))


def lower_mask(batch: Batch) -> Tensor:
    """Return the lower stage's mask (B, 2, T, 4): motion, position, heading, partner."""
    b, _, t, _ = batch.lower.shape
    labels = batch.labels
    frames = torch.arange(t, device=labels.device)
    prefix = torch.randint(5, 76, (b, 1, 1), device=labels.device)
    has_prefix = _chance((b, 1, 1), 0.5, labels)
    one_whole = _chance((b, 1, 1), 0.04, labels) & (
        torch.arange(2, device=labels.device)[None, :, None] == torch.randint(2, (b, 1, 1), device=labels.device)
    )
    everything = (has_prefix & (frames < prefix)) | one_whole | constrained_frames(b, t, labels.device)
    # Positions: up to three random frames, and the frame at which a walk ends.
    scattered = torch.rand(b, 2, t, device=labels.device) < (torch.randint(0, 4, (b, 2, 1), device=labels.device) / t)
    walk_ends = torch.zeros_like(scattered)
    walk_ends[..., 1:] = (labels[..., :-1] == WALK) & (labels[..., 1:] != WALK)
    position = (scattered & _chance((b, 2, 1), 0.4, labels)) | (walk_ends & _chance((b, 2, 1), 0.4, labels))
    # A path: the position every half second, as `planning.trajectories.lead_towards` sets it.
    knots = (frames + torch.randint(KNOT_EVERY, (b, 2, 1), device=labels.device)) % KNOT_EVERY == 0
    position = position | (knots & (labels == WALK) & _chance((b, 2, 1), 0.5, labels))
    heading = position & _chance((b, 2, 1), 0.5, labels)
    # A seat: while the actor sits still, position and heading are given on every frame.
    speed = batch.lower[..., 0:2].norm(dim=-1)
    still = (labels == SIT) & (torch.nn.functional.avg_pool1d(speed, 31, 1, 15, count_include_pad=False) < 0.06)
    seated = still & _chance((b, 2, 1), 0.5, labels)
    first = (frames == 0) & _chance((b, 1, 1), 0.95, labels)
    anywhere = everything | first
    # The partner's relative position is given only where both actors' motion is.
    partner = (everything & everything.flip(1)) | first
    mask = torch.stack([everything, anywhere | position | seated, anywhere | heading | seated, partner], -1)
    return mask.float()


def path_condition(batch: Batch) -> Tensor:
    """Return 'path' (B, 2, T, 3) as sampling sets it: positions over pelvis height, and 1 where known.

    It is the true path, smoothed and a little off, since a requested path lacks steps and sway. It is known on all
    frames, only up to the end of a walk, or not at all.
    """
    b, _, t, _ = batch.lower.shape
    device = batch.lower.device
    place = batch.lower[..., POSITION] / batch.body[..., None, :1]
    sigma = float(torch.empty(1).uniform_(0.3, 1.4)) * FPS
    drift = _smoothed(torch.randn(b * 4, 1, t, device=device), 1.5 * FPS).reshape(b, 2, 2, t).transpose(-1, -2)
    path = _smoothed(place.transpose(-1, -2).reshape(b * 4, 1, t), sigma).reshape(b, 2, 2, t).transpose(-1, -2)
    path = path + drift * torch.rand(b, 2, 1, 1, device=device) * 0.8  # smoothed noise is small: a few centimetres
    frames = torch.arange(t, device=device)
    walks = batch.labels == WALK
    last_walk = torch.where(walks, frames, torch.zeros_like(frames)).amax(-1, keepdim=True)
    whole, until = _chance((b, 2, 1), 0.5, batch.labels), _chance((b, 2, 1), 0.5, batch.labels)
    known = whole | (until & (frames <= last_walk) & (walks.any(-1, keepdim=True)))
    return torch.cat([path, torch.ones_like(path[..., :1])], -1) * known[..., None]


def facing_condition(batch: Batch) -> Tensor:
    """Return 'facing' (B, 2, T, 3) as sampling sets it: cosine and sine of the heading, and 1 where it is known.

    It is the true heading, smoothed and a little off. It is known on all frames, where the actor does not walk, in a
    span of one to four seconds, or not at all.
    """
    b, _, t, _ = batch.lower.shape
    device = batch.lower.device
    sigma = float(torch.empty(1).uniform_(0.1, 0.6)) * FPS
    heading = _smoothed(batch.lower[..., HEADING].transpose(-1, -2).reshape(b * 4, 1, t), sigma).reshape(b, 2, 2, t)
    off = (
        _smoothed(torch.randn(b * 2, 1, t, device=device), FPS).reshape(b, 2, t)
        * torch.rand(b, 2, 1, device=device)
        * 1.2
    )  # up to some ten degrees
    cosine, sine = torch.nn.functional.normalize(heading, dim=2, eps=1e-4).unbind(2)
    frames = torch.arange(t, device=device)
    first, length = torch.randint(t, (b, 2, 1), device=device), torch.randint(FPS, 4 * FPS, (b, 2, 1), device=device)
    span = (frames >= first) & (frames < first + length)
    drawn = torch.rand(b, 2, 1, device=device)
    known = (drawn < 0.2) | ((drawn < 0.45) & (batch.labels != WALK)) | ((drawn < 0.75) & span)
    turned = torch.stack(
        [off.cos() * cosine - off.sin() * sine, off.sin() * cosine + off.cos() * sine, torch.ones_like(cosine)], -1
    )
    return turned * known[..., None]


def _smoothed(rows: Tensor, sigma: float) -> Tensor:
    """Return (N, 1, T) filtered by a Gaussian of ``sigma`` frames, the ends held."""
    radius = int(3 * sigma)
    kernel = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, device=rows.device) / sigma) ** 2)
    return torch.nn.functional.conv1d(
        torch.nn.functional.pad(rows, (radius, radius), mode="replicate"), (kernel / kernel.sum())[None, None]
    )


def upper_mask(batch: Batch) -> Tensor:
    """Return the upper stage's mask (B, 2, T, 2): joints, hands."""
    b, _, t, _ = batch.upper.shape
    device = batch.upper.device
    frames = torch.arange(t, device=device)
    prefix = torch.randint(5, 76, (b, 1, 1), device=device)
    everything = (_chance((b, 1, 1), 0.5, batch.upper) & (frames < prefix)) | _chance((b, 2, 1), 0.04, batch.upper)
    alone = torch.rand(b, 2, 1, device=device)  # the joints without the hands, or the hands alone
    given = constrained_frames(b, t, device)
    # On given frames one of the two parts may be free.
    part = torch.rand(b, 1, 1, device=device)
    joints = everything | (alone < 0.02) | (given & (part > 0.25))
    hands = everything | (alone > 0.98) | (given & (part < 0.75))
    return torch.stack([joints, hands], -1).float()


# Conditions that most requests lack. They are dropped together too, or the network takes their absence for that of the
# voices.
OFTEN_ABSENT = tuple(name for name, condition in CONDITIONS.items() if condition.often_absent)


def dropped_conditions(
    batch: int, device: torch.device, each: float = 0.1, all_at_once: float = 0.1, often_absent: float = 0.3
) -> dict[str, Tensor]:
    """Return per condition (B,) bool, whether it is dropped.

    Chances: ``each`` for every condition by itself, ``all_at_once`` for all, ``often_absent`` for ``OFTEN_ABSENT``.
    """
    together, plain = torch.rand(batch, device=device) < all_at_once, torch.rand(batch, device=device) < often_absent
    alone = {name: torch.rand(batch, device=device) < each for name in CONDITIONS}
    return {name: flag | together | plain if name in OFTEN_ABSENT else flag | together for name, flag in alone.items()}
