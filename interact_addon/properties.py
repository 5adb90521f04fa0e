"""Settings saved with the file: the cast and how to generate."""

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

from .formats import FORMATS, PRESETS, RATES, Settings
from .rig.bone_table import TABLE_JOINTS, bone_label
from .rig.face_settings import FaceSettings, ShapeSetting
from .rig.identity import reference
from .runtime_api import contract

QUALITIES = (
    ("draft", "Draft", "Fewer denoising steps of the diffusion model: a quick look"),
    ("final", "Final", "All denoising steps of the diffusion model: the best it does"),
)
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
VOICES = (
    ("BOTH", "One Voice", "The whole sound is the voice of the actor in whose channel the strip lies"),
    ("LEFT", "Left Only", "The left channel is the voice of the actor in whose channel the strip lies"),
    ("RIGHT", "Right Only", "The right channel is the voice of the actor in whose channel the strip lies"),
    ("LEFT_RIGHT", "Two: Left, Right", "A recording of both: the first actor is on the left, the second on the right"),
    ("RIGHT_LEFT", "Two: Right, Left", "A recording of both: the first actor is on the right, the second on the left"),
)
_NOT_SPECIFIED = "not said"  # the identifier saved in files
EXPORT_FORMATS = tuple((one.name, one.label, one.description) for one in FORMATS.values())
EXPORT_PRESETS = tuple((one.name, one.label, one.description) for one in PRESETS.values())
EXPORT_RATES = tuple((str(rate), f"{rate} fps", f"{rate} rows a second") for rate in RATES)
NO_BONE = "(none)"  # chosen by hand for a joint that the rig has no bone for


def _emotions() -> list[tuple[str, str, str, str, int] | tuple[str, str, str]]:
    """List neutral, then the others by group. Keys and files store an emotion's number in the contract."""
    items: list[tuple[str, str, str, str, int] | tuple[str, str, str]] = []
    for group in sorted(contract.EMOTION_GROUPS, key=lambda name: name != "neutral"):
        items.append(("", group.capitalize(), ""))
        for name in contract.EMOTION_GROUPS[group]:
            meaning = "No emotion in particular" if name == "neutral" else f"An emotion: {name}"
            items.append((name, name.capitalize(), meaning, "NONE", contract.EMOTIONS.index(name)))
    return items


def _relationships() -> list[tuple[str, str, str, str, int]]:
    items = [(_NOT_SPECIFIED, "Not Specified", "The model is not conditioned on a relationship", "NONE", 0)]
    for number, name in enumerate(contract.RELATIONSHIPS, 1):
        first, _, second = name.partition(" / ")
        together = f"They are {name}" if name.endswith("s") else f"They are a {name}"
        meaning = f"The first actor is the {first}, the second the {second}" if second else together
        items.append((name, name.title(), meaning, "NONE", number))
    return items


def _style_slider(name: str, ends: str) -> object:
    """Make a slider of the gesture style, in standard deviations."""
    limit = contract.STRONGEST_STYLE
    description = f"In standard deviations from the usual gesturing (0): {ends}"
    return FloatProperty(name=name, default=0.0, min=-limit, max=limit, step=10, options=set(), description=description)


def _is_armature(_self: bpy.types.PropertyGroup, thing: bpy.types.Object) -> bool:
    return thing.type == "ARMATURE"


def bone_property(joint: str) -> str:
    """Return the property of the bone table that holds the bone chosen for a joint."""
    return joint.replace(":", "_")


def bones_to_choose(table: bpy.types.PropertyGroup, _context: bpy.types.Context, _typed: str) -> list[str]:
    """List the bones of the actor whose table this is."""
    actor = table.id_data.path_resolve(table.path_from_id().rpartition(".")[0])
    return [NO_BONE, *(bone.name for bone in actor.armature.data.bones)] if actor.armature is not None else []


class INTERACT_PG_bones(bpy.types.PropertyGroup):
    """The bones of one actor that are chosen by hand, a property for each joint; empty where the bone is found."""

    __annotations__ = {
        bone_property(joint): StringProperty(
            name=bone_label(joint).capitalize(),
            options=set(),
            search=bones_to_choose,
            search_options=set(),
            description=f"The bone of this rig that is the {bone_label(joint)}; empty: as it was found",
        )
        for joint in TABLE_JOINTS
    }


class INTERACT_PG_switch(bpy.types.PropertyGroup):
    """A custom property of a control that is set while the rig performs, such as IK off."""

    bone: StringProperty(name="Bone", description="The bone that has the property")  # type: ignore[valid-type]
    property: StringProperty(  # type: ignore[valid-type]
        name="Property", description="The name of the custom property, such as IK_FK"
    )
    value: FloatProperty(name="Value", description="What the property is set to")  # type: ignore[valid-type]


def _is_mesh_with_shapes(_self: bpy.types.PropertyGroup, thing: bpy.types.Object) -> bool:
    return thing.type == "MESH" and thing.data.shape_keys is not None


def shapes_to_choose(row: bpy.types.PropertyGroup, _context: bpy.types.Context, _typed: str) -> list[str]:
    """List the shape keys of the mesh of a row."""
    keys = row.mesh.data.shape_keys if row.mesh is not None else None
    return [block.name for block in keys.key_blocks if block != keys.reference_key] if keys is not None else []


class INTERACT_PG_shape(bpy.types.PropertyGroup):
    """A row of the table of shapes: what drives which shape key of which mesh, and how strongly.

    ``found`` is the shape key that was found by its name, ``near`` one that is only similar; both may be empty.
    """

    name: StringProperty(name="Curve", description="The ARKit curve or curves that drive the shape")  # type: ignore[valid-type]
    curve: StringProperty(  # type: ignore[valid-type]
        name="Missing Curve", description="The ARKit curve that no shape was found for"
    )
    mesh: PointerProperty(  # type: ignore[valid-type]
        name="Mesh", type=bpy.types.Object, poll=_is_mesh_with_shapes, description="The mesh that has the shape key"
    )
    found: StringProperty(  # type: ignore[valid-type]
        name="Found", description="The shape key that was found for the curve by its name"
    )
    near: StringProperty(  # type: ignore[valid-type]
        name="Similar", description="A shape key with a similar name, which is not driven unless it is chosen"
    )
    shape: StringProperty(  # type: ignore[valid-type]
        name="Shape",
        options=set(),
        search=shapes_to_choose,
        search_options=set(),
        description="The shape key that is driven; empty: none",
    )
    scale: FloatProperty(  # type: ignore[valid-type]
        name="Scale",
        default=1.0,
        soft_min=0.0,
        soft_max=2.0,
        min=-10.0,
        max=10.0,
        step=5,
        options=set(),
        description="What the shape's value is multiplied by",
    )
    offset: FloatProperty(  # type: ignore[valid-type]
        name="Offset",
        default=0.0,
        soft_min=-1.0,
        soft_max=1.0,
        min=-10.0,
        max=10.0,
        step=5,
        options=set(),
        description="What is added to the shape's value, within the range of its slider",
    )

    @property
    def is_as_found(self) -> bool:
        return self.shape == self.found and self.scale == 1.0 and self.offset == 0.0


def _forget_bones_of_others(actor: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    """Forget the bones chosen by hand that another armature has not."""
    if actor.armature is None:
        return
    there = actor.armature.data.bones
    for joint, bone in assigned_bones(actor).items():
        if bone and bone not in there:
            actor.bones.property_unset(bone_property(joint))
    for index in reversed(range(len(actor.switches))):
        if actor.switches[index].bone not in there:
            actor.switches.remove(index)


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
        update=_forget_bones_of_others,
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
    walk_target: PointerProperty(  # type: ignore[valid-type]
        name="Walk To",
        type=bpy.types.Object,
        description="Where the last walk leads: to an object such as an empty, along a curve from its first point to "
        "its last, or to the partner if the partner's armature is chosen",
    )
    emotion: EnumProperty(  # type: ignore[valid-type]
        name="Emotion",
        items=_emotions(),
        default="neutral",
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
    own_style: BoolProperty(  # type: ignore[valid-type]
        name="Own Style",
        default=False,
        options=set(),
        description="Condition this actor's gestures on the style below; off leaves the style to the model",
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


class INTERACT_PG_export(bpy.types.PropertyGroup):
    """How the characters are exported."""

    format: EnumProperty(  # type: ignore[valid-type]
        name="Format", items=EXPORT_FORMATS, default="fbx", description="The kind of file that the characters go to"
    )
    preset: EnumProperty(  # type: ignore[valid-type]
        name="Preset", items=EXPORT_PRESETS, default="plain", description="The program that an FBX is meant for"
    )
    one_each: BoolProperty(  # type: ignore[valid-type]
        name="One File Each", description="Write a file for each actor in the place of one for both"
    )
    root_motion: BoolProperty(  # type: ignore[valid-type]
        name="Root Motion",
        description="A root bone makes the way over the ground, and the hips move against it; off leaves the way in "
        "the hips",
    )
    bend: BoolProperty(  # type: ignore[valid-type]
        name="Bake Bendy Bones",
        description="Write a bone for every bend of a bendy bone, which the skin needs to look the same; some 560 more "
        "on a Rigify",
    )
    rate: EnumProperty(  # type: ignore[valid-type]
        name="Rate", items=EXPORT_RATES, default="30", description="How many rows a second has in the file"
    )


class INTERACT_PG_scene(bpy.types.PropertyGroup):
    """The scene's settings: its two actors and how to generate."""

    actor_a: PointerProperty(type=INTERACT_PG_actor)  # type: ignore[valid-type]
    actor_b: PointerProperty(type=INTERACT_PG_actor)  # type: ignore[valid-type]
    export: PointerProperty(  # type: ignore[valid-type]
        type=INTERACT_PG_export, description="How the two characters are exported"
    )
    seed: IntProperty(  # type: ignore[valid-type]
        name="Seed",
        default=0,
        min=0,
        description="The number that starts the random generator: the same seed gives the same performance again, "
        "another seed another take",
    )
    quality: EnumProperty(  # type: ignore[valid-type]
        name="Quality",
        items=QUALITIES,
        default="final",
        description="How many denoising steps the diffusion model takes",
    )
    guidance: FloatProperty(  # type: ignore[valid-type]
        name="Guidance",
        default=2.0,
        min=0.0,
        max=10.0,
        description="Scale of classifier-free guidance: how closely the motion follows voices, labels and emotions. "
        "1 adds nothing; high values exaggerate",
    )
    keep_keys: BoolProperty(  # type: ignore[valid-type]
        name="Keep My Keys",
        default=False,
        options=set(),
        description="The poses you keyed in the active action, or changed in a take, are kept: the new take passes "
        "through them. Keys that an import or a bake wrote on every frame are not yours",
    )
    relationship: EnumProperty(  # type: ignore[valid-type]
        name="Relationship",
        items=_relationships(),
        default=_NOT_SPECIFIED,
        options=set(),
        description="The relationship that the motion is conditioned on; the first role is the first actor's",
    )
    lips: FloatProperty(  # type: ignore[valid-type]
        name="Lips",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options=set(),
        description="Lip accuracy: 1 fits mouth shapes to the sounds of the voice as exactly as the runtime can, "
        "0 keeps the expressive face model's mouth as it is",
    )

    bones_shown: EnumProperty(  # type: ignore[valid-type]
        name="Actor",
        items=(("0", "First", "The first actor"), ("1", "Second", "The second actor")),
        options=set(),
        description="The actor whose bones and shapes the panels show",
    )

    @property
    def actors(self) -> tuple[INTERACT_PG_actor, INTERACT_PG_actor]:
        return (self.actor_a, self.actor_b)


def strip_voices() -> object:
    """Make the setting of a sound strip that says whose voices its channels are."""
    return EnumProperty(
        name="Voices", items=VOICES, default="BOTH", options=set(), description="Whose voices this recording holds"
    )


def relationship_of(settings: INTERACT_PG_scene) -> str:
    """Return the relationship for the request: empty if it is not specified."""
    return "" if settings.relationship == _NOT_SPECIFIED else settings.relationship


def style_of(actor: INTERACT_PG_actor) -> contract.Style | None:
    """Return the gesture style for the request: None if the actor has no style of its own."""
    if not actor.own_style:
        return None
    return contract.Style(actor.style_liveliness, actor.style_height, actor.style_reach)


def assigned_bones(actor: INTERACT_PG_actor) -> dict[str, str]:
    """Return the bones chosen by hand, joint by joint; "" for a joint that the rig has no bone for."""
    chosen = {joint: getattr(actor.bones, bone_property(joint)) for joint in TABLE_JOINTS}
    return {joint: "" if bone == NO_BONE else bone for joint, bone in chosen.items() if bone}


def switches_of(actor: INTERACT_PG_actor) -> tuple[tuple[str, str, float], ...]:
    """Return the custom properties (bone, property, value) that are set while the rig performs."""
    return tuple((switch.bone, switch.property, switch.value) for switch in actor.switches)


def generated_parts(actor: INTERACT_PG_actor) -> tuple[str, ...]:
    """Return what is generated, and keyed, of an actor: of 'body', 'head', 'hands' and 'face'."""
    if actor.perform == KEEP_FACE:
        return ("body", "head", "hands")
    if actor.perform != KEEP_BODY:
        return ("body", "head", "hands", "face")
    wanted = (("head", actor.generate_head), ("hands", actor.generate_hands), ("face", True))
    return tuple(part for part, is_wanted in wanted if is_wanted)


def face_settings_of(actor: INTERACT_PG_actor) -> FaceSettings:
    """Return what was set for an actor's shape keys and face bones."""
    shapes = tuple(
        ShapeSetting(reference(row.mesh), row.found, row.curve, row.shape, row.scale, row.offset)
        for row in actor.shapes
        if row.mesh is not None and not row.is_as_found
    )
    return FaceSettings(shapes, actor.jaw_opens, actor.eyes_turn, actor.lids_close)


def actor_name(actor: INTERACT_PG_actor) -> str:
    """Return the actor's name, as in the sequencer's channels and messages; empty without an armature."""
    return actor.name or (actor.armature.name if actor.armature is not None else "")


def export_settings(choices: INTERACT_PG_export) -> Settings:
    """Return the choices of the Export panel, or of its operator, as plain data."""
    return Settings(
        choices.format, choices.preset, choices.one_each, choices.root_motion, int(choices.rate), choices.bend
    )


def draw_export_choices(layout: bpy.types.UILayout, choices: INTERACT_PG_export) -> None:
    """Draw the format and those choices that it has."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    for name in ("format", *FORMATS[choices.format].choices):
        column.prop(choices, name)
