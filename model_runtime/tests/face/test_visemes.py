"""Phones become mouth curves: contacts hold, neighbours colour each other, nobody overacts."""

import numpy as np
import pytest

from model_runtime.contract import ARKIT_NAMES, FPS
from model_runtime.face.arkit import CURVE
from model_runtime.face.mouth_shapes import BILABIAL, FUNNEL, JAW, LABIODENTAL, PUCKER, ROLL_LOWER, lip_gap
from model_runtime.face.visemes import PHONES, viseme_curves
from model_runtime.speech.transcript import alignment


def say(text: str, length: float = 0.1) -> list[tuple[str, float, float]]:
    """Phones of equal ``length`` (s) after 0.3 s of silence."""
    return [(phone, 0.3 + i * length, 0.3 + (i + 1) * length) for i, phone in enumerate(text.split())]


def frames_of(phones: list[tuple[str, float, float]], index: int) -> slice:
    _, start, end = phones[index]
    return slice(int(start * FPS), int(np.ceil(end * FPS)) + 1)


def test_the_phone_set_is_the_aligners() -> None:
    assert PHONES == alignment.PHONES


@pytest.mark.parametrize("phone", BILABIAL)
@pytest.mark.parametrize("vowel", ["AA", "IY", "UW", "AO"])
@pytest.mark.parametrize("length", [0.04, 0.08, 0.15])
def test_p_b_and_m_close_the_lips_for_at_least_a_frame_however_short(phone: str, vowel: str, length: float) -> None:
    phones = [(vowel, 0.2, 0.35), (phone, 0.35, 0.35 + length), (vowel, 0.35 + length, 0.6)]
    gap = lip_gap(viseme_curves(phones, 30))
    assert (gap[int(0.35 * FPS) : int((0.35 + length) * FPS) + 2] == 0.0).any()


@pytest.mark.parametrize("phone", LABIODENTAL)
def test_f_and_v_bring_the_lower_lip_to_the_teeth_but_leave_the_lips_apart(phone: str) -> None:
    phones = say(f"AA {phone} AA")
    face = viseme_curves(phones, 30)[frames_of(phones, 1)]
    assert face[:, ROLL_LOWER].max() > 0.25
    assert lip_gap(face).min() > 0.0


def test_vowels_are_open_and_ah_is_wider_than_ee() -> None:
    opening = {
        vowel: lip_gap(viseme_curves(say(f"T {vowel} T", 0.15), 40))[frames_of(say("T A T", 0.15), 1)].max()
        for vowel in ("AA", "IY", "IH")
    }
    assert opening["AA"] > 2 * opening["IY"] > 0.0
    assert opening["AA"] > opening["IH"]


def test_no_vowel_is_shut_between_two_closures() -> None:
    phones = say("M AA M AE B IH P")
    gap = lip_gap(viseme_curves(phones, 45))
    assert all(gap[frames_of(phones, i)].max() > 0.15 for i in (1, 3, 5))


def test_rounding_comes_before_the_rounded_vowel() -> None:
    phones = say("S T UW")
    rounding = viseme_curves(phones, 40)[:, PUCKER]
    plain = viseme_curves(say("S T IY"), 40)[:, PUCKER]
    during_t = frames_of(phones, 1)
    assert rounding[during_t].mean() > plain[during_t].mean() + 0.05


def test_louder_speech_opens_wider() -> None:
    phones = say("T AA T AE T")
    soft, loud = (viseme_curves(phones, 40, np.full(40, level, np.float32))[:, JAW].max() for level in (0.4, 1.1))
    assert loud > 1.2 * soft


def test_conversation_does_not_gape() -> None:
    phones = say("HH AH L OW HH AW AA R Y UW T AH D EY M AY F R EH N D", 0.085)
    face = viseme_curves(phones, 80)
    assert face[:, JAW].max() < 0.40
    assert face[:, FUNNEL].max() < 0.35
    assert face[:, PUCKER].max() < 0.60


def test_silence_is_a_mouth_at_rest() -> None:
    assert not viseme_curves([], 30).any()
    phones = [("AA", 0.1, 0.3), ("AA", 1.6, 1.8)]
    assert lip_gap(viseme_curves(phones, 60))[20:40].max() == 0.0


def test_curves_stay_in_range_and_move_both_sides_alike() -> None:
    face = viseme_curves(say(" ".join(PHONES), 0.07), 120, np.full(120, 1.4, np.float32), 1.2)
    assert face.shape == (120, len(ARKIT_NAMES))
    assert face.min() >= 0.0 and face.max() <= 1.0
    assert np.array_equal(face[:, CURVE["mouthStretchLeft"]], face[:, CURVE["mouthStretchRight"]])
