"""The rows of the face report: what each must reach, and the tables of it."""

from __future__ import annotations

from typing import Any

# Row, what it must reach.
WANTED: dict[str, tuple[str, float]] = {
    "p, b, m closed, told words": (">=", 0.90), "f, v touching, told words": (">=", 0.90),
    "falsely closed, told words": ("<=", 0.03), "p, b, m closed": (">=", 0.85),
    "f, v touching": (">=", 0.85), "falsely closed": ("<=", 0.03), "jaw r": (">=", 0.85),
    "lip gap r": (">=", 0.80), "LVE of injected below base": (">=", 0.15),
    "FDD of injected against base": ("<=", 0.05), "closure lost in full emotion, points": ("<=", 5.0),
    "blinks a minute": ("10 to 25", 0.0), "blink, s": ("0.12 to 0.2", 0.0),
    "speaker told from listener": (">=", 0.95), "silence: mouth open, cm": ("<=", 0.08),
}  # fmt: skip


def reached(name: str, value: float) -> str:
    """A tick where ``value`` is what is wanted, a cross where not, nothing where nothing is."""
    if name not in WANTED:
        return ""
    sign, bound = WANTED[name]
    if " to " in sign:
        low, high = (float(x) for x in sign.split(" to "))
        return " ✓" if low <= value <= high else " ✗"
    return " ✓" if (value >= bound if sign == ">=" else value <= bound) else " ✗"


def markdown(found: dict[str, Any]) -> str:
    lines = ["| | reached | wanted |", "|---|---|---|"]
    for name, value in found["rows"].items():
        sign, bound = WANTED.get(name, ("", 0.0))
        wanted = sign if " to " in sign else f"{sign.replace('>=', '≥').replace('<=', '≤')} {bound:g}" if sign else ""
        lines.append(f"| {name} | {value:.3g}{reached(name, value)} | {wanted} |")
    for title in ("variants", "odd sounds"):
        columns = list(next(iter(found[title].values())))
        lines += ["", "| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
        lines += [
            f"| {name} | " + " | ".join(f"{row[c]:.3g}" for c in columns) + " |" for name, row in found[title].items()
        ]
    return "\n".join(lines)
