"""``measures.json`` beside the weights: what they reached when they were made."""

from __future__ import annotations

import json
from typing import Any

from ..common.checkpoints import WEIGHTS
from ..common.files import write_whole

MEASURES = WEIGHTS / "measures.json"


def stored_measures() -> dict[str, Any]:
    """Return the figures of the quick check, and under 'body' and 'face' those of the body and face reports."""
    return json.loads(MEASURES.read_text("utf-8")) if MEASURES.is_file() else {}


def store_measures(figures: dict[str, Any]) -> dict[str, Any]:
    """Put ``figures`` into the file in the place of those of the same names, and return all that it holds now."""
    measures = stored_measures() | figures
    write_whole(MEASURES, json.dumps(measures, indent=1))
    return measures
