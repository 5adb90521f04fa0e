"""Stages one scene: a script, a base of real motion for each body, gestures on stresses, heads that look and listen,
faces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..contract import ACTION_LABELS, FPS, FloatArray
from ..datasets.clip import Clip
from ..datasets.scene import Scene, SpokenUtterance
from ..metrics.labels import label_frames
from ..refine.feet import lock_feet
from ..speech.prosody import PROSODY_SIZE
from .faces.composer import Spoken, compose_face
from .gestures.performance import Gesture, Said, gesture_body, gesture_library
from .listening.heads import look_and_listen, upper_body
from .motion.arm_clearance import clear_arms
from .motion.base_motion import Motion
from .motion.clip_bank import BODY_SIZES, ClipBank, ClipSet, short_name
from .motion.easing import eased
from .motion.performer import Performer
from .motion.posture import with_posture
from .script.affect import AffectTrack, usual_distance
from .script.scene_script import Script, write_script
from .voices.speech_library import Utterance, recorded

SYNTHETIC = ("awb", "kal", "rms", "slt")
BASE_SOURCE = "rocketbox"  # its clips join end to end and have seats


@dataclass(frozen=True)
class Material:
    """What scenes are made from: clips of one split, the same as base motion, and each voice's utterances."""

    clips: list[Clip]
    bank: ClipBank
    gestures: list[Gesture]
    voices: dict[str, list[Utterance]]
    split: str


def gather(clips: Sequence[Clip], utterances: Sequence[Utterance], split: str) -> Material:
    """The material of a split: its own clips and voices, and of the clips no body can do without those it has none of."""
    own = [clip for clip in clips if clip.split == split]
    usable = own + lent(clips, split)
    voices: dict[str, list[Utterance]] = {}
    for utterance in utterances:
        if utterance.split == split:
            voices.setdefault(utterance.voice, []).append(utterance)
    return Material(usable, ClipBank(usable), gesture_library(own), voices, split)


# What either performer needs for any scene at all (see ``performer.INDISPENSABLE``), by the clips' names.
_ROLES = (
    r"idle_(breathe|neutral)", r"walk_start", r"walk_stop", r"walk_(neutral|slow|stroll|self-assured)",
    r"turn_(left|right)_\d+$", r"sit_down_chair", r"sit_chair_breathe", r"sit_stand_up_chair",
)  # fmt: skip


def lent(clips: Sequence[Clip], split: str) -> list[Clip]:
    """Clips of the other split that fill roles for which this split has no clip of that performer; training borrows
    none.
    """
    found: list[Clip] = []
    for performer in ("f", "m") if split == "test" else ():
        for role in _ROLES:
            fitting = [
                clip
                for clip in clips
                if clip.source == BASE_SOURCE and re.match(f"{performer}_{role}", short_name(clip.name))
            ]
            if not any(clip.split == split for clip in fitting):
                found += fitting
    return found


def compose_scene(seed: int, material: Material) -> Scene:
    """The scene of ``seed``, good or not: see ``filter.fault``."""
    rng = np.random.default_rng([seed, 0 if material.split == "train" else 1])
    names = sorted(material.voices)
    # A recorded reader is worth more than another synthetic voice, but not one who has hardly anything to say.
    weights = np.array(
        [
            (1.0 if name.split("_")[0] in SYNTHETIC else 4.0) * min(1.0, _minutes(material.voices[name]) / 3.0)
            for name in names
        ]
    )
    first, second = rng.choice(len(names), 2, replace=len(names) < 2, p=weights / weights.sum())
    voices = (material.voices[names[first]], material.voices[names[second]])
    script = write_script(rng, voices)
    frames = int(script.duration * FPS)
    affect = [script.affect(actor) for actor in range(2)]
    prosody = np.stack([_prosody(script.utterances[actor], voices[actor], frames) for actor in range(2)])
    performers = _perform(rng, script, material, prosody)
    bodies, labels = [], []
    results = [performer.result(frames) for performer in performers]
    for actor, performer in enumerate(performers):
        motion, label = results[actor]
        motion = with_posture(
            rng, motion, performer.clips.skeleton, label, performer.affect, results[1 - actor][0].root
        )
        root, rotations = lock_feet(motion.root, motion.rotations, performer.clips.skeleton, motion.contacts)
        labels.append(snapped(label, label_frames(root, rotations, performer.clips.skeleton)))
        bodies.append(Motion(root, rotations, motion.contacts))
    stresses = tuple(_stresses(script, actor, voices[actor], frames / FPS) for actor in range(2))
    gestures = []
    skeletons = [performer.clips.skeleton for performer in performers]
    for actor in range(2):
        gestures += [
            {"actor": actor, **entry}
            for entry in gesture_body(
                rng,
                bodies[actor],
                skeletons[actor],
                labels[actor],
                stresses[actor],
                material.gestures,
                affect[actor],
                _said(script, actor, voices[actor]),
            )
        ]
    upper = [upper_body(body.root, body.rotations, skeleton) for body, skeleton in zip(bodies, skeletons)]
    heads = []
    for actor in range(2):
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
            )
        )
        # Last, for looking and leaning take the arms along.
        bodies[actor].rotations = clear_arms(bodies[actor].root, heads[actor].rotations, skeletons[actor])
    for body, skeleton in zip(bodies, skeletons):
        body.root, body.rotations = eased(body.root, body.rotations, skeleton)
    face = [_face(rng, script, actor, voices[actor], prosody, heads[actor].eyes, affect) for actor in range(2)]
    said = [recorded(rng, script.utterances[actor], {u.id: u for u in voices[actor]}) for actor in range(2)]
    heard = np.stack(
        [_prosody(said[actor], voices[actor], frames) for actor in range(2)]
    )  # bodies and faces go by the clean voices
    return Scene(
        seed,
        material.split,
        np.stack([s.offsets for s in skeletons]),
        np.stack([b.root for b in bodies]),
        np.stack([b.rotations for b in bodies]),
        np.stack(labels),
        np.stack([b.contacts for b in bodies]),
        heard.astype(np.float16),
        np.stack(face).astype(np.float16),
        np.array(script.seat_height, np.float32),
        (said[0], said[1]),
        ([s[0] for s in stresses[0]], [s[0] for s in stresses[1]]),
        gestures,
        [{"actor": a, **walk} for a, p in enumerate(performers) for walk in p.walks],
        script.relationship,
        script.emotions,
        script.kind,
        np.stack([h.looking for h in heads]),
    )


def _stresses(
    script: Script, actor: int, voice: Sequence[Utterance], duration: float
) -> list[tuple[float, float, str]]:
    """(scene time s, strength 0..1, word) of one actor's stressed syllables, in order."""
    known = {utterance.id: utterance for utterance in voice}
    found = []
    for said in script.utterances[actor]:
        utterance = known[said.id]
        for time, strength in utterance.stresses:
            word = next((text for text, start, end in utterance.words if start <= time <= end), "")
            if said.start + time < duration:
                found.append((said.start + time, strength, word))
    return sorted(found)


def _said(script: Script, actor: int, voice: Sequence[Utterance]) -> list[Said]:
    """What one actor says, with words, in scene seconds."""
    known = {utterance.id: utterance for utterance in voice}
    found = []
    for start, utterance in sorted((u.start, u.id) for u in script.utterances[actor]):
        words = [(text, start + a, start + b) for text, a, b in known[utterance].words]
        found.append(Said(start, start + known[utterance].duration, known[utterance].text, words))
    return found


def _minutes(voice: Sequence[Utterance]) -> float:
    return sum(utterance.duration for utterance in voice) / 60.0


def _prosody(utterances: Sequence[SpokenUtterance], voice: Sequence[Utterance], frames: int) -> FloatArray:
    """(frames, 28) of everything one actor says, as it is heard; silence is zero."""
    known = {utterance.id: utterance for utterance in voice}
    track = np.zeros((frames, PROSODY_SIZE), np.float32)
    for said in utterances:
        start = round(said.start * FPS)
        part = known[said.id].heard(said.variant)[: max(0, frames - start)]
        louder = part[:, :1] >= track[start : start + len(part), :1]
        track[start : start + len(part)] = np.where(louder, part, track[start : start + len(part)])
    return track


def _perform(
    rng: np.random.Generator, script: Script, material: Material, prosody: FloatArray
) -> tuple[Performer, Performer]:
    """Both bodies' base motion, grown in turns so that each knows where the other is."""
    speaking = np.concatenate([np.zeros((2, 1)), np.cumsum(prosody[:, :, 0] > 0.5, axis=1)], axis=1)

    def conversation_of(actor: int) -> Callable[[float, float], tuple[float, float]]:
        def shares(start: float, end: float) -> tuple[float, float]:
            a, b = (min(max(0, round(t * FPS)), speaking.shape[1] - 1) for t in (start, end))
            both = (speaking[:, b] - speaking[:, a]) / max(b - a, 1)
            return float(both[actor]), float(both[1 - actor])

        return shares

    bodies = sorted({clip.performer for clip in material.clips if clip.source == BASE_SOURCE})
    owners = sorted({clip.performer for clip in material.clips if clip.source in ("rocketbox", "smartbody")})
    direction, inward = float(rng.uniform(-np.pi, np.pi)), float(rng.uniform(0.1, 0.7))
    places = [np.zeros(2, np.float32), script.distance * np.array([np.sin(direction), -np.cos(direction)], np.float32)]
    performers = []
    for actor in range(2):
        # Face to face, or side by side with much the same view, each turned a little to the other.
        facing = (
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
                facing,
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


# Seconds by which a label comes before the frame at which the motion is recognised as such.
_LEAD = {"sit": 0.45, "walk": 0.15, "stand": 0.3}


def snapped(script: NDArray[np.uint8], seen: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Script labels (T,) whose changes are moved to shortly before the motion shows them (``seen`` (T,)), where one is
    near.
    """
    changes = np.flatnonzero(np.diff(seen)) + 1
    result = np.array(script)
    edges = [0, *(np.flatnonzero(np.diff(script)) + 1).tolist(), len(script)]
    moved = [0]
    for edge in edges[1:-1]:
        label = int(script[edge])
        near = [int(c) for c in changes if int(seen[c]) == label and -1.0 * FPS <= c - edge <= 3.5 * FPS]
        place = edge
        if near:
            lead = _LEAD["sit" if seen[near[0] - 1] == ACTION_LABELS.index("sit") else ACTION_LABELS[label]]
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
    """(T, 52) ARKit curves of one actor; ``eyes`` (T, 2) as in ``Heads``."""
    known = {utterance.id: utterance for utterance in voice}
    frames, spoken = prosody.shape[1], []
    for said in sorted(script.utterances[actor], key=lambda u: u.start):
        utterance = known[said.id]
        heard = [
            phone for phone in utterance.phones if phone[0] != "SIL"
        ]  # the edges' silence may lie under the next words
        phones = [
            (name, start + said.start, end + said.start)
            for name, start, end in utterance.phones
            if heard and heard[0][1] <= start < heard[-1][2] and end + said.start < frames / FPS
        ]
        if phones:
            stresses = [(time + said.start, strength) for time, strength in utterance.stresses]
            spoken.append(Spoken(phones, stresses, utterance.text.strip().endswith("?")))
    return compose_face(
        rng,
        frames,
        spoken,
        prosody[1 - actor, :, 0],
        eyes,
        prosody[actor, :, 1],
        affect=affect[actor],
        partner_affect=affect[1 - actor],
        laughs=script.laughs[actor],
    )
