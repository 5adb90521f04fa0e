"""Presets of the bone table: JSON files, read with all checks and written whole. No Blender here.

    {"format": "InterAct bones", "version": 1, "rig": "Mixamo",
     "bones": {"pelvis": "Hips", "spine:0": "Spine", "left_foot": ""},
     "switches": [["hand_ik.L", "IK_FK", 1.0]],
     "shapes": {…}}

``bones``: joint to bone, "" for a joint without one. ``switches``: custom properties set while the rig performs.
``shapes``: what the table of shapes makes of itself. All but format, version and bones may be left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..runtime_api import errors, files
from .bone_table import TABLE_JOINTS, bone_label

FORMAT, VERSION = "InterAct bones", 1
_MOST_BYTES = 1 << 20
_MOST_SWITCHES = 200
_LARGEST_VALUE = 1_000_000
_LONGEST_NAME = 63  # bytes of a bone's name in Blender
_KEYS = {"format", "version", "rig", "bones", "switches", "shapes"}


@dataclass(frozen=True)
class Preset:
    """A bone table as it is stored. ``rig``: what it was made for, for the reader."""

    bones: Mapping[str, str]
    switches: tuple[tuple[str, str, float], ...] = ()
    shapes: Mapping[str, Any] = field(default_factory=dict)
    rig: str = ""

    def fit(self, bones: Iterable[str]) -> float:
        """Return the share (0 to 1) of the preset's bones that are among ``bones``."""
        there, named = set(bones), [bone for bone in self.bones.values() if bone]
        return sum(bone in there for bone in named) / len(named) if named else 0.0


def write_preset(path: Path, preset: Preset) -> None:
    """Write a preset whole or not at all. Raises ``OutOfSpace``."""
    content: dict[str, Any] = {"format": FORMAT, "version": VERSION, "rig": preset.rig, "bones": dict(preset.bones)}
    if preset.switches:
        content["switches"] = [list(switch) for switch in preset.switches]
    if preset.shapes:
        content["shapes"] = dict(preset.shapes)
    try:
        files.write_whole(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        raise errors.OutOfSpace(
            f"'{path}' cannot be written ({error.strerror}); free some space or choose another folder."
        ) from error


def read_preset(path: Path) -> Preset:
    """Read a preset. Raises ``InvalidRequest``: one sentence that says what in the file is wrong."""
    content = _read_json(path)
    if content.get("format") != FORMAT:
        raise _wrong(path, f'it lacks \'"format": "{FORMAT}"\'')
    if content.get("version") != VERSION:
        raise _wrong(path, f"its version is {content.get('version')!r} and this add-on reads {VERSION}")
    if unknown := sorted(set(content) - _KEYS):
        raise _wrong(path, f"'{unknown[0]}' is unknown")
    rig, shapes = content.get("rig", ""), content.get("shapes", {})
    if not isinstance(rig, str) or not isinstance(shapes, dict):
        raise _wrong(path, "'rig' must be a text and 'shapes' an object")
    return Preset(_bones(path, content.get("bones")), _switches(path, content.get("switches", [])), shapes, rig)


def presets_in(folder: Path) -> list[Path]:
    """Return the preset files in a folder by name; none if there is no such folder."""
    return sorted(folder.glob("*.json"), key=lambda path: path.stem.casefold()) if folder.is_dir() else []


def preset_path(folder: Path, name: str) -> Path:
    """Return the file of a preset. Raises ``InvalidRequest`` for a name that is no file name on every system."""
    name = name.strip()
    if (
        not name
        or len(name.encode()) > 100
        or re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
        or name[0] == "."
        or name[-1] == "."
    ):
        raise errors.InvalidRequest(
            f"'{name}' cannot be the name of a preset; choose a short one without any of < > : \" / \\ | ? * and "
            "without a dot at its ends."
        )
    return folder / f"{name}.json"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _wrong(path, f"it is larger than {_MOST_BYTES >> 20} MiB")
        content = json.loads(path.read_text("utf-8-sig"), object_pairs_hook=_without_repeated_keys)
    except OSError as error:
        raise errors.InvalidRequest(f"'{path}' cannot be read ({error.strerror}); choose another file.") from error
    except (ValueError, RecursionError) as error:
        raise _wrong(path, str(error).partition(":")[0] or "it is no JSON") from error
    if not isinstance(content, dict):
        raise _wrong(path, "it holds no JSON object")
    return content


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [key for key, _ in pairs]
        raise ValueError(f"'{next(key for key in names if names.count(key) > 1)}' is in it twice")
    return content


def _wrong(path: Path, reason: str) -> errors.InvalidRequest:
    return errors.InvalidRequest(
        f"'{path.name}' is no bone table for this add-on ({reason}); export one under Cast > Bones and compare."
    )


def _is_name(text: Any) -> bool:
    """Return whether Blender can hold a text as the name of a bone or property."""
    if not isinstance(text, str):
        return False
    try:
        return 0 < len(text.encode()) <= _LONGEST_NAME
    except UnicodeEncodeError:  # half of a surrogate pair
        return False


def _bones(path: Path, bones: Any) -> dict[str, str]:
    if not isinstance(bones, dict) or not bones:
        raise _wrong(path, "'bones' must be an object of joints, each with the name of its bone")
    joint_of: dict[str, str] = {}
    for joint, bone in bones.items():
        if joint not in TABLE_JOINTS:
            raise _wrong(path, f"'{joint}' is no joint")
        if bone != "" and not _is_name(bone):
            raise _wrong(path, f"the bone of '{joint}' must be a text of at most {_LONGEST_NAME} bytes")
        if bone and bone in joint_of:
            raise _wrong(path, f"'{bone}' is the {bone_label(joint_of[bone])} and the {bone_label(joint)}")
        joint_of[bone] = joint
    return dict(bones)


def _switches(path: Path, switches: Any) -> tuple[tuple[str, str, float], ...]:
    if not isinstance(switches, list) or len(switches) > _MOST_SWITCHES:
        raise _wrong(path, f"'switches' must be a list of at most {_MOST_SWITCHES}")
    found = []
    for switch in switches:
        if not isinstance(switch, list) or len(switch) != 3 or not _is_name(switch[0]) or not _is_name(switch[1]):
            raise _wrong(path, "each of 'switches' must be [bone, property, value]")
        bone, prop, value = switch
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST_VALUE:
            raise _wrong(path, f"the value of '{prop}' must be a number of at most {_LARGEST_VALUE}")
        found.append((bone, prop, float(value)))
    return tuple(found)
