"""Figures in the pages of the documentation, between two comments that say where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..common.files import write_whole
from ..contract import EMOTIONS, RELATIONSHIPS
from ..errors import InterActError

TABLE = ("<!-- corpus figures -->", "<!-- /corpus figures -->")
REPORT = ("<!-- corpus report -->", "<!-- /corpus report -->")


class MarkersMissing(InterActError):
    """A page lacks the two comments between which figures are to be written."""


def fill_in(page: Path, markers: tuple[str, str], text: str) -> None:
    """Replace the text between two comments of a page. Raises ``MarkersMissing``."""
    content = page.read_text("utf-8")
    if content.count(markers[0]) != 1 or content.count(markers[1]) != 1:
        raise MarkersMissing(
            f"'{page}' needs the lines '{markers[0]}' and '{markers[1]}', once each, to say where figures go."
        )
    before, rest = content.split(markers[0])
    after = rest.split(markers[1])[1]
    write_whole(page, f"{before}{markers[0]}\n{text.strip()}\n{markers[1]}{after}")


def markdown(figures: dict[str, Any]) -> str:
    """Return the table of ``docs/corpus.md`` from the figures of ``corpus.summary``."""
    f = figures
    split = ", ".join(f"{name} {minutes:.0f} min" for name, minutes in f["minutes_by_split"].items())
    refused = sum(f["refused"].values())
    relationships = f"{len(f['minutes_by_relationship'])} of {len(RELATIONSHIPS)}"
    emotions = f"{len(set(f['minutes_by_emotion']) & set(EMOTIONS))} of {len(EMOTIONS)}"
    spoken = f"{1 - f['silence_share']:.0%}, {f['overlap_share']:.1%}, {f['silence_share']:.0%}"
    gaps = f"median gap {f['median_gap_s']} s, {f['gaps_that_overlap']:.0%} overlap"
    rate = f"{f['gestures_a_spoken_minute']} a minute of speech"
    rows = {
        "scenes": f"{f['scenes']} ({f['minutes'] / 60:.2f} h; {split})",
        "minutes of an actor by label": _listed(f["minutes_by_label"]),
        "minutes by kind of scene": _listed(f["minutes_by_kind"]),
        "minutes of an actor by emotion group": _listed(f["minutes_by_emotion_group"]),
        "relationships, emotions that occur": f"{relationships}, {emotions}",
        "somebody speaks, both, nobody": f"{spoken} of the time",
        "turns": f"{f['turns']}, {f['mean_turn_s']} s on average; {gaps}",
        "back-channels a minute": f"{f['back_channels_a_minute']}",
        "gestures": f"{f['gestures']} of {len(f['gestures_by_kind'])} kinds, {rate}; {_listed(f['gestures_by_hand'])}",
        "distance of the two": f"median {f['median_distance_m']} m, {f['nearer_than_1_m']:.0%} of the time below 1 m",
        "deeper than 1 cm inside oneself, each other": (
            f"{f['inside_oneself']:.1%}, {f['inside_each_other']:.2%} of frames"
        ),
        "feet on the floor: none, one, two": ", ".join(f"{share:.1%}" for share in f["feet_on_the_floor"].values()),
        "voices": f"{len(f['utterances_by_voice'])}",
        "scenes refused": f"{refused}" + (f" ({_listed(f['refused'])})" if refused else ""),
    }
    return "| | |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in rows.items())


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:.0f}" for name, value in values.items())
