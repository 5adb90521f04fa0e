"""A speech encoder from a local folder: a wav2vec 2.0 (Baevski et al. 2020) read by transformers, with a small adapter.

The adapter (``training.wav2vec2_adapter``) turns hidden states into the features and phones of the default speech
encoder, so that the face network works with either. Nothing is downloaded, and only safetensors are read.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ...common.checkpoints import load_checkpoint, load_into
from ...contract import FloatArray
from ...errors import CheckpointMismatch, CheckpointMissing
from ..wave import SAMPLE_RATE
from .base import SpeechFeatures, speech_mask
from .log_mel import MEL_RATE, mel_steps
from .mel import MelSpeechEncoder

ADAPTER = "interact_adapter.safetensors"
# The header key of the default encoder's fingerprint; the name is that of the adapters already stored.
DEFAULT_ENCODER_KEY = "default_ear"
_HOP = SAMPLE_RATE // MEL_RATE
# Frames encoded at a time, and how many more to either side: 15 s in all, the longest that such models were trained on.
_BLOCK = 500
_CONTEXT = 125
_VOICE_LEVEL = 0.1  # RMS of a voice for models that were trained on waves as they are
# Entries of a config that do not change the model.
_CHANGING = ("transformers_version", "_name_or_path", "architectures", "dtype", "torch_dtype")


@dataclass(frozen=True)
class AdapterConfig:
    """``width`` of the hidden states; ``layers``: which of them are used, 0 before the first block."""

    width: int
    layers: tuple[int, ...]
    hidden: int = 256
    features: int = 64
    phones: int = 40
    dropout: float = 0.1


class Adapter(nn.Module):
    """(..., L, N, W) hidden states -> features (..., N, 64) in [-1, 1] and phone logits (..., N, 40).

    Layers are mixed by a learned softmax, as in SUPERB (Yang et al. 2021): which of them carries the phones differs
    between models.
    """

    def __init__(self, config: AdapterConfig) -> None:
        super().__init__()
        self.config = config
        self.mix = nn.Parameter(torch.zeros(len(config.layers)))
        self.hidden = nn.Linear(config.width, config.hidden)
        self.norm = nn.LayerNorm(config.hidden)
        self.dropout = nn.Dropout(config.dropout)
        self.features = nn.Linear(config.hidden, config.features)
        self.phones = nn.Linear(config.features, config.phones)

    def forward(self, states: Tensor) -> tuple[Tensor, Tensor]:
        mixed = torch.einsum("...lnw,l->...nw", states, self.mix.softmax(0))
        hidden = self.dropout(self.norm(F.gelu(self.hidden(mixed))))
        features = torch.tanh(self.features(hidden))
        return features, self.phones(features)


class FrozenWav2Vec2:
    """A wav2vec 2.0 from a folder in evaluation mode, with the frame times of the default speech encoder.

    ``name`` identifies the model wherever its folder lies. Raises ``CheckpointMissing`` or ``CheckpointMismatch``.
    """

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        given = _read_config(folder)
        self.normalises = _normalises(folder)
        self.model = _load_model(folder).to(device).eval().requires_grad_(False)
        config = self.model.config
        config.apply_spec_augment = False
        self.device = torch.device(device)
        self.width, self.layers = config.hidden_size, config.num_hidden_layers + 1
        # Receptive field of a frame in samples: 400 in all published models.
        self.field = 1 + sum(
            (kernel - 1) * math.prod(config.conv_stride[:i]) for i, kernel in enumerate(config.conv_kernel)
        )
        self._first = self.model.feature_extractor.conv_layers[0]
        self._norm: _VoiceNorm | None = None
        if isinstance(getattr(self._first, "layer_norm", None), nn.GroupNorm):
            self._norm = self._first.layer_norm = _VoiceNorm(self._first.layer_norm)
        lasting = {key: value for key, value in given.items() if key not in _CHANGING}
        lasting["do_normalize"] = self.normalises
        digits = fingerprint(self.model, json.dumps(lasting, sort_keys=True))
        self.name = f"wav2vec2 {self.width} x {self.layers - 1} {digits}"

    @torch.no_grad()
    def states(
        self, wave16k: FloatArray, speech: FloatArray | None = None, layers: Sequence[int] | None = None
    ) -> Iterator[Tensor]:
        """Yield hidden states of the ``layers`` (all where None), each frame of unit variance, in blocks (L, n, W); the
        n add up to N = S // 320 + 1.

        ``speech`` (N,) is 1 where the voice is active; level and norms are measured there, so that pauses do not change
        the states of a voice.
        """
        wave = np.asarray(wave16k, np.float32)
        count = mel_steps(len(wave))
        active = _of_samples(speech_mask(wave, count) if speech is None else speech, len(wave))
        wave = self._levelled(wave, active)
        if self._norm is not None:
            self._norm.measure(self._first.conv, torch.from_numpy(wave[active]).to(self.device))
        # Frame k of the bare model covers samples 320 k to 320 k + 400. Half of that as padding in front centres it on
        # 320 k, as the default encoder's frame, and gives as many frames; no interpolation blurs them.
        padded = torch.from_numpy(np.pad(wave, (self.field // 2, self.field - self.field // 2))).to(self.device)
        edges = np.linspace(0, count, -(-count // _BLOCK) + 1).round().astype(int)
        for first, last in zip(edges[:-1].tolist(), edges[1:].tolist()):
            before, after = max(first - _CONTEXT, 0), min(last + _CONTEXT, count)
            part = padded[_HOP * before : _HOP * (after - 1) + self.field]
            every = self.model(part[None], output_hidden_states=True).hidden_states
            chosen = torch.cat([every[layer] for layer in (layers or range(self.layers))])
            yield F.layer_norm(chosen[:, first - before : last - before], (self.width,))

    def _levelled(self, wave: FloatArray, active: NDArray[np.bool_]) -> FloatArray:
        """Return the wave (S,) with zero mean and unit variance over the voice; zeros without a voice.

        The feature extractor of transformers takes them over the whole wave.
        """
        if not active.any():
            return np.zeros_like(wave)
        voice = wave[active]
        level = 1.0 if self.normalises else _VOICE_LEVEL
        return ((wave - voice.mean()) * np.float32(level / max(float(voice.std()), 1e-7))).astype(np.float32)


class _VoiceNorm(nn.Module):
    """The group norm of a first convolution with the statistics of a whole voice; with those of a block, a frame would
    depend on the pauses and on its block.
    """

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps
        self.mean = self.scale = torch.zeros(1)

    def measure(self, conv: nn.Conv1d, voice: Tensor) -> None:
        """Measure mean and deviation (C, 1) of ``conv``'s channels over the samples of a voice (S,)."""
        (kernel,) = conv.kernel_size
        if len(voice) < kernel:
            voice = F.pad(voice, (0, kernel))
        sums = torch.zeros(2, conv.out_channels, 1, dtype=torch.float64, device=voice.device)
        steps = 0
        for part in voice.split(5 * SAMPLE_RATE):
            if len(part) >= kernel:
                channels = conv(part[None, None])[0].double()
                sums += torch.stack([channels.sum(1, keepdim=True), channels.square().sum(1, keepdim=True)])
                steps += channels.shape[1]
        mean, power = sums / steps
        self.mean, self.scale = mean.float(), (power - mean.square()).clamp_min(0.0).add(self.eps).rsqrt().float()

    def forward(self, hidden: Tensor) -> Tensor:
        return (hidden - self.mean) * (self.scale * self.weight[:, None]) + self.bias[:, None]


@dataclass(frozen=True)
class Wav2Vec2SpeechEncoder:
    """A frozen wav2vec 2.0 with its adapter: gives the features and phones of the default speech encoder."""

    frozen: FrozenWav2Vec2
    adapter: Adapter

    @torch.inference_mode()
    def encode(self, wave16k: FloatArray, speech: FloatArray | None = None) -> SpeechFeatures:
        features, phones = [], []
        for states in self.frozen.states(wave16k, speech, self.adapter.config.layers):
            found, logits = self.adapter(states)
            features.append(found)
            phones.append(logits.softmax(dim=-1))
        return SpeechFeatures(torch.cat(features).cpu().numpy(), torch.cat(phones).cpu().numpy())


@lru_cache(maxsize=1)
def load_wav2vec2_encoder(folder: Path, default: MelSpeechEncoder) -> Wav2Vec2SpeechEncoder:
    """Load the model in ``folder`` with its adapter, which must be trained for it and for the ``default`` encoder.

    Raises ``CheckpointMissing`` or ``CheckpointMismatch``.
    """
    frozen = FrozenWav2Vec2(folder)
    train_it = f"train it with `python -m model_runtime train wav2vec2-adapter --model {folder}`"
    if not (folder / ADAPTER).is_file():
        raise CheckpointMissing(f"The wav2vec 2.0 in '{folder}' has no adapter '{ADAPTER}' yet; {train_it}.")
    tensors, header = load_checkpoint(folder / ADAPTER)
    for key, what, now in (
        ("wav2vec2", "model", frozen.name),
        (DEFAULT_ENCODER_KEY, "default speech encoder", fingerprint(default.encoder)),
    ):
        if header.get(key) != now:
            raise CheckpointMismatch(
                f"The adapter in '{folder}' was trained for another {what} ('{header.get(key)}') than this ('{now}');"
                f" {train_it} again."
            )
    try:
        adapter = Adapter(AdapterConfig(**{**header["config"], "layers": tuple(header["config"]["layers"])}))
    except (KeyError, TypeError) as error:
        raise CheckpointMismatch(
            f"The adapter in '{folder}' does not describe itself ({error}); {train_it} again."
        ) from error
    load_into(adapter, tensors, ADAPTER)
    return Wav2Vec2SpeechEncoder(frozen, adapter.eval())


def fingerprint(module: nn.Module, description: str = "") -> str:
    """Return 12 hex digits of a network's ``description`` and of the beginning of each of its tensors."""
    digest = hashlib.sha256(description.encode())
    for name, value in sorted(module.state_dict().items()):
        digest.update(f"{name} {tuple(value.shape)}".encode())
        digest.update(value.flatten()[:64].float().cpu().numpy().astype("<f4").tobytes())
    return digest.hexdigest()[:12]


def _of_samples(speech: FloatArray, samples: int) -> NDArray[np.bool_]:
    """Return (S,) bool from frames (N,): each sample is that of the frame whose centre is nearest."""
    return np.pad(np.repeat(np.asarray(speech) > 0.5, _HOP)[_HOP // 2 :], (0, _HOP), mode="edge")[:samples]


def _read_config(folder: Path) -> dict[str, Any]:
    """Return the config of a model after checking that it is a wav2vec 2.0 with readable weights."""
    if not folder.is_dir():
        raise CheckpointMissing(
            f"The folder '{folder}' of a wav2vec 2.0 model is not there;"
            " choose another, or none for the default speech encoder."
        )
    if not (folder / "config.json").is_file():
        raise CheckpointMissing(
            f"The folder '{folder}' has no 'config.json'; choose one that `save_pretrained` of transformers wrote."
        )
    config = _json(folder / "config.json")
    if config.get("model_type") != "wav2vec2":
        raise CheckpointMismatch(
            f"The model in '{folder}' is of type '{config.get('model_type')}';"
            " choose a folder with one of type 'wav2vec2'."
        )
    weights = _weight_files(folder)
    if not weights:
        raise CheckpointMissing(
            f"The folder '{folder}' has no 'model.safetensors';"
            " choose one that `save_pretrained` of transformers wrote."
        )
    if not all(name.endswith(".safetensors") for name in weights):
        raise CheckpointMismatch(
            f"The weights in '{folder}' are pickled, which is never read;"
            " save them as 'model.safetensors' with `save_pretrained`."
        )
    return config


def _weight_files(folder: Path) -> list[str]:
    """Return the names of the files with the weights, as transformers would look for them."""
    index = folder / "model.safetensors.index.json"
    if (folder / "model.safetensors").is_file():
        return ["model.safetensors"]
    if index.is_file():
        return [str(name) for name in _json(index).get("weight_map", {}).values()]
    return [path.name for path in folder.glob("*.bin")]


def _normalises(folder: Path) -> bool:
    """Return whether the preprocessor of the model normalises waves to unit variance, which is the default of
    transformers.
    """
    settings: dict[str, Any] = {}
    for name in ("processor_config.json", "preprocessor_config.json"):
        if (folder / name).is_file():
            read = _json(folder / name)
            settings |= read.get("feature_extractor", read) if name.startswith("processor") else read
    rate = settings.get("sampling_rate", SAMPLE_RATE)
    if rate != SAMPLE_RATE:
        raise CheckpointMismatch(f"The model in '{folder}' is for {rate} Hz; choose one for {SAMPLE_RATE} Hz.")
    return bool(settings.get("do_normalize", True))


def _json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointMismatch(f"'{path}' cannot be read ({error}); copy the folder of the model again.") from error
    if not isinstance(read, dict):
        raise CheckpointMismatch(f"'{path}' holds no settings; copy the folder of the model again.")
    return read


def _load_model(folder: Path) -> Any:
    from transformers import Wav2Vec2Model
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()  # the unused heads of other tasks need no warning
    try:
        loaded: Any = Wav2Vec2Model.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            output_loading_info=True,
        )
        model, info = loaded
    except Exception as error:  # a damaged folder fails in as many ways as transformers has parts
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise CheckpointMismatch(
            f"The wav2vec 2.0 in '{folder}' cannot be read ({reason}); copy it again or choose another folder."
        ) from error
    if missing := sorted(set(info["missing_keys"]) - {"masked_spec_embed"}):
        raise CheckpointMismatch(
            f"The weights in '{folder}' lack '{missing[0]}'; copy the model again or choose another folder."
        )
    hop = math.prod(model.config.conv_stride)
    if hop != _HOP:
        raise CheckpointMismatch(
            f"The model in '{folder}' has a frame every {hop} samples; choose one with a frame every {_HOP}."
        )
    return model
