"""What a rig table says: how the rig names the canonical joints."""

from __future__ import annotations

from dataclasses import dataclass, field

LIMBS = ("collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")


@dataclass(frozen=True)
class RigTable:
    """Bone names of one kind of rig. ``{s}`` in a name stands for the side.

    ``prefix``: a regular expression taken off every bone name first. ``spine`` and ``neck`` go upwards; those present
    are used. ``fingers``: three bones each, from the knuckle out. ``marks``: other bones that only this rig has; they
    decide between rigs that share names.

    For control rigs: ``root`` is the control that carries the body (the hips where empty) and ``anchor`` the joint
    whose place in the body is the control's pivot; ``places`` names the bone at whose head a joint sits, where that is
    not its own; ``extra`` names further controls and the joint each follows;
    ``below`` gives a control's effective parent where constraints, and not bones, tie it; ``switches`` are
    (control, property, value) for keys on FK controls to show; ``neutral`` controls must stay at rest.
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
    """Three bone names a finger: ``{f}`` is the finger's name there, ``{n}`` 1 to 3."""
    return {
        finger: tuple(pattern.replace("{f}", name).replace("{n}", str(n)) for n in (1, 2, 3))  # type: ignore[misc]
        for finger, name in fingers.items()
    }
