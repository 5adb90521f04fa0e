"""The add-on's keys, which users find and change in Blender's preferences under Keymap."""

from __future__ import annotations

from typing import Any

import bpy

from .check import INTERACT_OT_next_event
from .labels import INTERACT_MT_label_pie

_Key = tuple[str, str, str, dict[str, Any], dict[str, Any]]  # keymap, its editor, operator, key, settings

# "Frames" holds the arrow keys of Blender that move the playhead, in the 3D view as in all editors of time.
KEYS: tuple[_Key, ...] = (
    ("Sequencer", "SEQUENCE_EDITOR", "wm.call_menu_pie", {"type": "W", "shift": True},
     {"name": INTERACT_MT_label_pie.bl_idname}),
    ("Frames", "EMPTY", INTERACT_OT_next_event.bl_idname, {"type": "LEFT_ARROW", "alt": True, "shift": True},
     {"step": -1}),
    ("Frames", "EMPTY", INTERACT_OT_next_event.bl_idname, {"type": "RIGHT_ARROW", "alt": True, "shift": True},
     {"step": 1}),
)  # fmt: skip
_added: list[tuple[Any, Any]] = []


def register() -> None:
    """Add the keys; without a window there are none."""
    keyconfig = bpy.context.window_manager.keyconfigs.addon if bpy.context.window_manager is not None else None
    if keyconfig is not None:
        add_keys(keyconfig)


def add_keys(keyconfig: bpy.types.KeyConfig) -> None:
    """Add the keys to a configuration of Blender's."""
    for name, space, operator, key, settings in KEYS:
        keymap = keyconfig.keymaps.new(name, space_type=space)
        item = keymap.keymap_items.new(operator, value="PRESS", **key)
        for setting, value in settings.items():
            setattr(item.properties, setting, value)
        _added.append((keymap, item))


def unregister() -> None:
    """Take back what ``register`` added."""
    for keymap, item in _added:
        keymap.keymap_items.remove(item)
    _added.clear()
