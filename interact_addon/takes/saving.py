"""The files of takes go where the .blend goes: performances and voices are copied along before it is written.

In a file that was never saved they lie in Blender's temporary folder. With the first save they come to the folder
beside it, and the records say so. Saved in another folder, the file gets copies of them there, under the same names, so
that both files have all they need. A save that changes no folder copies nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import bpy

from ..runtime_api import contract, errors
from .library import forget_summary
from .record import RECORD, TakeRecord, read_record, takes_folder
from .voices import copy_whole, keep_voices

_PERFORMANCE = re.compile(r'"performance": ("(?:[^"\\]|\\.)*")')  # near the beginning of a text that may be long
_written: dict[int, str] = {}  # records as they were before the save that goes on now, by the action's session_uid


def bring_along(target: Path) -> list[str]:
    """Copy the files of all takes of this file beside ``target``, where it is about to be saved; return warnings.

    Takes whose files are gone already are left as they are.
    """
    _written.clear()
    warnings = []
    before = Path(bpy.data.filepath).parent if bpy.data.filepath else None
    for action in bpy.data.actions:
        is_beside = _is_beside(action) if action.library is None else None
        if is_beside is None or (is_beside and before in (None, target.parent)):
            continue
        try:
            if record := read_record(action):
                if before is not None and is_beside:
                    _copy(record, before, target.parent)
                else:
                    _take_in(action, record, takes_folder(target))
        except (OSError, errors.InterActError) as error:
            warnings.append(_sentence(target, error))
    return list(dict.fromkeys(warnings))


def _is_beside(action: bpy.types.Action) -> bool | None:
    """Return whether the files of a take lie beside the .blend; None for an action that is no take."""
    text = action.get(RECORD)
    match = _PERFORMANCE.search(text) if isinstance(text, str) else None
    return None if match is None else str(json.loads(match.group(1))).startswith("//")


def saved(target: Path) -> None:
    """Take note that the file was saved; what belongs to a copy alone is not said of this file."""
    now = Path(bpy.data.filepath)
    if now != target and not (now.exists() and target.exists() and now.samefile(target)):
        take_back()
    _written.clear()


def take_back() -> None:
    """Give records the text that they had before the save: it failed, or was a copy."""
    for action in bpy.data.actions:
        if action.session_uid in _written:
            action[RECORD] = _written[action.session_uid]
            forget_summary(action)
    _written.clear()


def _take_in(action: bpy.types.Action, record: TakeRecord, folder: Path) -> None:
    """Copy a take's files from the temporary folder into ``folder``, and let its record name them there."""
    source = Path(record.performance)
    if not source.is_file():
        return
    folder.mkdir(exist_ok=True)
    request = keep_voices(contract.request_from_json(record.request), folder, f"//{folder.name}")
    copy_whole(source, folder / source.name)
    _written[action.session_uid] = action[RECORD]
    plain = json.loads(action[RECORD])
    plain |= {"performance": f"//{folder.name}/{source.name}", "request": contract.request_to_json(request)}
    action[RECORD] = json.dumps(plain)
    forget_summary(action)


def _copy(record: TakeRecord, before: Path, after: Path) -> None:
    """Copy a take's files from the folder of one .blend to that of another."""
    for path in (record.performance, *_voices(record)):
        source, target = (folder / path.removeprefix("//") for folder in (before, after))
        if path.startswith("//") and source.is_file() and source != target:
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_whole(source, target)


def _voices(record: TakeRecord) -> Iterator[str]:
    for actor in json.loads(record.request)["actors"]:
        yield from (clip["path"] for clip in actor["speech"])


def _sentence(target: Path, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return (
        f"Not all files of the takes could be copied beside '{target.name}' ({reason}); make room in '{target.parent}' "
        "and save again before Blender ends."
    )
