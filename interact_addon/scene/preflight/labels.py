"""What the script asks for and the model cannot play: labels it does not know, and much of what a pair may be asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

import bpy

from ... import compat
from ...messages import Message, counted
from ...properties import actor_key, generated_parts
from ...runtime_api import contract
from ..channels import ACTIONS
from ..label_names import set_label
from ..ownership import strips_of
from ..pair import heard_strips_of_pair, nobody_acts, played_part, who_acts
from ..reading import label_of, unknown_label
from .problem import Problem


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
            strip = unknown[0].name
            done = Message("'{strip}' of '{actor}' is a stand now.", strip=strip.strip(), actor=key.name)
            stand = partial(_make_stand, strip)
            yield Problem(
                "unknown label", unknown_label(unknown[0], key), key.name, True, "Make It Stand", done, stand,
                is_a_choice=True,
            )  # fmt: skip
    yield from _pair_problems(scene, source)


def _pair_problems(scene: bpy.types.Scene, source: bpy.types.Scene) -> Iterator[Problem]:
    """Yield a problem for each sentence that says what is not played of the pair's strips, with those it is about."""
    said: dict[str, list[str]] = {}
    for strip in heard_strips_of_pair(source):
        if not who_acts(scene, strip):
            yield Problem("nobody acts", nobody_acts(strip), "", True, short="Nobody acts")
        elif left_out := played_part(scene, strip).left_out:
            said.setdefault(left_out, []).append(strip.name)
    for sentence, names in said.items():
        count = counted(len(names), "strip")
        fix = "Mute Strip" if len(names) == 1 else "Mute Strips"
        mute = partial(_mute, names)
        yield Problem(
            "not played", sentence, "", False, fix, Message("Muted {count}.", count=count), mute, short="Not played yet"
        )


def _make_stand(name: str, scene: bpy.types.Scene) -> None:
    source = compat.sequencer_scene(scene)
    set_label(source, source.sequence_editor.strips[name], "stand")  # type: ignore[union-attr]


def _mute(names: Collection[str], scene: bpy.types.Scene) -> None:
    source = compat.sequencer_scene(scene)
    for strip in heard_strips_of_pair(source):
        if strip.name in names:
            strip.mute = True
