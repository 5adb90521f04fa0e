"""The form of a rig table: a rig's bone names for the canonical joints."""

from __future__ import annotations

from dataclasses import dataclass, field

LIMBS = ("collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")


@dataclass(frozen=True)
class RigTable:
    """Bone names of one kind of rig. ``{s}`` in a name stands for the side.

    ``prefix``: a regular expression that is removed from every bone name first. ``spine`` and ``neck`` go upwards;
    those present are used. ``fingers``: three bones each, from the knuckle outwards. ``marks``: other bones that only
    this rig has; they decide between rigs with the same names.

    For control rigs: ``root`` is the control that carries the body (the hips if empty) and ``anchor`` the joint at its
    pivot; ``places`` names the bone at whose head a joint lies if it is not its own; ``extra`` names further controls
    and the joint each follows; ``below`` gives the effective parent of a control that is attached by constraints and
    not by bones; ``switches`` are (control, property, value) that make FK controls effective; ``neutral`` controls must
    stay at rest.
    """

    name: str
    sides: tuple[str, str]
    hips: str
    spine: tuple[str, ...]
    neck: tuple[str, ...]
    head: str
    limbs: dict[str, str]
    fingers: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    prefix: str = ""
    marks: tuple[str, ...] = ()
    root: str = ""
    anchor: str = "pelvis"
    places: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    below: dict[str, str] = field(default_factory=dict)
    switches: tuple[tuple[str, str, float], ...] = ()
    neutral: tuple[str, ...] = ()

    @property
    def is_control_rig(self) -> bool:
        return bool(self.root)


def numbered(pattern: str, fingers: dict[str, str]) -> dict[str, tuple[str, str, str]]:
    """Return three bone names a finger: in ``pattern`` ``{f}`` is the rig's name of it and ``{n}`` 1 to 3."""
    return {
        finger: tuple(pattern.replace("{f}", name).replace("{n}", str(n)) for n in (1, 2, 3))  # type: ignore[misc]
        for finger, name in fingers.items()
    }
