"""What a file cannot hold of a character, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..formats import Settings
from ..messages import some
from .bendy import bendy_bones
from .character import Character
from .meshes import other_modifiers

_MESHLESS = ("bvh",)


def losses_of(characters: Sequence[Character], settings: Settings) -> tuple[str, ...]:
    """Return one sentence for everything of the characters that the files show differently, or not at all."""
    sentences: list[str] = []
    for character in characters:
        if not settings.bend and settings.format not in _MESHLESS:
            sentences += _of_bones(character)
        if settings.format not in _MESHLESS:
            sentences += _of_meshes(character)
    return tuple(dict.fromkeys(sentences))


def _of_bones(character: Character) -> Iterator[str]:
    if bent := bendy_bones(character.armature):
        yield (
            f"'{character.name}' has {len(bent)} bendy bones ({_named(bent)}), which files hold as straight ones: "
            "skin beside them is up to 3 cm off; switch on Bake Bendy Bones for a bone for every bend."
        )


def _of_meshes(character: Character) -> Iterator[str]:
    for mesh in character.meshes:
        keys = mesh.data.shape_keys
        others = [modifier.name for modifier in other_modifiers(mesh)]
        if keys is not None and others:
            yield (
                f"'{mesh.name}' is exported without {_named(others)}, as a file holds shape keys or modifiers; "
                "apply them before export if you need them."
            )
        if keys is not None and not keys.use_relative:
            yield f"'{mesh.name}' has absolute shape keys, which files don't hold; its face stays still there."
        if any(modifier.type == "ARMATURE" and modifier.use_deform_preserve_volume for modifier in mesh.modifiers):
            yield f"'{mesh.name}' is deformed with Preserve Volume, which files don't hold; joints look thinner there."
    if character.hidden:
        yield f"'{character.name}' is exported without {_named(character.hidden)}, disabled in viewports."


def _named(names: Sequence[str]) -> str:
    return some([f"'{name}'" for name in names])
