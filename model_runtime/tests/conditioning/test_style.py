"""Style: three numbers measured on motion."""

import numpy as np

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX
from model_runtime.conditioning.style import STYLE_SIZE, style_of

FRAMES = 300
STANDING = np.full(FRAMES, 2)
SPEAKING = np.ones(FRAMES)


def waving(size: float, lift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return arms that hang, swing by ``size`` radians, and are raised to the sides by ``lift``."""
    rotations = np.tile(rot.IDENTITY, (FRAMES, 52, 1)).astype(np.float32)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        vector = np.zeros((FRAMES, 3))
        vector[:, 1] = sign * (1.3 - lift + size * np.sin(np.arange(FRAMES) / 30 * 6))
        rotations[:, INDEX[f"{side}_shoulder"]] = rot.from_axis_angle(vector)
    return np.tile([0, 0, AVERAGE_SKELETON.pelvis_height], (FRAMES, 1)), rotations


def style(size: float, lift: float = 0.0, labels: np.ndarray = STANDING) -> np.ndarray | None:
    return style_of(*waving(size, lift), AVERAGE_SKELETON, labels, SPEAKING)


def test_faster_hands_higher_hands_and_hands_further_out_change_their_own_numbers():
    calm, lively, lifted = style(0.05), style(0.2), style(0.05, 0.5)
    assert calm is not None and lively is not None and lifted is not None and calm.shape == (STYLE_SIZE,)
    assert lively[0] > calm[0] + 1
    assert lifted[1] > calm[1] + 1 and lifted[2] > calm[2] + 1


def test_the_style_does_not_depend_on_body_size():
    root, rotations = waving(0.2)
    tall, usual = style_of(root * 2, rotations, AVERAGE_SKELETON.scaled(2.0), STANDING, SPEAKING), style(0.2)
    assert tall is not None and usual is not None
    np.testing.assert_allclose(tall, usual, atol=1e-3)


def test_little_speech_or_only_walking_gives_no_style():
    root, rotations = waving(0.2)
    assert style_of(root, rotations, AVERAGE_SKELETON, STANDING, np.arange(FRAMES) < 30) is None
    assert style(0.2, labels=np.ones(FRAMES)) is None
