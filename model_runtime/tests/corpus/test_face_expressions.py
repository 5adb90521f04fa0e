"""Emotions on composed faces: visible, in motion, within the ranges of captured faces, and no obstacle to speech."""

import lzma
from typing import Any

import numpy as np
import pytest

from model_runtime.contract import ARKIT_NAMES, EMOTION_CHOICES, EMOTIONS, FPS, LOOK_SIDE, EmotionSpan, FloatArray
from model_runtime.corpus.faces.composer import FaceStyle, Spoken, compose_face
from model_runtime.corpus.faces.expressions import CEILING, EXPRESSIONS, expression
from model_runtime.corpus.script.affect import AffectTrack
from model_runtime.datasets.ict_face import IctFace
from model_runtime.face.arkit import CURVE, columns
from model_runtime.face.gaze import CONVERGENCE, eye_curves, gaze_shifts, glances, with_fixations
from model_runtime.face.mouth_shapes import BILABIAL, JAW, LABIODENTAL, SILENCE, lip_gap
from model_runtime.face.visemes import Phone, with_rests
from model_runtime.metrics.lips import TEETH_CONTACT, MouthGeometry
from model_runtime.tests.conftest import DATA

SECONDS = 20
FRAMES = SECONDS * FPS
# "Tom, be brave: five of my puppies have moved up above you; we both saw them from afar." and a hurried "of me".
WORDS = (
    "T AA M B IY B R EY V F AY V AH V M AY P AH P IY Z HH AE V M UW V "
    "D AH P AH B AH V Y UW W IY B OW TH S AO DH EH M F R AH M AH F AA R"
)
UPPER = [
    i
    for i, name in enumerate(ARKIT_NAMES)
    if name.startswith(("brow", "cheek", "nose", "eyeSquint", "eyeWide", "eyeBlink"))
]


def sentence(start: float, length: float) -> Spoken:
    phones = [(phone, start + length * i, start + length * (i + 1)) for i, phone in enumerate(WORDS.split())]
    return Spoken(phones, [(start + 5 * length, 0.8), (start + 30 * length, 0.9)])


def sentences() -> list[Spoken]:
    return [sentence(1.0, 0.085), sentence(6.0, 0.045)]


def affect_of(emotion: str, intensity: float = 1.0) -> AffectTrack:
    return AffectTrack([EmotionSpan(emotion, intensity, 0.0, SECONDS)], "co-workers", True)


def face_of(emotion: str, intensity: float = 1.0, seed: int = 1, **options: Any) -> FloatArray:
    """Return the face of a person who speaks in the first half and listens in the second."""
    partner = np.zeros(FRAMES, np.float32)
    partner[11 * FPS : 18 * FPS] = 1.0
    return compose_face(
        np.random.default_rng(seed), FRAMES, sentences(), partner, affect=affect_of(emotion, intensity), **options
    )


def phones_spoken() -> list[Phone]:
    return [phone for utterance in sentences() for phone in utterance.phones]


def frames_of(phone: Phone) -> slice:
    return slice(int(np.floor(phone[1] * FPS)), int(np.ceil(phone[2] * FPS)) + 1)


def other_sounds() -> np.ndarray:
    """Return (T,) frames of sounds without lip or teeth contact, a frame away from any with one."""
    found = np.zeros(FRAMES, bool)
    contacts = (*BILABIAL, *LABIODENTAL, SILENCE)
    phones = with_rests(phones_spoken(), SECONDS)
    for phone in phones:
        if phone[0] not in contacts:
            found[frames_of(phone)] = True
    for phone in phones:
        if phone[0] in contacts:
            window = frames_of(phone)
            found[max(window.start - 1, 0) : window.stop + 1] = False
    return found


def test_every_emotion_has_a_face_and_neutral_has_none() -> None:
    assert set(EXPRESSIONS) == set(EMOTION_CHOICES)
    assert not expression("neutral", 2.0).any()
    assert all(expression(name).max() > 0.2 for name in EMOTIONS)


@pytest.mark.parametrize("intensity", [1.0, 2.0])
def test_p_b_and_m_close_in_every_emotion_and_no_other_sound_is_shut(intensity: float) -> None:
    elsewhere = other_sounds()
    shut = []
    for emotion in EMOTIONS:
        gap = lip_gap(face_of(emotion, intensity))
        assert all((gap[frames_of(phone)] == 0.0).any() for phone in phones_spoken() if phone[0] in BILABIAL), emotion
        shut.append((gap[elsewhere] == 0.0).mean())
    assert max(shut) <= 0.03


@pytest.mark.data
def test_lips_meet_and_reach_the_teeth_on_the_mesh_in_every_emotion() -> None:
    geometry = MouthGeometry(IctFace(DATA / "face"))
    elsewhere = other_sounds()
    for emotion in EMOTIONS:
        face = face_of(emotion, 2.0)
        gap, teeth = geometry.gap(face), geometry.teeth_distance(face[: 10 * FPS])
        for phone in phones_spoken():
            if phone[0] in BILABIAL:
                assert (gap[frames_of(phone)] == 0.0).any(), (emotion, phone)
            elif phone[0] in LABIODENTAL:
                assert (teeth[frames_of(phone)] <= TEETH_CONTACT).any(), (emotion, phone)
        assert (gap[elsewhere] == 0.0).mean() <= 0.03, emotion


def test_emotions_can_be_distinguished_by_brows_lids_and_cheeks() -> None:
    def seen(emotion: str, seed: int) -> FloatArray:
        return np.median(face_of(emotion, 1.0, seed)[:, UPPER], axis=0)

    centres = np.stack([np.mean([seen(emotion, seed) for seed in (1, 2, 3)], axis=0) for emotion in EMOTIONS])
    right = [
        np.square(centres - seen(emotion, seed)).sum(1).argmin() == i
        for i, emotion in enumerate(EMOTIONS)
        for seed in (11, 12)
    ]
    assert np.mean(right) > 0.9


def test_neutral_is_the_face_of_a_person_without_emotion() -> None:
    upper = [np.median(face_of("neutral", 1.0, seed)[:, UPPER], axis=0) for seed in range(6)]
    assert np.max(upper) < 0.15
    assert np.median(face_of("neutral")[:, columns("mouthSmile", "mouthFrown")], axis=0).max() < 0.15


def test_an_expression_has_an_onset_of_0_3_to_0_8_seconds_and_ends() -> None:
    for emotion in ("anger", "joy", "surprise", "sadness"):
        emotions = [
            EmotionSpan("neutral", 0.0, 0.0, 6.0),
            EmotionSpan(emotion, 1.0, 6.0, 14.0),
            EmotionSpan("neutral", 0.0, 14.0, SECONDS),
        ]
        onsets = []
        for seed in range(5):
            face = compose_face(
                np.random.default_rng(seed),
                FRAMES,
                [],
                np.zeros(FRAMES, np.float32),
                style=FaceStyle(),
                affect=AffectTrack(emotions, "friends with similar hobbies", True),
            )
            shown = face[:, int(expression(emotion).argmax())]
            before, apex = np.median(shown[: 5 * FPS]), shown[6 * FPS : 8 * FPS].max()
            rise = shown[6 * FPS : 8 * FPS]
            onsets.append(
                (np.argmax(rise > before + 0.95 * (apex - before)) - np.argmax(rise > before + 0.05 * (apex - before)))
                / FPS
            )
            assert np.median(shown[16 * FPS :]) < before + 0.15
        assert 0.2 <= np.median(onsets) <= 0.9, emotion


def test_an_expression_fluctuates() -> None:
    for emotion in ("anger", "joy", "pain"):
        strongest = int(np.argsort(expression(emotion))[-1])
        shown = face_of(emotion, 1.0)[:, strongest]
        assert shown.std() > 0.03
        assert np.abs(np.diff(shown)).max() < 0.15


def test_the_mouth_yields_to_the_words_while_brows_and_cheeks_stay() -> None:
    joy = [face_of("joy", 1.0, seed) for seed in range(4)]
    talking, silent = slice(1 * FPS + 10, 5 * FPS - 10), slice(8 * FPS + 20, 10 * FPS)
    smile = columns("mouthSmile")
    assert np.mean([f[talking][:, smile].mean() for f in joy]) < 0.85 * np.mean(
        [f[silent][:, smile].mean() for f in joy]
    )
    assert np.mean([f[talking][:, smile].mean() for f in joy]) > 0.25
    cheek = columns("cheekSquint")
    assert np.mean([f[talking][:, cheek].mean() for f in joy]) > 0.8 * np.mean(
        [f[silent][:, cheek].mean() for f in joy]
    )


def test_a_listener_smiles_back_and_shows_concern() -> None:
    def listening(partner: str) -> FloatArray:
        faces = [
            face_of("neutral", 1.0, seed, partner_affect=affect_of(partner, 1.2), style=FaceStyle(smile=0.2))
            for seed in range(4)
        ]
        return np.mean([face[13 * FPS : 18 * FPS].mean(axis=0) for face in faces], axis=0)

    happy, sad, plain = listening("joy"), listening("sadness"), listening("neutral")
    smile, inner = CURVE["mouthSmileLeft"], CURVE["browInnerUp"]
    assert happy[smile] > plain[smile] + 0.15 and happy[smile] > sad[smile] + 0.15
    assert sad[inner] > plain[inner] + 0.15


def test_a_laugh_opens_a_smiling_mouth_repeatedly() -> None:
    laugh = face_of("amusement", 1.0, laughs=[(9.0, 10.5)])
    during = laugh[int(9.3 * FPS) : int(10.4 * FPS)]
    assert during[:, columns("mouthSmile")].min() > 0.5
    assert during[:, columns("cheekSquint")].min() > 0.35
    jaw = during[:, JAW]
    bounces = ((jaw[1:-1] > jaw[:-2]) & (jaw[1:-1] >= jaw[2:])).sum()
    assert 3 <= bounces <= 8 and jaw.max() > 0.12


def test_the_same_seed_gives_the_same_face_with_an_emotion() -> None:
    assert np.array_equal(face_of("fear", 1.5, 4), face_of("fear", 1.5, 4))


def test_eyes_point_along_the_gaze_and_converge_on_the_partner() -> None:
    gaze = np.array([[0.3, 0.0], [-0.3, 0.0], [0.0, 0.2], [0.0, -0.2], [0.0, 0.0]], np.float32)
    left, right, up, down, ahead = eye_curves(gaze.repeat(15, axis=0))[7::15]
    assert (
        left[CURVE["eyeLookOutLeft"]] > 0.4
        and left[CURVE["eyeLookInRight"]] > 0.4
        and left[CURVE["eyeLookInLeft"]] == 0.0
    )
    assert right[CURVE["eyeLookInLeft"]] > 0.4 and right[CURVE["eyeLookOutRight"]] > 0.4
    for eyes, name in ((up, "eyeLookUp"), (down, "eyeLookDown")):
        one, other = eyes[columns(name)]
        assert one == other > 0.3  # pupils level
    assert down[CURVE["eyeBlinkLeft"]] > 0.1 and up[CURVE["eyeBlinkLeft"]] == 0.0
    assert ahead[CURVE["eyeLookInLeft"]] == ahead[CURVE["eyeLookInRight"]] == pytest.approx(CONVERGENCE / LOOK_SIDE)


def test_a_gaze_without_saccades_gets_some_and_a_gaze_with_saccades_keeps_them() -> None:
    rng = np.random.default_rng(2)
    still = np.zeros((FRAMES, 2), np.float32)
    assert np.abs(np.diff(with_fixations(rng, still)[:, 0])).max() > 0.02
    lively = glances(rng, FRAMES, np.ones(FRAMES, np.float32), [1.0])
    assert len(gaze_shifts(lively)) >= 3
    assert np.abs(with_fixations(rng, lively) - lively).max() < 0.03


def test_eyes_are_not_faster_than_saccades() -> None:
    gaze = np.zeros((60, 2), np.float32)
    gaze[:20, 0], gaze[20:, 0] = -0.5, 0.5
    yaw = LOOK_SIDE * (
        eye_curves(gaze) @ np.eye(len(ARKIT_NAMES))[:, [CURVE["eyeLookOutLeft"], CURVE["eyeLookInLeft"]]] @ [1.0, -1.0]
    )
    assert np.abs(np.diff(yaw)).max() < 0.45
    assert yaw[23] > 0.45


def test_frequent_shifts_of_gaze_do_not_make_the_lids_flutter() -> None:
    rates = []
    for seed in range(6):
        gaze = np.zeros((3 * FRAMES, 2), np.float32)
        for at in range(0, len(gaze), 24):  # a shift of gaze every 0.8 s
            gaze[at:] = np.random.default_rng(at).normal(0.0, 0.2, 2)
        lid = compose_face(np.random.default_rng(seed), len(gaze), sentences(), np.zeros(len(gaze), np.float32), gaze)[
            :, CURVE["eyeBlinkLeft"]
        ]
        rates.append(
            int(((lid[1:-1] > 0.7) & (lid[1:-1] >= lid[:-2]) & (lid[1:-1] > lid[2:])).sum()) / (len(gaze) / FPS / 60)
        )
    assert 10 <= np.mean(rates) <= 25 and max(rates) <= 28


@pytest.fixture(scope="module")
def captured() -> FloatArray:
    """Return (T, 52) of both iPhone captures."""
    if not (DATA / "face" / "llf_rom_3.csv.xz").is_file():
        pytest.skip("needs the face captures")
    parts = []
    for number in (3, 4):
        with lzma.open(DATA / "face" / f"llf_rom_{number}.csv.xz", "rt") as file:
            names = [name[:1].lower() + name[1:] for name in file.readline().strip().split(",")]
            assert tuple(names[2:54]) == ARKIT_NAMES
            parts.append(np.array([[float(v) for v in row.split(",")[2:54]] for row in file], np.float32))
    return np.concatenate(parts)


@pytest.fixture(scope="module")
def composed() -> FloatArray:
    """Return (T, 52) of all emotions at intensities 1 and 2."""
    return np.concatenate([face_of(emotion, intensity, 7) for emotion in EMOTIONS for intensity in (1.0, 2.0)])


@pytest.mark.data
def test_no_curve_goes_beyond_the_range_of_the_captures(captured: FloatArray, composed: FloatArray) -> None:
    most, ours = np.percentile(captured, 99, axis=0), np.percentile(composed, 99, axis=0)
    over = {name: (float(a), float(b)) for name, a, b in zip(ARKIT_NAMES, ours, most) if a > b + 0.02}
    assert not over
    assert all(value <= most[i] + 0.02 for name, value in CEILING.items() for i in columns(name))


@pytest.mark.data
def test_left_and_right_correlate_as_in_the_captures(captured: FloatArray, composed: FloatArray) -> None:
    for name in (
        "eyeBlink",
        "eyeSquint",
        "eyeWide",
        "mouthSmile",
        "mouthFrown",
        "mouthStretch",
        "browDown",
        "browOuterUp",
        "cheekSquint",
        "noseSneer",
    ):
        left, right = columns(name)
        real = np.corrcoef(captured[:, left], captured[:, right])[0, 1]
        ours = np.corrcoef(composed[:, left], composed[:, right])[0, 1]
        assert ours >= min(real, 0.985) - 0.01, name
        assert np.abs(composed[:, left] - composed[:, right]).mean() < 0.03, name
    assert not np.array_equal(composed[:, CURVE["mouthSmileLeft"]], composed[:, CURVE["mouthSmileRight"]])


@pytest.mark.data
def test_brows_and_cheeks_move_no_faster_than_captured_ones(captured: FloatArray, composed: FloatArray) -> None:
    wanted = columns("browDown", "browInnerUp", "browOuterUp", "cheekSquint", "noseSneer", "eyeSquint", "mouthSmile")
    fastest = [np.percentile(np.abs(np.diff(faces[:, wanted], axis=0)), 99.9, axis=0) for faces in (composed, captured)]
    assert (fastest[0] <= 1.1 * fastest[1]).all(), dict(zip([ARKIT_NAMES[i] for i in wanted], zip(*fastest)))
