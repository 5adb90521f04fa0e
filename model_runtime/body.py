"""The body model at work: conditions and places in, motion of the pair out, window by window.

A take of any length is made in windows (``windows.py``). Those of the lower body, whose features are seen from where a window
begins, follow one another, each keeping the end of the one before; those of the upper body are made side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .body_features import (
    HEADING,
    LOWER_SIZE,
    POSITION,
    GlobalMotion,
    HandBasis,
    decode_lower,
    encode_lower,
)  # fmt: skip
from .checkpoint import WEIGHTS, load_checkpoint, load_into
from .contract import ACTION_LABELS
from .diffusion import guided, sample, with_less_noise
from .errors import CheckpointMismatch
from .facing import facing_ahead
from .kept_features import KeptFeatures
from .kinematics import rotate_plane
from .networks.duet_denoiser import CONDITIONS, DuetConfig, DuetDenoiser
from .physics import Physics, descend
from .places import Places, lead_towards, path_ahead
from .windows import Window, join_windows, shares, windows

# Below this noise step guidance only adds grain, and the free prediction is left out (Kynkäänniemi et al. 2024, who also leave
# it out where noise is strong: here that costs variety and steady feet; docs/sampling.md).
GUIDED_FROM = 100
# By how much less noise there is than the networks say; more makes hands restless (docs/sampling.md).
LESS_NOISE = 1.2
WALKING = ACTION_LABELS.index("walk")
StepCallback = Callable[[float], None]


class BodyStage:
    """One trained stage: the network and the scale of its features."""

    def __init__(self, name: str, weights: Path = WEIGHTS) -> None:
        tensors, header = load_checkpoint(weights / f"body_{name}.safetensors")
        try:
            config = DuetConfig.from_header(header["config"])
        except (KeyError, TypeError) as error:
            raise CheckpointMismatch(f"The weights 'body_{name}' are of another version ({error}); install matching weights.") from error
        self.config, self.header = config, header
        self.network = DuetDenoiser(config).eval()
        load_into(self.network, {k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")}, f"body_{name}")
        self.mean, self.std = tensors[f"{name}_mean"], tensors[f"{name}_std"]
        self.lower_mean, self.lower_std = tensors["lower_mean"], tensors["lower_std"]
        self.hands = HandBasis(tensors["hand_mean"], tensors["hand_basis"])

    @torch.no_grad()
    def sample(
        self,
        conditions: dict[str, Tensor],
        body: Tensor,
        kept: Tensor,
        mask: Tensor,
        given: list[Tensor] | None,
        generator: torch.Generator,
        preset: str,
        guidance: float,
        on_step: StepCallback,
        energy: Callable[[Tensor], Tensor] | None = None,
        spans: list[Window] | None = None,
    ) -> Tensor:
        """Raw features (1, 2, T, F); ``kept`` raw, ``mask`` (1, 2, T, groups), ``given`` raw lower features, window by window.

        ``energy`` of raw features is lowered on the way (``physics.py``). ``spans``: the overlapping windows of a take, all of them
        denoised step by step side by side; without them all is one window. Where two overlap they share the noisy sample, and their
        predictions flow into one another at every step (Bar-Tal et al. 2023, "MultiDiffusion"). Windows that were made one after the
        other, each from the end of the one before, calmed down from window to window.
        """
        spans = spans or [Window(0, kept.shape[2], 0)]
        kept = (kept - self.mean) / self.std
        spread = self.config.spread(mask)
        kept = torch.where(spread > 0, kept, torch.zeros_like(kept))
        # The conditional and the free prediction run as one batch of two.
        dropped = {name: torch.tensor([False, True]) for name in CONDITIONS}
        readings = []
        for index, window in enumerate(spans):
            here = window.span
            both = {name: twice(value[:, :, here]) for name, value in conditions.items()}
            lower = None if given is None else twice((given[index] - self.lower_mean) / self.lower_std)
            readings.append(self.network.read(twice(kept[:, :, here]), twice(mask[:, :, here]), both, twice(body), lower, dropped))
        told, parts = [reading.first_half() for reading in readings], shares(spans)
        noise = torch.randn(kept.shape, generator=generator)

        def predict(noisy: Tensor, step: Tensor) -> Tensor:
            clean = torch.zeros_like(noisy)
            for window, reading, conditional, part in zip(spans, readings, told, parts):
                here = noisy[:, :, window.span]
                if guidance == 1.0 or int(step) < GUIDED_FROM:
                    seen = self.network.denoise(here, step, conditional)
                else:
                    out = self.network.denoise(twice(here), step.expand(2), reading)
                    seen = guided(out[:1], out[1:], guidance)
                clean[:, :, window.span] += part[:, None] * seen
            return with_less_noise(noisy, clean, int(step[0]), LESS_NOISE)

        def correct(clean: Tensor) -> Tensor:
            assert energy is not None
            return descend(clean, lambda features: energy(features * self.std + self.mean), 1 - spread)

        return sample(predict, noise, kept, spread, preset, on_step, correct if energy else None) * self.std + self.mean


def make_lower(
    stage: BodyStage, conditions: dict[str, Tensor], body: Tensor, places: Places, keep: KeptFeatures, frames: int, seed: int, preset: str,
    guidance: float, on_step: StepCallback, physics: Physics | None = None,
) -> GlobalMotion:  # fmt: skip
    """Root, pelvis and legs of both over the take: ``GlobalMotion`` (2, frames, ...).

    ``conditions``: per name (1, 2, padded frames, size); ``body`` (1, 2, 6); ``places`` and ``keep`` over the same frames.
    """
    corrected = physics is not None and physics.guides("lower")
    parts: list[GlobalMotion] = []
    height = body[0, :, 0]
    spans = windows(frames)
    walking = walking_of(conditions)
    for index, window in enumerate(spans):
        generator = torch.Generator().manual_seed(seed * 1000 + index)
        if window.kept:
            end = parts[-1].root.shape[1]
            before = parts[-1].window(end - window.kept, end)
            start_xy, start_heading = before.root[:, 0, :2], before.heading[:, 0]
        else:
            before = None
            start_xy, start_heading = places.position[:, 0], places.heading[:, 0]
        here = before.root[:, -1, :2] if before is not None else start_xy
        now = window.start + max(window.kept, 1) - 1
        cut = {name: value[:, :, window.span] for name, value in conditions.items()}
        facing = before.heading[:, -1] if before is not None else start_heading
        cut |= leading(stage.config, places, walking, (here, facing), now, window, (start_xy, start_heading), height)
        ahead = places if "path" in cut else lead_towards(places, walking, here.numpy(), now, window.stop)
        kept, mask = kept_lower(before, ahead, window, start_xy, start_heading, height)
        theirs, wanted = keep.lower_window(window.start, window.stop, start_xy, start_heading, height)
        kept = torch.where(stage.config.spread(wanted) > 0, theirs, kept)
        mask = torch.maximum(mask, wanted)

        def energy(features: Tensor) -> Tensor:
            assert physics is not None
            return physics.of_lower(decode_lower(features[0], height, start_xy, start_heading), window.start)  # noqa: B023

        progress = share_of(on_step, index, len(spans))
        features = stage.sample(cut, body, kept, mask, None, generator, preset, guidance, progress, energy if corrected else None)
        parts.append(decode_lower(features[0], height, start_xy, start_heading))
    return join_windows(parts)


def make_upper(
    stage: BodyStage, lower: GlobalMotion, conditions: dict[str, Tensor], body: Tensor, keep: KeptFeatures, frames: int, seed: int, preset: str,
    guidance: float, on_step: StepCallback, physics: Physics | None = None,
) -> Tensor:  # fmt: skip
    """Upper features (2, frames, 102) over the take, given the lower body (2, padded frames, ...)."""
    kept, mask = keep.upper(stage.hands)
    corrected = physics is not None and physics.guides("upper")
    spans = windows(frames)
    given = []
    for window in spans:
        part = lower.window(window.start, window.stop)
        given.append(encode_lower(GlobalMotion(*(getattr(part, n)[None] for n in ("root", "heading", "tilt", "legs", "contacts"))), body[..., 0]))

    def energy(features: Tensor) -> Tensor:
        assert physics is not None
        return physics.of_upper(lower, features[0], 0)

    generator = torch.Generator().manual_seed(seed * 1000 + 500)
    features = stage.sample(
        conditions, body, kept[None], mask[None], given, generator, preset, guidance, on_step, energy if corrected else None, spans
    )  # fmt: skip
    return features[0, :, :frames]


def twice(x: Tensor) -> Tensor:
    """(1, ...) -> (2, ...)."""
    return x.expand(2, *x.shape[1:])


def walking_of(conditions: dict[str, Tensor]) -> NDArray[np.bool_]:
    """(2, T) whether each actor's own label is to walk."""
    return (conditions["labels"][0, :, :, WALKING] > 0.5).numpy()


def kept_lower(
    before: GlobalMotion | None, places: Places, window: Window, start_xy: Tensor, start_heading: Tensor, height: Tensor
) -> tuple[Tensor, Tensor]:
    """Kept features (1, 2, T, 70) and their mask (1, 2, T, 4) of a window."""
    kept, mask = torch.zeros(1, 2, window.length, LOWER_SIZE), torch.zeros(1, 2, window.length, 4)
    span = window.span
    kept[0, :, :, POSITION] = rotate_plane(places.position[:, span] - start_xy[:, None], -start_heading[:, None].expand(-1, window.length))
    turned = places.heading[:, span] - start_heading[:, None]
    kept[0, :, :, HEADING] = torch.stack([turned.cos(), turned.sin()], -1)
    mask[0, :, :, 1], mask[0, :, :, 2] = places.has_position[:, span].float(), places.has_heading[:, span].float()
    if before is not None:
        features = encode_lower(GlobalMotion(*(getattr(before, n)[None] for n in ("root", "heading", "tilt", "legs", "contacts"))), height[None])
        kept[0, :, : window.kept], mask[0, :, : window.kept] = features[0], 1.0
    else:
        still = GlobalMotion(
            torch.cat([start_xy, height[:, None]], -1)[None, :, None], start_heading[None, :, None],
            torch.eye(3).expand(1, 2, 1, 3, 3), torch.eye(3).expand(1, 2, 1, 8, 3, 3), torch.ones(1, 2, 1, 4),
        )  # fmt: skip
        kept[0, :, :1, POSITION.start :] = encode_lower(still, height[None])[0, :, :, POSITION.start :]
        mask[0, :, 0, 1:] = 1.0
    return kept, mask


def leading(
    config: DuetConfig, places: Places, walking: NDArray[np.bool_], here: tuple[Tensor, Tensor], now: int, window: Window,
    start: tuple[Tensor, Tensor], height: Tensor,
) -> dict[str, Tensor]:  # fmt: skip
    """Those of the conditions 'path' and 'facing' (1, 2, T, 3) that a network hears, in a window from frame ``now`` of the take on.

    ``here``: places (2, 2) and headings (2,) on that frame; ``start``: those of the window's first frame; ``height`` (2,) of the pelvis.
    """
    way, known = path_ahead(places, walking, here[0].numpy(), now, window.stop)
    found = {}
    if "path" in config.conditions:
        place = torch.from_numpy(way)
        local = rotate_plane(place - start[0][:, None], -start[1][:, None].expand(-1, place.shape[1])) / height[:, None, None]
        found["path"] = _where(local, known, window, now)
    if "facing" in config.conditions:
        heading, told = facing_ahead(places, walking, way, known, here[1].numpy(), now, window.stop)
        turned = torch.from_numpy(heading) - start[1][:, None]
        found["facing"] = _where(torch.stack([turned.cos(), turned.sin()], -1), told, window, now)
    return found


def _where(values: Tensor, known: NDArray[np.bool_], window: Window, now: int) -> Tensor:
    """Values (2, N, 2) from frame ``now`` on and 1, where ``known`` (2, N), else zeros: (1, 2, T, 3) of a window."""
    condition = torch.zeros(1, 2, window.length, 3)
    condition[0, :, now - window.start :] = torch.cat([values, torch.ones_like(values[..., :1])], -1) * torch.from_numpy(known)[..., None]
    return condition


def share_of(on_step: StepCallback, index: int, count: int) -> StepCallback:
    return lambda done: on_step((index + done) / count)
