"""Listen, Denoise, Action! (Alexanderson et al. 2023) as InterAct compares with it: one network for the whole body.

LDA1 animates one person without any input from the other; LDA2 animates both at once. Both have our tokens, conditions
and training budget, so that they differ in the hierarchy and, for LDA1, in the partner. ``studies.comparison`` trains
and measures them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ..common.checkpoints import load_checkpoint, load_into, tensors_under
from ..conditioning.conditioning import Conditioning
from ..conditioning.conditions import CONDITIONS
from ..conditioning.representation import LOWER_SIZE, PARTNER, UPPER_SIZE, GlobalMotion, HandBasis, decode_lower
from ..networks.blocks import modulate
from ..networks.duet_denoiser import DuetBlock, DuetConfig, DuetDenoiser, EncodedConditions
from ..sampling.body_sampler import BodyStage, SamplingSettings, lower_constraints, trajectory_conditions, window_start
from ..sampling.windows import crossfade, join_windows, windows
from ..training.body import BodyTraining, stage_config, train_body
from ..training.options import Run

BASELINES = ("lda1", "lda2")
_WITH_PARTNER = ("labels", "emotion", "words")  # conditions whose second half is the partner's


class AloneBlock(DuetBlock):
    """A ``DuetBlock`` without the partner."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads)
        del self.partner_attention

    def forward(self, x: Tensor, modulation: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
        s1, g1, a1, _, _, _, s3, g3, a3 = (modulation + self.shift).chunk(9, -1)
        h = modulate(x, s1, g1)
        x = x + (1 + a1)[:, None] * self.self_attention(h, h, rotary)
        return x + (1 + a3)[:, None] * self.feed_forward(modulate(x, s3, g3))


class AloneDenoiser(DuetDenoiser):
    """LDA1: a denoiser without the partner's motion, voice and body."""

    def __init__(self, config: DuetConfig) -> None:
        super().__init__(config)
        self.blocks = nn.ModuleList(AloneBlock(config.width, config.heads) for _ in range(config.blocks))

    def encode_conditions(
        self,
        known: Tensor,
        mask: Tensor,
        conditions: dict[str, Tensor],
        body: Tensor,
        lower: Tensor | None = None,
        dropped: dict[str, Tensor] | None = None,
    ) -> EncodedConditions:
        own = {name: value for name, value in conditions.items() if name != "partner_speech"}
        for name in _WITH_PARTNER:
            if name in own:
                half = own[name][..., : CONDITIONS[name].size // 2]
                own[name] = torch.cat([half, torch.zeros_like(half)], -1)
        if dropped is not None:
            dropped = {name: flags.repeat_interleave(2) for name, flags in dropped.items() if name in own}
        # The partner's bones reach the network only as the other of a pair: here an actor is paired with itself.
        paired = {name: _paired_with_itself(value) for name, value in own.items()}
        return super().encode_conditions(
            _paired_with_itself(known * _without_partner(known)),
            _paired_with_itself(mask),
            paired,
            _paired_with_itself(body),
            None,
            dropped,
        )

    def denoise(self, noisy: Tensor, step: Tensor, encoded: EncodedConditions) -> Tensor:
        out = super().denoise(_paired_with_itself(noisy * _without_partner(noisy)), step.repeat_interleave(2), encoded)
        return out[:, 0].unflatten(0, (noisy.shape[0], 2))


def _paired_with_itself(values: Tensor) -> Tensor:
    """Return (B * 2, 2, ...) of ``values`` (B, 2, ...): each actor as both of a pair, of which the first is read."""
    return values.flatten(0, 1)[:, None].expand(-1, 2, *values.shape[2:])


def _without_partner(features: Tensor) -> Tensor:
    """Return (F,): 0 for the features that describe the partner, 1 for the rest."""
    mask = torch.ones(features.shape[-1], device=features.device)
    mask[PARTNER] = 0.0
    return mask


def network_of(name: str, config: DuetConfig) -> DuetDenoiser:
    """Return the untrained network of a baseline."""
    return AloneDenoiser(config) if name == "lda1" else DuetDenoiser(config)


class WholeStage(BodyStage):
    """A trained baseline, sampled like a stage."""

    def __init__(self, name: str, folder: Path) -> None:
        tensors, header = load_checkpoint(folder / f"{name}.safetensors")
        self.config, self.header = DuetConfig.from_header(header["config"]), header
        self.network = network_of(name, self.config).eval()
        load_into(self.network, tensors_under(tensors, "network."), name)
        self.mean, self.std = (
            torch.cat([tensors[f"lower_{kind}"], tensors[f"upper_{kind}"]]) for kind in ("mean", "std")
        )
        self.lower_mean, self.lower_std = tensors["lower_mean"], tensors["lower_std"]
        self.hands = HandBasis(tensors["hand_mean"], tensors["hand_basis"])


def sample_whole(
    stage: BodyStage, conditioning: Conditioning, settings: SamplingSettings
) -> tuple[GlobalMotion, Tensor]:
    """Return lower motion (2, T, ...) and upper features (2, frames, 102) sampled by one network, window by window."""
    parts: list[GlobalMotion] = []
    height, places = conditioning.body[0, :, 0], conditioning.places
    spans = windows(conditioning.frames)
    out = torch.zeros(2, spans[-1].stop, UPPER_SIZE)
    for index, window in enumerate(spans):
        generator = torch.Generator().manual_seed(settings.seed * 1000 + index)
        before, start = window_start(parts, window, places)
        here = start if before is None else (before.root[:, -1, :2], before.heading[:, -1])
        now = window.start + max(window.overlap, 1) - 1
        conditions = {name: value[:, :, window.span] for name, value in conditioning.conditions.items()}
        conditions |= trajectory_conditions(
            stage.config, places, conditioning.walking, here, now, window, start, height
        )
        known, mask = lower_constraints(before, places, window, start, height)
        above = torch.zeros(1, 2, window.length, UPPER_SIZE)
        above_mask = torch.zeros(1, 2, window.length, len(stage.config.groups) - mask.shape[-1])
        above[0, :, : window.overlap] = out[:, window.start : window.start + window.overlap]
        above_mask[0, :, : window.overlap] = 1.0
        features = stage.sample(
            conditions,
            conditioning.body,
            torch.cat([known, above], -1),
            torch.cat([mask, above_mask], -1),
            None,
            generator,
            settings,
            lambda _: None,
        )[0]
        parts.append(decode_lower(features[..., :LOWER_SIZE], height, *start))
        blend = crossfade(window)[None, :, None]
        out[:, window.span] = out[:, window.span] * (1 - blend) + features[..., LOWER_SIZE:] * blend
    return join_windows(parts), out[:, : conditioning.frames]


def train(name: str, training: BodyTraining, sizes: str, out: Path, run: Run) -> Path:
    """Train a baseline as a stage is trained, and return the weights' path.

    Data and scales are those of ``training``, sizes those of that name in ``CONFIGS``, conditions those of the stages,
    for LDA1 without the partner's voice.
    """
    config = stage_config("whole", sizes, training.words)
    if name == "lda1":
        config = replace(config, conditions=tuple(c for c in config.conditions if c != "partner_speech"))
    torch.manual_seed(run.seed)
    target = out / f"{name}.safetensors"
    train_body(
        training.sharing(config, run.seed), network_of(name, config).to(training.device), out / name, target, run
    )
    return target
