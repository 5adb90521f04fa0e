"""Listen, Denoise, Action! (Alexanderson et al. 2023) as InterAct compares with it: one network for the whole body.

LDA1 animates one person who knows nothing of the other; LDA2 both at once. Both have our tokens, conditions and training
budget, so that what differs is the hierarchy and, for LDA1, the partner.
`evaluation.comparison` trains and measures them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ..body import BodyStage, StepCallback, kept_lower, leading, share_of, walking_of
from ..body_features import LOWER_SIZE, PARTNER, UPPER_SIZE, GlobalMotion, HandBasis, decode_lower
from ..checkpoint import load_checkpoint, load_into
from ..cues import Cue
from ..networks.blocks import modulate
from ..networks.duet_denoiser import CONDITIONS, DuetBlock, DuetConfig, DuetDenoiser, Reading
from ..training.body import BodyTraining, stage_config, train_body
from ..training.options import Run
from ..windows import join_windows, ramp, windows

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
    """LDA1: neither sees nor hears the partner."""

    def __init__(self, config: DuetConfig) -> None:
        super().__init__(config)
        self.blocks = nn.ModuleList(AloneBlock(config.width, config.heads) for _ in range(config.blocks))

    def read(
        self, kept: Tensor, mask: Tensor, conditions: dict[str, Tensor], body: Tensor, given: Tensor | None = None, dropped: dict[str, Tensor] | None = None
    ) -> Reading:
        mine = {name: value for name, value in conditions.items() if name != "partner_speech"}
        for name in _WITH_PARTNER:
            if name in mine:
                own = mine[name][..., : CONDITIONS[name] // 2]
                mine[name] = torch.cat([own, torch.zeros_like(own)], -1)
        # The partner's bones reach the network only through the pair (own, other): here both halves are one's own.
        apart = {name: _doubled(value) for name, value in mine.items()}
        lost = None if dropped is None else {name: flags.repeat_interleave(2) for name, flags in dropped.items() if name in mine}
        return super().read(_doubled(kept * _unpartnered(kept)), _doubled(mask), apart, _doubled(body), None, lost)

    def denoise(self, noisy: Tensor, step: Tensor, reading: Reading) -> Tensor:
        out = super().denoise(_doubled(noisy * _unpartnered(noisy)), step.repeat_interleave(2), reading)
        return out[:, 0].unflatten(0, (noisy.shape[0], 2))


def _doubled(values: Tensor) -> Tensor:
    """(B, 2, ...) -> (B * 2, 2, ...): each actor becomes a pair of itself, of which the first is read."""
    return values.flatten(0, 1)[:, None].expand(-1, 2, *values.shape[2:])


def _unpartnered(features: Tensor) -> Tensor:
    """(F,) 0 for what a feature says of the partner, 1 for the rest."""
    seen = torch.ones(features.shape[-1], device=features.device)
    seen[PARTNER] = 0.0
    return seen


def network_of(name: str, config: DuetConfig) -> DuetDenoiser:
    return AloneDenoiser(config) if name == "lda1" else DuetDenoiser(config)


class WholeStage(BodyStage):
    """A trained baseline, sampled like a stage."""

    def __init__(self, name: str, folder: Path) -> None:
        tensors, header = load_checkpoint(folder / f"{name}.safetensors")
        self.config, self.header = DuetConfig.from_header(header["config"]), header
        self.network = network_of(name, self.config).eval()
        load_into(self.network, {k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")}, name)
        self.mean, self.std = (torch.cat([tensors[f"lower_{kind}"], tensors[f"upper_{kind}"]]) for kind in ("mean", "std"))
        self.lower_mean, self.lower_std = tensors["lower_mean"], tensors["lower_std"]
        self.hands = HandBasis(tensors["hand_mean"], tensors["hand_basis"])


def make_whole(stage: BodyStage, cue: Cue, seed: int, preset: str, guidance: float, on_step: StepCallback) -> tuple[GlobalMotion, Tensor]:
    """Lower motion (2, frames, ...) and upper features (2, frames, 102) by one network, window by window."""
    parts: list[GlobalMotion] = []
    height = cue.body[0, :, 0]
    spans = windows(cue.frames)
    out = torch.zeros(2, spans[-1].stop, UPPER_SIZE)
    walking = walking_of(cue.conditions)
    for index, window in enumerate(spans):
        generator = torch.Generator().manual_seed(seed * 1000 + index)
        end = parts[-1].root.shape[1] if parts else 0
        before = parts[-1].window(end - window.kept, end) if window.kept else None
        first_xy, first_heading = (cue.places.position[:, 0], cue.places.heading[:, 0]) if before is None else (before.root[:, 0, :2], before.heading[:, 0])
        here = (first_xy, first_heading) if before is None else (before.root[:, -1, :2], before.heading[:, -1])
        cut = {name: value[:, :, window.span] for name, value in cue.conditions.items()}
        cut |= leading(stage.config, cue.places, walking, here, window.start + max(window.kept, 1) - 1, window, (first_xy, first_heading), height)
        kept, mask = kept_lower(before, cue.places, window, first_xy, first_heading, height)
        above, over = torch.zeros(1, 2, window.length, UPPER_SIZE), torch.zeros(1, 2, window.length, len(stage.config.groups) - mask.shape[-1])
        above[0, :, : window.kept], over[0, :, : window.kept] = out[:, window.start : window.start + window.kept], 1.0
        features = stage.sample(
            cut, cue.body, torch.cat([kept, above], -1), torch.cat([mask, over], -1), None, generator, preset, guidance, share_of(on_step, index, len(spans))
        )[0]
        parts.append(decode_lower(features[..., :LOWER_SIZE], height, first_xy, first_heading))
        blend = ramp(window)[None, :, None]
        out[:, window.span] = out[:, window.span] * (1 - blend) + features[..., LOWER_SIZE:] * blend
    return join_windows(parts).window(0, cue.frames), out[:, : cue.frames]


def train(name: str, training: BodyTraining, sizes: str, out: Path, run: Run) -> Path:
    """Train a baseline as a stage is trained, on the data and scales of ``training`` and with the sizes of that name in
    ``CONFIGS``; returns the weights' path. It hears what the stages hear, LDA1 without the partner's voice."""
    config = stage_config("whole", sizes, training.words)
    if name == "lda1":
        config = replace(config, conditions=tuple(c for c in config.conditions if c != "partner_speech"))
    torch.manual_seed(run.seed)
    target = out / f"{name}.safetensors"
    train_body(training.sharing(config, run.seed), network_of(name, config).to(training.device), out / name, target, run)
    return target
