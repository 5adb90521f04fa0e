"""What composed scenes show, row by row beside raw real clips, with what they must reach.

``python -m model_runtime.studies.corpus_report --scenes DIR [--clips corpus/clips.npz] [--speech
corpus/speech_library.npz]``
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..contract import ACTION_LABELS, FPS
from ..corpus.summary import scenes_in
from ..datasets.library import load_library
from ..drawing.documents import REPORT, fill_in, write_whole
from ..errors import InterActError
from ..metrics.joint_limits import JOINTS_WATCHED
from ..metrics.scene_measures import CONTENTS, PARTS
from .corpus_tally import Motion, Tally, rounded, tally_clips, tally_scenes

NEVER = 5e-4  # share of frames that is called none


class Row(NamedTuple):
    """One line of the report; ``bounds`` are least and most that is wanted of ``value``, None where there is no bound."""

    name: str
    value: float
    real: float | None
    bounds: tuple[float | None, float | None]
    note: str = ""

    @property
    def good(self) -> bool | None:
        low, high = self.bounds
        if low is None and high is None:
            return None
        return bool(
            np.isfinite(self.value) and (low is None or self.value >= low) and (high is None or self.value <= high)
        )


def rows_of(tally: Tally, clips: tuple[Motion, dict[str, float]] | None) -> list[Row]:
    """The report, line by line."""
    motion, weights = tally.motion, tally.motion.frames
    real, nodding = clips if clips is not None else (None, {})

    def of_real(measure: Callable[[Motion], float]) -> float | None:
        return None if real is None else measure(real)

    rows = [
        Row("scenes, minutes", tally.seconds / 60, None, (30.0, None), f"{tally.scenes} scenes"),
        Row("of held-out voices and gestures, share", tally.held_out / max(tally.seconds, 1e-9), None, (1.0, None)),
    ]
    bounds: tuple[float | None, float | None]
    for kind, bounds in (("jerk", (0.8, 1.2)), ("third difference", (None, None))):
        for part in PARTS:
            track = f"{kind} of {part}"
            mine, theirs = motion.mean(track, weights), of_real(lambda m, t=track: m.mean(t, weights))  # type: ignore[misc]
            ratio = mine / theirs if theirs else float("nan")
            rows.append(
                Row(
                    f"{track}, ratio to real",
                    ratio,
                    1.0 if theirs else None,
                    bounds,
                    f"{mine:.1f} beside {theirs or float('nan'):.1f} m/s3",
                )
            )
    rows.append(
        Row(
            "foot skate, cm/s",
            100 * motion.mean("skate", weights),
            _times(100, of_real(lambda m: m.mean("skate", weights))),
            (None, 1.0),
        )
    )
    for joint in JOINTS_WATCHED:
        track = f"{joint} out of range"
        worst = max((v for k, v in tally.excess.items() if k.startswith(joint)), default=0.0)
        bounds = (None, NEVER) if joint in ("elbow", "knee", "neck") else (None, None)
        rows.append(
            Row(
                f"{track}, share of frames",
                motion.mean(track, weights),
                of_real(lambda m, t=track: m.mean(t, weights)),
                bounds,
                f"worst {worst:.0f} degrees beyond",
            )
        )  # type: ignore[misc]
    inside = of_real(
        lambda m: m.mean("inside itself", weights)
    )  # what raw clips show is the error of capsules for a body
    rows += [
        Row(
            "inside itself, share of frames",
            motion.mean("inside itself", weights),
            inside,
            (None, 0.01 if inside is None else max(inside, 0.01)),
            f"deepest {100 * tally.deepest['self']:.1f} cm",
        ),
        Row(
            "inside each other, share of frames",
            tally.pair_inside / max(tally.seconds * FPS, 1.0),
            None,
            (None, 0.01),
            f"deepest {100 * tally.deepest['pair']:.1f} cm",
        ),
    ]
    rows += _stroke_rows(tally)
    hits = np.concatenate(tally.hits) if tally.hits else np.zeros(0)
    rows.append(
        Row(
            "labels as scripted, share of frames",
            float(hits.mean()) if len(hits) else float("nan"),
            None,
            (0.99, None),
            "outside 0.5 s of a change",
        )
    )
    met = np.concatenate(tally.closures) if tally.closures else np.zeros(0)
    rows.append(
        Row(
            "lips met on p, b, m, share",
            float(met.mean()) if len(met) else float("nan"),
            None,
            (1.0, None),
            f"{len(met)} sounds",
        )
    )
    nod_rate = tally.nods / tally.nod_minutes if tally.nod_minutes else float("nan")
    rows += [
        Row(
            "listener's nods a minute",
            nod_rate,
            nodding.get("listen_neutral"),
            (4.0, 12.0),
            "captured: " + ", ".join(f"{tag} {rate:.1f}" for tag, rate in nodding.items()),
        ),
        Row(
            "gaze at the partner while listening, share",
            _ratio(*tally.looked.sum(axis=0)),
            None,
            (0.40, 0.75),
            ", ".join(f"{name} {_shown(_ratio(*tally.looked[k]))}" for k, name in enumerate(ACTION_LABELS)),
        ),
        Row(
            "gaze meant while listening, share",
            tally.meant / tally.meant_of if tally.meant_of else float("nan"),
            None,
            (None, None),
            "as the scene records it",
        ),
    ]
    entropy = motion.entropy(weights)
    real_entropy = of_real(lambda m: m.entropy(weights))
    bounds = (0.85 * real_entropy, 1.15 * real_entropy) if real_entropy else (None, None)
    rows.append(Row("entropy of joint angular velocity, bits", entropy, real_entropy, bounds, "20 joints, 100 bins"))
    for part in PARTS:
        track = f"speed of {part}"
        rows.append(
            Row(
                f"{track}, cm/s",
                100 * motion.mean(track, weights),
                _times(100, of_real(lambda m, t=track: m.mean(t, weights))),
                (None, None),
            )
        )  # type: ignore[misc]
    return rows


def _stroke_rows(tally: Tally) -> list[Row]:
    stops, beats = max(tally.stops, 1), max(tally.beats, 1)
    share = (
        tally.stroke_on / tally.strokes if tally.strokes else float("nan")
    )  # a stroke that is not to be found has missed
    return [
        Row(
            "strokes within 0.12 s of a stress, share",
            share,
            None,
            (0.85, None),
            f"by chance {tally.stroke_chance / stops:.2f}; of {tally.strokes} recorded strokes {tally.stops} are found in the motion",
        ),
        Row(
            "strokes found in the motion alone, within 0.15 s of a stress, share",
            tally.beat_on / beats,
            None,
            (None, None),
            f"by chance {tally.beat_chance / beats:.2f}; {tally.beats} strokes",
        ),
        Row("gestures a minute of speech", tally.gestures / max(tally.spoken, 1e-9), None, (None, None)),
    ]


def table(rows: Sequence[Row]) -> str:
    lines = [f"{'':54s} {'scenes':>9s} {'real':>9s}  wanted"]
    for row in rows:
        mark = {True: "ok  ", False: "FAIL", None: "    "}[row.good]
        lines.append(
            f"{row.name:54s} {_shown(row.value):>9s} {_shown(row.real):>9s}  {_wanted(row.bounds):14s} {mark}  {row.note}"
        )
    return "\n".join(lines)


def markdown(rows: Sequence[Row]) -> str:
    """The table of ``docs/corpus.md``."""
    lines = ["| | scenes | raw clips | wanted | |", "|---|---|---|---|---|"]
    for row in rows:
        mark = {True: "✓", False: "✗", None: ""}[row.good]
        lines.append(
            f"| {row.name} | {_shown(row.value)} | {_shown(row.real)} | {_wanted(row.bounds)} | {mark} {row.note} |"
        )
    return "\n".join(lines)


def contents_table(tally: Tally, real: Motion) -> str:
    """Where the motion differs from captured motion of the same content."""
    tracks = [*(f"jerk of {part}" for part in PARTS), *(f"speed of {part}" for part in PARTS)]
    lines = [
        f"{'scenes over real clips':22s} {'min':>6s} {'real min':>8s} "
        + " ".join(f"{t.replace(' of ', ' '):>11s}" for t in tracks)
    ]
    for i, name in enumerate(CONTENTS):
        only = np.eye(len(CONTENTS))[i]
        ratios = [
            tally.motion.mean(t, only) / real.mean(t, only)
            if real.frames[i] and tally.motion.frames[i]
            else float("nan")
            for t in tracks
        ]
        minutes = [m.frames[i] / FPS / 60 for m in (tally.motion, real)]
        lines.append(
            f"{name:22s} {minutes[0]:6.1f} {minutes[1]:8.1f} " + " ".join(f"{ratio:11.2f}" for ratio in ratios)
        )
    return "\n".join(lines)


def _ratio(whole: float, part: float) -> float:
    return float(part / whole) if whole else float("nan")


def _wanted(bounds: tuple[float | None, float | None]) -> str:
    low, high = bounds
    if low is not None and high is not None:
        return f"{low:.3g} to {high:.3g}"
    return f">= {low:.3g}" if low is not None else f"<= {high:.3g}" if high is not None else ""


def _shown(value: float | None) -> str:
    return "-" if value is None or not np.isfinite(value) else f"{value:.3f}" if abs(value) < 20 else f"{value:.1f}"


def _times(factor: float, value: float | None) -> float | None:
    return None if value is None else factor * value


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m model_runtime.studies.corpus_report", description=__doc__)
    parser.add_argument("--scenes", type=Path, required=True, metavar="DIR")
    parser.add_argument("--clips", type=Path, default=Path("corpus/clips.npz"))
    parser.add_argument("--speech", type=Path, default=Path("corpus/speech_library.npz"))
    parser.add_argument("--json", type=Path, metavar="OUT", help="also write every figure here")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="also put the table into corpus.md there")
    parser.add_argument("--split", choices=("train", "test"), help="measure scenes of one split only")
    parser.add_argument("--minutes", type=float, default=30.0, help="of scenes to measure at most")
    given = parser.parse_args()
    from ..corpus.voices.speech_library import load_speech_library  # brings the aligner with it

    try:
        utterances = {u.id: u for u in load_speech_library(given.speech)} if given.speech.is_file() else None
        scenes = (scene for scene in scenes_in(given.scenes) if given.split in (None, scene.split))
        tally = tally_scenes(scenes, utterances, given.minutes)
        real = tally_clips(load_library(given.clips)) if given.clips.is_file() else None
    except (InterActError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not tally.scenes:
        print(f"error: there is no scene_*.npz in '{given.scenes}'; compose some first.", file=sys.stderr)
        return 1
    rows = rows_of(tally, real)
    print(table(rows))
    if real is not None:
        print("\n" + contents_table(tally, real[0]))
    if given.docs:
        fill_in(given.docs / "corpus.md", REPORT, markdown(rows))
    if given.json:
        plain = {
            row.name: {
                "value": rounded(row.value),
                "real": None if row.real is None else rounded(row.real),
                "wanted": row.bounds,
                "good": row.good,
                "note": row.note,
            }
            for row in rows
        }
        write_whole(given.json, json.dumps({"rows": plain, "scenes": tally.each}, indent=1).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
