"""The one place that imports the runtime: packaged inside the extension, or beside it in the repository.

Nothing else of the runtime may be imported here: its other modules need torch, which Blender's Python does not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_runtime import contract, errors
    from model_runtime.body_model import body_shape, contacts, rotations, skeleton
    from model_runtime.common import easing, files
    from model_runtime.common.arrays import Array
    from model_runtime.common.steps import finished, relayed, saying
else:
    try:
        from .model_runtime import contract, errors
        from .model_runtime.body_model import body_shape, contacts, rotations, skeleton
        from .model_runtime.common import easing, files
        from .model_runtime.common.arrays import Array
        from .model_runtime.common.steps import finished, relayed, saying
    except ImportError:
        from model_runtime import contract, errors
        from model_runtime.body_model import body_shape, contacts, rotations, skeleton
        from model_runtime.common import easing, files
        from model_runtime.common.arrays import Array
        from model_runtime.common.steps import finished, relayed, saying

__all__ = [
    "Array",
    "body_shape",
    "contacts",
    "contract",
    "easing",
    "errors",
    "files",
    "finished",
    "relayed",
    "rotations",
    "saying",
    "skeleton",
]
