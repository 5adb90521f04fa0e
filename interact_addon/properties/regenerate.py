"""Regenerate a stretch: which frames, which actor, which part of the body."""

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty

from .locks import part_switch

FROM_PREVIEW, FROM_STRIPS = "PREVIEW", "STRIPS"
RANGES = (
    (FROM_PREVIEW, "Preview Range", "The preview range of the timeline; drag it with P there"),
    (FROM_STRIPS, "Selected Strips", "From the first frame of the strips selected in the sequencer to the last"),
)


class INTERACT_PG_regenerate(bpy.types.PropertyGroup):
    """What *Regenerate* generates anew."""

    frames_from: EnumProperty(  # type: ignore[valid-type]
        name="Range", items=RANGES, default=FROM_PREVIEW, options=set(), description="Which frames are generated anew"
    )
    actor_a: BoolProperty(  # type: ignore[valid-type]
        name="First Actor", default=True, options=set(), description="Generate the first actor anew"
    )
    actor_b: BoolProperty(  # type: ignore[valid-type]
        name="Second Actor", default=False, options=set(), description="Generate the second actor anew"
    )
    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed",
        default=0,
        min=0,
        options=set(),
        description="The number that starts the random generator: another seed gives another motion for the stretch",
    )
    face: part_switch("face", True, "Generate anew")  # type: ignore[valid-type]
    head: part_switch("head", True, "Generate anew")  # type: ignore[valid-type]
    upper: part_switch("upper", True, "Generate anew")  # type: ignore[valid-type]
    hands: part_switch("hands", True, "Generate anew")  # type: ignore[valid-type]
    lower: part_switch("lower", True, "Generate anew")  # type: ignore[valid-type]

    @property
    def actors(self) -> tuple[bool, bool]:
        return self.actor_a, self.actor_b
