"""Everything the add-on registers with Blender, as an explicit list."""

from __future__ import annotations

from typing import Any

import bpy

from . import batch, compat, messages, panels, preferences, properties
from .operators import (
    attention,
    cast,
    check,
    contacts,
    demo,
    export,
    faces,
    feedback,
    generate,
    ik,
    interactions,
    keys,
    labels,
    mapping,
    mend,
    picking,
    problems,
    regenerate,
    resolve,
    retiming,
    runtime,
    saving,
    script,
    shortcuts,
    stepping,
    takes,
    transcripts,
    word_search,
    workspace,
)
from .overlay import check_drawing, contact_drawing, drawing, event_band, label_band, voice_words
from .scene import earlier_names, settling, targets
from .takes.settings import INTERACT_PG_take, shown_take_row
from .worker_client import generation

CLASSES: tuple[type, ...] = (
    *properties.CLASSES,
    INTERACT_PG_take,
    preferences.INTERACT_AP_preferences,
    *cast.CLASSES,
    *mapping.CLASSES,
    *picking.CLASSES,
    *faces.CLASSES,
    *script.CLASSES,
    *labels.CLASSES,
    *attention.CLASSES,
    *interactions.CLASSES,
    *contacts.CLASSES,
    *transcripts.CLASSES,
    *word_search.CLASSES,
    *feedback.CLASSES,
    *stepping.CLASSES,
    *generate.CLASSES,
    *regenerate.CLASSES,
    *ik.CLASSES,
    *mend.CLASSES,
    *export.CLASSES,
    *takes.CLASSES,
    *check.CLASSES,
    *resolve.CLASSES,
    *retiming.CLASSES,
    *keys.CLASSES,
    *demo.CLASSES,
    *workspace.CLASSES,
    *runtime.CLASSES,
    *panels.MENUS,
    *panels.CLASSES,
)

_cli_command: object | None = None


@bpy.app.handlers.persistent
def _stop_generating(*_arguments: object) -> None:
    """Abandon a running generation when another file is opened: it belongs to the file that is closed."""
    if generation.current is not None:
        generation.current.abandon()


@bpy.app.handlers.persistent
def _show_strips(*_arguments: object) -> None:
    """Show the strips of a cast scene: files from Blender 4.5 open in 5.x with an empty sequencer, which a scene that
    comes back by undo or redo has, too.
    """
    if any(actor.armature is not None for actor in bpy.context.scene.interact.actors):
        compat.show_in_sequencer(bpy.context.scene, only_where_empty=True)


@bpy.app.handlers.persistent
def _update_file(*_arguments: object) -> None:
    """Bring what an older version of the add-on saved to where this one keeps it."""
    for scene in bpy.data.scenes:
        if scene.library is None:
            targets.move_walk_targets(scene)
            earlier_names.bring_names_up_to_date(scene)


def _comings_back() -> tuple[list[Any], ...]:
    """Return Blender's lists of handlers of what may bring a scene back."""
    handlers = bpy.app.handlers
    return handlers.load_post, handlers.undo_post, handlers.redo_post


def _changes() -> tuple[list[Any], ...]:
    """Return Blender's lists of handlers of what may change a scene."""
    handlers = bpy.app.handlers
    return handlers.depsgraph_update_post, handlers.undo_post, handlers.redo_post


def _settling() -> tuple[tuple[list[Any], Any], ...]:
    """Return Blender's lists of handlers in which ids and channels are brought up to date, and what does it there."""
    handlers = bpy.app.handlers
    everywhere = (handlers.load_post, handlers.undo_post, handlers.redo_post)
    return (handlers.depsgraph_update_post, settling.settle_changed), *(
        (one, settling.settle_all) for one in everywhere
    )


def register() -> None:
    global _cli_command
    messages.register()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.interact = bpy.props.PointerProperty(type=properties.INTERACT_PG_scene)
    bpy.types.SoundStrip.interact_voices = properties.strip_voices()
    bpy.types.ColorStrip.interact_target = properties.strip_target()
    bpy.types.ColorStrip.interact_contact = properties.strip_contact()
    for strip in (bpy.types.ColorStrip, bpy.types.TextStrip):
        strip.interact_actor = properties.strip_actor()
    bpy.types.Action.interact = bpy.props.PointerProperty(type=INTERACT_PG_take)
    bpy.types.Scene.interact_take_shown = shown_take_row()
    bpy.types.VIEW3D_MT_add.append(demo.draw_add_menu)
    for draw in (generate.draw_status, stepping.draw_status):
        bpy.types.STATUSBAR_HT_header.append(draw)
    drawing.start()
    check_drawing.start()
    contact_drawing.start()
    event_band.start()
    bpy.types.TOPBAR_MT_window.append(workspace.draw_window_menu)
    for menu in (bpy.types.GRAPH_MT_key, bpy.types.DOPESHEET_MT_key):
        menu.append(keys.draw_key_menu)
    bpy.app.handlers.load_pre.append(_stop_generating)
    bpy.app.handlers.load_pre.append(word_search.stop)
    bpy.app.handlers.load_post.append(_update_file)
    bpy.app.handlers.blend_import_post.append(_update_file)
    for handlers in _comings_back():
        handlers.append(_show_strips)
    bpy.app.handlers.load_post.append(problems.file_loaded)
    bpy.app.handlers.load_post.append(check.file_loaded)
    bpy.app.handlers.load_post.append(stepping.file_loaded)
    for handlers, follow in _settling():
        handlers.append(follow)
    for handlers, follow in saving.handlers():
        handlers.append(follow)
    for changes in _changes():
        changes.append(problems.scene_changed)
        changes.append(labels.strips_changed)
        changes.append(drawing.scene_changed)
        changes.append(check_drawing.scene_changed)
        changes.append(contact_drawing.scene_changed)
        changes.append(check.scene_changed)
        changes.append(stepping.scene_changed)
        changes.append(voice_words.scene_changed)
        changes.append(word_search.scene_changed)
    bpy.app.handlers.undo_post.append(retiming.undone)
    labels.register()
    shortcuts.register()
    label_band.start()
    voice_words.start()
    _cli_command = bpy.utils.register_cli_command("interact", batch.main)


def unregister() -> None:
    global _cli_command
    runtime.stop_installing()
    word_search.stop()
    generation.free_runtime()
    if _cli_command is not None:
        bpy.utils.unregister_cli_command(_cli_command)
        _cli_command = None
    for changes in _changes():
        changes.remove(problems.scene_changed)
        changes.remove(labels.strips_changed)
        changes.remove(drawing.scene_changed)
        changes.remove(check_drawing.scene_changed)
        changes.remove(contact_drawing.scene_changed)
        changes.remove(check.scene_changed)
        changes.remove(stepping.scene_changed)
        changes.remove(voice_words.scene_changed)
        changes.remove(word_search.scene_changed)
    label_band.stop()
    voice_words.stop()
    shortcuts.unregister()
    labels.unregister()
    bpy.app.handlers.undo_post.remove(retiming.undone)
    for handlers, follow in saving.handlers():
        handlers.remove(follow)
    for handlers, follow in _settling():
        handlers.remove(follow)
    bpy.app.handlers.load_post.remove(stepping.file_loaded)
    bpy.app.handlers.load_post.remove(check.file_loaded)
    bpy.app.handlers.load_post.remove(problems.file_loaded)
    problems.stop()
    stepping.stop()
    bpy.app.handlers.blend_import_post.remove(_update_file)
    bpy.app.handlers.load_post.remove(_update_file)
    for handlers in _comings_back():
        handlers.remove(_show_strips)
    bpy.app.handlers.load_pre.remove(word_search.stop)
    bpy.app.handlers.load_pre.remove(_stop_generating)
    for draw in (stepping.draw_status, generate.draw_status):
        bpy.types.STATUSBAR_HT_header.remove(draw)
    event_band.stop()
    contact_drawing.stop()
    check_drawing.stop()
    drawing.stop()
    for menu in (bpy.types.GRAPH_MT_key, bpy.types.DOPESHEET_MT_key):
        menu.remove(keys.draw_key_menu)
    bpy.types.TOPBAR_MT_window.remove(workspace.draw_window_menu)
    bpy.types.VIEW3D_MT_add.remove(demo.draw_add_menu)
    del bpy.types.Scene.interact_take_shown
    del bpy.types.Action.interact
    for strip in (bpy.types.ColorStrip, bpy.types.TextStrip):
        del strip.interact_actor
    del bpy.types.ColorStrip.interact_contact
    del bpy.types.ColorStrip.interact_target
    del bpy.types.SoundStrip.interact_voices
    del bpy.types.Scene.interact
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    messages.unregister()
