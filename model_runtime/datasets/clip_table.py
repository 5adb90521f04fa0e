"""Tables of the clips that were read and the files that were refused, to print and as a page of the documentation."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from .archives import ImportLog
from .clip import Clip
from .families import CATEGORIES, HELD_OUT, families_of
from .held_out import HELD_OUT_SPLIT

_FEWEST = 3  # clips; tags of fewer are not in the page
_HIDDEN = ("base_", "rig_", "towards_")


def summary(log: ImportLog) -> str:
    """Return minutes by source and tag, and every refusal with its reason, as lines to print."""
    lines = []
    for source, clips in _by_source(log.clips):
        held_out = sum(clip.split == "test" for clip in clips)
        lines.append(f"{source}: {len(clips)} clips, {_minutes(clips):.1f} min, {held_out} test, {clips[0].licence}")
        for tag, tagged in _by_tag(clips):
            lines.append(f"    {tag:24s} {len(tagged):4d} clips {_minutes(tagged):6.1f} min")
    held_out = sum(clip.split == "test" for clip in log.clips)
    lines.append(
        f"total: {len(log.clips)} clips, {_minutes(log.clips):.1f} min, {held_out} test; {len(log.refused)} refused"
    )
    lines += [f"    {name}: {reason}" for name, reason in log.refused]
    return "\n".join(lines)


def summary_table(log: ImportLog) -> str:
    """Return a page of Markdown: minutes by source, by tag and source, by category and split, refusals by reason."""
    clips = log.clips
    useful = [clip for clip in clips if "left_out" not in clip.tags]
    lines = [
        "# Clips of the corpus",
        "",
        "Written by `python -m model_runtime corpus clips --table docs/corpus_clips.md`; do not edit.",
        "",
        "## By source",
        "",
        "| source | clips | minutes | with fingers | test (clips) | test (minutes) | refused | licence |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
        *_source_rows(log),
        "",
        f"{_minutes(useful):.1f} minutes ({len(useful)} clips) are of use in a conversation; the rest carries the tag "
        "`left_out`: fights, props, stunts, dances, climbing. "
        "Clips tagged `cut` lost a stretch in which a joint leaps.",
        "",
        "## By tag",
        "",
        f"Minutes (clips), for tags of at least {_FEWEST} clips.",
        "",
        *_tag_table(clips),
        "",
        "## Held out",
        "",
        "No scene uses these clips, for good. They are what composed motion is compared with. The list is "
        "`model_runtime/datasets/held_out.py`.",
        "",
        "| performer | held out | of useful clips | seconds | names |",
        "|---|--:|--:|--:|---|",
        *_held_out_rows(useful),
        "",
        "## Split",
        "",
        f"Of the clips that are not held out, about {100 * HELD_OUT:.0f} % of every category are for test scenes, by "
        "whole families: numbered takes, left and right forms, one- and two-handed forms, strong forms, mirrored and "
        "retargeted copies of one motion and the halves of a pair stay on one side, so that no near-variant of a "
        "test clip was trained on. Families are found "
        "by name, and across names by motion (clips of one length whose joints turn alike, or alike in a mirror). The "
        "scarcest categories choose first, families in the order of a hash of their name; training keeps at least 40 % "
        "of every category, for either of the two base performers too, and the walk's start, stop and neutral cycle, "
        "which exist once.",
        "",
        "| category | families | train clips | test clips |",
        "|---|--:|--:|--:|",
        *_category_rows(clips),
        "",
        "## Refused",
        "",
        "| reason | files | examples |",
        "|---|--:|---|",
    ]
    for reason, names in _by_reason(log.refused):
        examples = ", ".join("`" + name.rsplit("/", 1)[-1] + "`" for name in names[:3])
        lines.append(f"| {reason} | {len(names)} | {examples} |")
    return "\n".join(lines) + "\n"


def _source_rows(log: ImportLog) -> list[str]:
    """Return a row for each source and one for all."""
    clips, lines = log.clips, []
    for source, own in _by_source(clips):
        test = [clip for clip in own if clip.split == "test"]
        refused = sum(_source_of(name) == source for name, _ in log.refused)
        fingers = _minutes(clip for clip in own if clip.has_fingers)
        lines.append(
            f"| {source} | {len(own)} | {_minutes(own):.1f} | {fingers:.1f} | {len(test)} | {_minutes(test):.1f} "
            f"| {refused} | {own[0].licence} |"
        )
    test = [clip for clip in clips if clip.split == "test"]
    share = 100 * _minutes(test) / max(_minutes(clips), 1e-9)
    fingers = _minutes(clip for clip in clips if clip.has_fingers)
    lines.append(
        f"| **all** | {len(clips)} | {_minutes(clips):.1f} | {fingers:.1f} "
        f"| {len(test)} ({100 * len(test) / max(len(clips), 1):.0f} %) | {_minutes(test):.1f} ({share:.0f} %) "
        f"| {len(log.refused)} | |"
    )
    return lines


def _held_out_rows(useful: list[Clip]) -> list[str]:
    """Return a row for each performer of the sources from which clips are held out."""
    lines = []
    sources = {clip.source for clip in useful if clip.split == HELD_OUT_SPLIT}
    for performer in sorted({clip.performer for clip in useful if clip.source in sources}):
        own = [clip for clip in useful if clip.performer == performer]
        held = sorted((clip for clip in own if clip.split == HELD_OUT_SPLIT), key=lambda clip: clip.name)
        names = ", ".join(clip.name.rsplit("/", 1)[-1] for clip in held)
        lines.append(f"| {performer} | {len(held)} | {len(own)} | {60 * _minutes(held):.0f} | {names} |")
    return lines


def _tag_table(clips: list[Clip]) -> list[str]:
    """Return the table of minutes and clips by tag and source."""
    sources = [source for source, _ in _by_source(clips)]
    lines = [
        f"| tag | {' | '.join(sources)} | all |",
        "|---|" + "--:|" * (len(sources) + 1),
    ]
    for tag, tagged in _by_tag(clips):
        if len(tagged) < _FEWEST:
            continue
        cells = []
        for source in sources:
            own = [clip for clip in tagged if clip.source == source]
            cells.append(f"{_minutes(own):.1f} ({len(own)})" if own else "")
        lines.append(f"| {tag} | {' | '.join(cells)} | {_minutes(tagged):.1f} ({len(tagged)}) |")
    return lines


def _category_rows(clips: list[Clip]) -> list[str]:
    """Return a row for each category that has clips."""
    families, lines = families_of(clips), []
    for tags in CATEGORIES:
        chosen = [index for index, clip in enumerate(clips) if set(tags) <= set(clip.tags)]
        held = sum(clips[index].split == "test" for index in chosen)
        train = sum(clips[index].split == "train" for index in chosen)
        if chosen:
            lines.append(f"| {' '.join(tags)} | {len({families[i] for i in chosen})} | {train} | {held} |")
    return lines


def _by_source(clips: list[Clip]) -> list[tuple[str, list[Clip]]]:
    return [
        (source, [clip for clip in clips if clip.source == source])
        for source in sorted({clip.source for clip in clips})
    ]


def _by_tag(clips: list[Clip]) -> list[tuple[str, list[Clip]]]:
    """Return (tag, clips), the most frequent first, without tags of single rigs and base poses."""
    counts = Counter(tag for clip in clips for tag in clip.tags if not tag.startswith(_HIDDEN))
    order = sorted(counts, key=lambda tag: (-counts[tag], tag))
    return [(tag, [clip for clip in clips if tag in clip.tags]) for tag in order]


def _by_reason(refused: list[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Return (reason without names and figures, files), the most frequent first."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, reason in refused:
        plain = re.sub(r"'[^']*'", "…", reason)
        plain = re.sub(r"jumps: .*", "jumps: a joint turns more than 75 degrees within one frame", plain)
        plain = re.sub(r"\(no [^)]*\)", "", re.sub(r"\d+ frames long", "too few frames long", plain))
        groups[plain.replace("|", "/").strip()].append(name)
    return sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))


def _source_of(name: str) -> str:
    return re.split(r"[/:.]", name)[0]


def _minutes(clips: Iterable[Clip]) -> float:
    return sum(clip.duration for clip in clips) / 60
