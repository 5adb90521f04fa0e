"""What is saved with the file: the cast and how to generate."""

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from .runtime_api import contract

QUALITIES = (
    ("draft", "Draft", "Fewer denoising steps: a quick look"),
    ("final", "Final", "All denoising steps: the best this model does"),
)

_NOT_SAID = "not said"


def _emotions() -> list[tuple[str, str, str, str, int] | tuple[str, str, str]]:
    """Neutral, then the others under the feeling each is a kind of. Keys and files hold the number, which is the
    contract's.
    """
    items: list[tuple[str, str, str, str, int] | tuple[str, str, str]] = []
    for group in sorted(contract.EMOTION_GROUPS, key=lambda name: name != "neutral"):
        items.append(("", group.capitalize(), ""))
        for name in contract.EMOTION_GROUPS[group]:
            meaning = "Nothing in particular" if name == "neutral" else f"A feeling of {name}"
            items.append((name, name.capitalize(), meaning, "NONE", contract.EMOTIONS.index(name)))
    return items


def _relationships() -> list[tuple[str, str, str, str, int]]:
    items = [(_NOT_SAID, "Not Said", "Left to what they say and do", "NONE", 0)]
    for number, name in enumerate(contract.RELATIONSHIPS, 1):
        first, _, second = name.partition(" / ")
        together = f"They are {name}" if name.endswith("s") else f"They are a {name}"
        meaning = f"The first actor is the {first}, the second the {second}" if second else together
        items.append((name, name.title(), meaning, "NONE", number))
    return items


def _is_armature(_self: bpy.types.PropertyGroup, thing: bpy.types.Object) -> bool:
    return thing.type == "ARMATURE"


class INTERACT_PG_actor(bpy.types.PropertyGroup):
    """One of the two characters."""

    name: StringProperty(  # type: ignore[valid-type]
        name="Name",
        description="Names the actor's channels in the sequencer; empty means the armature's name",
    )
    armature: PointerProperty(  # type: ignore[valid-type]
        name="Armature",
        type=bpy.types.Object,
        poll=_is_armature,
        description="The rig that performs; its face meshes are found by themselves",
    )
    seat: PointerProperty(  # type: ignore[valid-type]
        name="Seat",
        type=bpy.types.Object,
        description="What this actor sits on: the top of the object is the height of the seat",
    )
    seat_height: FloatProperty(  # type: ignore[valid-type]
        name="Seat Height",
        default=0.45,
        min=0.25,
        max=0.75,
        unit="LENGTH",
        description="Height of the seat above the floor, where no object is given",
    )
    walk_target: PointerProperty(  # type: ignore[valid-type]
        name="Walk To", type=bpy.types.Object, description="Where this actor walks to, an empty for instance"
    )
    emotion: EnumProperty(  # type: ignore[valid-type]
        name="Emotion",
        items=_emotions(),
        default="neutral",
        description="What this actor feels wherever no emotion strip says otherwise",
    )
    emotion_intensity: FloatProperty(  # type: ignore[valid-type]
        name="Intensity",
        default=1.0,
        min=0.0,
        max=2.0,
        step=10,
        description="How strongly the emotion is felt, from 0 (not at all) to 2 (extremely); may be keyed",
    )


class INTERACT_PG_scene(bpy.types.PropertyGroup):
    """Everything the scene says about its two actors."""

    actor_a: PointerProperty(type=INTERACT_PG_actor)  # type: ignore[valid-type]
    actor_b: PointerProperty(type=INTERACT_PG_actor)  # type: ignore[valid-type]
    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed",
        default=0,
        min=0,
        description="The same seed gives the same performance again, another one another take",
    )
    quality: EnumProperty(name="Quality", items=QUALITIES, default="final")  # type: ignore[valid-type]
    guidance: FloatProperty(  # type: ignore[valid-type]
        name="Guidance",
        default=2.0,
        min=0.0,
        max=10.0,
        description="How strongly voices and labels drive the motion; 1 adds nothing",
    )
    relationship: EnumProperty(  # type: ignore[valid-type]
        name="Relationship",
        items=_relationships(),
        default=_NOT_SAID,
        options=set(),
        description="What the two are to each other, the first actor named first",
    )
    lips: FloatProperty(  # type: ignore[valid-type]
        name="Lips",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options=set(),
        description="1 for lips as accurate as can be, 0 for those of the expressive face alone",
    )

    @property
    def actors(self) -> tuple[INTERACT_PG_actor, INTERACT_PG_actor]:
        return (self.actor_a, self.actor_b)


def relationship_of(settings: INTERACT_PG_scene) -> str:
    """As the request says it: empty where it is not said."""
    return "" if settings.relationship == _NOT_SAID else settings.relationship


def actor_name(actor: INTERACT_PG_actor) -> str:
    """What the actor is called, in the sequencer's channels and in messages; empty without an armature."""
    return actor.name or (actor.armature.name if actor.armature is not None else "")
