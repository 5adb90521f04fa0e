"""The rows of the face report: their targets, and the tables."""

from __future__ import annotations

from typing import Any

from ..metrics.targets import NO_TARGET, TARGETS

# Row of the face report -> its target.
WANTED = {
    "p, b, m closed, with words": TARGETS["lip_closure_with_words"],
    "f, v touching, with words": TARGETS["teeth_contact_with_words"],
    "falsely closed, with words": TARGETS["false_closure"],
    "p, b, m closed": TARGETS["lip_closure"],
    "f, v touching": TARGETS["teeth_contact"],
    "falsely closed": TARGETS["false_closure"],
    "jaw r": TARGETS["jaw_correlation"],
    "lip gap r": TARGETS["gap_correlation"],
    "LVE of injected below base": TARGETS["lve_gain"],
    "FDD of injected against base": TARGETS["fdd_change"],
    "closure lost in full emotion, points": TARGETS["closure_lost_in_emotion"],
    "blinks a minute": TARGETS["blinks_a_minute"],
    "blink, s": TARGETS["blink_seconds"],
    "speaker and listener recognised": TARGETS["role_probe"],
    "silence: mouth open, cm": TARGETS["silence_gap_cm"],
}


def markdown(found: dict[str, Any]) -> str:
    """Return the tables of ``face_report.report``: rows with their targets, variants, odd sounds."""
    lines = ["| | reached | wanted |", "|---|---|---|"]
    for name, value in found["rows"].items():
        target = WANTED.get(name, NO_TARGET)
        mark = "" if not target.bounds else " ✓" if target.reached(value) else " ✗"
        lines.append(f"| {name} | {value:.3g}{mark} | {target.bounds} |")
    for title in ("variants", "odd sounds"):
        columns = list(next(iter(found[title].values())))
        lines += ["", "| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
        lines += [
            f"| {name} | " + " | ".join(f"{row[c]:.3g}" for c in columns) + " |" for name, row in found[title].items()
        ]
    return "\n".join(lines)
