"""Sample both bodies: conditions and root constraints in, motion of the pair out, window by window.

A take of any length is made in windows (``windows.py``). The features of the lower body are relative to the start of a
window, so its windows are sampled in sequence, each given the end of the one before. The windows of the upper body are
sampled together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..body_model.kinematics import rotate_plane
from ..body_model.skeleton import Skeleton
from ..common.arrays import BoolArray
from ..common.checkpoints import WEIGHTS, load_checkpoint, load_into, tensors_under
from ..conditioning.conditioning import Conditioning
from ..conditioning.conditions import CONDITIONS
from ..conditioning.first_vocabulary import in_vocabulary
from ..conditioning.representation import (
    HEADING,
    LOWER_SIZE,
    MOTION_FIELDS,
    POSITION,
    GlobalMotion,
    HandBasis,
    decode_lower,
    encode_lower,
    unwrap,
)
from ..errors import CheckpointMismatch
from ..networks.duet_denoiser import DuetConfig, DuetDenoiser, EncodedConditions
from ..planning.headings import facing_ahead
from ..planning.trajectories import RootConstraints, lead_towards, path_ahead
from ..text.words import check_words
from .diffusion import classifier_free_guidance, sample, scale_predicted_noise
from .energies import FEET, GuidanceEnergy, PosedBodies, StageEnergy, lower_bodies, total_energy, upper_bodies
from .vigour import scaled_with, vigour_of
from .windows import Window, blend_weights, chains, join_windows

# Below this noise step guidance only adds jitter, so the unconditional prediction is left out (Kynkäänniemi et al. 2024
# also leave it out at high noise; here that costs variety and steady feet, see docs/sampling.md).
GUIDED_FROM = 100
NOISE_SCALE = 1.2  # predicted noise is divided by this; larger values make hands restless (docs/sampling.md)
StepCallback = Callable[[float], None]


@dataclass(frozen=True)
class SamplingSettings:
    """``preset``: one of ``diffusion.PRESETS`` or a sampler with its steps ('snr12'); ``guidance``: weight of
    classifier-free guidance, 1 for none; ``energies``: guidance energies that sampling lowers.
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
        load_into(self.network, tensors_under(tensors, "network."), f"body_{name}")
        self.mean, self.std = tensors[f"{name}_mean"], tensors[f"{name}_std"]
        self.lower_mean, self.lower_std = tensors["lower_mean"], tensors["lower_std"]
        self.hands = HandBasis(tensors["hand_mean"], tensors["hand_basis"])

    @torch.no_grad()
    def sample(
        self,
        conditions: dict[str, Tensor],
        body: Tensor,
        known: Tensor,
        mask: Tensor,
        lower: list[Tensor] | None,
        generator: torch.Generator,
        settings: SamplingSettings,
        on_step: StepCallback,
        energy: StageEnergy | None = None,
        spans: list[Window] | None = None,
        held: Tensor | None = None,
        vigour: Tensor | None = None,
    ) -> Tensor:
        """Return raw features (1, 2, T, F).

        ``known``: raw features that are given where ``mask`` (1, 2, T, groups) is 1, and where ``held`` (1, 2, T, F) is
        1 without the network being told; ``lower``: raw lower features of each window, for the upper stage; ``energy``
        of raw features is lowered during sampling (``energies.py``). ``spans``: windows of the take that are denoised
        together, by default one. Where two overlap they share the noisy sample, and their predictions are blended at
        every step (Bar-Tal et al. 2023, "MultiDiffusion"). Windows of the upper body made in sequence, each given the
        end of the one before, moved less and less. ``vigour`` (1, 2, T, 1): as of ``vigour.vigour_of``.
        """
        spans = spans or [Window(0, known.shape[2], 0)]
        known = (known - self.mean) / self.std
        feature_mask = self.config.expand_mask(mask)
        fixed = feature_mask if held is None else torch.maximum(feature_mask, held)
        known = torch.where(fixed > 0, known, torch.zeros_like(known))
        both = self._encode(conditions, body, known, mask, lower, spans)
        conditional, weights = [encoded.first_half() for encoded in both], blend_weights(spans)
        noise = torch.randn(known.shape, generator=generator)

        def predict(noisy: Tensor, step: Tensor) -> Tensor:
            clean = torch.zeros_like(noisy)
            for window, pair, alone, weight in zip(spans, both, conditional, weights):
                part = noisy[:, :, window.span]
                if settings.guidance == 1.0 or int(step) < GUIDED_FROM:
                    predicted = self.network.denoise(part, step, alone)
                else:
                    out = self.network.denoise(batch_for_guidance(part), step.expand(2), pair)
                    predicted = classifier_free_guidance(out[:1], out[1:], settings.guidance)
                clean[:, :, window.span] += weight[:, None] * predicted
            if vigour is not None:
                return scaled_with(vigour, noisy, clean, int(step[0]), NOISE_SCALE)
            return scale_predicted_noise(noisy, clean, int(step[0]), NOISE_SCALE)

        def correct(clean: Tensor) -> Tensor:
            assert energy is not None
            return energy.descend(clean, self.mean, self.std, 1 - fixed)

        correction = correct if energy else None
        features = sample(predict, noise, known, feature_mask, settings.preset, on_step, correction, held)
        return features * self.std + self.mean

    def _encode(
        self,
        conditions: dict[str, Tensor],
        body: Tensor,
        known: Tensor,
        mask: Tensor,
        lower: list[Tensor] | None,
        spans: list[Window],
    ) -> list[EncodedConditions]:
        """Return the encoded conditions of each window: a batch of two, with all conditions and with none."""
        conditions = in_vocabulary(conditions, self.config.vocabulary)
        dropped = {name: torch.tensor([False, True]) for name in CONDITIONS}
        return [
            self.network.encode_conditions(
                batch_for_guidance(known[:, :, window.span]),
                batch_for_guidance(mask[:, :, window.span]),
                {name: batch_for_guidance(value[:, :, window.span]) for name, value in conditions.items()},
                batch_for_guidance(body),
                None if lower is None else batch_for_guidance((lower[index] - self.lower_mean) / self.lower_std),
                dropped,
            )
            for index, window in enumerate(spans)
        ]


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
    if all(conditioning.is_given("lower")):
        return conditioning.constraints.motion
    given, sampled = conditioning.constraints.motion, list[tuple[int, GlobalMotion]]()
    runs = chains(conditioning.is_free("lower"))
    done, count = 0, sum(map(len, runs))
    for spans in runs:
        begin = spans[0].start
        parts = [given.window(begin, begin + spans[0].overlap)] if spans[0].overlap else []
        for window in spans:
            generator = torch.Generator().manual_seed(settings.seed * 1000 + done)
            progress = part_of_progress(on_step, done, count)
            parts.append(_sample_lower_window(stage, conditioning, settings, parts, window, generator, progress))
            done += 1
        sampled.append((begin, join_windows(parts[-len(spans) :])))
    return _put_into(given, sampled)


def _put_into(given: GlobalMotion, sampled: Sequence[tuple[int, GlobalMotion]]) -> GlobalMotion:
    """Return ``given`` motion (2, T, ...) with each of ``sampled`` (first frame, motion) in the place of its frames."""
    if len(sampled) == 1 and sampled[0][1].root.shape[1] == given.root.shape[1]:
        return sampled[0][1]
    fields = {name: getattr(given, name).clone() for name in MOTION_FIELDS}
    for begin, motion in sampled:
        for name, values in fields.items():
            values[:, begin : begin + motion.root.shape[1]] = getattr(motion, name)
    return GlobalMotion(**fields | {"heading": unwrap(fields["heading"])})


def _sample_lower_window(
    stage: BodyStage,
    conditioning: Conditioning,
    settings: SamplingSettings,
    parts: Sequence[GlobalMotion],
    window: Window,
    generator: torch.Generator,
    on_step: StepCallback,
) -> GlobalMotion:
    """Return the motion (2, T, ...) of a window that follows the windows ``parts``."""
    height, places, walking = conditioning.body[0, :, 0], conditioning.places, conditioning.walking
    before, start = window_start(parts, window, places)
    current = start if before is None else (before.root[:, -1, :2], before.heading[:, -1])
    now = window.start + max(window.overlap, 1) - 1
    conditions = {name: value[:, :, window.span] for name, value in conditioning.conditions.items()}
    conditions |= trajectory_conditions(stage.config, places, walking, current, now, window, start, height)
    targets = places if "path" in conditions else lead_towards(places, walking, current[0].numpy(), now, window.stop)
    known, mask = lower_constraints(before, targets, window, start, height)
    given, given_mask = conditioning.constraints.lower_window(window.start, window.stop, *start, height)
    known = torch.where(stage.config.expand_mask(given_mask) > 0, given, known)
    mask = torch.maximum(mask, given_mask)

    def pose(features: Tensor) -> PosedBodies:
        return lower_bodies(decode_lower(features[0], height, *start), conditioning.skeletons, window.start)

    energy = total_energy(settings.energies, "lower", pose)
    features = stage.sample(conditions, conditioning.body, known, mask, None, generator, settings, on_step, energy)
    return conditioning.constraints.put_lower(decode_lower(features[0], height, *start), window.start)


def sample_upper(
    stage: BodyStage,
    lower: GlobalMotion,
    conditioning: Conditioning,
    settings: SamplingSettings,
    on_step: StepCallback = lambda _: None,
) -> Tensor:
    """Return upper features (2, frames, 102) of both over the take, given their lower bodies (2, T, ...)."""
    known, mask, given = conditioning.constraints.upper(stage.hands)
    if all(conditioning.is_given("upper", "head", "hands")):
        return known[:, : conditioning.frames]
    runs = chains(conditioning.is_free("upper", "head", "hands"))
    made = known.clone()
    for index, spans in enumerate(runs):
        part = slice(spans[0].start, spans[-1].stop)
        bodies = lower.window(part.start, part.stop)
        here = [Window(w.start - part.start, w.stop - part.start, w.overlap) for w in spans]
        pose = partial(_pose_upper, bodies, conditioning.skeletons, part.start)
        features = stage.sample(
            {name: value[:, :, part] for name, value in conditioning.conditions.items()},
            conditioning.body,
            known[None, :, part],
            mask[None, :, part],
            [encode_lower(bodies.window(w.start, w.stop).batched(), conditioning.body[..., 0]) for w in here],
            torch.Generator().manual_seed(settings.seed * 1000 + 500 + index),
            settings,
            part_of_progress(on_step, index, len(runs)),
            total_energy(settings.energies, "upper", pose),
            here,
            given[None, :, part],
            None if conditioning.energy is None else vigour_of(conditioning.energy[:, part]),
        )
        made[:, part] = features[0]
    return made[:, : conditioning.frames]


def _pose_upper(lower: GlobalMotion, skeletons: tuple[Skeleton, Skeleton], start: int, features: Tensor) -> PosedBodies:
    """Return both bodies of lower motion (2, T, ...) and upper features (1, 2, T, 102) from frame ``start`` on."""
    return upper_bodies(lower, features[0], skeletons, start)


def batch_for_guidance(x: Tensor) -> Tensor:
    """Return ``x`` (1, ...) as (2, ...), for the conditional and the unconditional prediction in one batch."""
    return x.expand(2, *x.shape[1:])


def window_start(
    parts: Sequence[GlobalMotion], window: Window, places: RootConstraints
) -> tuple[GlobalMotion | None, tuple[Tensor, Tensor]]:
    """Return the motion that a window shares with the one before (None in the first), and the root positions (2, 2) and
    headings (2,) of its first frame.
    """
    if not window.overlap:
        return None, (places.position[:, 0], places.heading[:, 0])
    end = parts[-1].root.shape[1]
    before = parts[-1].window(end - window.overlap, end)
    return before, (before.root[:, 0, :2], before.heading[:, 0])


def lower_constraints(
    before: GlobalMotion | None,
    places: RootConstraints,
    window: Window,
    start: tuple[Tensor, Tensor],
    height: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return the given features (1, 2, T, 70) of a window and their mask (1, 2, T, 4).

    These are the root constraints ``places``, and the shared frames ``before`` or, in the first window, a standing
    pose. ``start``: root positions (2, 2) and headings (2,) of the first frame; ``height`` (2,) of the pelvis.
    """
    start_xy, start_heading = start
    known, mask = torch.zeros(1, 2, window.length, LOWER_SIZE), torch.zeros(1, 2, window.length, 4)
    span = window.span
    turn = -start_heading[:, None].expand(-1, window.length)
    known[0, :, :, POSITION] = rotate_plane(places.position[:, span] - start_xy[:, None], turn)
    turned = places.heading[:, span] - start_heading[:, None]
    known[0, :, :, HEADING] = torch.stack([turned.cos(), turned.sin()], -1)
    mask[0, :, :, 1], mask[0, :, :, 2] = places.has_position[:, span].float(), places.has_heading[:, span].float()
    if before is not None:
        known[0, :, : window.overlap] = encode_lower(before.batched(), height[None])[0]
        mask[0, :, : window.overlap] = 1.0
    else:
        still = GlobalMotion(
            torch.cat([start_xy, height[:, None]], -1)[None, :, None],
            start_heading[None, :, None],
            torch.eye(3).expand(1, 2, 1, 3, 3),
            torch.eye(3).expand(1, 2, 1, 8, 3, 3),
            torch.ones(1, 2, 1, 4),
        )
        known[0, :, :1, POSITION.start :] = encode_lower(still, height[None])[0, :, :, POSITION.start :]
        mask[0, :, 0, 1:] = 1.0
    return known, mask


def trajectory_conditions(
    config: DuetConfig,
    places: RootConstraints,
    walking: BoolArray,
    current: tuple[Tensor, Tensor],
    now: int,
    window: Window,
    start: tuple[Tensor, Tensor],
    height: Tensor,
) -> dict[str, Tensor]:
    """Return the conditions 'path' and 'facing' (1, 2, T, 3), as far as the network has them, from frame ``now`` on.

    ``now``: frame of the take; ``current``: root positions (2, 2) and headings (2,) at that frame; ``start``: those of
    the window's first frame; ``height`` (2,) of the pelvis.
    """
    path, known = path_ahead(places, walking, current[0].numpy(), now, window.stop)
    found = {}
    if "path" in config.conditions:
        offset = torch.from_numpy(path) - start[0][:, None]
        local = rotate_plane(offset, -start[1][:, None].expand(-1, offset.shape[1])) / height[:, None, None]
        found["path"] = _from_frame(local, known, window, now)
    if "facing" in config.conditions:
        heading, requested = facing_ahead(places, walking, path, known, current[1].numpy(), now, window.stop)
        turned = torch.from_numpy(heading) - start[1][:, None]
        found["facing"] = _from_frame(torch.stack([turned.cos(), turned.sin()], -1), requested, window, now)
    return found


def _from_frame(values: Tensor, known: BoolArray, window: Window, now: int) -> Tensor:
    """Return a condition (1, 2, T, 3) of a window that begins at frame ``now`` of the take, zeros before it.

    It holds ``values`` (2, N, 2) and 1 where ``known`` (2, N), else zeros.
    """
    condition = torch.zeros(1, 2, window.length, 3)
    flagged = torch.cat([values, torch.ones_like(values[..., :1])], -1)
    condition[0, :, now - window.start :] = flagged * torch.from_numpy(np.asarray(known))[..., None]
    return condition


def part_of_progress(on_step: StepCallback, index: int, count: int) -> StepCallback:
    """Return a callback for the progress within part ``index`` of ``count`` equal parts."""
    return lambda done: on_step((index + done) / count)
