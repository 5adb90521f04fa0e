"""Voice features of the face model: the speech encoder's output, with phones from the transcript where it has any."""

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
from ..speech.whisper import may_whisper, whispered

ACTIVITY = -2  # column of ``VoiceFeatures.frames`` with the voice activity; loudness is the last
_WHISPER_LOUDNESS = 0.75  # loudness of a whisper, that of quiet speech, since the lips move alike


@dataclass(frozen=True)
class VoiceFeatures:
    """``frames`` (T, VOICE_SIZE) at 30 fps; ``phones`` (N, 40): posteriors at 50 Hz, certain where ``from_transcript``
    (N,); ``accents``: stresses and questions.
    """

    frames: FloatArray
    phones: FloatArray
    from_transcript: NDArray[np.bool_]
    accents: Accents


def extract_voice_features(
    wave16k: FloatArray,
    frames: int,
    encoder: SpeechEncoder,
    phones: Sequence[Segment] = (),
    accents: Accents | None = None,
) -> VoiceFeatures:
    """Return the features of a mono wave at 16 kHz.

    ``phones`` with their times (s) and ``accents`` from the transcript replace the detected ones.
    """
    track = analyse_voice(wave16k)
    prosody = prosody_of(track, frames)
    voice = torch.from_numpy(prosody[:, [VOICE_ACTIVITY, ENERGY]])
    for name, start, end in phones:  # a whisper is speech too, though it has no pitch
        if name != PHONES[SILENCE]:
            voice[max(int(start * FPS), 0) : max(int(np.ceil(end * FPS)), 0), 0] = 1.0
    speech = encoder.encode(wave16k, speech_steps(voice[:, 0], mel_steps(len(wave16k))).numpy())
    speech = _with_whispers(wave16k, track, encoder, speech, voice)
    posteriors, from_transcript = with_transcript_phones(speech.phones, phones)
    features = encoder_frames(torch.from_numpy(speech.features), torch.from_numpy(posteriors), voice)
    return VoiceFeatures(features.numpy(), posteriors, from_transcript, accents_of(track, prosody, phones, accents))


def _with_whispers(
    wave16k: FloatArray, track: VoiceTrack, encoder: SpeechEncoder, speech: SpeechFeatures, voice: Tensor
) -> SpeechFeatures:
    """Return ``speech`` with whispers encoded at their own level.

    Sets ``voice`` (T, 2), activity and loudness, in place there.
    """
    steps = len(speech.phones)
    unvoiced = track.unvoiced[np.minimum(np.arange(steps) * 2, len(track.unvoiced) - 1)] > 0.5
    if not may_whisper(unvoiced):
        return speech
    again = encoder.encode(wave16k, unvoiced.astype(np.float32))
    found = whispered(again.phones, unvoiced)
    frames = torch.from_numpy(
        found[np.minimum(np.round(np.arange(len(voice)) * MEL_RATE / FPS).astype(int), steps - 1)]
    )
    voice[frames] = torch.tensor([1.0, _WHISPER_LOUDNESS])
    return SpeechFeatures(
        np.where(found[:, None], again.features, speech.features), np.where(found[:, None], again.phones, speech.phones)
    )


def with_transcript_phones(posteriors: FloatArray, phones: Sequence[Segment]) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return ``posteriors`` (N, 40) with probability 1 for the ``phones`` of a transcript, and the steps (N,) of these.

    Every phone has at least one frame.
    """
    posteriors, from_transcript = posteriors.copy(), np.zeros(len(posteriors), bool)
    for name, start, end in phones:
        first = min(max(int(np.ceil(start * MEL_RATE - 1e-6)), 0), len(posteriors))
        last = min(max(int(np.ceil(end * MEL_RATE - 1e-6)), first + 1), len(posteriors))
        posteriors[first:last] = 0.0
        posteriors[first:last, PHONES.index(name)] = 1.0
        from_transcript[first:last] = True
    return posteriors, from_transcript
