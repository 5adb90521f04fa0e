"""One training loop for every network: time-boxed, resumable, with an averaged copy that is what ships."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn


class Trainer:
    """AdamW with warm-up and cosine decay over ``minutes`` of wall time; an exponential moving average beside it.

    ``loss_terms()`` draws a batch and returns named losses; their sum is minimised. ``validate(network)`` gives
    one number, lower is better. The state (weights, average, moments) is kept in ``folder`` as safetensors.
    """

    def __init__(self, network: nn.Module, folder: Path, device: torch.device, rate: float = 4e-4, decay: float = 0.999) -> None:
        self.network, self.folder, self.device, self.rate, self.decay = network, folder, device, rate, decay
        self.parameters = dict(network.named_parameters())
        self.average = {k: v.detach().clone() for k, v in self.parameters.items()}
        self.optimizer = torch.optim.AdamW(self.parameters.values(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=device.type == "cuda")
        self.step, self.spent = 0, 0.0
        folder.mkdir(parents=True, exist_ok=True)

    def run(
        self,
        loss_terms: Callable[[], dict[str, Tensor]],
        validate: Callable[[], float],
        minutes: float,
        max_steps: int | None = None,
        log_every: float = 90.0,
        save_every: float = 180.0,
    ) -> None:
        log = (self.folder / "log.jsonl").open("a", encoding="utf-8")
        begin = last_log = last_save = time.monotonic()
        sums: dict[str, float] = {}
        since = 0
        base = self.spent
        while True:
            now = time.monotonic()
            self.spent = base + now - begin
            share = self.spent / (minutes * 60)
            if share >= 1 or (max_steps is not None and self.step >= max_steps):
                break
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate * min(1.0, (self.step + 1) / 200) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
            terms = loss_terms()
            total = torch.stack(list(terms.values())).sum()
            self.optimizer.zero_grad(set_to_none=True)
            total.backward()
            nn.utils.clip_grad_norm_(self.parameters.values(), 1.0)
            self.optimizer.step()
            self.step += 1
            self._average()
            since += 1
            if since % 10 == 1:
                for name, value in terms.items():
                    sums[name] = sums.get(name, 0.0) + float(value.detach())
                sums["n"] = sums.get("n", 0.0) + 1
            if now - last_log > log_every:
                with self.averaged():
                    validation = validate()
                row = {"step": self.step, "seconds": round(self.spent, 1), "validation": round(validation, 5), "steps_per_second": round(since / (time.monotonic() - last_log), 2)}
                row |= {k: round(v / sums["n"], 5) for k, v in sums.items() if k != "n"}
                print(json.dumps(row), flush=True)
                log.write(json.dumps(row) + "\n")
                log.flush()
                sums, since, last_log = {}, 0, time.monotonic()
            if now - last_save > save_every:
                self.save()
                last_save = time.monotonic()
        self.save()
        log.close()

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.decay, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(list(self.average.values()), [p.detach() for p in self.parameters.values()], 1 - decay)

    def averaged(self) -> _Swapped:
        """A context in which the network carries the averaged weights."""
        return _Swapped(self)

    def save(self) -> None:
        tensors = {f"network.{k}": v.detach() for k, v in self.parameters.items()} | {f"average.{k}": v for k, v in self.average.items()}
        for name, parameter in self.parameters.items():
            state = self.optimizer.state.get(parameter)
            if state:
                tensors |= {f"moment1.{name}": state["exp_avg"], f"moment2.{name}": state["exp_avg_sq"]}
        partial = self.folder / "state.part"
        save_file({k: v.contiguous().cpu() for k, v in tensors.items()}, str(partial), metadata={"step": str(self.step), "spent": str(self.spent)})
        os.replace(partial, self.folder / "state.safetensors")

    def resume(self) -> bool:
        path = self.folder / "state.safetensors"
        if not path.is_file():
            return False
        with safe_open(str(path), framework="pt") as file:
            self.step, self.spent = int(file.metadata()["step"]), float(file.metadata()["spent"])
            keys = set(file.keys())
            with torch.no_grad():
                for name, parameter in self.parameters.items():
                    parameter.copy_(file.get_tensor(f"network.{name}"))
                    self.average[name].copy_(file.get_tensor(f"average.{name}"))
                    if f"moment1.{name}" in keys:
                        self.optimizer.state[parameter] = {
                            "step": torch.tensor(float(self.step), device=self.device if self.device.type == "cuda" else "cpu"),
                            "exp_avg": file.get_tensor(f"moment1.{name}").to(self.device),
                            "exp_avg_sq": file.get_tensor(f"moment2.{name}").to(self.device),
                        }
        return True

    def start_from(self, tensors: dict[str, Tensor]) -> None:
        """Begin with the weights of a checkpoint instead of random ones; what it lacks begins at zero, without a say."""
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                value = tensors[name] if name in tensors else torch.zeros_like(parameter)
                parameter.copy_(value)
                self.average[name].copy_(value)


class _Swapped:
    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def __enter__(self) -> None:
        self.own = {k: v.detach().clone() for k, v in self.trainer.parameters.items()}
        self._put(self.trainer.average)

    def __exit__(self, *_: object) -> None:
        self._put(self.own)

    @torch.no_grad()
    def _put(self, values: dict[str, Tensor]) -> None:
        for name, parameter in self.trainer.parameters.items():
            parameter.copy_(values[name])
