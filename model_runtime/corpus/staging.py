"""Compose one scene: a script, captured base motion for each body, gestures on stresses, gaze and listening, faces."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..body_model.skeleton import Skeleton
from ..common.headings import facing
from ..contract import ACTION_LABELS, FPS, FloatArray
from ..datasets.clip import Clip
from ..datasets.held_out import HELD_OUT_SPLIT
from ..datasets.scene import Scene, SpokenUtterance
from ..planning.motion_labels import label_frames
from ..refine.arm_collisions import clear_arms
from ..refine.feet import lock_feet
from ..speech.prosody import PROSODY_SIZE
from .faces.composer import Spoken, compose_face
from .gestures.performance import Gesture, Sentence, gesture_body, gesture_library
from .listening.heads import Heads, look_and_listen, upper_body
from .listening.laughs import Laughter, laughter
from .listening.nods import listening_leans
from .motion.base_motion import Motion
from .motion.clip_bank import BODY_SIZES, ClipBank, ClipSet, short_name
from .motion.held_arms import hands_kept
from .motion.jumps import without_jumps
from .motion.performer import Performer
from .motion.posture import with_posture
from .script.affect import AffectTrack, usual_distance
from .script.scene_script import Script, write_script
from .voices.speech_library import Utterance, recorded

SYNTHETIC = ("awb", "kal", "rms", "slt")
BASE_SOURCE = "rocketbox"  # its clips join end to end and have seats
# Of a leg's length that a planted foot may be away: captured legs are nearly straight in walking. With less, the pelvis
# would be lowered for them, and the bearing knees would bend.
_STRAIGHTEST = 0.996
Stress = tuple[float, float, str]  # scene time s, strength 0..1, word
_Bodies = tuple[Performer, Performer]


@dataclass(frozen=True)
class Material:
    """What scenes of one split are made from: ``clips``, the same as base motion, gestures, utterances by voice."""

    clips: list[Clip]
    bank: ClipBank
    gestures: list[Gesture]
    voices: dict[str, list[Utterance]]
    split: str


def gather(clips: Sequence[Clip], utterances: Sequence[Utterance], split: str) -> Material:
    """Return the material of a split: its own clips and voices, and the indispensable clips that only the other split
    has.
    """
    own = [clip for clip in clips if clip.split == split]
    usable = own + lent(clips, split)
    voices: dict[str, list[Utterance]] = {}
    for utterance in utterances:
        if utterance.split == split:
            voices.setdefault(utterance.voice, []).append(utterance)
    return Material(usable, ClipBank(usable), gesture_library(own), voices, split)


# The clips that either performer needs for any scene (see ``performer.INDISPENSABLE``), by name.
_ROLES = (
    r"idle_(breathe|neutral)", r"walk_start", r"walk_stop", r"walk_(neutral|slow|stroll|self-assured)",
    r"turn_(left|right)_\d+$", r"sit_down_chair", r"sit_chair_breathe", r"sit_stand_up_chair",
)  # fmt: skip


def lent(clips: Sequence[Clip], split: str) -> list[Clip]:
    """Return clips of the other split for the roles that this split has no clip for; the training split takes none."""
    found: list[Clip] = []
    for performer in ("f", "m") if split == "test" else ():
        for role in _ROLES:
            fitting = [
                clip
                for clip in clips
                if clip.source == BASE_SOURCE
                and clip.split != HELD_OUT_SPLIT
                and re.match(f"{performer}_{role}", short_name(clip.name))
            ]
            if not any(clip.split == split for clip in fitting):
                found += fitting
    return found


def compose_scene(seed: int, material: Material) -> Scene:
    """Return the scene of ``seed``; it may have faults, see ``filter.faults``.

    The order of the steps is part of the result, as all draw from one random number generator.
    """
    rng = np.random.default_rng([seed, 0 if material.split == "train" else 1])
    voices = _drawn_voices(rng, material)
    script = write_script(rng, voices)
    frames = int(script.duration * FPS)
    affect = [script.affect(actor) for actor in range(2)]
    prosody = _prosody_of_both(script.utterances, voices, frames)
    performers = _perform(rng, script, material, prosody)
    skeletons = [performer.clips.skeleton for performer in performers]
    laughing = [laughter(rng, frames, script.laughs[a], material.clips, affect[a]) for a in range(2)]
    bodies, labels = _postured(rng, script, performers, prosody, laughing)
    stresses = [_stresses(script, actor, voices[actor], frames / FPS) for actor in range(2)]
    gestures = []
    for actor in range(2):
        entries = gesture_body(
            rng,
            bodies[actor],
            skeletons[actor],
            labels[actor],
            stresses[actor],
            material.gestures,
            affect[actor],
            _sentences(script, actor, voices[actor]),
        )
        gestures += [{"actor": actor, **entry} for entry in entries]
    heads = _with_gaze(rng, script, bodies, skeletons, labels, prosody, stresses, affect, laughing)
    # After gaze and leaning, which move the arms with the trunk.
    cleared = clear_arms(np.stack([b.root for b in bodies]), np.stack([b.rotations for b in bodies]), skeletons)
    for body, rotations, skeleton in zip(bodies, cleared, skeletons):
        body.root, body.rotations = without_jumps(body.root, rotations, skeleton)
    face = [_face(rng, script, actor, voices[actor], prosody, heads[actor].eyes, affect) for actor in range(2)]
    # Bodies and faces are composed from the clean voices; the networks are given the recorded ones.
    utterances = [recorded(rng, script.utterances[actor], {u.id: u for u in voices[actor]}) for actor in range(2)]
    return Scene(
        seed,
        material.split,
        np.stack([s.offsets for s in skeletons]),
        np.stack([b.root for b in bodies]),
        np.stack([b.rotations for b in bodies]),
        np.stack(labels),
        np.stack([b.contacts for b in bodies]),
        _prosody_of_both(utterances, voices, frames).astype(np.float16),
        np.stack(face).astype(np.float16),
        np.array(script.seat_height, np.float32),
        (utterances[0], utterances[1]),
        ([s[0] for s in stresses[0]], [s[0] for s in stresses[1]]),
        gestures,
        [{"actor": a, **walk} for a, p in enumerate(performers) for walk in p.walks],
        script.relationship,
        script.emotions,
        script.kind,
        np.stack([h.looking for h in heads]),
        personalities=(script.personalities[0].factors, script.personalities[1].factors),
        laughs=script.laughs,
    )


def _drawn_voices(rng: np.random.Generator, material: Material) -> tuple[list[Utterance], list[Utterance]]:
    """Draw two voices: recorded readers more often than synthetic ones, and voices of few minutes more seldom."""
    names = sorted(material.voices)
    weights = np.array(
        [
            (1.0 if name.split("_")[0] in SYNTHETIC else 4.0) * min(1.0, _minutes(material.voices[name]) / 3.0)
            for name in names
        ]
    )
    first, second = rng.choice(len(names), 2, replace=len(names) < 2, p=weights / weights.sum())
    return material.voices[names[first]], material.voices[names[second]]


def _postured(
    rng: np.random.Generator,
    script: Script,
    performers: _Bodies,
    prosody: FloatArray,
    laughing: Sequence[Laughter | None],
) -> tuple[list[Motion], list[NDArray[np.uint8]]]:
    """Return both bodies' motion with posture and locked feet, and their labels (T,)."""
    bodies, labels = [], []
    results = [performer.result(prosody.shape[1]) for performer in performers]
    speaks = prosody[:, :, 0] > 0.5
    for actor, performer in enumerate(performers):
        motion, label = results[actor]
        warm, valence = performer.affect.at(0.0).warmth, performer.affect.track("valence", len(label))
        begins = [turn.start for turn in script.turns if turn.actor != actor]
        toward = np.clip(0.5 * warm + 0.6 * valence + 8.0 * performer.affect.track("lean", len(label)), -1.0, 1.0)
        motion = with_posture(
            rng,
            motion,
            performer.clips.skeleton,
            label,
            performer.affect,
            results[1 - actor][0].root,
            speaks[actor],
            [turn.end for turn in script.turns],
            listening_leans(rng, speaks[1 - actor] & ~speaks[actor], begins, toward),
            laughing[actor],
        )
        root, rotations = lock_feet(
            motion.root,
            motion.rotations,
            performer.clips.skeleton,
            motion.contacts,
            straightest=_STRAIGHTEST,
        )
        labels.append(snapped(label, label_frames(root, rotations, performer.clips.skeleton)))
        bodies.append(Motion(root, rotations, motion.contacts))
    return bodies, labels


def _with_gaze(
    rng: np.random.Generator,
    script: Script,
    bodies: Sequence[Motion],
    skeletons: Sequence[Skeleton],
    labels: Sequence[NDArray[np.uint8]],
    prosody: FloatArray,
    stresses: Sequence[list[Stress]],
    affect: Sequence[AffectTrack],
    laughing: Sequence[Laughter | None],
) -> list[Heads]:
    """Add gaze, nods and leaning to both bodies in place, and return the heads."""
    upper = [upper_body(body.root, body.rotations, skeleton) for body, skeleton in zip(bodies, skeletons)]
    heads = []
    for actor, laughs in enumerate(laughing):
        heads.append(
            look_and_listen(
                rng,
                bodies[actor].root,
                bodies[actor].rotations,
                skeletons[actor],
                upper[1 - actor].eyes,
                (labels[actor] == ACTION_LABELS.index("walk")).astype(np.float32),
                prosody[actor, :, 0],
                prosody[1 - actor, :, 0],
                stresses[actor],
                stresses[1 - actor],
                affect[actor],
                questions=[turn.end for turn in script.turns if turn.question and turn.actor == actor],
                laughs=script.laughs[actor],
                partner_lean=upper[1 - actor].lean,
                facing=script.facing,
                laughter=None if laughs is None else laughs.head,
            )
        )
        sits = gaussian_filter1d((labels[actor] == ACTION_LABELS.index("sit")).astype(np.float32), 8.0)
        before = bodies[actor].rotations
        bodies[actor].rotations = hands_kept(
            bodies[actor].root, before, heads[actor].rotations, skeletons[actor], np.where(sits > 0.98, sits, 0.0)
        )
    return heads


def _stresses(script: Script, actor: int, voice: Sequence[Utterance], duration: float) -> list[Stress]:
    """Return one actor's stressed syllables in order."""
    known = {utterance.id: utterance for utterance in voice}
    found = []
    for spoken in script.utterances[actor]:
        utterance = known[spoken.id]
        for time, strength in utterance.stresses:
            word = next((text for text, start, end in utterance.words if start <= time <= end), "")
            if spoken.start + time < duration:
                found.append((spoken.start + time, strength, word))
    return sorted(found)


def _sentences(script: Script, actor: int, voice: Sequence[Utterance]) -> list[Sentence]:
    """Return what one actor says, with words, in scene seconds."""
    known = {utterance.id: utterance for utterance in voice}
    found = []
    for start, utterance in sorted((u.start, u.id) for u in script.utterances[actor]):
        words = [(text, start + a, start + b) for text, a, b in known[utterance].words]
        found.append(Sentence(start, start + known[utterance].duration, known[utterance].text, words))
    return found


def _minutes(voice: Sequence[Utterance]) -> float:
    return sum(utterance.duration for utterance in voice) / 60.0


def _prosody(utterances: Sequence[SpokenUtterance], voice: Sequence[Utterance], frames: int) -> FloatArray:
    """Return (frames, 28) of all utterances of one actor, in their variants; silence is zero."""
    known = {utterance.id: utterance for utterance in voice}
    track = np.zeros((frames, PROSODY_SIZE), np.float32)
    for spoken in utterances:
        start = round(spoken.start * FPS)
        part = known[spoken.id].prosody_of(spoken.variant)[: max(0, frames - start)]
        louder = part[:, :1] >= track[start : start + len(part), :1]
        track[start : start + len(part)] = np.where(louder, part, track[start : start + len(part)])
    return track


def _prosody_of_both(
    utterances: Sequence[Sequence[SpokenUtterance]], voices: Sequence[Sequence[Utterance]], frames: int
) -> FloatArray:
    """Return (2, frames, 28) of both actors' utterances."""
    return np.stack([_prosody(utterances[actor], voices[actor], frames) for actor in range(2)])


def _perform(rng: np.random.Generator, script: Script, material: Material, prosody: FloatArray) -> _Bodies:
    """Return both bodies' base motion, grown in turns so that each knows where the other is."""
    speaking = np.concatenate([np.zeros((2, 1)), np.cumsum(prosody[:, :, 0] > 0.5, axis=1)], axis=1)

    def conversation_of(actor: int) -> Callable[[float, float], tuple[float, float]]:
        def shares(start: float, end: float) -> tuple[float, float]:
            """Return the shares of a time span in which this actor and the partner speak."""
            a, b = (min(max(0, round(t * FPS)), speaking.shape[1] - 1) for t in (start, end))
            both = (speaking[:, b] - speaking[:, a]) / max(b - a, 1)
            return float(both[actor]), float(both[1 - actor])

        return shares

    bodies = sorted({clip.performer for clip in material.clips if clip.source == BASE_SOURCE})
    owners = sorted({clip.performer for clip in material.clips if clip.source in ("rocketbox", "smartbody")})
    direction, inward = float(rng.uniform(-np.pi, np.pi)), float(rng.uniform(0.1, 0.7))
    places = [np.zeros(2, np.float32), script.distance * facing(direction).astype(np.float32)]
    performers = []
    for actor in range(2):
        # Face to face, or side by side with much the same view, each turned a little to the other.
        heading = (
            direction
            + (np.pi * actor if script.facing else 0.5 * np.pi + (2 * actor - 1) * inward)
            + float(np.clip(rng.normal(0.0, 0.25), -0.6, 0.6))
        )
        performer = str(rng.choice(bodies))
        owner = performer if rng.random() < 0.5 else str(rng.choice(owners))
        skeleton = next(clip.skeleton for clip in material.clips if clip.performer == owner).scaled(
            float(rng.choice(BODY_SIZES))
        )
        clips = ClipSet(material.bank, skeleton, script.seat_height[actor], float(rng.uniform(0.94, 1.06)))
        performers.append(
            Performer(
                clips,
                performer[-1],
                script.intents[actor],
                places[actor],
                heading,
                conversation_of(actor),
                rng,
                script.affect(actor),
                usual_distance(script.relationship),
                script.facing,
                0.5 * (places[0] + places[1]),
            )
        )
    one, two = performers
    one.partner, two.partner = two, one
    frames = prosody.shape[1]
    while min(one.track.frames, two.track.frames) < frames + 5:
        min(performers, key=lambda p: p.track.frames).advance()
    return one, two


# Seconds from the start of an action's label to the frame at which the motion is recognised as that action.
_LEAD = {"sit": 0.45, "walk": 0.15, "stand": 0.3}


def snapped(script: NDArray[np.uint8], detected: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the script's labels (T,) with each change moved to shortly before the nearby change of the labels
    ``detected`` (T,) in the motion.
    """
    changes = np.flatnonzero(np.diff(detected)) + 1
    result = np.array(script)
    edges = [0, *(np.flatnonzero(np.diff(script)) + 1).tolist(), len(script)]
    moved = [0]
    for edge in edges[1:-1]:
        label = int(script[edge])
        near = [int(c) for c in changes if int(detected[c]) == label and -1.0 * FPS <= c - edge <= 3.5 * FPS]
        place = edge
        if near:
            lead = _LEAD["sit" if detected[near[0] - 1] == ACTION_LABELS.index("sit") else ACTION_LABELS[label]]
            place = near[0] - round(lead * FPS)
        moved.append(min(max(place, moved[-1] + 1), len(script)))
    moved.append(len(script))
    for (a, b), edge in zip(pairwise(moved), edges[:-1]):
        result[a:b] = script[edge]
    return result


def _face(
    rng: np.random.Generator,
    script: Script,
    actor: int,
    voice: Sequence[Utterance],
    prosody: FloatArray,
    eyes: FloatArray,
    affect: Sequence[AffectTrack],
) -> FloatArray:
    """Return (T, 52) ARKit curves of one actor; ``eyes`` (T, 2) as in ``Heads``."""
    known = {utterance.id: utterance for utterance in voice}
    frames, sentences = prosody.shape[1], []
    for spoken in sorted(script.utterances[actor], key=lambda u: u.start):
        utterance = known[spoken.id]
        # Without the silence at both ends, which may overlap the next words.
        sounds = [phone for phone in utterance.phones if phone[0] != "SIL"]
        phones = [
            (name, start + spoken.start, end + spoken.start)
            for name, start, end in utterance.phones
            if sounds and sounds[0][1] <= start < sounds[-1][2] and end + spoken.start < frames / FPS
        ]
        if phones:
            stresses = [(time + spoken.start, strength) for time, strength in utterance.stresses]
            sentences.append(Spoken(phones, stresses, utterance.text.strip().endswith("?")))
    return compose_face(
        rng,
        frames,
        sentences,
        prosody[1 - actor, :, 0],
        eyes,
        prosody[actor, :, 1],
        affect=affect[actor],
        partner_affect=affect[1 - actor],
        laughs=script.laughs[actor],
    )
