"""The takes of a scene: which there are, which one is shown, and what is done with them.

A take is one action an actor, made from the same performance. Where only one actor was generated anew, the take's other
action is the one that the partner had then: each action of a take knows both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from ..properties import actor_name
from ..rig.ik_limbs import objects_of_ik
from ..rig.ik_switches import switch_off_unkeyed
from ..rig.keying import TAKE_NUMBER
from ..rig.measure import skinned_meshes
from ..rig.played import played
from ..rig.take_action import actions_before, show_action
from ..runtime_api import contract, errors
from .record import TakeRecord, read_record, records_written
from .slots import slot_for_armature, slots_for_keys, slots_for_objects

_PAIR = "interact_pair"  # custom property of a take's action: the actions of both actors, by place in the cast

_summaries: dict[tuple[int, int], TakeRecord | None] = {}
_MOST_SUMMARIES = 1000
_Group = tuple[TakeRecord, list[int | None]]  # the record of a take, and by place in the cast the number of its action
_known: dict[int, tuple[object, list[_Group]]] = {}  # by the scene's session_uid: what it depends on, and the takes
_MOST_SCENES = 20
_forgotten = 0  # summaries so far

Pair = tuple[bpy.types.Action | None, bpy.types.Action | None]


@dataclass(frozen=True)
class Take:
    """A take of a scene. ``actions``: of the first and the second actor; None where it has none.

    ``own``: which of them were written for this take; ``summary``: the record as it was first read.
    """

    actions: Pair
    own: tuple[bool, bool]
    summary: TakeRecord

    @property
    def number(self) -> int:
        return self.summary.take

    @property
    def written(self) -> list[bpy.types.Action]:
        """The actions that were written for this take; the first of them has what a person said of it."""
        return [action for action, own in zip(self.actions, self.own) if own and action is not None]

    def load_performance(self) -> contract.Performance:
        """Read the performance of both actors. Raises ``PerformanceUnreadable``."""
        record = read_record(self.written[0])
        if record is None:
            raise errors.PerformanceUnreadable(f"'{self.written[0].name}' does not say where its performance is.")
        return record.load_performance()


def summary_of(action: bpy.types.Action) -> TakeRecord | None:
    """Return the record of a take's action as it was first read; None for every other action.

    A panel asks for it at every redraw, and the record of a long take is long: what never changes in it is kept.
    """
    number = action.get(TAKE_NUMBER)
    if number is None:
        return None
    key = (action.session_uid, int(number))
    if key not in _summaries:
        if len(_summaries) >= _MOST_SUMMARIES:
            _summaries.clear()
        _summaries[key] = read_record(action)
    return _summaries[key]


def forget_summary(action: bpy.types.Action) -> None:
    """Read the record of an action anew when it is next asked for: it was changed."""
    global _forgotten
    _forgotten += 1
    _summaries.pop((action.session_uid, int(action.get(TAKE_NUMBER, 0))), None)


def title_of(take: Take) -> str:
    """Return what a take is called."""
    return str(take.written[0].interact.title)


def same_take(action: bpy.types.Action) -> list[bpy.types.Action]:
    """Return all actions that were made from the same performance, an action itself among them."""
    mine = summary_of(action)
    if mine is None:
        return [action]
    return [one for one in bpy.data.actions if (other := summary_of(one)) is not None and _id(other) == _id(mine)]


def takes_in(scene: bpy.types.Scene) -> list[Take]:
    """Return the takes of the scene's cast, in the order they were made.

    A panel and its buttons ask for them ten times in a redraw: which actions belong together is found once a change.
    """
    actions = list(bpy.data.actions)
    return [
        _take(record, [None if number is None else actions[number] for number in own])
        for record, own in _groups(scene, actions)
    ]


def _groups(scene: bpy.types.Scene, actions: Sequence[bpy.types.Action]) -> list[_Group]:
    """Return the record of each take, and the numbers of its actions by place in the cast."""
    playing = [None if action is None else action.session_uid for action in shown(scene)]
    uids = [action.session_uid for action in actions]
    cast = [(actor_name(actor), actor.identity, actor.armature is None) for actor in scene.interact.actors]
    state = (uids, playing, cast, records_written(), _forgotten)
    if scene.session_uid not in _known or _known[scene.session_uid][0] != state:
        if len(_known) >= _MOST_SCENES:
            _known.clear()
        _known[scene.session_uid] = state, _grouped(scene, actions, playing)
    return _known[scene.session_uid][1]


def _grouped(
    scene: bpy.types.Scene, actions: Sequence[bpy.types.Action], playing: Sequence[int | None]
) -> list[_Group]:
    found: dict[tuple[int, str], _Group] = {}
    for number, action in enumerate(actions):
        summary = summary_of(action)
        place = _place_in_cast(scene, summary) if summary is not None else None
        if summary is None or place is None:
            continue
        own = found.setdefault(_id(summary), (summary, [None, None]))[1]
        if own[place] is None or action.session_uid in playing:  # Blender copies the action of a face by itself
            own[place] = number
    return [found[key] for key in sorted(found)]


def _place_in_cast(scene: bpy.types.Scene, record: TakeRecord) -> int | None:
    """Return the place in the cast of the actor whose take this is; None for somebody else's."""
    for place, actor in enumerate(scene.interact.actors):
        if actor.armature is not None and record.is_of(actor_name(actor), actor.identity):
            return place
    return None


def _id(record: TakeRecord) -> tuple[int, str]:
    """Return what the actions of one take have in common; takes of other files may have the same number."""
    return record.take, record.performance.replace("\\", "/").rpartition("/")[2]


def _take(record: TakeRecord, own: Sequence[bpy.types.Action | None]) -> Take:
    pair = next(action for action in own if action is not None).get(_PAIR)
    first, second = (
        action if action is not None or pair is None else pair.get(str(place)) for place, action in enumerate(own)
    )
    return Take((first, second), (own[0] is not None, own[1] is not None), record)


def remember_pair(scene: bpy.types.Scene) -> None:
    """Let the actions of the newest take know the pair that is shown, after it was keyed."""
    pair = shown(scene)
    numbers = [int(action.get(TAKE_NUMBER, 0)) if action is not None else 0 for action in pair]
    for action, number in zip(pair, numbers):
        if action is not None and number and number == max(numbers):
            action[_PAIR] = {str(place): one for place, one in enumerate(pair) if one is not None}


def shown(scene: bpy.types.Scene) -> Pair:
    """Return the actions that the two actors play; None for one that plays none."""
    first, second = (played(actor.armature)[0] for actor in scene.interact.actors)
    return first, second


def shown_take(scene: bpy.types.Scene) -> Take | None:
    """Return the take that both actors play; None where they play something else."""
    now = shown(scene)
    return next((take for take in reversed(takes_in(scene)) if _plays(take, now)), None)


def _plays(take: Take, now: Pair) -> bool:
    return all(action is None or action == playing for action, playing in zip(take.actions, now))


def show(scene: bpy.types.Scene, take: Take) -> None:
    """Play a take, under the layers that there are. What was played before is kept with a fake user."""
    for actor, action in zip(scene.interact.actors, take.actions):
        if action is not None and actor.armature is not None:
            play(actor.armature, action)


def play(armature: bpy.types.Object, action: bpy.types.Action) -> None:
    """Let an armature play an action, and its meshes and targets of IK that it has curves for."""
    slot, before = slot_for_armature(action, armature), played(armature)[0]
    if slot is not None:
        show_action(armature, action, slot)
        if before is not None and before != action:
            switch_off_unkeyed(armature, before, action)
    for obj, slot in slots_for_objects(action, objects_of_ik(armature)):
        show_action(obj, action, slot)
    for block, slot in slots_for_keys(action, skinned_meshes(armature)):
        show_action(block, action, slot)


def delete(scene: bpy.types.Scene, take: Take) -> Take | None:
    """Remove the actions that were written for a take; return the take that is shown in its place, if any.

    The performance's file stays: it may belong to a copy of the .blend, and *Undo* brings the take back.
    """
    others = [one for one in takes_in(scene) if one.written != take.written]
    after: Take | None = None
    if _plays(take, shown(scene)):
        after = next((one for one in reversed(others) if one.number < take.number), others[0] if others else None)
        if after is not None:
            show(scene, after)
        else:
            _show_what_was_before(scene, take)
    for action in take.written:
        bpy.data.actions.remove(action)
    return after


def _show_what_was_before(scene: bpy.types.Scene, take: Take) -> None:
    """Give the actors the actions back that were active before their first take."""
    for actor, action in zip(scene.interact.actors, take.actions):
        before = actions_before(action) if action is not None else []
        for one in before if actor.armature is not None else ():
            play(actor.armature, one)


def owners_of(armature: bpy.types.Object, action: bpy.types.Action) -> Iterator[tuple[Any, Any]]:
    """Yield the armature, and the shape keys of its meshes, that play an action, each with its slot."""
    blocks = [mesh.data.shape_keys for mesh in skinned_meshes(armature)]
    for owner in (armature, *(block for block in blocks if block is not None)):
        playing, slot = played(owner)
        if playing == action and slot is not None:
            yield owner, slot
