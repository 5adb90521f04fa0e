"""The differences between Blender 4.5, 5.0 and 5.2, and nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import bpy

EEVEE = "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"
_NEW_STRIP_TIMES = bpy.app.version >= (5, 2, 0)  # the frame_* names of strips are removed in 6.0


def strip_left(strip: Any) -> float:
    """Return the first visible or audible frame of a strip."""
    return strip.left_handle if _NEW_STRIP_TIMES else strip.frame_final_start


def strip_right(strip: Any) -> float:
    """Return the frame after the last one of a strip."""
    return strip.right_handle if _NEW_STRIP_TIMES else strip.frame_final_end


def strip_content(strip: Any) -> tuple[float, float]:
    """Return the frame at which the file's first sample would play, and the length of the whole content in frames."""
    if _NEW_STRIP_TIMES:
        return strip.content_start, strip.content_duration
    return strip.frame_start, strip.frame_duration


def strip_hard_trim(strip: Any) -> float:
    """Return the frames that are cut from the head of the content by a hard trim."""
    return strip.content_trim_start if _NEW_STRIP_TIMES else strip.animation_offset_start


def set_strip_left(strip: Any, frame: int) -> None:
    if _NEW_STRIP_TIMES:
        strip.left_handle = frame
    else:
        strip.frame_final_start = frame


def set_strip_right(strip: Any, frame: int) -> None:
    if _NEW_STRIP_TIMES:
        strip.right_handle = frame
    else:
        strip.frame_final_end = frame


def move_strip(strip: Any, frames: int) -> None:
    """Move a strip later in time, earlier below 0."""
    if _NEW_STRIP_TIMES:
        strip.content_start += frames
    else:
        strip.frame_start += frames


def new_color_strip(sequencer: Any, name: str, channel: int, start: int, end: int) -> Any:
    """Add a COLOR strip from frame ``start`` up to, not including, ``end``."""
    return new_effect_strip(sequencer, "COLOR", name, channel, start, end)


def new_effect_strip(sequencer: Any, kind: str, name: str, channel: int, start: int, end: int) -> Any:
    """Add a strip without input (COLOR, TEXT) from frame ``start`` up to, not including, ``end``."""
    if bpy.app.version >= (5, 0, 0):
        return sequencer.strips.new_effect(name, kind, channel, frame_start=start, length=end - start)
    return sequencer.strips.new_effect(name, kind, channel, frame_start=start, frame_end=end)


def sequencer_scene(scene: bpy.types.Scene) -> bpy.types.Scene:
    """Return the scene whose sequencer the user sees: from 5.0 on the workspace may show another scene's."""
    shown = shown_sequencer_scene()
    if shown is not None and shown != scene and _has_strips(shown) and not _has_strips(scene):
        return shown
    return scene


def shown_sequencer_scene() -> bpy.types.Scene | None:
    """Return the scene that the sequencer of this workspace shows; None before 5.0, where it is the window's own."""
    return getattr(getattr(bpy.context, "workspace", None), "sequencer_scene", None)


def mixes_in_a_thread() -> bool:
    """Return whether the operator for mixing sound returns at once and mixes later.

    5.0.1 does not, 5.2.2 does, and 5.2.3 only when a user invokes it; those between were not tried and count as 5.2.2.
    """
    return (5, 1, 0) <= bpy.app.version < (5, 2, 3)


def script_command(script: Path) -> list[str]:
    """Return the command that runs a script in another Blender of this version; without the program, in its module."""
    if not bpy.app.binary_path:
        return [sys.executable, str(script)]
    options = ["--background", "--factory-startup", "--python-exit-code", "1", "--python", str(script)]
    return [bpy.app.binary_path, *options]


def keep_pitch_changes(strip: Any) -> None:
    """Let a retimed sound change its pitch, as always before 5.0."""
    if hasattr(strip, "pitch_correction"):
        strip.pitch_correction = False


def is_deprecated(prop: bpy.types.Property) -> bool:
    """Return whether reading a property warns that a later Blender won't have it; unknown before 5.0."""
    return bool(getattr(prop, "is_deprecated", False))


def sequencer_override(scene: bpy.types.Scene) -> dict[str, Any]:
    """Return the context in which operators of the sequencer work on ``scene``."""
    context: dict[str, Any] = {"scene": scene, "view_layer": scene.view_layers[0]}
    if "sequencer_scene" in bpy.types.WorkSpace.bl_rna.properties:  # 5.0
        context["sequencer_scene"] = scene
    return context


def show_in_sequencer(scene: bpy.types.Scene, only_where_empty: bool = False) -> None:
    """Show ``scene`` in the sequencer of this workspace and of those that show none (each has its own from 5.0 on)."""
    here = None if only_where_empty else getattr(bpy.context, "workspace", None)
    for workspace in bpy.data.workspaces:
        if hasattr(workspace, "sequencer_scene") and (workspace == here or workspace.sequencer_scene is None):
            workspace.sequencer_scene = scene


def _has_strips(scene: bpy.types.Scene) -> bool:
    return scene.sequence_editor is not None and len(scene.sequence_editor.strips) > 0


def channelbag(action: bpy.types.Action, slot: Any) -> Any:
    """Return the curves of ``slot`` in the action's only layer and keyframe strip, which are made if missing."""
    layer = action.layers[0] if len(action.layers) else action.layers.new("InterAct")
    strip = layer.strips[0] if len(layer.strips) else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True)


def new_curve(bag: Any, data_path: str, index: int, group: str) -> bpy.types.FCurve:
    """Add a curve to a channelbag in the group of that name (4.5 adds groups separately)."""
    if bpy.app.version >= (5, 0, 0):
        return bag.fcurves.new(data_path, index=index, group_name=group)
    curve = bag.fcurves.new(data_path, index=index)
    curve.group = bag.groups.get(group) or bag.groups.new(group)
    return curve


def still_output(render: Any) -> tuple[str, str]:
    """Return the file format and colour mode of a render, the arguments of ``set_still_output``."""
    return render.image_settings.file_format, render.image_settings.color_mode


def set_still_output(render: Any, file_format: str, color_mode: str = "RGB") -> None:
    """Render images of one frame each; from 5.0 on the kind of medium is set first."""
    if bpy.app.version >= (5, 0, 0):
        render.image_settings.media_type = "VIDEO" if file_format == "FFMPEG" else "IMAGE"
    render.image_settings.file_format = file_format
    render.image_settings.color_mode = color_mode


def set_film_output(render: Any) -> None:
    """Render an MP4 with H.264 and AAC."""
    set_still_output(render, "FFMPEG")
    film = render.ffmpeg
    film.format, film.codec, film.audio_codec, film.audio_bitrate = "MPEG4", "H264", "AAC", 128
    film.constant_rate_factor, film.gopsize = "HIGH", 15


def stored_number(item: Any, name: str) -> int | None:
    """Return the number that a file stores for a choice, also where no item has it; None where nothing is stored."""
    stored = item.bl_system_properties_get() if bpy.app.version >= (5, 0, 0) else item
    number = stored.get(name) if stored is not None else None
    return number if isinstance(number, int) else None


def remove_scene(scene: bpy.types.Scene, *others: bpy.types.ID) -> None:
    """Remove a scene that no window shows, and what else was made with it.

    ``bpy.data.scenes.remove`` ends Blender 5.2 while somebody holds the mouse in a timeline's ruler: it looks up which
    scene the playback's timer plays, and takes scrubbing for playback, which has no timer.
    """
    bpy.data.batch_remove((scene, *others))


def end_process(code: int) -> NoReturn:
    """End the process at once, after flushing the output.

    At its normal end Blender 4.5's module can hang: it destroys the lock of a thread that closes sound and film files
    while that thread still waits for it.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
