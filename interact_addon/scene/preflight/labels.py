"""What the script asks for and the model cannot play: labels it does not know, and anything asked of the pair."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import bpy

from ... import compat
from ...properties import actor_key, generated_parts
from ...runtime_api import contract
from ..channels import ACTIONS
from ..ownership import strips_of
from ..reading import label_of, unknown_label
from .problem import Problem, counted

# How a channel for both actors is called: "Interactions", "Pair Prompt", "Mia and Tom Contact".
_FOR_THE_PAIR = re.compile(r"(.+ )?(prompt|interaction|contact)s?( \d+)?", re.IGNORECASE)


def label_problems(scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield action strips whose name is no label, and strips that ask the pair for something."""
    source = compat.sequencer_scene(scene)
    for actor in scene.interact.actors:  # type: ignore[attr-defined]
        if actor.armature is None or "body" not in generated_parts(actor):
            continue
        key = actor_key(actor)
        unknown = [
            s for s in strips_of(source, key, ACTIONS, "COLOR") if label_of(s.name) not in contract.ACTION_LABELS
        ]
        if unknown:
            yield Problem("unknown label", unknown_label(unknown[0], key), key.name, True)
    asked = _asked_of_the_pair(source)
    if asked:
        names = f"'{asked[0].name}'" if len(asked) == 1 else f"'{asked[0].name}' and {counted(len(asked) - 1, 'other')}"
        channel = source.sequence_editor.channels[asked[0].channel].name  # type: ignore[union-attr]
        yield Problem(
            "not for the pair",
            f"The channel '{channel}' asks for {names}, but the model plays {', '.join(contract.ACTION_LABELS)} and no "
            "prompts, interactions or contacts; mute the strips.",
            "",
            False,
            "Mute Strips",
            f"Muted {counted(len(asked), 'strip')} in the channel '{channel}'.",
            _mute,
        )


def _asked_of_the_pair(source: bpy.types.Scene) -> list[Any]:
    sequencer: Any = source.sequence_editor
    if sequencer is None:
        return []
    strips = [strip for strip in sequencer.strips if strip.type in ("COLOR", "TEXT") and not strip.mute]
    return [
        strip
        for strip in strips
        if not sequencer.channels[strip.channel].mute
        and _FOR_THE_PAIR.fullmatch(sequencer.channels[strip.channel].name.strip())
    ]


def _mute(scene: bpy.types.Scene) -> None:
    for strip in _asked_of_the_pair(compat.sequencer_scene(scene)):
        strip.mute = True
