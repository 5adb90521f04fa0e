"""What a command without a window prints: its own progress, and nothing of what Blender and its exporters print."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from .runtime_api import contract, errors

_TAIL = 2000  # characters of what Blender printed that are shown with an error


@contextmanager
def quiet() -> Iterator[None]:
    """Discard what Blender, its exporters and drivers print.

    The end of it goes to stderr after all when an error without a name of its own leaves.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    originals = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    with tempfile.TemporaryFile() as printed:
        for descriptor in originals:
            os.dup2(printed.fileno(), descriptor)
        try:
            yield
        except errors.InterActError:
            raise
        except Exception:
            printed.seek(max(0, printed.tell() - _TAIL))
            os.write(originals[2], printed.read())
            raise
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for descriptor, original in originals.items():
                os.dup2(original, descriptor)
                os.close(original)


@contextmanager
def frames_as_progress(scene: bpy.types.Scene, stage: str, progress: contract.ProgressCallback) -> Iterator[None]:
    """Report how far an exporter is that steps through the frame range of ``scene``."""
    length = max(1, scene.frame_end - scene.frame_start)
    reached = 0.0

    def report(changed: bpy.types.Scene, *_: object) -> None:
        nonlocal reached
        reached = min(1.0, max(reached, (changed.frame_current - scene.frame_start) / length))
        progress(contract.Progress(stage, reached))

    progress(contract.Progress(stage, 0.0))
    bpy.app.handlers.frame_change_post.append(report)
    try:
        yield
    finally:
        bpy.app.handlers.frame_change_post.remove(report)
