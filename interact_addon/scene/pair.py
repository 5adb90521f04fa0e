"""What the pair is asked for: strips of interactions and prompts in channels of both, and who acts in them.

A color strip in such a channel is an interaction: its name says which ("Mia: hug"), and whatever else it is called is
read as a prompt. A text strip is a prompt. Who acts is kept as the actor's id, so renaming anybody loses nothing; the
name in front of a strip's category is for the eye and follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import bpy

from .. import compat
from ..properties import BOTH_ACT, actor_name, all_actors
from ..runtime_api import contract, errors
from .channels import INTERACTION, PROMPT
from .label_names import free_name, is_any_colour, is_same_colour
from .ownership import add_channel_of_pair, channels_of_pair, ensure_channel_of_pair
from .reading import Clock, label_of
from .strips import keep_labels_out_of_renders, overlap

PLAYED_COLOUR, LEFT_OUT_COLOUR = (0.47, 0.34, 0.66), (0.33, 0.33, 0.36)
_COLOURS = {"played": PLAYED_COLOUR, "left out": LEFT_OUT_COLOUR}
_PLAYED_TAG, _LEFT_OUT_TAG = "COLOR_06", "COLOR_09"  # of text strips, whose blocks have no colour of their own
_NOTHING = 1e-6  # seconds
STRIP_TYPES = ("COLOR", "TEXT")
_LONGEST = 40  # bytes of a prompt in a strip's name, of which Blender keeps 63


def add_interaction(scene: bpy.types.Scene, category: str, who: str, start: int, end: int) -> Any:
    """Add a strip of an interaction from frame ``start`` up to, not including, ``end``, alone selected.

    ``who`` acts: an actor's id, or ``BOTH_ACT``.
    """
    if category not in contract.INTERACTIONS:
        raise errors.InvalidRequest(f"The interaction '{category}' is not known; choose one from the menu.")
    strip = add_strip(scene, "COLOR", category, INTERACTION, start, end)
    strip.interact_actor = who
    set_category(scene, strip, category)
    return strip


def add_prompt(scene: bpy.types.Scene, text: str, who: str, start: int, end: int) -> Any:
    """Add a strip of a prompt as ``add_interaction`` does. Raises ``InvalidRequest`` for an empty text."""
    if not text.split():
        raise errors.InvalidRequest("The prompt is empty; write what the two do, such as 'they chat'.")
    strip = add_strip(scene, "TEXT", "Prompt", PROMPT, start, end)
    strip.text, strip.interact_actor = text, who
    _look_like(scene, strip)
    return strip


def set_category(scene: bpy.types.Scene, strip: Any, category: str) -> None:
    """Make a color strip ask for a category; name and colour follow."""
    strip.name = category
    strip.color = PLAYED_COLOUR if category in contract.PLAYED_INTERACTIONS else LEFT_OUT_COLOUR
    _look_like(scene, strip)


def set_who_acts(scene: bpy.types.Scene, strip: Any, who: str) -> None:
    """Let an actor, by id, or both act in a strip; its name follows."""
    strip.interact_actor = who
    _look_like(scene, strip)


def strips_of_pair(source: bpy.types.Scene, kinds: Sequence[str] = (INTERACTION, PROMPT)) -> list[Any]:
    """Return all strips that ask the pair for something, muted ones too, in order of time."""
    sequencer: Any = source.sequence_editor
    if sequencer is None:
        return []
    own = set(channels_of_pair(source, *kinds))
    found = [strip for strip in sequencer.strips if strip.channel in own and strip.type in STRIP_TYPES]
    return sorted(found, key=compat.strip_left)


def heard_strips_of_pair(source: bpy.types.Scene, kinds: Sequence[str] = (INTERACTION, PROMPT)) -> list[Any]:
    """Return the strips that ask the pair for something and are not muted."""
    sequencer: Any = source.sequence_editor
    strips = strips_of_pair(source, kinds)
    return [strip for strip in strips if not strip.mute and not sequencer.channels[strip.channel].mute]


def read_pair(scene: bpy.types.Scene) -> tuple[contract.InteractionSpan, ...]:
    """Return what the pair is asked for within the shot, in order of time.

    Raises ``InvalidRequest`` where who acts is not cast.
    """
    source = compat.sequencer_scene(scene)
    clock, spans = Clock(source, scene), []
    for strip in heard_strips_of_pair(source):
        start, end = clock.span(strip)
        asked = span_of(scene, strip, start, end)
        if end - start > _NOTHING and (asked.category or asked.prompt):
            if not asked.who:
                raise errors.InvalidRequest(nobody_acts(strip))
            spans.append(asked)
    return tuple(spans)


def span_of(scene: bpy.types.Scene, strip: Any, start: float = 0.0, end: float = 1.0) -> contract.InteractionSpan:
    """Return what a strip asks for; ``who`` is empty where the one who acts is not cast in ``scene``."""
    category = category_of(strip)
    text = "" if category else _text_of(strip)
    return contract.InteractionSpan(start, end, who_acts(scene, strip), category, text)


def category_of(strip: Any) -> str:
    """Return the category of a color strip by its name; "" for a text strip, or another name."""
    name = label_of(strip.name).rpartition(": ")[2] if strip.type == "COLOR" else ""
    return name if name in contract.INTERACTIONS else ""


def who_acts(scene: bpy.types.Scene, strip: Any) -> tuple[int, ...]:
    """Return the places in the cast of those who act in a strip; the first actor's where nothing is said."""
    actors = scene.interact.actors  # type: ignore[attr-defined]
    if strip.interact_actor == BOTH_ACT:
        return (0, 1)
    if not strip.interact_actor:
        return (0,)
    return tuple(number for number, actor in enumerate(actors) if actor.identity == strip.interact_actor)[:1]


def nobody_acts(strip: Any) -> str:
    """Return the sentence for a strip in which somebody acts who is not cast."""
    return f"Nobody who is cast acts in the strip '{strip.name.strip()}'; choose who acts under Script > Interactions."


def played_part(scene: bpy.types.Scene, strip: Any) -> contract.PlayedPart:
    """Return what the model plays of a strip."""
    names = [actor_name(actor) for actor in scene.interact.actors]  # type: ignore[attr-defined]
    return contract.played_part(span_of(scene, strip), names)


def follow_pair(scene: bpy.types.Scene) -> None:
    """Let the strips of the pair in a scene's sequencer look like what they ask for, whoever changed it."""
    for strip in strips_of_pair(scene):
        _look_like(scene, strip)


def change_who_acts(scene: bpy.types.Scene, before: str, now: str) -> None:
    """Let the strips of a scene follow an actor that gets another id."""
    for strip in strips_of_pair(scene):
        if strip.interact_actor == before:
            strip.interact_actor = now


def add_strip(scene: bpy.types.Scene, kind: str, name: str, channel_kind: str, start: int, end: int) -> Any:
    """Add a strip to a channel of the pair from frame ``start`` up to, not including, ``end``, alone selected.

    Where no such channel has room then, there is another one.
    """
    channel = ensure_channel_of_pair(scene, channel_kind)
    sequencer: Any = scene.sequence_editor
    strip = compat.new_effect_strip(sequencer, kind, name, channel, start, end)
    free = [number for number in channels_of_pair(scene, channel_kind) if not _is_taken(sequencer, strip, number)]
    strip.channel = free[0] if free else add_channel_of_pair(scene, channel_kind)
    for other in sequencer.strips:
        other.select = other == strip
    sequencer.active_strip = strip
    keep_labels_out_of_renders(scene)
    return strip


def _is_taken(sequencer: Any, strip: Any, channel: int) -> bool:
    return any(overlap(strip, other, channel) for other in sequencer.strips)


def _text_of(strip: Any) -> str:
    if strip.type == "TEXT":
        return " ".join(strip.text.split())
    return strip.name.strip().rpartition(": ")[2]


def _look_like(source: bpy.types.Scene, strip: Any) -> None:
    """Give a strip the name and colour of what it asks for; a colour of a user's own stays, and so does a free name."""
    category = category_of(strip)
    if strip.type == "TEXT":
        _name(source, strip, _cut(_text_of(strip)) or "Prompt")
        tag = _PLAYED_TAG if _is_played(source, strip) else _LEFT_OUT_TAG
        if strip.color_tag in ("NONE", _PLAYED_TAG, _LEFT_OUT_TAG) and strip.color_tag != tag:
            strip.color_tag = tag
        return
    if category:
        who = _called(strip)
        _name(source, strip, f"{_cut(who)}: {category}" if who else category)
    colour = PLAYED_COLOUR if _is_played(source, strip) else LEFT_OUT_COLOUR
    if is_any_colour(strip.color, _COLOURS) and not is_same_colour(strip.color, colour):
        strip.color = colour


def _name(source: bpy.types.Scene, strip: Any, name: str) -> None:
    sequencer: Any = source.sequence_editor
    if strip.name.strip() != name:
        strip.name = free_name(name, {other.name for other in sequencer.strips_all if other != strip})


def _is_played(source: bpy.types.Scene, strip: Any) -> bool:
    """Return whether the model plays a strip; the names in a text are those of all who are cast with its sequencer."""
    span = contract.InteractionSpan(0.0, 1.0, (0,), category_of(strip), "" if category_of(strip) else _text_of(strip))
    return any(contract.played_part(span, names).category for names in _casts(source))


def _casts(source: bpy.types.Scene) -> Iterator[list[str]]:
    for scene in bpy.data.scenes:
        if compat.sequencer_scene(scene) == source:
            yield [actor_name(actor) for actor in scene.interact.actors]  # type: ignore[attr-defined]


def _called(strip: Any) -> str:
    """Return what the one who acts is called now; "" for both, and for nobody who is known."""
    return next((actor_name(actor) for actor in all_actors() if actor.identity == strip.interact_actor), "")


def _cut(text: str) -> str:
    return text.encode()[:_LONGEST].decode("utf-8", "ignore").strip()
