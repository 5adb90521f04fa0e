"""The form of a rig table: a rig's bone names for the canonical joints."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

_DUPLICATES = ("", ".001")  # Blender's importers number the second of two bones of one name
LIMBS = ("collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")


@dataclass(frozen=True)
class RigTable:
    """Bone names of one kind of rig.

    In a name ``{s}`` stands for the side, ``{i}`` for its first letter, ``{d}`` for what tells the right bone from a
    left one of the same name; ``|`` separates spellings. Case and separators (space, dot, hyphen, underscore) do not
    matter.

    ``prefix``: a regular expression that is removed from every bone name first. ``spine`` and ``neck`` go upwards;
    those present are used. ``fingers``: three bones each, from the knuckle outwards. ``marks``: other bones that only
    this rig has; they decide between rigs with the same names.

    For control rigs: ``root`` is the control that carries the body (the hips if empty) and ``anchor`` the joint at its
    pivot; ``places`` names the bone at whose head a joint lies if it is not its own; ``extra`` names further controls
    and the joint each follows; ``below`` gives the effective parent of a control that is attached by constraints and
    not by bones, as a control or as the joint it follows; ``switches`` are (control, property, value) that make FK
    controls effective; ``neutral`` controls must stay at rest. ``ik``: the control that moves the bone of a part of a
    limb while IK is on; ``ik_resting``: controls of IK that stay at rest meanwhile.
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
    ik: dict[str, str] = field(default_factory=dict)
    ik_resting: tuple[str, ...] = ()

    @property
    def is_control_rig(self) -> bool:
        return bool(self.root)

    def names(self) -> dict[str, tuple[str, ...]]:
        """Return the spellings of each joint's bone; the spine as ``spine:0`` upwards, the neck as ``neck:0``."""
        names = {"pelvis": self.hips, "head": self.head}
        names |= {f"spine:{i}": bone for i, bone in enumerate(self.spine)}
        names |= {f"neck:{i}": bone for i, bone in enumerate(self.neck)}
        for side, word, duplicate in zip(("left", "right"), self.sides, _DUPLICATES):
            sided = {f"{side}_{part}": bone for part, bone in self.limbs.items()}
            for finger, bones in self.fingers.items():
                sided |= {f"{side}_{finger}{n}": bone for n, bone in enumerate(bones, 1)}
            for joint, bone in sided.items():
                names[joint] = bone.replace("{s}", word).replace("{i}", word[0]).replace("{d}", duplicate)
        return {joint: tuple(spellings.split("|")) for joint, spellings in names.items()}


def numbered(pattern: str, fingers: dict[str, str]) -> dict[str, tuple[str, str, str]]:
    """Return three bone names a finger: in ``pattern`` ``{f}`` is the rig's name of it and ``{n}`` 1 to 3."""
    return {
        finger: tuple(pattern.replace("{f}", name).replace("{n}", str(n)) for n in (1, 2, 3))  # type: ignore[misc]
        for finger, name in fingers.items()
    }


def sides_at_end(table: RigTable, name: str, sides: tuple[str, str]) -> RigTable:
    """Return the table with the side moved from the front of each name to its end."""

    def moved(names: str) -> str:
        return "|".join(f"{part.replace('{s}_', '').replace('{s}', '')}.{{s}}" for part in names.split("|"))

    return replace(
        table,
        name=name,
        sides=sides,
        limbs={part: moved(bone) for part, bone in table.limbs.items()},
        fingers={finger: tuple(map(moved, bones)) for finger, bones in table.fingers.items()},  # type: ignore[misc]
    )
