"""Retime to a New Recording: a line is spoken anew, longer or shorter, and the take goes along.

Strips, labels and motion after the line move by the difference, as a new take. Only the line itself, with a second
around it, is left to be generated: the take says that it is pending, and *Only What Changed* makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from ..scene.changes import BEFORE as LEAD
from ..scene.changes import SETTLING
from ..scene.reading import read_actions
from ..scene.request import build_request, cast_scene
from ..scene.ripple import Exchange, begin_exchange, end_exchange, lies_in
from ..scene.voices import is_voice_of
from .edits import played_at
from .layers import fit_layers, layers_in
from .library import Take, play, remember_pair, title_of
from .record import read_record, record_take, save_performance
from .shown_motion import shown_motion
from .voices import keep_beside


def retime(scene: bpy.types.Scene, take: Take, strip: Any, path: Path) -> tuple[Exchange, list[str]]:
    """Exchange the voice of a strip for the recording at ``path``, and key the take that follows from it.

    Return what was exchanged and warnings. Raises ``InvalidRequest``, ``SpeechFileMissing`` and ``SpeechFileBroken``
    with nothing changed.
    """
    speaker = _check(scene, take, strip)
    cast = cast_scene(scene, first_frame=True)
    build_request(scene, cast)  # what is wrong with the scene is said before anything changes
    motion = shown_motion(scene, cast, [character.name for character in cast])  # layers move by themselves
    new, exchange = begin_exchange(scene, strip, path)
    try:
        _check_place(scene, exchange)
    except errors.InterActError:
        scene.sequence_editor.strips.remove(new)  # type: ignore[union-attr]
        raise
    warnings = end_exchange(scene, actor_key(speaker), strip, new, exchange)
    return exchange, [*warnings, *_move_take(scene, take, cast, motion, exchange)]


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


def _check_place(scene: bpy.types.Scene, exchange: Exchange) -> None:
    """Raise ``InvalidRequest`` where the motion around a line cannot be made anew between what stays."""
    rate = frames_per_second(scene)
    start = (exchange.start - scene.frame_start) / rate - LEAD
    end = (exchange.end - scene.frame_start) / rate + SETTLING
    seconds = (scene.frame_end - scene.frame_start + exchange.by) / rate
    if exchange.start < scene.frame_start or exchange.end > scene.frame_end:
        raise errors.InvalidRequest("The line is not within the frame range; fit the range to the voices first.")
    if not contract.SHORTEST_SHOT <= seconds <= contract.LONGEST_SHOT:
        raise errors.InvalidRequest(f"The shot would last {seconds:.1f} s; choose another recording.")
    for actor in scene.interact.actors:  # type: ignore[attr-defined]
        for action in read_actions(scene, actor_key(actor)):
            span = action.span
            if span.label == "walk" and span.start < end and span.end > start:
                raise errors.InvalidRequest(
                    f"'{actor_name(actor)}' walks within a second of the line, and would have another time for the "
                    "same way; exchange the strip by hand and generate the shot again."
                )


def _move_take(
    scene: bpy.types.Scene,
    take: Take,
    cast: tuple[CastActor, CastActor],
    before: Sequence[contract.ActorPerformance],
    exchange: Exchange,
) -> list[str]:
    """Key the take whose motion is moved with the strips, and record what is left to be generated."""
    rate, number = frames_per_second(scene), next_take_number()
    performance = contract.Performance(tuple(_moved(motion, scene, exchange) for motion in before))
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
