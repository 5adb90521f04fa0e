"""Sample both bodies: conditions and wanted places in, motion of the pair out, window by window.

A take of any length is made in windows (``windows.py``). Those of the lower body, whose features are seen from where a
window begins, follow one another, each given the end of the one before; those of the upper body are made side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..body_model.kinematics import rotate_plane
from ..common.arrays import BoolArray
from ..common.checkpoints import WEIGHTS, load_checkpoint, load_into
from ..conditioning.conditioning import Conditioning
from ..conditioning.conditions import CONDITIONS
from ..conditioning.representation import (
    HEADING,
    LOWER_SIZE,
    POSITION,
    GlobalMotion,
    HandBasis,
    decode_lower,
    encode_lower,
)
from ..errors import CheckpointMismatch
from ..networks.duet_denoiser import DuetConfig, DuetDenoiser
from ..planning.headings import facing_ahead
from ..planning.trajectories import RootConstraints, lead_towards, path_ahead
from ..text.words import check_words
from .diffusion import guided, sample, scale_noise
from .energies import FEET, GuidanceEnergies, GuidanceEnergy, descend
from .windows import Window, join_windows, shares, windows

# Below this noise step guidance only adds jitter, and the unconditional prediction is left out (Kynkäänniemi et al.
# 2024,
# who also leave it out where noise is strong: here that costs variety and steady feet; docs/sampling.md).
GUIDED_FROM = 100
# By how much less noise there is than the networks say; more makes hands restless (docs/sampling.md).
NOISE_SCALE = 1.2
StepCallback = Callable[[float], None]


@dataclass(frozen=True)
class SamplingSettings:
    """``preset``: one of ``diffusion.PRESETS`` or a sampler with its steps ('snr12'); ``guidance``: weight of
    classifier-free guidance, 1 for none; ``energies``: what the bodies are drawn down while they are sampled.
    """

    seed: int = 0
    preset: str = "final"
    guidance: float = 2.0
    energies: Sequence[GuidanceEnergy] = FEET


class BodyStage:
    """One trained stage: the network and the scale of its features."""

    def __init__(self, name: str, weights: Path = WEIGHTS) -> None:
        tensors, header = load_checkpoint(weights / f"body_{name}.safetensors")
        try:
            config = DuetConfig.from_header(header["config"])
        except (KeyError, TypeError) as error:
            raise CheckpointMismatch(
                f"The weights 'body_{name}' are of another version ({error}); install matching weights."
            ) from error
        self.config, self.header = config, header
        self.network = DuetDenoiser(config).eval()
        load_into(
            self.network,
            {k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")},
            f"body_{name}",
        )
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
        settings: SamplingSettings,
        on_step: StepCallback,
        energy: Callable[[Tensor], Tensor] | None = None,
        spans: list[Window] | None = None,
    ) -> Tensor:
        """Return raw features (1, 2, T, F).

        ``kept``: raw features to keep where ``mask`` (1, 2, T, groups) is 1; ``given``: raw lower features of each
        window, for the upper stage; ``energy`` of raw features is lowered while sampling (``energies.py``). ``spans``:
        the overlapping windows of a take, denoised step by step side by side; one window without them. Where two
        overlap they share the noisy sample, and their predictions are blended at every step (Bar-Tal et al. 2023,
        "MultiDiffusion"). Made one after the other, each from the end of the one before, windows calmed down from one
        to the next.
        """
        spans = spans or [Window(0, kept.shape[2], 0)]
        kept = (kept - self.mean) / self.std
        spread = self.config.expand_mask(mask)
        kept = torch.where(spread > 0, kept, torch.zeros_like(kept))
        # The conditional and the free prediction run as one batch of two.
        dropped = {name: torch.tensor([False, True]) for name in CONDITIONS}
        encoded = []
        for index, window in enumerate(spans):
            here = window.span
            tracks = {name: batch_for_guidance(value[:, :, here]) for name, value in conditions.items()}
            lower = None if given is None else batch_for_guidance((given[index] - self.lower_mean) / self.lower_std)
            encoded.append(
                self.network.encode_conditions(
                    batch_for_guidance(kept[:, :, here]),
                    batch_for_guidance(mask[:, :, here]),
                    tracks,
                    batch_for_guidance(body),
                    lower,
                    dropped,
                )
            )
        conditional_only, parts = [both.first_half() for both in encoded], shares(spans)
        noise = torch.randn(kept.shape, generator=generator)

        def predict(noisy: Tensor, step: Tensor) -> Tensor:
            clean = torch.zeros_like(noisy)
            for window, both, conditional, part in zip(spans, encoded, conditional_only, parts):
                here = noisy[:, :, window.span]
                if settings.guidance == 1.0 or int(step) < GUIDED_FROM:
                    seen = self.network.denoise(here, step, conditional)
                else:
                    out = self.network.denoise(batch_for_guidance(here), step.expand(2), both)
                    seen = guided(out[:1], out[1:], settings.guidance)
                clean[:, :, window.span] += part[:, None] * seen
            return scale_noise(noisy, clean, int(step[0]), NOISE_SCALE)

        def correct(clean: Tensor) -> Tensor:
            assert energy is not None
            return descend(clean, lambda features: energy(features * self.std + self.mean), 1 - spread)

        return (
            sample(predict, noise, kept, spread, settings.preset, on_step, correct if energy else None) * self.std
            + self.mean
        )


@lru_cache(maxsize=1)
def load_body_stages(weights: Path = WEIGHTS) -> tuple[BodyStage, BodyStage]:
    """Return the lower and the upper stage, kept between jobs.

    Raises ``CheckpointMissing``, ``CheckpointMismatch`` or ``TextEncoderMismatch``.
    """
    lower, upper = BodyStage("lower", weights), BodyStage("upper", weights)
    check_words({"body_lower": lower.header, "body_upper": upper.header})
    return lower, upper


def sample_lower(
    stage: BodyStage,
    conditioning: Conditioning,
    settings: SamplingSettings,
    on_step: StepCallback = lambda _: None,
) -> GlobalMotion:
    """Return root, pelvis and legs of both over the padded take: ``GlobalMotion`` (2, T, ...)."""
    energies = GuidanceEnergies(settings.energies, conditioning.skeletons)
    places, walking, constraints = conditioning.places, conditioning.walking, conditioning.constraints
    parts: list[GlobalMotion] = []
    height = conditioning.body[0, :, 0]
    spans = windows(conditioning.frames)
    for index, window in enumerate(spans):
        generator = torch.Generator().manual_seed(settings.seed * 1000 + index)
        before, start = window_start(parts, window, places)
        here = start if before is None else (before.root[:, -1, :2], before.heading[:, -1])
        now = window.start + max(window.kept, 1) - 1
        conditions = {name: value[:, :, window.span] for name, value in conditioning.conditions.items()}
        conditions |= leading_conditions(stage.config, places, walking, here, now, window, start, height)
        ahead = places if "path" in conditions else lead_towards(places, walking, here[0].numpy(), now, window.stop)
        kept, mask = kept_lower(before, ahead, window, start, height)
        given, given_mask = constraints.lower_window(window.start, window.stop, *start, height)
        kept = torch.where(stage.config.expand_mask(given_mask) > 0, given, kept)
        mask = torch.maximum(mask, given_mask)

        def energy(features: Tensor) -> Tensor:
            return energies.of_lower(decode_lower(features[0], height, *start), window.start)  # noqa: B023

        features = stage.sample(
            conditions,
            conditioning.body,
            kept,
            mask,
            None,
            generator,
            settings,
            share_of(on_step, index, len(spans)),
            energy if energies.of_stage("lower") else None,
        )
        parts.append(decode_lower(features[0], height, *start))
    return join_windows(parts)


def sample_upper(
    stage: BodyStage,
    lower: GlobalMotion,
    conditioning: Conditioning,
    settings: SamplingSettings,
    on_step: StepCallback = lambda _: None,
) -> Tensor:
    """Return upper features (2, frames, 102) of both over the take, given their lower bodies (2, T, ...)."""
    energies = GuidanceEnergies(settings.energies, conditioning.skeletons)
    kept, mask = conditioning.constraints.upper(stage.hands)
    spans = windows(conditioning.frames)
    given = [
        encode_lower(lower.window(window.start, window.stop).batched(), conditioning.body[..., 0]) for window in spans
    ]
    features = stage.sample(
        conditioning.conditions,
        conditioning.body,
        kept[None],
        mask[None],
        given,
        torch.Generator().manual_seed(settings.seed * 1000 + 500),
        settings,
        on_step,
        (lambda features: energies.of_upper(lower, features[0], 0)) if energies.of_stage("upper") else None,
        spans,
    )
    return features[0, :, : conditioning.frames]


def batch_for_guidance(x: Tensor) -> Tensor:
    """Return (2, ...) of (1, ...): once for the conditional, once for the unconditional prediction."""
    return x.expand(2, *x.shape[1:])


def window_start(
    parts: Sequence[GlobalMotion], window: Window, places: RootConstraints
) -> tuple[GlobalMotion | None, tuple[Tensor, Tensor]]:
    """Return the motion that a window keeps of the one before, None in the first, and its first places (2, 2) and
    headings (2,).
    """
    if not window.kept:
        return None, (places.position[:, 0], places.heading[:, 0])
    end = parts[-1].root.shape[1]
    before = parts[-1].window(end - window.kept, end)
    return before, (before.root[:, 0, :2], before.heading[:, 0])


def kept_lower(
    before: GlobalMotion | None,
    places: RootConstraints,
    window: Window,
    start: tuple[Tensor, Tensor],
    height: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return features (1, 2, T, 70) that a window keeps, and their mask (1, 2, T, 4): wanted places, and ``before`` or
    a first pose.

    ``start``: places (2, 2) and headings (2,) on the window's first frame; ``height`` (2,) of the pelvis.
    """
    start_xy, start_heading = start
    kept, mask = torch.zeros(1, 2, window.length, LOWER_SIZE), torch.zeros(1, 2, window.length, 4)
    span = window.span
    turn = -start_heading[:, None].expand(-1, window.length)
    kept[0, :, :, POSITION] = rotate_plane(places.position[:, span] - start_xy[:, None], turn)
    turned = places.heading[:, span] - start_heading[:, None]
    kept[0, :, :, HEADING] = torch.stack([turned.cos(), turned.sin()], -1)
    mask[0, :, :, 1], mask[0, :, :, 2] = places.has_position[:, span].float(), places.has_heading[:, span].float()
    if before is not None:
        kept[0, :, : window.kept] = encode_lower(before.batched(), height[None])[0]
        mask[0, :, : window.kept] = 1.0
    else:
        still = GlobalMotion(
            torch.cat([start_xy, height[:, None]], -1)[None, :, None],
            start_heading[None, :, None],
            torch.eye(3).expand(1, 2, 1, 3, 3),
            torch.eye(3).expand(1, 2, 1, 8, 3, 3),
            torch.ones(1, 2, 1, 4),
        )
        kept[0, :, :1, POSITION.start :] = encode_lower(still, height[None])[0, :, :, POSITION.start :]
        mask[0, :, 0, 1:] = 1.0
    return kept, mask


def leading_conditions(
    config: DuetConfig,
    places: RootConstraints,
    walking: BoolArray,
    here: tuple[Tensor, Tensor],
    now: int,
    window: Window,
    start: tuple[Tensor, Tensor],
    height: Tensor,
) -> dict[str, Tensor]:
    """Return those of the conditions 'path' and 'facing' (1, 2, T, 3) that a network knows, from frame ``now`` of the
    take on.

    ``here``: places (2, 2) and headings (2,) on that frame; ``start``: those of the window's first frame; ``height``
    (2,) of the pelvis.
    """
    way, known = path_ahead(places, walking, here[0].numpy(), now, window.stop)
    found = {}
    if "path" in config.conditions:
        place = torch.from_numpy(way) - start[0][:, None]
        local = rotate_plane(place, -start[1][:, None].expand(-1, place.shape[1])) / height[:, None, None]
        found["path"] = _from_frame(local, known, window, now)
    if "facing" in config.conditions:
        heading, wanted = facing_ahead(places, walking, way, known, here[1].numpy(), now, window.stop)
        turned = torch.from_numpy(heading) - start[1][:, None]
        found["facing"] = _from_frame(torch.stack([turned.cos(), turned.sin()], -1), wanted, window, now)
    return found


def _from_frame(values: Tensor, known: BoolArray, window: Window, now: int) -> Tensor:
    """Return (1, 2, T, 3) of a window: from frame ``now`` on ``values`` (2, N, 2) and 1 where ``known`` (2, N), else
    zeros.
    """
    condition = torch.zeros(1, 2, window.length, 3)
    flagged = torch.cat([values, torch.ones_like(values[..., :1])], -1)
    condition[0, :, now - window.start :] = flagged * torch.from_numpy(np.asarray(known))[..., None]
    return condition


def share_of(on_step: StepCallback, index: int, count: int) -> StepCallback:
    """Return a callback for part ``index`` of ``count`` equal parts of what ``on_step`` reports."""
    return lambda done: on_step((index + done) / count)
