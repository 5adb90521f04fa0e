"""What would make a performance invisible or wrong, found before anything is computed, and mended where it can be."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import bpy

from ...messages import Message, counted
from ...rig.cast import CastActor
from ...runtime_api import errors, finished
from ..perform import parts_to_key
from ..request import cast_scene_in_steps
from .animation import animation_problems, time_problems
from .bones import bone_problems
from .contacts import contact_problems
from .faces import face_problems
from .labels import label_problems
from .linked import linked_problems, shared_problems
from .objects import furniture_problems, object_problems, place_problems
from .problem import Character, Problem, find_character
from .script import script_problems
from .timeline import sequencer_hint, timeline_hints, timeline_problems

__all__ = [
    "Problem", "check_scene", "find_hints", "find_problems", "find_problems_in_steps", "mend", "mend_all",
    "sequencer_hint",
]  # fmt: skip

_MOST_MENDINGS = 100  # each makes the next search; more than any scene has


def find_problems(scene: bpy.types.Scene, cast: Sequence[CastActor] | None = None) -> list[Problem]:
    """Return the problems of both actors, the blocking ones first.

    Raises ``InvalidRequest`` and ``RigNotRecognised`` as ``cast_scene`` does.
    """
    return finished(find_problems_in_steps(scene, cast))


def find_problems_in_steps(
    scene: bpy.types.Scene, cast: Sequence[CastActor] | None = None
) -> Generator[None, None, list[Problem]]:
    """Do the same in steps; whoever takes them begins anew where something was changed in between."""
    if cast is None:
        cast = yield from cast_scene_in_steps(lambda: scene)
    parts = parts_to_key(cast, scene.interact.actors)  # type: ignore[attr-defined]
    characters = [find_character(actor, parts[actor.name]) for actor in cast]
    found = list(shared_problems(characters))
    for character in characters:
        yield
        partner = next((other for other in characters if other is not character), None)
        found += _problems_of(character, partner, scene)
    yield
    found += [*place_problems(scene), *time_problems(scene), *timeline_problems(scene), *label_problems(scene)]
    found += [*furniture_problems(scene), *contact_problems(scene, cast), *script_problems(scene)]
    return sorted(found, key=lambda problem: not problem.blocks)


def find_hints(scene: bpy.types.Scene) -> list[Problem]:
    """Return what is missing for a shot that is worth generating: for the panel, not for a report."""
    return list(timeline_hints(scene))


def _problems_of(character: Character, partner: Character | None, scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield one character's problems in the order in which they can be mended: linked data before what is in it."""
    yield from linked_problems(character)
    yield from object_problems(character, partner, scene)
    yield from bone_problems(character)
    yield from face_problems(character)
    yield from animation_problems(character, scene)


def check_scene(scene: bpy.types.Scene, cast: Sequence[CastActor]) -> list[str]:
    """Return what is wrong without being in the way, one sentence each.

    Raises ``InvalidRequest`` with the first blocking problem and the number of the others.
    """
    problems = find_problems(scene, cast)
    blocking = [problem for problem in problems if problem.blocks]
    if blocking:
        sentence, others = blocking[0].sentence, len(blocking) - 1
        if others:
            more = counted(others, "more problem")
            sentence = Message("{sentence} ({more} under Generate.)", sentence=sentence, more=more)
        raise errors.InvalidRequest(sentence)
    return [problem.sentence for problem in problems]


def mend(scene: bpy.types.Scene, problem: Problem) -> None:
    """Mend one problem or hint. Raises ``InvalidRequest`` if only the user can."""
    if problem.mending is None:
        raise errors.InvalidRequest(problem.sentence)
    problem.mending(scene)
    bpy.context.view_layer.update()


def mend_all(scene: bpy.types.Scene) -> list[str]:
    """Mend all that can be mended without a choice; return what was done, one sentence each. Cast again afterwards."""
    done: list[str] = []
    tried: set[tuple[str, str]] = set()
    while len(done) < _MOST_MENDINGS:
        left = (p for p in find_problems(scene) if p.mending and not p.is_a_choice)
        problem = next((p for p in left if (p.code, p.sentence) not in tried), None)
        if problem is None:
            break
        tried.add((problem.code, problem.sentence))
        mend(scene, problem)
        done.append(problem.done)
    return done
