"""The plain data that crosses between Blender and the runtime: Request in, Performance out.

Units are metres, seconds and radians. The world is right-handed with Z up; a character at rest faces -Y
and its left hand points to +X. Times count from the start of the shot. Arrays run at ``FPS`` frames a
second; resampling to a scene's own rate is the business of whoever writes keys.

This module needs numpy only, so Blender's own Python can import it.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict, astuple, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidRequest, PerformanceUnreadable
from .kept_motion import KeptMotion
from .skeleton import JOINTS, Skeleton

FPS = 30
CONTRACT_VERSION = 1
ACTION_LABELS = ("sit", "walk", "stand")
QUALITIES = ("draft", "final")
FOOT_CONTACTS = ("left_heel", "left_toe", "right_heel", "right_toe")
# Demszky et al. 2020 (GoEmotions) under Ekman's six and neutral: the vocabulary InterAct's scenarios draw on.
EMOTION_GROUPS = {
    "anger": ("anger", "annoyance", "disapproval"),
    "disgust": ("disgust",),
    "fear": ("fear", "nervousness"),
    "joy": ("admiration", "amusement", "approval", "caring", "excitement", "gratitude", "joy", "love", "optimism", "pride", "relief"),
    "sadness": ("disappointment", "embarrassment", "grief", "remorse", "sadness"),
    "surprise": ("confusion", "curiosity", "surprise"),
    "neutral": ("neutral",),
}  # fmt: skip
EMOTIONS = tuple(name for group in EMOTION_GROUPS.values() for name in group)
# "first / second": the first actor is the one named first.
RELATIONSHIPS = (
    "architect / contractor", "boss / subordinate", "brother / sister", "buyer / seller", "classmates", "coach / athlete", "colleagues",
    "couple", "doctor / patient", "ex-partners", "flatmates", "friends", "grandparent / grandchild", "guest / host", "interviewer / applicant",
    "landlord / tenant", "lawyer / client", "neighbours", "officer / citizen", "old friends", "parent / child", "rivals", "strangers",
    "teacher / student", "waiter / customer",
)  # fmt: skip
SHORTEST_SHOT = 0.5
LONGEST_SHOT = 600.0
SEAT_HEIGHTS = (0.25, 0.75)
STRONGEST_STYLE = 3.0  # standard deviations

# Apple's ARKit blend shape locations in the column order of Live Link Face.
ARKIT_NAMES = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "jawForward", "jawRight", "jawLeft", "jawOpen", "mouthClose",
    "mouthFunnel", "mouthPucker", "mouthRight", "mouthLeft", "mouthSmileLeft", "mouthSmileRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft",
    "mouthStretchRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft",
    "mouthUpperUpRight", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip

FloatArray = NDArray[np.float32]


def frame_count(duration: float) -> int:
    """Frames at ``FPS`` that cover ``duration`` seconds, the frame at time zero included."""
    return math.ceil(duration * FPS - 1e-6) + 1


@dataclass(frozen=True)
class SpeechClip:
    """A stretch of a sound file on the shot's timeline.

    ``start``: shot time (s) at which it is first heard, may be negative when the shot begins inside it;
    ``trim_start``: seconds skipped at the head of the file; ``duration``: seconds heard; ``gain``: linear.
    """

    path: str
    start: float
    duration: float
    trim_start: float = 0.0
    gain: float = 1.0


@dataclass(frozen=True)
class ActionSpan:
    """What the body does from ``start`` to ``end`` (s): one of ``ACTION_LABELS``.

    ``to_partner``: a walk that leads to the partner and stops at talking distance. Other walks lead to the waypoints in them.
    """

    label: str
    start: float
    end: float
    to_partner: bool = False


@dataclass(frozen=True)
class EmotionSpan:
    """What the actor feels from ``start`` to ``end`` (s): one of ``EMOTIONS``, ``intensity`` 0 (none) to 2 (extreme)."""

    emotion: str
    intensity: float
    start: float
    end: float


@dataclass(frozen=True)
class TimedWord:
    """A word of the transcript, spoken from ``start`` to ``end`` (s, shot time)."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Caption:
    """A stretch of the transcript, said somewhere from ``start`` to ``end`` (s, shot time): the runtime finds each word in the voice."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Waypoint:
    """A place the root is wanted at: ``position`` (x, y) in metres at ``time`` (s).

    ``heading`` in radians about +Z against the rest facing (-Y), or None when any will do. Several in one walk are its path;
    the last one in a sit label is the seat: where the pelvis is when seated, and which way one faces there.
    """

    time: float
    position: tuple[float, float]
    heading: float | None = None


@dataclass(frozen=True)
class Style:
    """How an actor gestures when speaking, in standard deviations from the usual (0), each from -3 to 3 (``style.style_of``)."""

    liveliness: float = 0.0
    height: float = 0.0
    reach: float = 0.0


@dataclass(frozen=True)
class Actor:
    """One character: its own bones, where it starts, what it says and does. ``style`` None: not said, as the moment brings it.

    ``words`` have their times already, ``captions`` are still to be found in the voice; either helps lips, gestures and stresses.
    """

    name: str
    skeleton: Skeleton
    position: tuple[float, float] = (0.0, 0.0)
    heading: float = 0.0
    speech: tuple[SpeechClip, ...] = ()
    actions: tuple[ActionSpan, ...] = ()
    waypoints: tuple[Waypoint, ...] = ()
    seat_height: float = 0.45
    emotions: tuple[EmotionSpan, ...] = ()
    words: tuple[TimedWord, ...] = ()
    kept: KeptMotion | None = None
    style: Style | None = None
    captions: tuple[Caption, ...] = ()


@dataclass(frozen=True)
class Request:
    """Everything a generation needs, for one actor or two. Gaps between action spans mean ``stand``, gaps between emotions ``neutral``.

    ``relationship``: one of ``RELATIONSHIPS``, the first actor in the first role, or empty where it is not said.
    ``lips``: 1 for lips as accurate as the runtime can, 0 for those of the expressive face alone.
    """

    duration: float
    actors: tuple[Actor, ...]
    seed: int = 0
    quality: str = "final"
    guidance: float = 2.0
    relationship: str = ""
    lips: float = 1.0

    @property
    def frames(self) -> int:
        return frame_count(self.duration)

    def check(self) -> None:
        """Raise ``InvalidRequest`` with one sentence that says what to change, or return."""
        if not (math.isfinite(self.duration) and SHORTEST_SHOT <= self.duration <= LONGEST_SHOT):
            raise InvalidRequest(
                f"The shot is {self.duration:.1f} s long; set a frame range between {SHORTEST_SHOT} s and "
                f"{LONGEST_SHOT / 60:.0f} minutes."
            )
        if self.quality not in QUALITIES:
            raise InvalidRequest(f"Quality '{self.quality}' is not known; use one of: {', '.join(QUALITIES)}.")
        if len(self.actors) not in (1, 2):
            raise InvalidRequest(f"A shot has one actor or two, this one has {len(self.actors)}; cast one or two characters.")
        if len(self.actors) == 2 and self.actors[0].name == self.actors[1].name:
            raise InvalidRequest(f"Both actors are '{self.actors[0].name}'; cast two different characters.")
        if not 0.0 <= self.guidance <= 10.0:
            raise InvalidRequest(f"Guidance is {self.guidance}; choose a value between 0 and 10.")
        if not 0.0 <= self.lips <= 1.0:
            raise InvalidRequest(f"Lips is {self.lips}; choose a value between 0 (expressive) and 1 (accurate).")
        if self.relationship and self.relationship not in RELATIONSHIPS:
            raise InvalidRequest(f"Relationship '{self.relationship}' is not known; use one of: {', '.join(RELATIONSHIPS)}.")
        for actor in self.actors:
            _check_actor(actor)
            if actor.kept is not None:
                actor.kept.check(f"'{actor.name}'", self.frames)

    def to_json(self) -> str:
        bare = replace(self, actors=tuple(replace(actor, kept=None) for actor in self.actors))
        plain = asdict(bare)
        for actor, source in zip(plain["actors"], self.actors):
            actor["skeleton"] = source.skeleton.offsets.tolist()
            actor["kept"] = None if source.kept is None else source.kept.to_plain()
        return json.dumps({"contract": CONTRACT_VERSION, **plain}, indent=1)

    @staticmethod
    def from_json(text: str) -> Request:
        try:
            plain = json.loads(text)
            version = plain.pop("contract")
            if version != CONTRACT_VERSION:
                raise InvalidRequest(
                    f"The request speaks contract {version}, this runtime {CONTRACT_VERSION}; "
                    "update the add-on and the runtime together."
                )
            actors = tuple(_actor_from_plain(actor) for actor in plain.pop("actors"))
            request = Request(actors=actors, **plain)
        except InvalidRequest:
            raise
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InvalidRequest(f"The request cannot be read ({error}); write it again from the add-on.") from error
        request.check()
        return request


@dataclass(frozen=True)
class ActorPerformance:
    """One actor's result over T frames at ``FPS``.

    ``root_positions`` (T, 3): pelvis in metres, world frame. ``rotations`` (T, 52, 4): local unit quaternions
    (w, x, y, z) against the canonical T-pose, the pelvis against the world. ``face`` (T, 52): ARKit weights in
    [0, 1], order ``ARKIT_NAMES``. ``foot_contacts`` (T, 4): probability, order ``FOOT_CONTACTS``.
    """

    name: str
    root_positions: FloatArray
    rotations: FloatArray
    face: FloatArray
    foot_contacts: FloatArray


@dataclass(frozen=True)
class Performance:
    """The result for the actors of the request; ``report`` holds seed, versions, seconds per stage, measures, warnings."""

    actors: tuple[ActorPerformance, ...]
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        return len(self.actors[0].root_positions)

    def save(self, path: str | Path) -> None:
        """Write one ``.npz`` (beside, then renamed, so a full disk leaves no half file)."""
        path = Path(path)
        arrays: dict[str, Any] = {"meta": np.array(json.dumps({
            "contract": CONTRACT_VERSION, "fps": FPS, "names": [a.name for a in self.actors], "report": self.report}))}  # fmt: skip
        for index, actor in enumerate(self.actors):
            for key in ("root_positions", "rotations", "face", "foot_contacts"):
                arrays[f"{key}_{index}"] = np.asarray(getattr(actor, key), np.float32)
        partial = path.with_name(path.name + ".part")
        try:
            with open(partial, "wb") as file:
                np.savez(file, **arrays)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)

    @staticmethod
    def load(path: str | Path) -> Performance:
        try:
            with np.load(path, allow_pickle=False) as data:
                meta = json.loads(str(data["meta"]))
                actors = tuple(
                    ActorPerformance(name, *(data[f"{key}_{index}"] for key in ("root_positions", "rotations", "face", "foot_contacts")))
                    for index, name in enumerate(meta["names"])
                )
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise PerformanceUnreadable(f"'{path}' is not a readable performance ({error}); generate it again.") from error
        return Performance(actors=actors, report=meta["report"])


@dataclass(frozen=True)
class Progress:
    """How far a job is: ``stage`` in words a person reads, ``fraction`` of the whole in [0, 1]."""

    stage: str
    fraction: float


ProgressCallback = Callable[[Progress], None]


def _check_actor(actor: Actor) -> None:
    who = f"'{actor.name}'"
    offsets = actor.skeleton.offsets
    if offsets.shape != (len(JOINTS), 3) or not np.isfinite(offsets).all():
        raise InvalidRequest(f"The skeleton of {who} is not {len(JOINTS)} x 3 finite numbers; measure the rig again.")
    if not 0.3 <= actor.skeleton.height <= 5.0:
        raise InvalidRequest(
            f"{who} stands {actor.skeleton.height:.2f} m tall; scale the rig to metres (0.3 to 5 m) and apply the scale."
        )
    if not np.isfinite([*actor.position, actor.heading]).all():
        raise InvalidRequest(f"The start of {who} is not a finite place; check the rig's transform.")
    size = actor.skeleton.height / 1.7  # a doll has low chairs and a giant high ones
    lowest, highest = SEAT_HEIGHTS[0] * min(size, 1.0), SEAT_HEIGHTS[1] * max(size, 1.0)
    if not lowest <= actor.seat_height <= highest:
        raise InvalidRequest(f"The seat of {who} is {actor.seat_height:.2f} m high; use a seat between {lowest:.2f} and {highest:.2f} m.")
    for clip in actor.speech:
        if not (math.isfinite(clip.start) and clip.duration > 0.0 and clip.trim_start >= 0.0 and clip.gain >= 0.0):
            raise InvalidRequest(f"A speech strip of {who} has no length; lengthen or remove it.")
    for span in actor.actions:
        if span.label not in ACTION_LABELS:
            raise InvalidRequest(
                f"Action label '{span.label}' of {who} is not known; name the strip one of: {', '.join(ACTION_LABELS)}."
            )
        if not span.end > span.start:
            raise InvalidRequest(f"The action strip '{span.label}' of {who} has no length; lengthen or remove it.")
    spans = sorted(actor.actions, key=lambda span: span.start)
    for first, second in pairwise(spans):
        if second.start < first.end - 1e-4:
            raise InvalidRequest(
                f"The action strips '{first.label}' and '{second.label}' of {who} overlap at {second.start:.2f} s; "
                "move or trim one of them."
            )
    for felt in actor.emotions:
        if felt.emotion not in EMOTIONS:
            raise InvalidRequest(f"Emotion '{felt.emotion}' of {who} is not known; use one of: {', '.join(EMOTIONS)}.")
        if not (0.0 <= felt.intensity <= 2.0 and felt.end > felt.start):
            raise InvalidRequest(f"The emotion '{felt.emotion}' of {who} needs an intensity from 0 to 2 and a length; change its strip.")
    for word in actor.words:
        if not (math.isfinite(word.start) and word.end > word.start):
            raise InvalidRequest(f"The word '{word.text}' of {who} has no length; align the transcript again.")
    for caption in actor.captions:
        if not (math.isfinite(caption.start) and math.isfinite(caption.end) and caption.end > caption.start):
            raise InvalidRequest(f"The transcript '{caption.text[:40]}' of {who} has no length; give it an end after its start.")
    if any(span.to_partner and span.label != "walk" for span in actor.actions):
        raise InvalidRequest(f"Only a walk of {who} can lead to the partner; name that strip 'walk'.")
    if actor.style is not None and not all(abs(x) <= STRONGEST_STYLE for x in astuple(actor.style)):
        raise InvalidRequest(f"The style of {who} lies beyond {STRONGEST_STYLE:.0f} standard deviations; choose values from -3 to 3.")
    for point in actor.waypoints:
        if not np.isfinite([point.time, *point.position, point.heading or 0.0]).all():
            raise InvalidRequest(f"A walk target of {who} is not a finite place; check its transform.")


def _actor_from_plain(plain: dict[str, Any]) -> Actor:
    return Actor(
        name=str(plain["name"]),
        skeleton=Skeleton(np.asarray(plain["skeleton"], np.float32)),
        position=_pair(plain["position"]),
        heading=float(plain["heading"]),
        speech=tuple(SpeechClip(**clip) for clip in plain["speech"]),
        actions=tuple(ActionSpan(**span) for span in plain["actions"]),
        waypoints=tuple(
            Waypoint(float(p["time"]), _pair(p["position"]), None if p["heading"] is None else float(p["heading"]))
            for p in plain["waypoints"]
        ),
        seat_height=float(plain["seat_height"]),
        emotions=tuple(EmotionSpan(**span) for span in plain.get("emotions", ())),
        words=tuple(TimedWord(**word) for word in plain.get("words", ())),
        kept=KeptMotion.from_plain(plain["kept"]) if plain.get("kept") else None,
        style=Style(**{name: float(value) for name, value in plain["style"].items()}) if plain.get("style") else None,
        captions=tuple(Caption(str(c["text"]), float(c["start"]), float(c["end"])) for c in plain.get("captions", ())),
    )


def _pair(values: Any) -> tuple[float, float]:
    x, y = values
    return float(x), float(y)
