"""Checkpoints: fp16 safetensors with a JSON header. No pickle is ever read or written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..errors import CheckpointMismatch, CheckpointMissing
from .files import written_whole

WEIGHTS = Path(__file__).parents[1] / "weights"
FORMAT = 1


def save_checkpoint(path: str | Path, tensors: dict[str, torch.Tensor], header: dict[str, Any]) -> None:
    """Write ``tensors`` in half precision beside ``header`` (config, normaliser, licences, measures)."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = {k: (v.half() if v.is_floating_point() else v).contiguous().cpu() for k, v in tensors.items()}
    with written_whole(path) as partial:
        save_file(half, str(partial), metadata={"header": json.dumps({"format": FORMAT, **header})})


def load_checkpoint(path: str | Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The tensors in single precision and the header.

    Raises ``CheckpointMissing`` or ``CheckpointMismatch`` (truncated, altered or of another format).
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointMissing(
            f"The trained weights '{path.name}' are not in '{path.parent}'; install the runtime again."
        )
    try:
        with safe_open(str(path), framework="pt") as file:
            header = json.loads(file.metadata()["header"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - safe_open is no dict
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise CheckpointMismatch(
            f"The weights '{path}' are damaged or truncated ({error}); install the runtime again."
        ) from error
    if header.get("format") != FORMAT:
        raise CheckpointMismatch(
            f"The weights '{path.name}' have format {header.get('format')}, this code reads {FORMAT}; "
            "install matching versions."
        )
    return {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}, header


def tensors_under(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Return the tensors whose names begin with ``prefix``, named without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def load_into(module: torch.nn.Module, tensors: dict[str, torch.Tensor], name: str) -> None:
    """Load weights into a network; ``CheckpointMismatch`` names the first field that differs."""
    expected = module.state_dict()
    for key, value in expected.items():
        if key not in tensors:
            raise CheckpointMismatch(f"The weights '{name}' lack '{key}'; install weights that match this version.")
        if tensors[key].shape != value.shape:
            raise CheckpointMismatch(
                f"In the weights '{name}' the field '{key}' is {tuple(tensors[key].shape)} where the code has "
                f"{tuple(value.shape)}; install weights that match this version."
            )
    module.load_state_dict({key: tensors[key] for key in expected})
