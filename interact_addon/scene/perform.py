"""Around what is there: the body or the face of an actor that keeps it, read back as motion constraints."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..properties import KEEP_BODY, KEEP_FACE, ONLY_LISTEN, PERFORM_ALL, generated_parts
from ..rig.artist_keys import artist_frames_in_steps, frames_at_30
from ..rig.cast import CastActor
from ..rig.read_back import read_back_in_steps
from ..rig.timing import frames_per_second
from ..runtime_api import contract, errors, finished, skeleton
from .bones import actor_called

_STILL = 1e-4  # metres, and of a quaternion: smaller changes are no motion
_FINGERS = frozenset(skeleton.HAND_JOINTS["left"]) | frozenset(skeleton.HAND_JOINTS["right"])
# How the command line calls the choices.
CHOICES = {"all": PERFORM_ALL, "keep-body": KEEP_BODY, "keep-face": KEEP_FACE, "listen": ONLY_LISTEN}
HANDS = ("left", "right", "either")


FindActors = Callable[[], tuple[bpy.types.Scene, Sequence[Any]]]  # the scene and its actors' settings, as of now


@dataclass(frozen=True)
class Kept:
    """What actors keep, by name: ``motion`` as constraints, and the scene ``frames`` that a person keyed, by part."""

    motion: dict[str, contract.MotionConstraints]
    frames: dict[str, dict[str, list[int]]]


def kept_motion(scene: bpy.types.Scene, cast: Sequence[CastActor], settings: Sequence[Any]) -> Kept:
    """Return what the actors keep over the shot: body or face as ``settings`` of each say, and the keys of a person.

    All of the given motion is read in one pass over the frames, as it is before anything is keyed. Raises
    ``InvalidRequest`` where a body is to be kept that nothing animates, or that keys on top of it would move.
    """
    return finished(kept_motion_in_steps(lambda: (scene, settings), cast))


def kept_motion_in_steps(find: FindActors, cast: Sequence[CastActor]) -> Generator[None, None, Kept]:
    """Do the same in short steps; ``find`` returns the scene and the settings in each of them."""
    scene, settings = find()
    keyed: dict[str, dict[str, list[int]]] = {}
    if scene.interact.keep_keys:
        first, last = scene.frame_start, scene.frame_end
        for character in cast:
            if moments := (yield from artist_frames_in_steps(character, first, last)):
                keyed[character.name] = moments
        scene, settings = find()
    keeping = [
        number
        for number, (character, actor) in enumerate(zip(cast, settings))
        if actor.perform in (KEEP_BODY, KEEP_FACE) or character.name in keyed
    ]
    if not keeping:
        return Kept({}, {})
    rate, start = frames_per_second(scene), scene.frame_start
    frames = contract.frame_count((scene.frame_end - start) / rate)
    kept = [cast[number] for number in keeping]
    bare = {cast[number].name for number in keeping if settings[number].perform != KEEP_BODY}
    shown = yield from read_back_in_steps(lambda: find()[0], kept, start, frames, bare=bare)
    _, settings = find()
    found = {}
    for character, actor, motion in zip(kept, [settings[number] for number in keeping], shown):
        if actor.perform == KEEP_BODY:
            _check_body(character, actor, motion)
        given = contract.constraints_from_performance(motion, _parts_given(character, actor))
        for part, keyed_frames in keyed.get(character.name, {}).items():
            at = list(frames_at_30(keyed_frames, start, rate, frames))
            given.mask[at, contract.BODY_PARTS.index(part)] = True
        found[character.name] = given
    return Kept(found, keyed)


def choose(scene: bpy.types.Scene, who: str, choice: str) -> None:
    """Choose one of ``CHOICES`` for the actor called ``who``. Raises ``InvalidRequest`` where nobody is."""
    actor_called(scene, who).perform = CHOICES[choice]


def choose_energy(scene: bpy.types.Scene, who: str, energy: float) -> None:
    """Set the energy of the actor called ``who``. Raises ``InvalidRequest`` where nobody is."""
    actor_called(scene, who).energy = energy


def choose_hand(scene: bpy.types.Scene, who: str, hand: str) -> None:
    """Choose the leading hand, one of ``HANDS``, of the actor called ``who``. Raises ``InvalidRequest``."""
    actor_called(scene, who).leading_hand = hand.upper()


def parts_to_key(cast: Sequence[CastActor], settings: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    """Return by name what is keyed of each actor, as ``rig.keying.key_performance`` takes it."""
    return {character.name: generated_parts(actor) for character, actor in zip(cast, settings)}


def _parts_given(character: CastActor, actor: Any) -> tuple[str, ...]:
    """Return the parts of the runtime's body that the actor keeps.

    Fingers that the rig doesn't have show nothing that could be kept.
    """
    if actor.perform != KEEP_BODY:
        return ("face",) if actor.perform == KEEP_FACE else ()
    free = set(generated_parts(actor))
    hands = ("hands",) if "hands" not in free and _FINGERS & set(character.rig.places) else ()
    return ("lower", "upper", *(() if "head" in free else ("head",)), *hands)


def _check_body(character: CastActor, actor: Any, motion: contract.ActorPerformance) -> None:
    """Raise ``InvalidRequest`` where there is no body to keep, or nothing can be keyed on top without moving it."""
    armature = actor.armature
    if not _is_animated(armature, motion):
        raise errors.InvalidRequest(
            f"'{character.name}' keeps its body, but '{armature.name}' has no animation on its bones; give it one, or "
            "choose Perform All under Cast."
        )
    animation, on_top = armature.animation_data, {"head", "hands"} & set(generated_parts(actor))
    if animation is None or not (on_top or character.face_bones):
        return
    blends = animation.action_blend_type != "REPLACE" or animation.action_influence < 1.0
    if animation.use_tweak_mode:
        why, fix = "an NLA strip is open in tweak mode", "leave tweak mode (Tab)"
    elif animation.action is not None and animation.nla_tracks and blends:
        why, fix = "its action is blended over NLA tracks", "push the action down into a track"
    else:
        return
    raise errors.InvalidRequest(
        f"'{character.name}' keeps its body, but {why} on '{armature.name}', and nothing can be keyed on top; {fix}."
    )


def _is_animated(armature: bpy.types.Object, motion: contract.ActorPerformance) -> bool:
    """Return whether something holds or moves the bones: an action, a track, a driver, a constraint, a parent."""
    moves = max(np.ptp(motion.root_positions, axis=0).max(), np.ptp(motion.rotations, axis=0).max()) > _STILL
    animation = armature.animation_data
    held = animation is not None and (animation.action is not None or any(t.strips for t in animation.nla_tracks))
    return bool(moves or held or any(bone.constraints for bone in armature.pose.bones))
