"""A stretch of a held-out scene that the body is measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..conditioning.conditioning import Conditioning, conditioning_of
from ..conditioning.conditions import CONDITIONS, beside_partners
from ..contract import FloatArray, Request
from ..datasets.scene import Scene
from ..planning.resolve_request import resolve_request
from ..sampling.windows import padded_frames


@dataclass(frozen=True)
class Shot:
    """A stretch of a composed scene: what is asked for, what is heard (prosody (T, 28) each), and the truth, of which
    the motion stands here too.
    """

    name: str
    request: Request
    heard: list[FloatArray]
    words: FloatArray | None
    root_positions: FloatArray  # (2, T, 3)
    rotations: FloatArray  # (2, T, 52, 4)
    scene: Scene  # cut to the shot
    stressed: Sequence[list[float] | None]  # what the words tell of the stresses, s; None where that is not known

    @property
    def frames(self) -> int:
        return self.root_positions.shape[1]

    def conditioning(self) -> Conditioning:
        """What the networks are told, as ``generate`` would tell them."""
        resolved, padded = resolve_request(self.request)[0], padded_frames(self.request.frames)
        stresses = [None if times is None else (times, ()) for times in self.stressed]
        cue = conditioning_of(resolved, self.heard, CONDITIONS.keys() - {"words"}, padded, stresses=stresses)
        if self.words is not None:
            words = np.zeros((2, padded, self.words.shape[2]), np.float32)
            words[:, : self.words.shape[1]] = self.words
            cue.conditions["words"] = beside_partners(torch.from_numpy(words)[None])
        return cue
