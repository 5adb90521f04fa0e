"""One of the two characters: what it keeps, where it sits and walks, how it feels and moves."""

from collections.abc import Collection, Sequence
from itertools import count
from typing import NamedTuple

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..runtime_api import contract
from .bones import INTERACT_PG_bones, INTERACT_PG_switch
from .identity import armature_changed, name_changed
from .locks import INTERACT_PG_locks, chosen_parts
from .shapes import INTERACT_PG_shape

PERFORM_ALL, KEEP_BODY, KEEP_FACE, ONLY_LISTEN = "ALL", "KEEP_BODY", "KEEP_FACE", "LISTEN"
PERFORM = (
    (PERFORM_ALL, "Perform All", "Body, head, hands and face are generated"),
    (
        KEEP_BODY,
        "Keep My Body",
        "The body's animation that is there stays exactly as it is. The face is generated for it, and the partner "
        "performs around it",
    ),
    (KEEP_FACE, "Keep My Face", "The face's animation that is there stays exactly as it is; the body is generated"),
    (
        ONLY_LISTEN,
        "Only Listen",
        "This actor's own voice is left out, for the partner too: it listens and reacts",
    ),
)

LEADING_HAND = (
    ("EITHER", "Either", "As the networks choose"),
    ("LEFT", "Left", "The left hand makes gestures of one hand, as a left-hander's does"),
    ("RIGHT", "Right", "The right hand makes gestures of one hand, as a right-hander's does"),
)


def numbers_of(names: Sequence[str], earlier: Sequence[str], first: int = 0) -> dict[str, int]:
    """Return the number that keys and files store for each name: of those in ``earlier`` files their place from
    ``first``, so that these still mean the same; the others follow.
    """
    numbers = {name: first + earlier.index(name) for name in names if name in earlier}
    return numbers | dict(zip((name for name in names if name not in earlier), count(first + len(earlier))))


EMOTION_NUMBERS = numbers_of(contract.EMOTION_CHOICES, contract.FIRST_EMOTIONS)


def _emotions() -> list[tuple[str, str, str, str, int] | tuple[str, str, str]]:
    """List neutral, then the others by group."""
    items: list[tuple[str, str, str, str, int] | tuple[str, str, str]] = []
    for group, names in {contract.NEUTRAL: (contract.NEUTRAL,), **contract.EMOTION_GROUPS}.items():
        items.append(("", group.capitalize(), ""))
        for name in names:
            meaning = "No emotion in particular" if name == contract.NEUTRAL else f"An emotion: {name}"
            items.append((name, name.capitalize(), meaning, "NONE", EMOTION_NUMBERS[name]))
    return items


def _style_slider(name: str, ends: str) -> object:
    """Make a slider of the gesture style, in standard deviations."""
    limit = contract.STRONGEST_STYLE
    description = f"In standard deviations from the usual gesturing (0): {ends}"
    return FloatProperty(name=name, default=0.0, min=-limit, max=limit, step=10, options=set(), description=description)


def _is_armature(_self: bpy.types.PropertyGroup, thing: bpy.types.Object) -> bool:
    return thing.type == "ARMATURE"


def actor_choice(description: str, options: Collection[str] = ("SKIP_SAVE",)) -> object:
    """Make the choice between the two actors: "0" or "1", their place in the cast."""
    items = (("0", "First", "The first actor"), ("1", "Second", "The second actor"))
    return EnumProperty(name="Actor", items=items, options=set(options), description=description)


class ActorKey(NamedTuple):
    """An actor as channels and takes know it.

    ``identity``: its id, which holds when anything is renamed; "" for one that is known by name only, as before it is
    cast. ``known_as``: the name its channels were last named after.
    """

    name: str
    identity: str = ""
    known_as: str = ""


class INTERACT_PG_actor(bpy.types.PropertyGroup):
    """One of the two characters."""

    name: StringProperty(  # type: ignore[valid-type]
        name="Name",
        update=name_changed,
        description="Names the actor's channels in the sequencer; empty means the armature's name",
    )
    identity: StringProperty(  # type: ignore[valid-type]
        options={"HIDDEN"}, description="The id by which channels and takes know this actor, whatever it is called"
    )
    known_as: StringProperty(  # type: ignore[valid-type]
        options={"HIDDEN"}, description="The name of the actor when its channels were last named after it"
    )
    armature: PointerProperty(  # type: ignore[valid-type]
        name="Armature",
        type=bpy.types.Object,
        poll=_is_armature,
        update=armature_changed,
        description="The rig that performs; its face meshes are found automatically",
    )
    perform: EnumProperty(  # type: ignore[valid-type]
        name="Perform",
        items=PERFORM,
        default=PERFORM_ALL,
        options=set(),
        description="What is generated of this actor, and what of its animation stays",
    )
    generate_head: BoolProperty(  # type: ignore[valid-type]
        name="Head",
        default=False,
        options=set(),
        description="Generate neck and head on top of the body that is kept",
    )
    generate_hands: BoolProperty(  # type: ignore[valid-type]
        name="Hands",
        default=False,
        options=set(),
        description="Generate the fingers on top of the body that is kept",
    )
    seat: PointerProperty(  # type: ignore[valid-type]
        name="Seat",
        type=bpy.types.Object,
        description="The object this actor sits on, facing along its -Y axis; its top is the height of the seat",
    )
    seat_height: FloatProperty(  # type: ignore[valid-type]
        name="Seat Height",
        default=0.45,
        min=0.25,
        max=0.75,
        unit="LENGTH",
        description="Height of the seat above the floor if no object is given",
    )
    thickness: FloatProperty(  # type: ignore[valid-type]
        name="Thickness",
        default=0.0,
        min=-0.05,
        max=0.1,
        step=0.1,
        precision=3,
        unit="LENGTH",
        description="How far outside the skin the body ends that others touch: more for loose clothes, less for flesh "
        "that gives way",
    )
    walk_target: PointerProperty(  # type: ignore[valid-type]
        name="Walk To",
        type=bpy.types.Object,
        description="Where the last walk leads, in files of version 0.1; since then each walk strip has its own target",
    )
    emotion: EnumProperty(  # type: ignore[valid-type]
        name="Emotion",
        items=_emotions(),
        default=contract.NEUTRAL,
        description="This actor's emotion wherever there is no emotion strip",
    )
    emotion_intensity: FloatProperty(  # type: ignore[valid-type]
        name="Intensity",
        default=1.0,
        min=0.0,
        max=2.0,
        step=10,
        description="Intensity of the emotion, from 0 (none) to 2 (extreme); may be keyed",
    )
    energy: FloatProperty(  # type: ignore[valid-type]
        name="Energy",
        default=1.0,
        min=0.0,
        max=contract.MOST_ENERGY,
        step=10,
        description="How strong, quick and frequent gestures and movements of the head are, and how much the face "
        "shows: 1 as usual, 0 subdued, 2 agitated; may be keyed",
    )
    leading_hand: EnumProperty(  # type: ignore[valid-type]
        name="Leading Hand",
        items=LEADING_HAND,
        default="EITHER",
        options=set(),
        description="The hand that makes gestures of one hand",
    )
    own_style: BoolProperty(  # type: ignore[valid-type]
        name="Own Style",
        default=False,
        options=set(),
        description="Give this actor's gestures the style of the sliders below; off leaves the style to the networks",
    )
    style_liveliness: _style_slider(  # type: ignore[valid-type]
        "Liveliness", "below 0 slower and calmer gestures, above 0 quicker and livelier ones"
    )
    style_height: _style_slider(  # type: ignore[valid-type]
        "Height", "below 0 hands held lower, above 0 higher"
    )
    style_reach: _style_slider(  # type: ignore[valid-type]
        "Reach", "below 0 hands closer to the body, above 0 further away"
    )
    locks: PointerProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_locks, description="The parts of this actor that no generation changes"
    )
    bones: PointerProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_bones, description="The bones of this actor that are chosen by hand"
    )
    switches: CollectionProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_switch, description="Custom properties that are set while this rig performs"
    )
    shapes: CollectionProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_shape, description="The shape keys of this actor and what drives them"
    )
    shape_shown: IntProperty(  # type: ignore[valid-type]
        name="Shown Shape", default=0, options=set(), description="The row of the table of shapes that is shown"
    )
    jaw_opens: FloatProperty(  # type: ignore[valid-type]
        name="Jaw Opens",
        default=1.0,
        min=0.0,
        max=2.0,
        subtype="FACTOR",
        options=set(),
        description="How far a jaw bone turns, where no shape key opens the mouth: 1 as far as a person's",
    )
    eyes_turn: FloatProperty(  # type: ignore[valid-type]
        name="Eyes Turn",
        default=1.0,
        min=0.0,
        max=2.0,
        subtype="FACTOR",
        options=set(),
        description="How far eye bones turn: 1 as far as a person's, so that the gaze meets the partner",
    )
    lids_close: FloatProperty(  # type: ignore[valid-type]
        name="Lids Close",
        default=1.0,
        min=0.0,
        max=2.0,
        subtype="FACTOR",
        options=set(),
        description="How far eyelid bones turn: 1 closes the gap that was measured between them",
    )


def style_of(actor: INTERACT_PG_actor) -> contract.Style | None:
    """Return the gesture style for the request: None if the actor has no style of its own."""
    if not actor.own_style:
        return None
    return contract.Style(actor.style_liveliness, actor.style_height, actor.style_reach)


def leading_hand_of(actor: INTERACT_PG_actor) -> str:
    """Return the leading hand for the request: empty for either."""
    return "" if actor.leading_hand == "EITHER" else str(actor.leading_hand).lower()


def generated_parts(actor: INTERACT_PG_actor) -> tuple[str, ...]:
    """Return what is generated, and keyed, of an actor: of 'body', 'head', 'hands' and 'face'."""
    if actor.perform == KEEP_FACE:
        return ("body", "head", "hands")
    if actor.perform != KEEP_BODY:
        return ("body", "head", "hands", "face")
    wanted = (("head", actor.generate_head), ("hands", actor.generate_hands), ("face", True))
    return tuple(part for part, is_wanted in wanted if is_wanted)


def kept_parts(actor: INTERACT_PG_actor) -> frozenset[str]:
    """Return the parts, of ``contract.BODY_PARTS``, that no generation changes: locked, or kept by *Perform*."""
    wanted = generated_parts(actor)
    free = {*wanted, *(("lower", "upper") if "body" in wanted else ())}
    return frozenset(part for part in contract.BODY_PARTS if part not in free or part in chosen_parts(actor.locks))


def actor_name(actor: INTERACT_PG_actor) -> str:
    """Return the actor's name, as in the sequencer's channels and messages; empty without an armature."""
    return actor.name or (actor.armature.name if actor.armature is not None else "")


def actor_key(actor: INTERACT_PG_actor) -> ActorKey:
    """Return what channels and takes know the actor by."""
    return ActorKey(actor_name(actor), actor.identity, actor.known_as)


def as_key(actor: ActorKey | str) -> ActorKey:
    """Return the key of an actor that may be given by its name alone."""
    return ActorKey(actor) if isinstance(actor, str) else actor
