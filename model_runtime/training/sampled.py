"""Results of a stage on held-out windows during training: their distance to real motion, and a picture of them.

The upper stage is given the reference lower body; the lower stage is drawn with the corpus' mean upper body.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ..body_model.skeleton import LEG_JOINTS, Skeleton
from ..common.files import written_whole
from ..conditioning.conditions import CONDITIONS
from ..conditioning.representation import LOWER_SIZE, PARTNER, decode_lower, to_rotations
from ..drawing.contact_sheets import contact_sheet
from ..metrics.distribution import fid, pose_vectors
from ..sampling.diffusion import classifier_free_guidance, sample
from .body import BodyTraining
from .body_data import Batch

SAMPLER, GUIDANCE = "snr10", 2.0
SAMPLED, REAL = 12, 64  # windows
_TOGETHER = 4  # windows sampled in one batch, of which the first is drawn
_LOWER = np.array([0, *LEG_JOINTS])


class SampledWindows:
    """Held-out windows, spread evenly over the held-out scenes, that are always sampled from the same noise."""

    def __init__(self, training: BodyTraining, folder: Path) -> None:
        self.training, self.folder = training, folder
        starts = len(training.held_out.starts)
        self.index, real = (
            torch.linspace(0, starts - 1, count, device=training.device).long() for count in (SAMPLED, REAL)
        )
        batch = training.held_out.windows(real)
        self.real = self._poses(self._bodies(batch, batch.features(training.config.stage))[1])

    def measure(self, network: torch.nn.Module, step: int) -> dict[str, float]:
        """Return 'fid_g' and 'fid_k' over the stage's own joints (`distribution.fid`) and 'fid', their geometric mean.

        Draws ``samples_<step>.png`` into the folder.
        """
        made, shown = [], []
        for start in range(0, SAMPLED, _TOGETHER):
            batch = self.training.held_out.windows(self.index[start : start + _TOGETHER])
            roots, rotations = self._bodies(batch, sample_windows(self.training, network, batch, start))
            made += self._poses(rotations)
            shown.append((batch.offsets[0].cpu().numpy(), roots[0], rotations[0]))
        found = fid(made, self.real)
        self._draw(shown, step, found)
        return found | {"fid": float(np.sqrt(found["fid_g"] * found["fid_k"]))}

    def _bodies(self, batch: Batch, features: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return roots (B, 2, T, 3) and rotations (B, 2, T, 52, 4) of the stage's raw features (B, 2, T, F).

        They are in the first actor's frame at the window's start.
        """
        stage = self.training.config.stage
        lower = {"lower": features, "upper": batch.lower, "whole": features[..., :LOWER_SIZE]}[stage].float().cpu()
        mean = self.training.scale("upper", "mean").cpu().expand(*lower.shape[:-1], -1)
        upper = {"lower": mean, "upper": features.cpu(), "whole": features[..., LOWER_SIZE:].cpu()}[stage].float()
        partner = batch.lower[:, 0, 0, PARTNER].cpu()
        start_xy = torch.stack([torch.zeros_like(partner[:, :2]), partner[:, :2]], 1)
        heading = torch.atan2(partner[:, 3], partner[:, 2])
        start_heading = torch.stack([torch.zeros_like(heading), heading], 1)
        motion = decode_lower(lower, batch.body[..., 0].cpu(), start_xy, start_heading)
        flat = motion.map(lambda values: values.flatten(0, 1))
        rotations = to_rotations(flat, upper.flatten(0, 1), self.training.data.basis)
        return motion.root.numpy(), rotations.reshape(*lower.shape[:3], *rotations.shape[-2:])

    def _poses(self, rotations: NDArray[np.float32]) -> list[NDArray[np.float64]]:
        """Return pose vectors (T, D) of each body, of the stage's own joints."""
        upper = np.setdiff1d(np.arange(rotations.shape[-2]), _LOWER)
        joints = {"lower": _LOWER, "upper": upper, "whole": np.arange(rotations.shape[-2])}[self.training.config.stage]
        columns = (6 * joints[:, None] + np.arange(6)).ravel()
        return [pose_vectors(body)[:, columns] for pair in rotations for body in pair]

    def _draw(
        self,
        shown: list[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]],
        step: int,
        found: dict[str, float],
    ) -> None:
        """Draw sheets of the ``shown`` offsets, roots and rotations into one picture."""
        stage = self.training.config.stage
        sheets: list[Image.Image] = []
        path = self.folder / f"samples_{step:06d}.png"
        title = f"{stage}, step {step}: FID_g {found['fid_g']:.3g}, FID_k {found['fid_k']:.3g}"
        for offsets, roots, rotations in shown:
            bodies = [(roots[a], rotations[a], Skeleton(offsets[a])) for a in range(2)]
            times = [1.0, 0.33 * len(roots[0]) / 30, 0.66 * len(roots[0]) / 30, len(roots[0]) / 30 - 0.5]
            with Image.open(
                contact_sheet(bodies, path, times, title=title if not sheets else None, cell=(300, 270))
            ) as picture:
                sheets.append(picture.convert("RGB"))
        whole = Image.new("RGB", (sheets[0].width, sum(sheet.height for sheet in sheets)))
        for index, sheet in enumerate(sheets):
            whole.paste(sheet, (0, sum(other.height for other in sheets[:index])))
        with written_whole(path) as partial:
            whole.save(partial)


@torch.no_grad()
def sample_windows(training: BodyTraining, network: torch.nn.Module, batch: Batch, seed: int) -> Tensor:
    """Return raw features (B, 2, T, F) of a stage, sampled as the first window of a take under a batch's conditions.

    Given are both starts, the trajectory and, for the upper stage, the reference lower body.
    """
    config, device = training.config, training.device
    mean, std = training.scale(config.stage, "mean"), training.scale(config.stage, "std")
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        training.add_constraints(batch)  # for the trajectory conditions
    known = (batch.features(config.stage) - mean) / std
    mask = torch.zeros(*known.shape[:-1], len(config.groups), device=device)
    if config.stage != "upper":
        mask[:, :, 0, 1:4] = 1.0
    noise = torch.randn(known.shape, generator=torch.Generator().manual_seed(seed)).to(device)

    def twice(x: Tensor) -> Tensor:
        """Return a batch for the prediction with and without conditions."""
        return torch.cat([x, x])

    fields = ("lower", "upper", "body", "offsets", "labels")
    pairs = Batch(
        **{name: twice(getattr(batch, name)) for name in fields},
        conditions={name: twice(x) for name, x in batch.conditions.items()},
    )
    unconditional = torch.arange(2 * len(known), device=device) >= len(known)
    dropped = {name: unconditional for name in CONDITIONS}

    def predict(noisy: Tensor, step: Tensor) -> Tensor:
        out = training.predict(
            network, twice(noisy), twice(step.to(device)), twice(known), twice(mask), pairs, dropped
        ).float()
        return classifier_free_guidance(out[: len(noisy)], out[len(noisy) :], GUIDANCE)

    return sample(predict, noise, known, config.expand_mask(mask), SAMPLER) * std + mean
