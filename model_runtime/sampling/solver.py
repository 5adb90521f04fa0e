"""DPM-Solver++ (Lu et al. 2022, "DPM-Solver++", algorithm 2) for networks that predict the clean sample.

Its first order is DDIM (Song et al. 2021). The arithmetic is that of ``DPMSolverMultistepScheduler`` of diffusers, to
the last bit, and a test compares the two. Loading diffusers takes longer than loading torch, because it loads torch's
compiler, and that was a third of the time from starting the runtime to the first performance.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class DpmSolver:
    """Leads one noisy sample down the noise steps of a schedule; make a new one for every sample."""

    def __init__(self, alphas: Tensor, steps: Sequence[int], order: int) -> None:
        """``alphas`` (N,): cumulative signal power. ``steps``: from the noisiest down. ``order``: 1 or 2."""
        self.steps, self.order = torch.tensor(steps, dtype=torch.int64), order
        at = alphas[self.steps]
        noise_to_signal = ((1 - at) / at) ** 0.5
        ratio = torch.cat([noise_to_signal, noise_to_signal.new_zeros(1)])  # the last step leads to no noise at all
        self._signal = 1 / ((ratio**2 + 1) ** 0.5)
        self._noise = ratio * self._signal
        self._half_log_snr = torch.log(self._signal) - torch.log(self._noise)
        self._done = 0
        self._before: Tensor | None = None  # what was predicted in the step before

    def advance(self, clean: Tensor, noisy: Tensor) -> Tensor:
        """Return the sample (B, ...) at the next step, given this step's ``noisy`` one and the ``clean`` prediction."""
        now = self._done
        signal, half_log_snr = self._signal[now + 1], self._half_log_snr
        width = half_log_snr[now + 1] - half_log_snr[now]
        weight = signal * (torch.exp(-width) - 1.0)
        result = (self._noise[now + 1] / self._noise[now]) * noisy - weight * clean
        # The first step knows no other prediction, and before the last one the slope would be divided by zero noise.
        if self.order == 2 and self._before is not None and now + 1 < len(self.steps):
            slope = (1.0 / ((half_log_snr[now] - half_log_snr[now - 1]) / width)) * (clean - self._before)
            result = result - 0.5 * weight * slope
        self._done, self._before = now + 1, clean
        return result
