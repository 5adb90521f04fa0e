"""Settings saved with the file: the cast, the strips, and how to generate and export."""

from .actor import (
    KEEP_BODY,
    KEEP_FACE,
    ONLY_LISTEN,
    PERFORM_ALL,
    ActorKey,
    INTERACT_PG_actor,
    actor_choice,
    actor_key,
    actor_name,
    as_key,
    generated_parts,
    kept_parts,
    leading_hand_of,
    style_of,
)
from .bones import (
    NO_BONE,
    INTERACT_PG_bones,
    INTERACT_PG_switch,
    assigned_bones,
    bone_property,
    bones_to_choose,
    switches_of,
)
from .channels import INTERACT_PG_channel, INTERACT_PG_character
from .check import INTERACT_PG_check, INTERACT_PG_event
from .contacts import OBJECT, INTERACT_PG_contact, INTERACT_PG_contact_choice, strip_contact
from .export import (
    ExportChoices,
    INTERACT_PG_export,
    draw_export_choices,
    export_settings,
)
from .identity import all_actors, cast_in, identify, new_identity, remember
from .labels import INTERACT_PG_labels
from .locks import PART_NAMES, INTERACT_PG_locks, chosen_parts, part_switch
from .overlay import INTERACT_PG_overlay
from .regenerate import FROM_PREVIEW, FROM_STRIPS, INTERACT_PG_regenerate
from .resolve import INTERACT_PG_resolve
from .scene import INTERACT_PG_scene, relationship_of
from .shapes import INTERACT_PG_shape, face_settings_of, shapes_to_choose
from .strips import BOTH_ACT, strip_actor, strip_target, strip_voices

# In the order in which Blender needs them: a group before the one that holds it.
CLASSES = (
    INTERACT_PG_bones,
    INTERACT_PG_switch,
    INTERACT_PG_shape,
    INTERACT_PG_locks,
    INTERACT_PG_actor,
    INTERACT_PG_export,
    INTERACT_PG_regenerate,
    INTERACT_PG_contact,
    INTERACT_PG_contact_choice,
    INTERACT_PG_resolve,
    INTERACT_PG_channel,
    INTERACT_PG_character,
    INTERACT_PG_overlay,
    INTERACT_PG_labels,
    INTERACT_PG_event,
    INTERACT_PG_check,
    INTERACT_PG_scene,
)

__all__ = [
    "BOTH_ACT",
    "CLASSES",
    "FROM_PREVIEW",
    "FROM_STRIPS",
    "KEEP_BODY",
    "KEEP_FACE",
    "NO_BONE",
    "OBJECT",
    "ONLY_LISTEN",
    "PART_NAMES",
    "PERFORM_ALL",
    "ActorKey",
    "ExportChoices",
    "INTERACT_PG_actor",
    "INTERACT_PG_bones",
    "INTERACT_PG_check",
    "INTERACT_PG_contact",
    "INTERACT_PG_contact_choice",
    "INTERACT_PG_event",
    "INTERACT_PG_export",
    "INTERACT_PG_labels",
    "INTERACT_PG_locks",
    "INTERACT_PG_regenerate",
    "INTERACT_PG_resolve",
    "INTERACT_PG_scene",
    "INTERACT_PG_shape",
    "INTERACT_PG_switch",
    "actor_choice",
    "actor_key",
    "actor_name",
    "all_actors",
    "as_key",
    "assigned_bones",
    "bone_property",
    "bones_to_choose",
    "cast_in",
    "chosen_parts",
    "draw_export_choices",
    "export_settings",
    "face_settings_of",
    "generated_parts",
    "identify",
    "kept_parts",
    "leading_hand_of",
    "new_identity",
    "part_switch",
    "relationship_of",
    "remember",
    "shapes_to_choose",
    "strip_actor",
    "strip_contact",
    "strip_target",
    "strip_voices",
    "style_of",
    "switches_of",
]
