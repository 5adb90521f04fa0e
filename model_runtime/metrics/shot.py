"""A stretch of a held-out scene on which the body is measured."""

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
    """A stretch of a composed scene: the request, the prosody (T, 28) of each voice, and the reference motion.

    ``words`` (2, T, 48): word vectors of both. ``stresses``: per actor the times (s) of stressed syllables from the
    transcript, None where there is none.
    """

    name: str
    request: Request
    prosody: list[FloatArray]
    words: FloatArray | None
    root_positions: FloatArray  # (2, T, 3)
    rotations: FloatArray  # (2, T, 52, 4)
    scene: Scene  # cut to the shot
    stresses: Sequence[list[float] | None]

    @property
    def frames(self) -> int:
        """Return the number of frames at ``FPS``."""
        return self.root_positions.shape[1]

    def conditioning(self) -> Conditioning:
        """Return the conditioning that ``generate`` would give the networks."""
        resolved, padded = resolve_request(self.request)[0], padded_frames(self.request.frames)
        stresses = [None if times is None else (times, ()) for times in self.stresses]
        conditioning = conditioning_of(resolved, self.prosody, CONDITIONS.keys() - {"words"}, padded, stresses=stresses)
        if self.words is not None:
            words = np.zeros((2, padded, self.words.shape[2]), np.float32)
            words[:, : self.words.shape[1]] = self.words
            conditioning.conditions["words"] = beside_partners(torch.from_numpy(words)[None])
        return conditioning
