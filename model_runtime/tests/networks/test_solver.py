"""The solver beside the schedulers of diffusers, which it takes the place of."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from model_runtime.sampling.diffusion import cosine_alphas, cosine_betas, even_log_snr_steps, make_solver


def scheduler_of(preset: str) -> Any:
    from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

    common = {"trained_betas": cosine_betas().numpy(), "prediction_type": "sample", "timestep_spacing": "trailing"}
    scheduler: Any
    if preset.startswith("ddim"):
        scheduler = DDIMScheduler(**common, clip_sample=False)
    else:
        scheduler = DPMSolverMultistepScheduler(**common)
    count = int(preset.lstrip("adimnprs"))
    if preset.startswith("snr"):
        scheduler.set_timesteps(timesteps=even_log_snr_steps(count))
    else:
        scheduler.set_timesteps(count)
    return scheduler


@pytest.mark.parametrize("preset", ["snr6", "snr12", "snr20", "dpm7", "dpm12", "dpm50", "ddim25", "ddim50"])
def test_a_sample_is_led_as_diffusers_leads_it(preset: str) -> None:
    solver, scheduler = make_solver(preset), scheduler_of(preset)
    assert solver.steps.tolist() == scheduler.timesteps.tolist()
    torch.manual_seed(0)
    ours = theirs = torch.randn(2, 50, 20)
    for step in solver.steps:
        clean = torch.tanh(1.3 * theirs) + 0.1 * torch.randn_like(theirs)
        ours = solver.advance(clean, ours)
        theirs = scheduler.step(clean, step, theirs, return_dict=False)[0]
    if solver.order == 2:
        assert torch.equal(ours, theirs)
    else:  # diffusers writes DDIM in other terms
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


def test_the_training_noise_is_the_samplers_noise() -> None:
    assert (scheduler_of("snr12").alphas_cumprod - cosine_alphas()).abs().max() < 1e-5
