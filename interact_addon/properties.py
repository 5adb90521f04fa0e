"""What is saved with the file: the cast and how to generate."""

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

QUALITIES = (
    ("draft", "Draft", "Fewer denoising steps: a quick look"),
    ("final", "Final", "All denoising steps: the best this model does"),
)


def _is_armature(_self: bpy.types.PropertyGroup, thing: bpy.types.Object) -> bool:
    return thing.type == "ARMATURE"


class INTERACT_PG_actor(bpy.types.PropertyGroup):
    """One of the two characters."""

    name: StringProperty(  # type: ignore[valid-type]
        name="Name",
        description="Names the actor's channels in the sequencer; empty means the armature's name",
    )
    armature: PointerProperty(  # type: ignore[valid-type]
        name="Armature", type=bpy.types.Object, poll=_is_armature, description="The rig that performs; its face meshes are found by themselves"
    )
    seat: PointerProperty(  # type: ignore[valid-type]
        name="Seat", type=bpy.types.Object, description="What this actor sits on: the top of the object is the height of the seat"
    )
    seat_height: FloatProperty(  # type: ignore[valid-type]
        name="Seat Height", default=0.45, min=0.25, max=0.75, unit="LENGTH", description="Height of the seat above the floor, where no object is given"
    )
    walk_target: PointerProperty(  # type: ignore[valid-type]
        name="Walk To", type=bpy.types.Object, description="Where this actor walks to, an empty for instance"
    )


class INTERACT_PG_scene(bpy.types.PropertyGroup):
    """Everything the scene says about its two actors."""

    actor_a: PointerProperty(type=INTERACT_PG_actor)  # type: ignore[valid-type]
    actor_b: PointerProperty(type=INTERACT_PG_actor)  # type: ignore[valid-type]
    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed", default=0, min=0, description="The same seed gives the same performance again, another one another take"
    )
    quality: EnumProperty(name="Quality", items=QUALITIES, default="final")  # type: ignore[valid-type]
    guidance: FloatProperty(  # type: ignore[valid-type]
        name="Guidance", default=2.0, min=0.0, max=10.0, description="How strongly voices and labels drive the motion; 1 adds nothing"
    )

    @property
    def actors(self) -> tuple[INTERACT_PG_actor, INTERACT_PG_actor]:
        return (self.actor_a, self.actor_b)


def actor_name(actor: INTERACT_PG_actor) -> str:
    """What the actor is called, in the sequencer's channels and in messages; empty without an armature."""
    return actor.name or (actor.armature.name if actor.armature is not None else "")
