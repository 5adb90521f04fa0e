"""Which motion is kept in a training window, and which conditions are dropped.

The mix covers what generation asks for: a start, a kept prefix (the window before), places to be at (seat,
walk target), and now and then one whole actor, one part of the body, or some frames: a beginning, an end, a span,
all but a gap, single ones.
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
    return torch.rand(shape, device=like.device) < p


def kept_frames(pairs: int, frames: int, device: torch.device, each: float = 0.03) -> Tensor:
    """(B, 2, T) frames that stay whole, of both actors or of one: a beginning, an end, a span, all but a gap, up to
    three single ones; each kind with chance ``each``, else none.
    """
    t = torch.arange(frames, device=device)

    def whole(low: int, high: int) -> Tensor:
        return torch.randint(low, high, (pairs, 1, 1), device=device)

    length, first, size = whole(5, frames // 4 + 1), whole(5, frames - 10), whole(5, frames // 2)
    span = (t >= first) & (t < first + size)
    single = torch.rand(pairs, 1, frames, device=device) < whole(1, 4) / frames
    kinds = (t < length, t >= frames - length, span, ~span, single)
    drawn = torch.rand(pairs, 1, 1, device=device)
    kept = torch.zeros(pairs, 1, frames, dtype=torch.bool, device=device)
    for index, kind in enumerate(kinds):
        kept = kept | (kind & (drawn >= index * each) & (drawn < (index + 1) * each))
    both = torch.rand(pairs, 1, 1, device=device) < 0.5
    return kept & (both | (torch.arange(2, device=device)[:, None] == whole(0, 2)))


def lower_mask(batch: Batch) -> Tensor:
    """(B, 2, T, 4): motion, position, heading, partner kept."""
    b, _, t, _ = batch.lower.shape
    labels = batch.labels
    frames = torch.arange(t, device=labels.device)
    prefix = torch.randint(5, 76, (b, 1, 1), device=labels.device)
    has_prefix = _chance((b, 1, 1), 0.5, labels)
    one_whole = _chance((b, 1, 1), 0.04, labels) & (
        torch.arange(2, device=labels.device)[None, :, None] == torch.randint(2, (b, 1, 1), device=labels.device)
    )
    everything = (has_prefix & (frames < prefix)) | one_whole | kept_frames(b, t, labels.device)
    # Places to be at: up to three random frames, and the frame where a walk ends.
    scattered = torch.rand(b, 2, t, device=labels.device) < (torch.randint(0, 4, (b, 2, 1), device=labels.device) / t)
    walk_ends = torch.zeros_like(scattered)
    walk_ends[..., 1:] = (labels[..., :-1] == WALK) & (labels[..., 1:] != WALK)
    places = (scattered & _chance((b, 2, 1), 0.4, labels)) | (walk_ends & _chance((b, 2, 1), 0.4, labels))
    # A path to walk: the place every half second, as `places.lead_towards` lays it.
    knots = (frames + torch.randint(KNOT_EVERY, (b, 2, 1), device=labels.device)) % KNOT_EVERY == 0
    places = places | (knots & (labels == WALK) & _chance((b, 2, 1), 0.5, labels))
    place_heading = places & _chance((b, 2, 1), 0.5, labels)
    # A seat: where the actor sits still, its place and heading are known throughout.
    speed = batch.lower[..., 0:2].norm(dim=-1)
    still = (labels == SIT) & (torch.nn.functional.avg_pool1d(speed, 31, 1, 15, count_include_pad=False) < 0.06)
    seated = still & _chance((b, 2, 1), 0.5, labels)
    first = (frames == 0) & _chance((b, 1, 1), 0.95, labels)
    anywhere = everything | first
    # Where the partner is seen from here is known only where both are.
    partner = (everything & everything.flip(1)) | first
    mask = torch.stack([everything, anywhere | places | seated, anywhere | place_heading | seated, partner], -1)
    return mask.float()


def wanted_path(batch: Batch) -> Tensor:
    """(B, 2, T, 3) the way an actor is asked to go, as `body.make_lower` will ask: places over pelvis height, and 1
    where known.

    A true path smoothed more or less and a little off, since one that is asked for knows nothing of steps and sway;
    known from start to end for some, only up to the end of a walk for others, for some not at all.
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


def wanted_facing(batch: Batch) -> Tensor:
    """(B, 2, T, 3) the heading an actor is asked for, as `body.make_lower` will ask: cosine, sine, and 1 where one is
    wanted.

    A true heading smoothed and a little off; known throughout for some, or only where one does not walk, or for a span
    of one to four seconds, for some not at all.
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
    """(N, 1, T) through a Gaussian of ``sigma`` frames, the ends held."""
    radius = int(3 * sigma)
    kernel = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, device=rows.device) / sigma) ** 2)
    return torch.nn.functional.conv1d(
        torch.nn.functional.pad(rows, (radius, radius), mode="replicate"), (kernel / kernel.sum())[None, None]
    )


def upper_mask(batch: Batch) -> Tensor:
    """(B, 2, T, 2): joints, hands kept."""
    b, _, t, _ = batch.upper.shape
    device = batch.upper.device
    frames = torch.arange(t, device=device)
    prefix = torch.randint(5, 76, (b, 1, 1), device=device)
    everything = (_chance((b, 1, 1), 0.5, batch.upper) & (frames < prefix)) | _chance((b, 2, 1), 0.04, batch.upper)
    alone = torch.rand(b, 2, 1, device=device)  # the joints without the hands, or the hands alone
    kept = kept_frames(b, t, device)
    # Of the frames that stay, one part may be free.
    part = torch.rand(b, 1, 1, device=device)
    joints = everything | (alone < 0.02) | (kept & (part > 0.25))
    hands = everything | (alone > 0.98) | (kept & (part < 0.75))
    return torch.stack([joints, hands], -1).float()


# What most requests leave unsaid, all of it at once: trained so, or the network takes its absence for that of the
# voices.
UNSAID = tuple(name for name, condition in CONDITIONS.items() if condition.often_absent)


def dropped_conditions(
    batch: int, device: torch.device, each: float = 0.1, all_at_once: float = 0.1, unsaid: float = 0.3
) -> dict[str, Tensor]:
    """Per condition (B,) bool: on its own with chance ``each``, all together with ``all_at_once``, and ``UNSAID``
    together with ``unsaid``.
    """
    together, plain = torch.rand(batch, device=device) < all_at_once, torch.rand(batch, device=device) < unsaid
    alone = {name: torch.rand(batch, device=device) < each for name in CONDITIONS}
    return {name: flag | together | plain if name in UNSAID else flag | together for name, flag in alone.items()}
