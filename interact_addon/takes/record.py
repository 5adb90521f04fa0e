"""What an action says of the take it holds: request, performance, seed, measures, date.

The record is JSON text in a custom property of the action, so it survives saving, appending and linking. The
performance is a file beside the .blend, and is found only from there. In a file that was never saved it lies in
Blender's temporary folder until it is (see ``saving``).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import bpy

from ..rig.keying import TAKE_ACTOR, TAKE_NUMBER, ActorKeys, KeyedPerformance
from ..rig.take_action import actions_before
from ..runtime_api import Array, contract, errors
from ..scene.changes import Change, changes_of, clipped
from ..scene.sound_compare import differing_samples
from ..scene.stretch import ShotFrames, Stretch, given_around
from .thumbnail import give_picture, picture_of

RECORD = "interact_take"
_written = 0  # records so far
_VERSION = 1
_MEASURES = ("seconds", "seconds_keying", "seen", "warnings", "guidance")  # of the report


@dataclass(frozen=True)
class TakeRecord:
    """One take of one actor.

    ``actor``: its name at that time; ``identity``: its id, "" in a record from before there were ids.
    ``performance``: path of the ``.npz``, ``//`` for the folder of the .blend; ``request``: JSON text from which the
    take can be made again as long as its voices are there; ``frames``: first and last; ``date``: ISO 8601 with its
    zone; ``stretch``: of a take in which only a stretch was generated, its first and last frame, the parts by actor,
    the frames of poses that were kept, by actor and part, and the actors generated whole; the motion around it is in
    the performance. ``edit``: what was done to the motion afterwards, in words; the request alone does not give it.
    ``pending``: start and end (s) of what the request asks for and a stretch elsewhere has not made. ``words``: what
    was found of the actor's transcript in its sounds (``scene.spoken_words.SaidText``).
    """

    take: int
    actor: str
    date: str
    seed: int
    quality: str
    frames: tuple[int, int]
    performance: str
    request: str
    measures: dict[str, Any] = field(default_factory=dict)
    stretch: dict[str, Any] = field(default_factory=dict)
    edit: str = ""
    identity: str = ""
    pending: list[list[float]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)

    def load_request(self) -> contract.Request:
        """Return the request, with the motion that was given. Raises ``InvalidRequest``, ``PerformanceUnreadable``."""
        request = contract.request_from_json(self.request)
        if not self.stretch:
            return request
        shot = ShotFrames(*self.frames, (self.frames[1] - self.frames[0]) / request.duration)
        stretch = Stretch(self.stretch["first"], self.stretch["last"], self.stretch["parts"])
        motion = [one for one in self.load_performance().actors if one.name not in self.stretch["whole"]]
        given = given_around(stretch, shot, motion, self.stretch["kept"])
        actors = tuple(replace(actor, constraints=given.get(actor.name)) for actor in request.actors)
        return replace(request, actors=actors)

    def is_of(self, actor: str, identity: str) -> bool:
        """Return whether this is an actor's take: by its id, or by its name where either side has no id."""
        if self.identity and identity:
            return self.identity == identity
        return self.actor == actor

    def load_performance(self) -> contract.Performance:
        """Read the performance of both actors. Raises ``PerformanceUnreadable``."""
        return contract.Performance.load(bpy.path.abspath(self.performance))


def takes_folder(blend: Path) -> Path:
    """Return the folder beside a .blend for the files of its takes."""
    return blend.with_name(f"{blend.stem}.takes")


def save_performance(performance: contract.Performance, blend: Path | None = None) -> tuple[str, list[str]]:
    """Save a performance beside the .blend and return its path as records hold it, and warnings.

    ``blend``: where the file will be saved; by default where it is. What cannot be written there, or belongs to no
    saved file yet, goes to Blender's temporary folder. Raises ``OutOfSpace``.
    """
    blend = blend or (Path(bpy.data.filepath) if bpy.data.filepath else None)
    name, warnings = f"{uuid.uuid4().hex[:12]}.npz", list[str]()
    if blend is not None:
        folder = takes_folder(blend)
        try:
            _save(performance, folder / name)
            return f"//{folder.name}/{name}", []
        except OSError as error:
            warnings = [
                f"The take is kept until Blender ends only: nothing can be written beside '{blend}' ({error.strerror})."
            ]
    folder = Path(bpy.app.tempdir) / "interact takes"
    try:
        _save(performance, folder / name)
    except OSError as error:
        raise errors.OutOfSpace(
            f"The take cannot be saved in '{folder}' ({error.strerror}); free some space."
        ) from error
    return str(folder / name), warnings


def _save(performance: contract.Performance, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    performance.save(path)


def record_take(
    keyed: KeyedPerformance,
    request: contract.Request,
    performance: contract.Performance,
    path: str,
    edit: str = "",
    words: Mapping[str, list[dict[str, Any]]] | None = None,
    pending: Sequence[list[float]] | None = None,
) -> None:
    """Write the record of a take on each actor's new action; ``path`` is what ``save_performance`` gave.

    ``edit``: what was done to the motion, in words, where it is not as it was generated. ``words``: by actor those that
    were found in its voice. ``pending``: what is left to be made of the request, if that does not follow from the take
    before.
    """
    global _written
    _written += 1
    measures = {name: performance.report[name] for name in _MEASURES if name in performance.report}
    if "deepest_after" in (touched := performance.report.get("contacts", {})):
        measures["overlap"] = touched["deepest_after"]  # metres
    measures |= performance.report.get("measures", {})
    date = datetime.now().astimezone().isoformat(timespec="seconds")
    if keyed.stretch:  # what was given is in the performance
        request = replace(request, actors=tuple(replace(actor, constraints=None) for actor in request.actors))
    picture = _picture(keyed, performance)
    for keys in keyed.actors:
        if keys.action is None:
            continue
        record = TakeRecord(
            take=int(keys.action[TAKE_NUMBER]),
            actor=keys.actor.name,
            date=date,
            seed=request.seed,
            quality=request.quality,
            frames=keyed.stretch.get("shot", (keyed.first, keyed.last)),
            performance=path,
            request=contract.request_to_json(request),
            measures=measures,
            stretch=dict(keyed.stretch),
            edit=edit,
            identity=keys.actor.identity,
            pending=_pending(keys, keyed, request, edit) if pending is None else list(pending),
            words=(words or {}).get(keys.actor.name, []),
        )
        keys.action[RECORD] = json.dumps({"version": _VERSION, **asdict(record)})
        if picture is not None:
            give_picture(keys.action, picture)


def records_written() -> int:
    """Return how many records were written in this session: what is known of an action may be of before."""
    return _written


def _pending(keys: ActorKeys, keyed: KeyedPerformance, request: contract.Request, edit: str) -> list[list[float]]:
    """Return the spans (s) in which an actor does not play yet what ``request`` asks for, sorted by their start."""
    name, stretch = keys.actor.name, keyed.stretch
    records = [read_record(action) for action in actions_before(keys.action)] if keys.action is not None else []
    before = next((record for record in records if record is not None), None)
    if before is None or not (stretch or edit) or name in stretch.get("whole", ()):
        return []
    left = [Change(name, "pending", start, end) for start, end in before.pending]
    if stretch:
        asked = contract.with_interactions(contract.request_from_json(before.request))
        old = next(one for one in asked.actors if one.name == before.actor)
        now = next(one for one in contract.with_interactions(request).actors if one.name == name)
        left += changes_of(old, now, request.duration, differing_samples)
        if set(contract.BODY_PARTS) - {"hands"} <= set(stretch["parts"].get(name, ())):
            first, last = stretch["shot"]
            shot = ShotFrames(first, last, (last - first) / request.duration)
            left = clipped(left, shot.seconds_at(stretch["first"]), shot.seconds_at(stretch["last"] + 1))
    return sorted([change.start, change.end] for change in left)


def _picture(keyed: KeyedPerformance, performance: contract.Performance) -> Array | None:
    """Return the picture of a take; None where not all of its actors are known."""
    bodies = {keys.actor.name: keys.actor.rest.skeleton for keys in keyed.actors}
    known = [actor for actor in performance.actors if actor.name in bodies]
    if not known:
        return None
    return picture_of(contract.Performance(tuple(known)), [bodies[actor.name] for actor in known])


def read_record(action: bpy.types.Action) -> TakeRecord | None:
    """Return the record of a take; None for every other action, and for a record that cannot be read."""
    text = action.get(RECORD)
    if not isinstance(text, str):
        return None
    try:
        plain = json.loads(text)
        if plain.pop("version") != _VERSION:
            return None
        first, last = plain.pop("frames")
        plain["identity"] = action.get(TAKE_ACTOR, plain.get("identity", ""))
        return TakeRecord(frames=(int(first), int(last)), **plain)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def takes_of(actor: str, identity: str = "") -> list[bpy.types.Action]:
    """Return the actions of an actor's takes, in the order they were made."""
    found = [(record.take, action) for action in bpy.data.actions if (record := read_record(action)) is not None
             and record.is_of(actor, identity)]  # fmt: skip
    return [action for _, action in sorted(found, key=lambda pair: pair[0])]
