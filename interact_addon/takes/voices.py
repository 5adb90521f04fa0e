"""The voices of a take, kept beside its performance: without them the request could not be played again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import bpy

from ..runtime_api import contract, errors, files


def keep_beside(request: contract.Request, performance: str, blend: Path | None = None) -> contract.Request:
    """Return a request whose voices lie beside ``performance``, the path of a record; unchanged for a temporary one.

    ``blend``: where the .blend will be saved; by default where it is. Raises ``OutOfSpace``.
    """
    if not performance.startswith("//"):
        return request
    written_as, _, _ = performance.rpartition("/")
    folder = (blend or Path(bpy.data.filepath)).parent / written_as.removeprefix("//")
    try:
        return keep_voices(request, folder, written_as)
    except OSError as error:
        raise errors.OutOfSpace(
            f"The take's voices cannot be saved in '{folder}' ({error.strerror}); free some space, or save elsewhere."
        ) from error


def keep_voices(request: contract.Request, folder: Path, written_as: str | None = None) -> contract.Request:
    """Copy the voices of a request, which Blender mixed into its temporary folder or an earlier take has kept, and
    return it with their new places.

    The name of a file tells what it holds, so takes with the same voice share one. ``written_as``: how the folder is
    written in the request, such as ``//shot.takes``; by default as it is. Raises ``OSError``; no file is half written.
    """
    actors = []
    for actor in request.actors:
        clips = []
        for clip in actor.speech:
            source = Path(bpy.path.abspath(clip.path))
            if clip.path.startswith("//") and not source.is_file():  # of an earlier take, which misses it as well
                clips.append(clip)
                continue
            kept = folder / source.name
            copy_whole(source, kept)
            clips.append(replace(clip, path=str(kept) if written_as is None else f"{written_as}/{kept.name}"))
        actors.append(replace(actor, speech=tuple(clips)))
    return replace(request, actors=tuple(actors))


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file whose name tells what it holds, unless it is there. Raises ``OSError``; nothing is half written."""
    if not target.is_file() or target.stat().st_size != source.stat().st_size:
        with files.written_whole(target) as partial:
            shutil.copyfile(source, partial)
