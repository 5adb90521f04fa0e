"""Figures in the pages of the documentation, between two comments that say where."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..contract import EMOTIONS, RELATIONSHIPS
from ..errors import InterActError

TABLE = ("<!-- corpus figures -->", "<!-- /corpus figures -->")
REPORT = ("<!-- corpus report -->", "<!-- /corpus report -->")


class MarkersMissing(InterActError):
    """A page lacks the two comments between which figures are to be written."""


def fill_in(page: Path, markers: tuple[str, str], text: str) -> None:
    """Replace what stands between two comments of a page."""
    content = page.read_text("utf-8")
    if content.count(markers[0]) != 1 or content.count(markers[1]) != 1:
        raise MarkersMissing(
            f"'{page}' needs the lines '{markers[0]}' and '{markers[1]}', once each, to say where figures go."
        )
    before, rest = content.split(markers[0])
    after = rest.split(markers[1])[1]
    write_whole(page, f"{before}{markers[0]}\n{text.strip()}\n{markers[1]}{after}".encode())


def markdown(figures: dict[str, Any]) -> str:
    """The table of ``docs/corpus.md``."""
    hours = figures["minutes"] / 60
    split = ", ".join(f"{name} {minutes:.0f} min" for name, minutes in figures["minutes_by_split"].items())
    refused = figures["refused"]
    thrown = sum(refused.values())
    rows = [
        ("scenes", f"{figures['scenes']} ({hours:.2f} h; {split})"),
        ("minutes of an actor by label", _listed(figures["minutes_by_label"])),
        ("minutes by kind of scene", _listed(figures["minutes_by_kind"])),
        ("minutes of an actor by emotion group", _listed(figures["minutes_by_emotion_group"])),
        (
            "relationships, emotions that occur",
            f"{len(figures['minutes_by_relationship'])} of {len(RELATIONSHIPS)}, {len(figures['minutes_by_emotion'])} of {len(EMOTIONS)}",
        ),
        (
            "somebody speaks, both, nobody",
            f"{1 - figures['silence_share']:.0%}, {figures['overlap_share']:.1%}, {figures['silence_share']:.0%} of the time",
        ),
        (
            "turns",
            f"{figures['turns']}, {figures['mean_turn_s']} s on average; median gap {figures['median_gap_s']} s, {figures['gaps_that_overlap']:.0%} overlap",
        ),
        ("back-channels a minute", f"{figures['back_channels_a_minute']}"),
        (
            "gestures",
            f"{figures['gestures']} of {len(figures['gestures_by_kind'])} kinds, {figures['gestures_a_spoken_minute']} a minute of speech; {_listed(figures['gestures_by_hand'])}",
        ),
        (
            "distance of the two",
            f"median {figures['median_distance_m']} m, {figures['nearer_than_1_m']:.0%} of the time below 1 m",
        ),
        (
            "deeper than 1 cm inside oneself, each other",
            f"{figures['inside_oneself']:.1%}, {figures['inside_each_other']:.2%} of frames",
        ),
        (
            "feet on the floor: none, one, two",
            ", ".join(f"{share:.1%}" for share in figures["feet_on_the_floor"].values()),
        ),
        ("voices", f"{len(figures['utterances_by_voice'])}"),
        ("scenes refused", f"{thrown}" + (f" ({_listed(refused)})" if thrown else "")),
    ]
    return "| | |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in rows)


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:.0f}" for name, value in values.items())


def write_whole(path: Path, content: bytes) -> Path:
    """Beside first and then renamed, so that a page is never half written."""
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(content)
    os.replace(partial, path)
    return path
