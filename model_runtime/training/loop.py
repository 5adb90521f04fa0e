"""One training loop for every network: time-boxed, resumable, with an averaged copy of the weights that ships."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ..common.files import written_whole
from .curves import LOG, draw_curves
from .options import Run

STATE, BEST = "state.safetensors", "best.safetensors"
_WARM_UP = 200  # updates
_LEAST_RATE = 0.02  # share of the highest rate at the end of the budget


class Training(Protocol):
    """Data and loss of a network."""

    def training_terms(self, network: nn.Module, batch: int) -> dict[str, Tensor]:
        """Return the named losses of a new batch."""

    def validate(self, network: nn.Module) -> float:
        """Return the loss on held-out data."""


@dataclass(frozen=True)
class Sampling:
    """Measure sampled results every ``minutes`` of training.

    ``measure(step)`` returns named measures; 'fid' decides, lower is better. Training ends after ``patience`` results
    in a row that are no improvement, or never for that reason if it is None.
    """

    measure: Callable[[int], dict[str, float]]
    minutes: float = 20.0
    patience: int | None = None


class Trainer:
    """AdamW with warm-up and cosine decay over the budget, and an exponential moving average of the weights.

    In ``folder``, as safetensors: the state (weights, average, moments) and, where results are sampled, the averaged
    weights of the best ones; beside them the log and a plot of its curves.
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

    def fit(self, training: Training, run: Run, sampling: Sampling | None = None) -> None:
        """Train the network as ``run`` says, from the state in the folder if it asks for that."""
        if run.resume and self.resume():
            print(f"Resumed at step {self.step}", flush=True)
        forward: Any = torch.compile(self.network) if run.compile else self.network
        self.run(
            lambda: training.training_terms(forward, run.batch),
            lambda: training.validate(self.network),
            run.minutes,
            run.max_steps,
            sampling,
        )

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
        """Train until ``minutes`` of wall time or ``max_steps`` updates are spent, whichever comes first.

        ``loss_terms()`` draws a batch and returns named losses, whose sum is minimised; ``validate()`` returns one
        number, lower is better. A resumed run goes on with what it had spent. ``log_every`` and ``save_every`` in s.
        """
        if minutes is None and max_steps is None:
            raise ValueError("Training needs an end: give minutes or steps.")
        if self.step == 0:
            (self.folder / BEST).unlink(missing_ok=True)  # of an earlier run in this folder
        begin, spent_before, sampled_at = time.monotonic(), self.spent, -1
        losses = _Losses()
        logging, saving = _Timer(log_every), _Timer(save_every)
        sample_timer = _Timer(sampling.minutes * 60 if sampling is not None else math.inf)
        with (self.folder / LOG).open("a", encoding="utf-8") as log:
            while True:
                now = time.monotonic()
                self.spent = spent_before + now - begin
                share = self._share_of_budget(minutes, max_steps)
                if share >= 1 or self._gave_up(sampling):
                    break
                self._set_rate(share)
                terms = loss_terms()
                self._update(terms)
                losses.add(terms)
                if logging.due(now):
                    with self.averaged():
                        validation = validate()
                    rate = round(losses.updates / logging.elapsed(), 2)
                    row = {"validation": round(validation, 5), "steps_per_second": rate}
                    self._note(log, row | losses.means())
                    losses = _Losses()
                    logging.restart()
                if sampling is not None and sample_timer.due(now):
                    self._sample(sampling, log)
                    sampled_at = self.step
                    sample_timer.restart()
                if saving.due(now):
                    self.save()
                    saving.restart()
            if sampling is not None and sampled_at != self.step:
                self._sample(sampling, log)
        self.save()

    def _share_of_budget(self, minutes: float | None, max_steps: int | None) -> float:
        return max(self.spent / (minutes * 60) if minutes else 0.0, self.step / max_steps if max_steps else 0.0)

    def _set_rate(self, share: float) -> None:
        """Set the learning rate at a ``share`` of the budget: linear warm-up, cosine decay."""
        warm_up = min(1.0, (self.step + 1) / _WARM_UP)
        decay = _LEAST_RATE + (1 - _LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * share))
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * warm_up * decay

    def _update(self, terms: Mapping[str, Tensor]) -> None:
        """Make one step down the gradient of the sum of ``terms``."""
        total = torch.stack(list(terms.values())).sum()
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.parameters.values(), 1.0)
        self.optimizer.step()
        self.step += 1
        self._average()

    def _gave_up(self, sampling: Sampling | None) -> bool:
        return sampling is not None and sampling.patience is not None and self.without_better >= sampling.patience

    def _sample(self, sampling: Sampling, log: IO[str]) -> None:
        """Measure results of the averaged weights and save the best ones; training's random numbers are unaffected."""
        devices = [self.device] if self.device.type == "cuda" else []
        with self.averaged(), torch.random.fork_rng(devices=devices):
            measures = sampling.measure(self.step)
        if measures["fid"] < self.best_fid:
            self.best_fid, self.best_step, self.without_better = measures["fid"], self.step, 0
            write_tensors(self.folder / BEST, self.average, {"step": str(self.step), "fid": str(self.best_fid)})
        else:
            self.without_better += 1
        self._note(log, {name: round(value, 5) for name, value in measures.items()} | {"best_step": self.best_step})
        draw_curves(self.folder)

    def _note(self, log: IO[str], row: dict[str, Any]) -> None:
        """Print a row and append it to the log."""
        line = json.dumps({"step": self.step, "seconds": round(self.spent, 1), **row})
        print(line, flush=True)
        log.write(line + "\n")
        log.flush()

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.decay, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(list(self.average.values()), [p.detach() for p in self.parameters.values()], 1 - decay)

    @contextmanager
    def _carrying(self, values: Mapping[str, Tensor]) -> Iterator[None]:
        """Give the network other weights inside the context."""
        own = {name: parameter.detach().clone() for name, parameter in self.parameters.items()}
        self._copy_in(values)
        try:
            yield
        finally:
            self._copy_in(own)

    @torch.no_grad()
    def _copy_in(self, values: Mapping[str, Tensor]) -> None:
        for name, parameter in self.parameters.items():
            parameter.copy_(values[name])

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Give the network the averaged weights inside the context."""
        with self._carrying(self.average):
            yield

    @contextmanager
    def exported(self) -> Iterator[None]:
        """Give the network the weights that ship: the averaged ones of the best sampled results, else the last ones."""
        path = self.folder / BEST
        best = {name: value.to(self.device) for name, value in load_file(str(path)).items()} if path.is_file() else None
        with self._carrying(best or self.average):
            yield

    def save(self) -> None:
        """Write the state to the folder."""
        tensors = {f"network.{k}": v.detach() for k, v in self.parameters.items()} | {
            f"average.{k}": v for k, v in self.average.items()
        }
        for name, parameter in self.parameters.items():
            state = self.optimizer.state.get(parameter)
            if state:
                tensors |= {f"moment1.{name}": state["exp_avg"], f"moment2.{name}": state["exp_avg_sq"]}
        progress = {"step": self.step, "spent": self.spent, "without_better": self.without_better}
        write_tensors(self.folder / STATE, tensors, {name: str(value) for name, value in progress.items()})

    def resume(self) -> bool:
        """Go on from the state in the folder; False if there is none."""
        path = self.folder / STATE
        if not path.is_file():
            return False
        with safe_open(str(path), framework="pt") as file:
            progress = file.metadata()
            self.step, self.spent = int(progress["step"]), float(progress["spent"])
            self.without_better = int(progress.get("without_better", 0))
        self._load_state(load_file(str(path)))
        if (self.folder / BEST).is_file():
            with safe_open(str(self.folder / BEST), framework="pt") as file:
                self.best_fid, self.best_step = float(file.metadata()["fid"]), int(file.metadata()["step"])
        return True

    @torch.no_grad()
    def _load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Set weights, average and moments to those of a state."""
        step_device = self.device if self.device.type == "cuda" else torch.device("cpu")
        for name, parameter in self.parameters.items():
            parameter.copy_(tensors[f"network.{name}"])
            self.average[name].copy_(tensors[f"average.{name}"])
            if f"moment1.{name}" in tensors:
                self.optimizer.state[parameter] = {
                    "step": torch.tensor(float(self.step), device=step_device),
                    "exp_avg": tensors[f"moment1.{name}"].to(self.device),
                    "exp_avg_sq": tensors[f"moment2.{name}"].to(self.device),
                }

    @torch.no_grad()
    def start_from(self, tensors: Mapping[str, Tensor]) -> None:
        """Begin with the weights of a checkpoint instead of random ones; missing parameters are set to zero."""
        for name, parameter in self.parameters.items():
            value = tensors[name] if name in tensors else torch.zeros_like(parameter)
            parameter.copy_(value)
            self.average[name].copy_(value)


class _Timer:
    """Tells when ``seconds`` have passed."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._last = seconds, time.monotonic()

    def due(self, now: float) -> bool:
        return now - self._last > self._seconds

    def elapsed(self) -> float:
        return time.monotonic() - self._last

    def restart(self) -> None:
        self._last = time.monotonic()


class _Losses:
    """Means of named losses over every tenth of some updates; fewer transfers from the GPU."""

    def __init__(self) -> None:
        self.updates = 0
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, terms: Mapping[str, Tensor]) -> None:
        self.updates += 1
        if self.updates % 10 == 1:
            self._count += 1
            for name, value in terms.items():
                self._sums[name] = self._sums.get(name, 0.0) + float(value.detach())

    def means(self) -> dict[str, float]:
        return {name: round(value / self._count, 5) for name, value in self._sums.items()}


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write tensors as safetensors at full precision, whole or not at all."""
    with written_whole(path) as partial:
        save_file({k: v.detach().contiguous().cpu() for k, v in tensors.items()}, str(partial), metadata=metadata)
