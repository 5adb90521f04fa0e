"""The scene's settings: its two actors and how to generate."""

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty

from ..runtime_api import contract
from .actor import INTERACT_PG_actor, actor_choice, numbers_of
from .channels import INTERACT_PG_channel, INTERACT_PG_character
from .check import INTERACT_PG_check
from .contacts import INTERACT_PG_contact_choice
from .export import INTERACT_PG_export
from .labels import INTERACT_PG_labels
from .overlay import INTERACT_PG_overlay
from .regenerate import INTERACT_PG_regenerate
from .resolve import INTERACT_PG_resolve

QUALITIES = (
    ("draft", "Draft", "A quick look, made in few steps: for finding the right labels and places"),
    ("final", "Final", "The best the networks do, made in many steps: takes longer"),
)
_NOT_SPECIFIED = "not said"  # the identifier saved in files


RELATIONSHIP_NUMBERS = numbers_of(contract.RELATIONSHIPS, contract.FIRST_RELATIONSHIPS, 1)


def _relationships() -> list[tuple[str, str, str, str, int] | tuple[str, str, str]]:
    """List not specified, then the relationships by group."""
    items: list[tuple[str, str, str, str, int] | tuple[str, str, str]] = [
        (_NOT_SPECIFIED, "Not Specified", "Nothing is said about what they are to each other", "NONE", 0)
    ]
    for group, names in contract.RELATIONSHIP_GROUPS.items():
        items.append(("", group.capitalize(), ""))
        for name in names:
            first, _, second = name.partition(" / ")
            meaning = f"The first actor is the {first}, the second the {second}" if second else f"They are {name}"
            items.append((name, name.title(), meaning, "NONE", RELATIONSHIP_NUMBERS[name]))
    return items


class INTERACT_PG_scene(bpy.types.PropertyGroup):
    """The scene's settings: its two actors and how to generate."""

    actor_a: PointerProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_actor, description="The first of the two characters that perform"
    )
    actor_b: PointerProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_actor, description="The second of the two characters that perform"
    )
    labels: PointerProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_labels, description="How action labels are set and shown"
    )
    export: PointerProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_export, description="How the two characters are exported"
    )
    regenerate: PointerProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_regenerate, description="What a stretch is generated anew of"
    )
    overlay: PointerProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_overlay, description="What is drawn over the 3D view"
    )
    furniture: PointerProperty(  # type: ignore[valid-type]
        name="Furniture",
        type=bpy.types.Collection,
        options=set(),
        description="The collection of tables, seats and other things that stand still: hands and arms keep clear of "
        "what is shown of it, and a check finds who is in it. Floor and walls do not belong to it",
    )
    contact: PointerProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_contact_choice, description="What the next contact strip asks for"
    )
    resolve: PointerProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_resolve, description="What Resolve changes, and how it went the last time"
    )
    check: PointerProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_check, description="What the last check of the shot found, and how it is shown"
    )
    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed",
        default=0,
        min=0,
        description="Any number: another one gives another performance of the same script, the same one gives the "
        "same performance again",
    )
    takes: IntProperty(  # type: ignore[valid-type]
        name="Takes",
        default=1,
        min=1,
        soft_max=10,
        max=100,
        options=set(),
        description="How many takes are made one after the other, each with the next seed; the last one stays active",
    )
    quality: EnumProperty(  # type: ignore[valid-type]
        name="Quality",
        items=QUALITIES,
        default="draft",
        description="How much time is spent on a performance, and how good it becomes",
    )
    guidance: FloatProperty(  # type: ignore[valid-type]
        name="Guidance",
        default=2.0,
        min=0.0,
        max=10.0,
        description="How closely bodies follow the voices, labels and emotions: lower is calmer and freer, higher is "
        "more marked and may exaggerate; 2 suits most shots (the scale of classifier-free guidance)",
    )
    keep_keys: BoolProperty(  # type: ignore[valid-type]
        name="Keep My Keys",
        default=False,
        options=set(),
        description="The poses you keyed in the active action, or changed in a take, are kept: the new take passes "
        "through them. Keys that an import or a bake wrote on every frame are not yours",
    )
    key_every_frame: BoolProperty(  # type: ignore[valid-type]
        name="Key Every Frame",
        default=False,
        options=set(),
        description="Takes get a key on every frame, exactly as generated. Otherwise they have keys only where their "
        "curves need them, within 0.05 degrees, 0.2 mm and 0.002 of a shape key: an eighth as many",
    )
    relationship: EnumProperty(  # type: ignore[valid-type]
        name="Relationship",
        items=_relationships(),
        default=_NOT_SPECIFIED,
        options=set(),
        description="What the two are to each other, which shows in how they move; the first role is the first actor's",
    )
    lips: FloatProperty(  # type: ignore[valid-type]
        name="Lips",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options=set(),
        description="How exactly the lips form the sounds of the voice: 1 closes and opens them at each sound, 0 "
        "leaves the mouth as loose and expressive as the rest of the face",
    )

    bones_shown: actor_choice("The actor whose bones and shapes the panels show", set())  # type: ignore[valid-type]
    channels: CollectionProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_channel, options={"HIDDEN"}, description="Whose the channels of this scene's sequencer are"
    )
    characters: CollectionProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_character, options={"HIDDEN"}, description="The ids of all who were ever cast in this scene"
    )

    @property
    def actors(self) -> tuple[INTERACT_PG_actor, INTERACT_PG_actor]:
        return (self.actor_a, self.actor_b)


def relationship_of(settings: INTERACT_PG_scene) -> str:
    """Return the relationship for the request: empty if it is not specified."""
    return "" if settings.relationship == _NOT_SPECIFIED else settings.relationship
