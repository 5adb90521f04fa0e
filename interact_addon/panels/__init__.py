"""The InterAct tab in the sidebar of the 3D view and of the sequencer, one file a panel."""

from __future__ import annotations

import bpy

from .attention import Targets
from .cast import Cast, Casting
from .check import Check, INTERACT_UL_events, Resolve, Shown
from .contacts import Contacts
from .export import Export
from .expression import Expression, Style
from .faces import INTERACT_UL_shapes, Shapes
from .generate import Advanced, Generate
from .interactions import Interactions
from .labels import Labels
from .mapping import Bones, INTERACT_MT_bone_presets
from .regenerate import Locks, Regenerate
from .script import Script
from .sidebar import in_both_editors
from .takes import Adjust, INTERACT_UL_takes, Overlay, Takes

_IN_ORDER = (
    Casting,
    Cast,
    Bones,
    Shapes,
    Script,
    Labels,
    Targets,
    Interactions,
    Contacts,
    Expression,
    Style,
    Generate,
    Regenerate,
    Locks,
    Advanced,
    Takes,
    Adjust,
    Overlay,
    Check,
    Resolve,
    Shown,
    Export,
)
CLASSES: tuple[type[bpy.types.Panel], ...] = tuple(cls for base in _IN_ORDER for cls in in_both_editors(base))
MENUS: tuple[type[bpy.types.Menu] | type[bpy.types.UIList], ...] = (
    INTERACT_MT_bone_presets,
    INTERACT_UL_shapes,
    INTERACT_UL_takes,
    INTERACT_UL_events,
)
