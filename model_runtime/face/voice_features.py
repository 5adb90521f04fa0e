"""What a face hears: a voice through the trained ear, its words where a transcript tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..contract import FPS, FloatArray
from ..networks.face_denoiser import encoder_frames, speech_steps
from ..speech.encoders.base import SpeechEncoder, SpeechFeatures
from ..speech.encoders.log_mel import MEL_RATE, mel_steps
from ..speech.phones import PHONES, SILENCE, Segment
from ..speech.prosody import ENERGY, VOICE_ACTIVITY, VoiceTrack, analyse_voice, prosody_of
from ..speech.stress.accents import Accents, accents_of
from ..speech.whisper import enough, whispered

_WHISPER_LOUDNESS = 0.75  # of the loudness that a face hears in a voice: lips move in a whisper as in quiet speech


@dataclass(frozen=True)
class VoiceFeatures:
    """A voice as the face hears it: ``frames`` (T, VOICE_SIZE) at 30 fps, ``phones`` (N, 40) posteriors at 50 Hz, and
    where these are ``told`` (N,) by words and not heard; ``accents``: its stresses and questions.
    """

    frames: FloatArray
    phones: FloatArray
    told: NDArray[np.bool_]
    accents: Accents


def extract_voice_features(
    wave16k: FloatArray, frames: int, ear: SpeechEncoder, said: Sequence[Segment] = (), accents: Accents | None = None
) -> VoiceFeatures:
    """What the encoder makes of a mono wave at 16 kHz: features and phones looked at twice per frame, activity,
    loudness.

    ``said``: phones with their times (s) as a transcript tells them; they take the place of what is heard there, as do
    the ``accents`` that it tells.
    """
    track = analyse_voice(wave16k)
    heard = prosody_of(track, frames)
    stressed = accents_of(track, heard, said, accents)
    voice = torch.from_numpy(heard[:, [VOICE_ACTIVITY, ENERGY]])
    for name, start, end in said:  # who whispers speaks too, though no pitch is found
        if name != PHONES[SILENCE]:
            voice[max(int(start * FPS), 0) : max(int(np.ceil(end * FPS)), 0), 0] = 1.0
    speech = ear.encode(wave16k, speech_steps(voice[:, 0], mel_steps(len(wave16k))).numpy())
    speech = _with_whispers(wave16k, track, ear, speech, voice)
    phones, told = with_words(speech.phones, said)
    frames_heard = encoder_frames(torch.from_numpy(speech.features), torch.from_numpy(phones), voice)
    return VoiceFeatures(frames_heard.numpy(), phones, told, stressed)


def _with_whispers(
    wave16k: FloatArray, track: VoiceTrack, ear: SpeechEncoder, speech: SpeechFeatures, voice: Tensor
) -> SpeechFeatures:
    """The same with what is whispered heard at the level of a whisper; ``voice`` (T, 2), activity and loudness, is
    changed there.
    """
    steps = len(speech.phones)
    unvoiced = track.unvoiced[np.minimum(np.arange(steps) * 2, len(track.unvoiced) - 1)] > 0.5
    if not enough(unvoiced):
        return speech
    again = ear.encode(wave16k, unvoiced.astype(np.float32))
    found = whispered(again.phones, unvoiced)
    frames = torch.from_numpy(
        found[np.minimum(np.round(np.arange(len(voice)) * MEL_RATE / FPS).astype(int), steps - 1)]
    )
    voice[frames] = torch.tensor([1.0, _WHISPER_LOUDNESS])
    return SpeechFeatures(
        np.where(found[:, None], again.features, speech.features), np.where(found[:, None], again.phones, speech.phones)
    )


def with_words(phones: FloatArray, said: Sequence[Segment]) -> tuple[FloatArray, NDArray[np.bool_]]:
    """(N, 40) posteriors with certainty where ``said`` tells the phone, and (N,) where that is: every phone has one
    frame at least.
    """
    phones, told = phones.copy(), np.zeros(len(phones), bool)
    for name, start, end in said:
        first = min(max(int(np.ceil(start * MEL_RATE - 1e-6)), 0), len(phones))
        last = min(max(int(np.ceil(end * MEL_RATE - 1e-6)), first + 1), len(phones))
        phones[first:last] = 0.0
        phones[first:last, PHONES.index(name)] = 1.0
        told[first:last] = True
    return phones, told
