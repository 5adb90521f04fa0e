"""One training loop for every network: time-boxed, resumable, with an averaged copy that is what ships."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .curves import LOG, draw_curves

STATE, BEST = "state.safetensors", "best.safetensors"


@dataclass(frozen=True)
class Sampling:
    """Sampled results every ``minutes`` of training: ``measure(step)`` gives their measures, of which 'fid' decides
    (lower is better). After ``patience`` of them in a row without a better one training ends; None: it never ends for
    that.
    """

    measure: Callable[[int], dict[str, float]]
    minutes: float = 20.0
    patience: int | None = None


class Trainer:
    """AdamW with warm-up and cosine decay over the budget; an exponential moving average beside it.

    ``loss_terms()`` draws a batch and returns named losses; their sum is minimised. ``validate()`` gives one number,
    lower is better. In ``folder``, as safetensors: the state (weights, average, moments) and, where results are
    sampled, the averaged weights that gave the best ones; beside them the log and a plot of its curves.
    """

    def __init__(
        self, network: nn.Module, folder: Path, device: torch.device, rate: float = 4e-4, decay: float = 0.999
    ) -> None:
        self.network, self.folder, self.device, self.rate, self.decay = network, folder, device, rate, decay
        self.parameters = dict(network.named_parameters())
        self.average = {k: v.detach().clone() for k, v in self.parameters.items()}
        self.optimizer = torch.optim.AdamW(
            self.parameters.values(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=device.type == "cuda"
        )
        self.step, self.spent = 0, 0.0
        self.best_fid, self.best_step, self.without_better = math.inf, 0, 0
        folder.mkdir(parents=True, exist_ok=True)

    def run(
        self,
        loss_terms: Callable[[], dict[str, Tensor]],
        validate: Callable[[], float],
        minutes: float | None,
        max_steps: int | None = None,
        sampling: Sampling | None = None,
        log_every: float = 90.0,
        save_every: float = 180.0,
    ) -> None:
        """Train until ``minutes`` of wall time or ``max_steps`` updates are spent, whichever comes first; a resumed run
        goes on with what it had spent.
        """
        if minutes is None and max_steps is None:
            raise ValueError("Training needs an end: give minutes or steps.")
        if self.step == 0:
            (self.folder / BEST).unlink(missing_ok=True)  # of an earlier run in this folder
        log = (self.folder / LOG).open("a", encoding="utf-8")
        begin = last_log = last_save = last_sample = time.monotonic()
        sampled_at = -1
        sums: dict[str, float] = {}
        since = 0
        base = self.spent
        while True:
            now = time.monotonic()
            self.spent = base + now - begin
            share = max(self.spent / (minutes * 60) if minutes else 0.0, self.step / max_steps if max_steps else 0.0)
            if share >= 1 or self._gave_up(sampling):
                break
            for group in self.optimizer.param_groups:
                group["lr"] = (
                    self.rate * min(1.0, (self.step + 1) / 200) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
                )
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
                row = {
                    "validation": round(validation, 5),
                    "steps_per_second": round(since / (time.monotonic() - last_log), 2),
                }
                self._note(log, row | {k: round(v / sums["n"], 5) for k, v in sums.items() if k != "n"})
                sums, since, last_log = {}, 0, time.monotonic()
            if sampling is not None and now - last_sample > sampling.minutes * 60:
                self._sample(sampling, log)
                sampled_at, last_sample = self.step, time.monotonic()
            if now - last_save > save_every:
                self.save()
                last_save = time.monotonic()
        if sampling is not None and sampled_at != self.step:
            self._sample(sampling, log)
        self.save()
        log.close()

    def _gave_up(self, sampling: Sampling | None) -> bool:
        return sampling is not None and sampling.patience is not None and self.without_better >= sampling.patience

    def _sample(self, sampling: Sampling, log: IO[str]) -> None:
        """Measure results of the averaged weights and keep those that are the best so far; training's chances stay as
        they were.
        """
        devices = [self.device] if self.device.type == "cuda" else []
        with self.averaged(), torch.random.fork_rng(devices=devices):
            measures = sampling.measure(self.step)
        if measures["fid"] < self.best_fid:
            self.best_fid, self.best_step, self.without_better = measures["fid"], self.step, 0
            _write(self.folder / BEST, self.average, {"step": str(self.step), "fid": str(self.best_fid)})
        else:
            self.without_better += 1
        self._note(log, {name: round(value, 5) for name, value in measures.items()} | {"best_step": self.best_step})
        draw_curves(self.folder)

    def _note(self, log: IO[str], row: dict[str, Any]) -> None:
        line = json.dumps({"step": self.step, "seconds": round(self.spent, 1), **row})
        print(line, flush=True)
        log.write(line + "\n")
        log.flush()

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.decay, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(list(self.average.values()), [p.detach() for p in self.parameters.values()], 1 - decay)

    def averaged(self) -> _Swapped:
        """A context in which the network carries the averaged weights."""
        return _Swapped(self, self.average)

    def exported(self) -> _Swapped:
        """A context in which the network carries what ships: the averaged weights of the best sampled results, or the
        last ones.
        """
        path = self.folder / BEST
        if not path.is_file():
            return self.averaged()
        return _Swapped(self, {name: value.to(self.device) for name, value in load_file(str(path)).items()})

    def save(self) -> None:
        tensors = {f"network.{k}": v.detach() for k, v in self.parameters.items()} | {
            f"average.{k}": v for k, v in self.average.items()
        }
        for name, parameter in self.parameters.items():
            state = self.optimizer.state.get(parameter)
            if state:
                tensors |= {f"moment1.{name}": state["exp_avg"], f"moment2.{name}": state["exp_avg_sq"]}
        _write(
            self.folder / STATE,
            tensors,
            {"step": str(self.step), "spent": str(self.spent), "without_better": str(self.without_better)},
        )

    def resume(self) -> bool:
        """Go on from the state in the folder; False when there is none."""
        path = self.folder / STATE
        if not path.is_file():
            return False
        with safe_open(str(path), framework="pt") as file:
            told = file.metadata()
            self.step, self.spent, self.without_better = (
                int(told["step"]),
                float(told["spent"]),
                int(told.get("without_better", 0)),
            )
            keys = set(file.keys())
            with torch.no_grad():
                for name, parameter in self.parameters.items():
                    parameter.copy_(file.get_tensor(f"network.{name}"))
                    self.average[name].copy_(file.get_tensor(f"average.{name}"))
                    if f"moment1.{name}" in keys:
                        self.optimizer.state[parameter] = {
                            "step": torch.tensor(
                                float(self.step), device=self.device if self.device.type == "cuda" else "cpu"
                            ),
                            "exp_avg": file.get_tensor(f"moment1.{name}").to(self.device),
                            "exp_avg_sq": file.get_tensor(f"moment2.{name}").to(self.device),
                        }
        if (self.folder / BEST).is_file():
            with safe_open(str(self.folder / BEST), framework="pt") as file:
                self.best_fid, self.best_step = float(file.metadata()["fid"]), int(file.metadata()["step"])
        return True

    def start_from(self, tensors: dict[str, Tensor]) -> None:
        """Begin with the weights of a checkpoint instead of random ones; what it lacks begins at zero, without a say."""
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                value = tensors[name] if name in tensors else torch.zeros_like(parameter)
                parameter.copy_(value)
                self.average[name].copy_(value)


class _Swapped:
    def __init__(self, trainer: Trainer, values: dict[str, Tensor]) -> None:
        self.trainer, self.values = trainer, values

    def __enter__(self) -> None:
        self.own = {k: v.detach().clone() for k, v in self.trainer.parameters.items()}
        self._put(self.values)

    def __exit__(self, *_: object) -> None:
        self._put(self.own)

    @torch.no_grad()
    def _put(self, values: dict[str, Tensor]) -> None:
        for name, parameter in self.trainer.parameters.items():
            parameter.copy_(values[name])


def _write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    partial = path.with_suffix(".part")
    save_file({k: v.detach().contiguous().cpu() for k, v in tensors.items()}, str(partial), metadata=metadata)
    os.replace(partial, path)
