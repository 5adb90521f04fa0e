"""The one door to the runtime's plain data: packaged inside the extension, or beside it in the repository.

Nothing else of the runtime may be imported here: its other modules need torch, which Blender's Python has not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_runtime import contract, errors
    from model_runtime.body_model import rotations, skeleton
else:
    try:
        from .model_runtime import contract, errors
        from .model_runtime.body_model import rotations, skeleton
    except ImportError:
        from model_runtime import contract, errors
        from model_runtime.body_model import rotations, skeleton

__all__ = ["contract", "errors", "rotations", "skeleton"]
