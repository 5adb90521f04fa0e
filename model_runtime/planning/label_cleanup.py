"""Clean up action labels: gaps become stands, labels too short to be played join their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..contract import ActionSpan

SHORTEST_LABEL = 0.3  # seconds
_EPSILON = 1e-6  # seconds within which two times are equal


def fill_gaps(actions: Sequence[ActionSpan], duration: float) -> tuple[ActionSpan, ...]:
    """Return spans that cover a shot of ``duration`` seconds, with ``stand`` in the gaps."""
    cover: list[ActionSpan] = []
    clock = 0.0
    for span in sorted(actions, key=lambda span: span.start):
        start, end = max(span.start, clock), min(span.end, duration)
        if end - start <= _EPSILON:
            continue
        if start - clock > _EPSILON:
            cover.append(ActionSpan("stand", clock, start))
        cover.append(replace(span, start=start, end=end))
        clock = end
    if duration - clock > _EPSILON:
        cover.append(ActionSpan("stand", clock, duration))
    return joined(cover)


def joined(cover: Sequence[ActionSpan]) -> tuple[ActionSpan, ...]:
    """Return the spans with touching ones of one kind as one."""
    out: list[ActionSpan] = []
    for span in cover:
        if out and (out[-1].label, out[-1].to_partner, out[-1].facing) == (span.label, span.to_partner, span.facing):
            out[-1] = replace(out[-1], end=span.end)
        else:
            out.append(span)
    return tuple(out)


def merge_short_labels(
    name: str, actions: Sequence[ActionSpan], duration: float
) -> tuple[tuple[ActionSpan, ...], list[str]]:
    """Return spans that cover the shot, none shorter than ``SHORTEST_LABEL``, and one sentence for each that is gone.

    The shortest is merged first, into the longer of its two neighbours (the earlier of equals). A gap between strips is
    a stand and is merged alike, which bridges two strips of one label. A single span stays.
    """
    asked = sorted(actions, key=lambda span: span.start)
    cover, notes = fill_gaps(actions, duration), []
    while len(cover) > 1:
        index = min(range(len(cover)), key=lambda i: cover[i].end - cover[i].start)
        short = cover[index]
        length = short.end - short.start
        if length >= SHORTEST_LABEL - _EPSILON:
            break
        beside = [i for i in (index - 1, index + 1) if 0 <= i < len(cover)]
        into = max(beside, key=lambda i: cover[i].end - cover[i].start)
        is_strip = any(
            span.label == short.label and span.start < short.end - _EPSILON and span.end > short.start + _EPSILON
            for span in asked
        )
        what = f"the label '{short.label}'" if is_strip else "the gap"
        notes.append(
            f"'{name}': {what} at {short.start:.2f} s is only {length:.2f} s long and became part of "
            f"'{cover[into].label}' beside it; make it {SHORTEST_LABEL} s or longer to see it."
        )
        merged = replace(cover[into], start=min(cover[into].start, short.start), end=max(cover[into].end, short.end))
        low = min(index, into)
        cover = joined([*cover[:low], merged, *cover[low + 2 :]])
    return cover, notes
