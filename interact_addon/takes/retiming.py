"""Retime to a New Recording: a line is spoken anew, longer or shorter, and the take goes along.

Strips, labels and motion after the line move by the difference, as a new take. Only the line itself, with a second
around it, is left to be generated: the take says that it is pending, and *Only What Changed* makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..properties import actor_key, actor_name
from ..rig.cast import CastActor
from ..rig.keying import PARTS, KeyedPerformance, next_take_number, plan_keys
from ..rig.resample import scene_frame_count
from ..rig.retiming import move_layer, moved_take
from ..rig.take_action import BEFORE, take_name
from ..rig.timing import frames_per_second
from ..runtime_api import contract, errors
from ..scene.changes import SETTLING
from ..scene.perform import Kept
from ..scene.request import build_request, build_request_in_steps, cast_scene_in_steps
from ..scene.ripple import (
    Exchange,
    begin_exchange,
    check_file,
    end_exchange,
    frames_walked,
    lies_in,
    remove_sound,
    strip_called,
)
from ..scene.voices import is_voice_of
from .changed import voices_at_a_glance
from .edits import played_at
from .layers import fit_layers, layers_in
from .library import Take, play, remember_pair, shown_take, title_of
from .record import read_record, record_take, save_performance
from .shown_motion import shown_motion_in_steps
from .voices import keep_beside

_A_STEP = 0.5  # metres that need no walk


@dataclass(frozen=True)
class RetimePlan:
    """What is read before a line is exchanged for the recording at ``path``: both characters, and what they do.

    ``take``: the one that is shown; ``strip``: the name of the line's.
    """

    take: Take
    strip: str
    path: Path
    cast: tuple[CastActor, CastActor]
    motion: tuple[contract.ActorPerformance, ...]


def plan_retiming_in_steps(
    find_scene: Callable[[], bpy.types.Scene], strip: str, path: Path, seconds: float
) -> Generator[None, None, RetimePlan]:
    """Read what is needed to exchange the voice strip of this name, in steps of about as many ``seconds``.

    Raises ``InvalidRequest`` and ``SpeechFileMissing`` for what can be known before anything is changed.
    """
    take = shown_take(find_scene())
    if take is None:
        raise errors.InvalidRequest("No take is shown; choose one in the list.")
    _check(find_scene(), take, strip_called(find_scene(), strip))
    check_file(path)
    cast = yield from cast_scene_in_steps(find_scene, first_frame=True)
    mixed, measured = yield from voices_at_a_glance(find_scene)
    nothing = Kept({}, {})
    yield from build_request_in_steps(find_scene, cast, kept=nothing, mixed=mixed, shapes={}, measured=measured)
    names = [character.name for character in cast]
    motion = yield from shown_motion_in_steps(find_scene, cast, seconds, names)  # layers move by themselves
    return RetimePlan(take, strip, path, cast, motion)


def retime(scene: bpy.types.Scene, plan: RetimePlan) -> tuple[Exchange, str, list[str]]:
    """Exchange the voice of a line, and key the take that follows from it.

    Return what was exchanged, the name of the new strip, and warnings. Raises ``InvalidRequest``, ``SpeechFileMissing``
    and ``SpeechFileBroken`` with nothing changed.
    """
    strip = strip_called(scene, plan.strip)
    speaker = _check(scene, plan.take, strip)
    new, exchange = begin_exchange(scene, strip, plan.path)
    try:
        _check_place(scene, exchange, plan)
    except errors.InterActError:
        remove_sound(scene, new)
        raise
    warnings = end_exchange(scene, actor_key(speaker), strip, new, exchange)
    name = str(new.name)
    return exchange, name, [*warnings, *_move_take(scene, plan, exchange)]


def _check(scene: bpy.types.Scene, take: Take, strip: Any) -> Any:
    """Return the settings of whose voice a strip is. Raises ``InvalidRequest`` for what cannot be retimed."""
    speaker = next((one for one in scene.interact.actors if is_voice_of(strip, actor_key(one))), None)  # type: ignore[attr-defined]
    if not lies_in(scene, strip) or speaker is None:
        raise errors.InvalidRequest(
            f"'{strip.name}' is no voice of an actor in this scene's own sequencer; select one in an actor's speech "
            "channel, outside of meta strips."
        )
    for action in take.actions:
        if action is None or read_record(action) is None:
            raise errors.InvalidRequest(f"{title_of(take)} is not of both actors; generate a take of both first.")
    if take.summary.frames != (scene.frame_start, scene.frame_end):
        raise errors.InvalidRequest("The frame range is not that of the take; set it back, or generate the shot again.")
    return speaker


def _check_place(scene: bpy.types.Scene, exchange: Exchange, plan: RetimePlan) -> None:
    """Raise ``InvalidRequest`` where the motion around a line cannot be made anew between what stays."""
    rate = frames_per_second(scene)
    seconds = (scene.frame_end - scene.frame_start + exchange.by) / rate
    if exchange.start < scene.frame_start or exchange.end > scene.frame_end:
        raise errors.InvalidRequest("The line is not within the frame range; fit the range to the voices first.")
    if not contract.SHORTEST_SHOT <= seconds <= contract.LONGEST_SHOT:
        raise errors.InvalidRequest(f"The shot would last {seconds:.1f} s; choose another recording.")
    last = min(exchange.end + round(SETTLING * rate), scene.frame_end)  # of the frames that are made anew, before
    rows = [round((frame - scene.frame_start) / rate * contract.FPS) for frame in (exchange.free, last)]
    for actor, motion in zip(scene.interact.actors, plan.motion):  # type: ignore[attr-defined]
        places = motion.root_positions[np.minimum(rows, len(motion.root_positions) - 1), :2]
        way = float(np.linalg.norm(places[1] - places[0]))
        before, time = (frames / rate for frames in frames_walked(scene, actor_key(actor), exchange, last))
        if time < before and way > max(_A_STEP, contract.FASTEST_WALK * time):
            raise errors.InvalidRequest(
                f"'{actor_name(actor)}' would have {time:.1f} s to walk {way:.1f} m around the line, and nobody is so "
                "fast; choose a longer recording, or move the walk away from the line and generate the shot again."
            )


def _move_take(scene: bpy.types.Scene, plan: RetimePlan, exchange: Exchange) -> list[str]:
    """Key the take whose motion is moved with the strips, and record what is left to be generated."""
    rate, number, take, cast = frames_per_second(scene), next_take_number(), plan.take, plan.cast
    performance = contract.Performance(tuple(_moved(motion, scene, exchange) for motion in plan.motion))
    request, warnings = build_request(scene, cast)
    path, more = save_performance(performance)
    count = scene_frame_count(performance.frames, rate)
    keyed = []
    for actor, character, action, motion in zip(scene.interact.actors, cast, take.actions, performance.actors):  # type: ignore[attr-defined]
        assert action is not None
        name = take_name(character.name, number)
        moved = moved_take(action, name, number, exchange.end, exchange.by, character, rate)
        moved[BEFORE] = {"0": {"owner": actor.armature.name, "action": action, "slot": ""}}
        play(actor.armature, moved)
        keyed.append(replace(plan_keys(character, motion, rate, count, PARTS), action=moved))
    for layer in {layer.action for layer in layers_in(scene)}:
        move_layer(layer, exchange.end, exchange.by)
    for actor in scene.interact.actors:  # type: ignore[attr-defined]
        fit_layers(actor)
    line = [(frame - scene.frame_start) / rate for frame in (exchange.start, exchange.end + exchange.by)]
    whole = KeyedPerformance(scene.frame_start, scene.frame_end, tuple(keyed))
    record_take(whole, keep_beside(request, path), performance, path, "Retimed to a new recording", pending=[line])
    remember_pair(scene)
    return [*warnings, *more]


def _moved(motion: contract.ActorPerformance, scene: bpy.types.Scene, exchange: Exchange) -> contract.ActorPerformance:
    """Return a motion (30 fps) that after the line goes on ``by`` frames later; before that it holds, or leaves out."""
    rate = frames_per_second(scene)
    end, by = ((frames / rate) * contract.FPS for frames in (exchange.end - scene.frame_start, exchange.by))
    at = np.arange(contract.frame_count((scene.frame_end - scene.frame_start) / rate), dtype=np.float64)
    return played_at(motion, np.where(at < min(end, end + by), at, np.maximum(at - by, end)))
