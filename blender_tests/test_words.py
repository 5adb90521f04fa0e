"""What a user reads when the mouse rests: every operator, setting and choice says in a sentence what it does."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import bpy
import pytest

from interact_addon import registration

FEWEST_WORDS = 3
OPERATORS = [cls for cls in registration.CLASSES if issubclass(cls, bpy.types.Operator)]
GROUPS = [cls for cls in registration.CLASSES if issubclass(cls, (bpy.types.PropertyGroup, bpy.types.AddonPreferences))]


def is_sentence(text: str) -> bool:
    """Whether a tooltip starts with a capital, has enough words, and leaves the full stop to Blender."""
    words = text.split()
    return len(words) >= FEWEST_WORDS and words[0][0].isupper() and not text.rstrip().endswith(".")


def tooltip_and_properties(cls: Any) -> tuple[str, Any]:
    if not issubclass(cls, bpy.types.Operator):
        return cls.bl_rna.description, cls.bl_rna.properties
    _, _, verb = cls.bl_idname.partition(".")
    registered = getattr(bpy.ops.interact, verb).get_rna_type()
    return registered.description, registered.properties


def settings_of(cls: type) -> Iterator[bpy.types.Property]:
    """Yield the properties that a class declares and shows."""
    declared = {name for base in cls.__mro__ for name in inspect.get_annotations(base)}
    _, properties = tooltip_and_properties(cls)
    yield from (prop for prop in properties if prop.identifier in declared and not prop.is_hidden)


@pytest.mark.parametrize("cls", OPERATORS, ids=lambda cls: cls.__name__)
def test_every_operator_says_what_it_does(addon: None, cls: type[bpy.types.Operator]) -> None:
    tooltip, _ = tooltip_and_properties(cls)
    assert is_sentence(tooltip), tooltip


@pytest.mark.parametrize("cls", [*OPERATORS, *GROUPS], ids=lambda cls: cls.__name__)
def test_every_setting_says_what_it_is(addon: None, cls: type) -> None:
    assert not [(prop.identifier, prop.description) for prop in settings_of(cls) if not is_sentence(prop.description)]


def test_the_words_of_the_networks_builders_are_explained_or_left_out(addon: None) -> None:
    unexplained = ("wav2vec", "classifier", "denoising", "diffusion", "conditioned")
    for cls in [*OPERATORS, *GROUPS]:
        for prop in settings_of(cls):
            assert not any(word in prop.name.casefold() for word in unexplained), prop.name
            assert not any(word in prop.description.split(".")[0].split("(")[0] for word in unexplained), (
                prop.description
            )
