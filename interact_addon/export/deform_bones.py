"""The skeleton of a file: the bones that deform, in one hierarchy below one root. No Blender here.

Control rigs hang their deform bones on other bones: Rigify's ``DEF-forearm.L`` is a child of ``DEF-upper_arm.L.001``,
but ``DEF-shoulder.L`` is one of ``ORG-shoulder.L``. A bone is put below the nearest deform bone above it, where an
``ORG-`` bone stands for its ``DEF-`` namesake.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

_STANDS_FOR = {"ORG-": "DEF-"}  # prefixes of Rigify


def bones_below_each_other(parents: Mapping[str, str | None], kept: Collection[str]) -> dict[str, str | None]:
    """Return the ``kept`` bones, parents first, each with the kept bone it hangs on; None for a root.

    ``parents``: all bones of the rig, each with the bone above it.
    """
    above = {bone: _nearest(bone, parents, kept) for bone in parents if bone in kept}
    ordered: dict[str, str | None] = {}

    def put(bone: str, below: tuple[str, ...]) -> None:
        parent = above[bone]
        if parent in below:  # two bones that stand for each other
            parent = None
        if bone in ordered:
            return
        if parent is not None:
            put(parent, (*below, bone))
        ordered[bone] = parent

    for bone in above:
        put(bone, (bone,))
    return ordered


def _nearest(bone: str, parents: Mapping[str, str | None], kept: Collection[str]) -> str | None:
    over, passed = parents[bone], {bone}
    while over is not None and over not in passed:
        passed.add(over)
        found = over if over in kept else _namesake(over, kept)
        if found is not None and found != bone:
            return found
        over = parents[over]
    return None


def _namesake(bone: str, kept: Collection[str]) -> str | None:
    for prefix, other in _STANDS_FOR.items():
        if bone.startswith(prefix) and other + bone[len(prefix) :] in kept:
            return other + bone[len(prefix) :]
    return None


def free_name(wanted: str, taken: Collection[str]) -> str:
    """Return ``wanted``, or the first of ``wanted_2``, ``wanted_3`` and so on that is not taken, in any case."""
    folded = {name.casefold() for name in taken}
    names = [wanted, *(f"{wanted}_{number}" for number in range(2, len(folded) + 3))]
    return next(name for name in names if name.casefold() not in folded)


def roots_of(parents: Sequence[int]) -> list[int]:
    """Return the numbers of the bones without a parent (-1)."""
    return [bone for bone, parent in enumerate(parents) if parent < 0]
