"""What a face hears: a voice through the trained ear, its words where a transcript tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from .contract import FPS, FloatArray
from .features.mel import MEL_RATE, mel_steps
from .features.phones import PHONES, SILENCE, Segment
from .features.prosody import ENERGY, VOICE_ACTIVITY, prosody
from .features.speech import Ear
from .networks.face_denoiser import heard_frames, speech_steps


@dataclass(frozen=True)
class HeardVoice:
    """A voice as the face hears it: ``frames`` (T, HEARD_SIZE) at 30 fps, ``phones`` (N, 40) posteriors at 50 Hz, and where these are
    ``told`` (N,) by words and not heard."""

    frames: FloatArray
    phones: FloatArray
    told: NDArray[np.bool_]


def hear_voice(wave16k: FloatArray, frames: int, ear: Ear, said: Sequence[Segment] = ()) -> HeardVoice:
    """What the encoder makes of a mono wave at 16 kHz: features and phones looked at twice per frame, activity, loudness.

    ``said``: phones with their times (s) as a transcript tells them; they take the place of what is heard there.
    """
    voice = torch.from_numpy(prosody(wave16k, frames)[:, [VOICE_ACTIVITY, ENERGY]])
    for name, start, end in said:  # who whispers speaks too, though no pitch is found
        if name != PHONES[SILENCE]:
            voice[max(int(start * FPS), 0) : max(int(np.ceil(end * FPS)), 0), 0] = 1.0
    speech = ear.encode(wave16k, speech_steps(voice[:, 0], mel_steps(len(wave16k))).numpy())
    phones, told = with_words(speech.phones, said)
    heard = heard_frames(torch.from_numpy(speech.features), torch.from_numpy(phones), voice)
    return HeardVoice(heard.numpy(), phones, told)


def with_words(phones: FloatArray, said: Sequence[Segment]) -> tuple[FloatArray, NDArray[np.bool_]]:
    """(N, 40) posteriors with certainty where ``said`` tells the phone, and (N,) where that is: every phone has one frame at least."""
    phones, told = phones.copy(), np.zeros(len(phones), bool)
    for name, start, end in said:
        first = min(max(int(np.ceil(start * MEL_RATE - 1e-6)), 0), len(phones))
        last = min(max(int(np.ceil(end * MEL_RATE - 1e-6)), first + 1), len(phones))
        phones[first:last] = 0.0
        phones[first:last, PHONES.index(name)] = 1.0
        told[first:last] = True
    return phones, told
