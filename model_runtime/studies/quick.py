"""The figures of the shipped weights on voices they never heard, in a few minutes: ``build.py evaluate --quick``.

Two real readers who are kept out of all training talk to each other for a minute, twice: sitting, standing up, walking.
Without the data folder the demo's two voices take their place, and the table says so.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..body_model.skeleton import AVERAGE_SKELETON
from ..contract import ActionSpan, Actor, FloatArray, Performance, Request, SpeechClip, Waypoint, request_to_json
from ..datasets.ict_face import IctFace
from ..drawing.contact_sheets import performance_sheet
from ..errors import InterActError
from ..generate import generate
from ..metrics.lips import MouthGeometry, score_lips
from ..metrics.measures import measure_pair, seam_ratio
from ..sampling.windows import window_boundaries
from ..speech.audio import SAMPLE_RATE, load_speech
from ..speech.prosody import ENERGY
from ..speech.transcript.alignment import Segment, align
from .behaviour import check_behaviour
from .model_card import write_card, write_readme_figures
from .report import KEPT_MEASURES, listen, plain

ROOT = Path(__file__).parents[2]
DEFAULT_DATA = ROOT.parent / "shared" / "data"
ASSETS = ROOT / "interact_addon" / "assets"
MINUTE = 60.0
PAUSE = 0.35  # s between turns
# Figure, where it stands in the result, sign, bound.
TARGETS: tuple[tuple[str, str, str, float], ...] = (
    ("label obedience", "label_obedience", ">=", 0.98),
    ("foot skate, cm/s", "foot_skate_cm_per_s", "<=", 1.5),
    ("below the floor, cm", "floor_depth_cm", "<=", 0.5),
    ("lip closure on p, b, m", "lip_closure", ">=", 0.85),
    ("lip to teeth on f, v", "teeth_contact", ">=", 0.85),
    ("lips falsely closed", "false_closure", "<=", 0.03),
    ("hands: speaking / listening", "hands_speaking_over_listening", ">=", 1.0),
    ("same seed repeats", "same_seed_repeats", ">=", 1.0),
    ("other seed differs, cm", "seeds_differ_cm", ">=", 0.5),
    ("roles follow the voices", "roles_follow_voices", ">=", 1.0),
    ("silence: hands, cm/s", "silence_hand_speed_cm_per_s", "<=", 10.0),
    ("silence: mouth closed", "silence_mouth_closed", ">=", 0.95),
    ("seam, speed", "seam_speed", "<=", 1.1),
    ("seam, acceleration", "seam_acceleration", "<=", 1.1),
    ("seconds for a minute of both", "seconds_per_minute", "<=", 120.0),
    ("worker memory, MiB", "worker_memory_mb", "<=", 1536.0),
)


class Line(NamedTuple):
    """A sound file, what is said in it, and when it starts in the shot."""

    path: Path
    duration: float
    phones: tuple[Segment, ...]
    start: float = 0.0


def evaluate(data: Path, out: Path, minutes: int = 2, weights: Path | None = None) -> dict[str, Any]:
    """Generate, measure, write ``out/quick.json`` and a contact sheet; returns the figures."""
    out.mkdir(parents=True, exist_ok=True)
    voices, source = held_out_voices(data)
    geometry = MouthGeometry(IctFace(data / "face")) if IctFace.available(data) else None
    shots = [talk(voices, seed) for seed in range(minutes)]
    results = []
    for seed, (request, _) in enumerate(shots):
        results.append(perform(request, out / f"shot_{seed}", weights))
        print(f"  {request.duration:.0f} s for two in {sum(results[-1].report['seconds'].values()):.0f} s", flush=True)
    figures = [figures_of(request, lines, result, geometry) for (request, lines), result in zip(shots, results)]
    measured: dict[str, Any] = {
        key: float(np.nanmean([f[key] for f in figures])) for key in figures[0] if key != "actors"
    }
    measured["worker_memory_mb"] = max(r.report.get("worker_memory_mb") or 0.0 for r in results) or None
    measured["hands_speaking_over_listening"] = float(
        np.mean(
            [
                a["hand_speed_speaking_cm_per_s"] / a["hand_speed_listening_cm_per_s"]
                for f in figures
                for a in f["actors"].values()
            ]
        )
    )
    small, _ = talk(voices, 7, seconds=20.0, still=True)
    behaviour = check_behaviour(
        small, perform(small, out / "small", weights), lambda request: generate(request, weights=weights)
    )
    measured |= {key: value for key, value in behaviour.items() if key not in measured}
    skeletons = [actor.skeleton for actor in shots[0][0].actors]
    performance_sheet(
        results[0], skeletons, out / "quick.png", list(np.linspace(1, MINUTE - 1, 16)), f"held-out voices: {source}"
    )
    result = plain(
        {"voices": source, "minutes": minutes, "measures": measured, "shots": figures, "behaviour": behaviour}
    )
    (out / "quick.json").write_text(json.dumps(result, indent=1), "utf-8")
    return result


def figures_of(
    request: Request, lines: Sequence[Sequence[Line]], result: Performance, geometry: MouthGeometry | None
) -> dict[str, Any]:
    prosodies, labels = listen(request, result.frames)
    skeletons = [actor.skeleton for actor in request.actors]
    spoken = [
        [(p.text, p.start + line.start, p.end + line.start) for line in own for p in line.phones] for own in lines
    ]
    lips = score_lips([a.face for a in result.actors], spoken, [p[:, ENERGY] for p in prosodies], geometry)
    seams = [
        seam_ratio(a.root_positions, a.rotations, s, window_boundaries(result.frames))
        for a, s in zip(result.actors, skeletons)
    ]
    return measure_pair(result, skeletons, labels, prosodies) | {
        "lip_closure": lips.closure,
        "teeth_contact": lips.teeth_contact,
        "false_closure": lips.false_closure,
        "jaw_correlation": lips.jaw_correlation,
        "gap_correlation": lips.gap_correlation,
        "seam_speed": max(s["speed"] for s in seams),
        "seam_acceleration": max(s["acceleration"] for s in seams),
        "seconds_per_minute": 60 * sum(result.report["seconds"].values()) / request.duration,
    }


def perform(request: Request, out: Path, weights: Path | None = None) -> Performance:
    """Generate in a process of its own, as Blender does, so that its memory is its own too."""
    with tempfile.TemporaryDirectory(prefix="interact evaluate ") as folder:
        job, result = Path(folder) / "request.json", Path(folder) / "performance.npz"
        job.write_text(request_to_json(request), "utf-8")
        command = (
            sys.executable,
            "-m",
            __package__.split(".")[0],
            "generate",
            str(job),
            "-o",
            str(result),
            *(("--weights", str(weights)) if weights else ()),
        )
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise InterActError(
                done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "The runtime ended without a word."
            )
        performance = Performance.load(result)
        out.mkdir(parents=True, exist_ok=True)
        (out / "request.json").write_text(request_to_json(request), "utf-8")
        performance.save(out / "performance.npz")
    return performance


def talk(
    voices: tuple[list[Line], list[Line]], seed: int, seconds: float = MINUTE, still: bool = False
) -> tuple[Request, list[list[Line]]]:
    """A dialogue of both voices. The first stands, walks away and stays; the second sits and gets up (``still``: both
    stand).
    """
    rng = np.random.default_rng(seed)
    said: list[list[Line]] = [[], []]
    waiting = [[own[k] for k in rng.permutation(len(own))] for own in voices]
    now, who = 0.5, 0
    while waiting[who]:
        line = waiting[who].pop()
        if now + line.duration > seconds - 0.5:
            break
        said[who].append(line._replace(start=now))
        now, who = now + line.duration + PAUSE, 1 - who
    heading = np.pi / 2
    place = 0.65
    first, second = (
        _actor(name, size, x, turn, own)
        for name, size, x, turn, own in (
            ("First", 1.05, -place, heading, said[0]),
            ("Second", 0.97, place, -heading, said[1]),
        )
    )
    if not still:
        leave, stay = 0.35 * seconds, 0.35 * seconds + 4.0
        first = replace(
            first,
            actions=(
                ActionSpan("stand", 0.0, leave),
                ActionSpan("walk", leave, stay),
                ActionSpan("stand", stay, seconds),
            ),
            waypoints=(
                Waypoint(leave, first.position),
                Waypoint(stay, (first.position[0] - 0.8, -2.6)),
                Waypoint(seconds, (first.position[0] - 0.8, -2.6)),
            ),
        )
        rise = 0.6 * seconds
        second = replace(
            second,
            actions=(ActionSpan("sit", 0.0, rise), ActionSpan("stand", rise, seconds)),
            waypoints=(Waypoint(0.0, second.position, -heading), Waypoint(rise, second.position, -heading)),
        )
    return Request(duration=seconds, actors=(first, second), seed=seed), said


def _actor(name: str, size: float, x: float, heading: float, lines: Sequence[Line]) -> Actor:
    speech = tuple(SpeechClip(str(line.path), line.start, line.duration) for line in lines)
    return Actor(name, AVERAGE_SKELETON.scaled(size), (x, 0.0), heading, speech, seat_height=0.45)


def held_out_voices(data: Path) -> tuple[tuple[list[Line], list[Line]], str]:
    """Aligned utterances of the two readers that no training hears; the demo's two voices where they are missing."""
    speech = data / "speech"
    if not (speech / "ljspeech").is_dir() or not (speech / "librivox").is_dir():
        return _demo_voices(), "the demo's voices (the data folder is missing)"
    with open(speech / "ljspeech" / "metadata.csv", encoding="utf-8", newline="") as file:
        texts = {row[0]: row[-1] for row in csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE) if row}
    first = [(path, texts[path.stem]) for path in sorted((speech / "ljspeech").glob("*.flac")) if path.stem in texts]
    second = [
        (path.with_suffix(".flac"), path.read_text("utf-8")) for path in sorted((speech / "librivox").glob("*.txt"))
    ]
    return (_aligned(first[:14]), _aligned(second)), "the readers ljspeech and librivox"


def _aligned(files: Sequence[tuple[Path, str]]) -> list[Line]:
    lines = []
    for path, text in files:
        wave = load_speech(path)
        found = align(wave, text)
        if found.phones:
            lines.append(Line(path, len(wave) / SAMPLE_RATE, found.phones))
    return lines


def _demo_voices() -> tuple[list[Line], list[Line]]:
    dialogue = json.loads((ASSETS / "demo_dialogue.json").read_text("utf-8"))
    lines: tuple[list[Line], list[Line]] = ([], [])
    folder = Path(tempfile.mkdtemp(prefix="interact voices "))
    import soundfile

    for number, turn in enumerate(dialogue["turns"]):
        whole: FloatArray = load_speech(ASSETS / f"demo_{turn['actor'].lower()}.ogg")
        wave = whole[round(turn["start"] * SAMPLE_RATE) : round(turn["end"] * SAMPLE_RATE)]
        soundfile.write(folder / f"{number}.wav", wave, SAMPLE_RATE)
        lines["AB".index(turn["actor"])].append(
            Line(folder / f"{number}.wav", len(wave) / SAMPLE_RATE, align(wave, turn["text"]).phones)
        )
    return lines


def kept_measures() -> dict[str, Any]:
    """What stands beside the weights: of this evaluation, and the body's rows of ``body_report``."""
    return json.loads(KEPT_MEASURES.read_text("utf-8")) if KEPT_MEASURES.is_file() else {}


def table(measures: dict[str, Any]) -> str:
    rows = []
    for name, key, sign, bound in TARGETS:
        value = measures.get(key)
        if isinstance(value, list):
            value = min(value)
        if value is None:
            rows.append(f"  {name:32s} not measured")
            continue
        reached = value >= bound if sign == ">=" else value <= bound
        rows.append(f"{' ' if reached else '!'} {name:32s} {float(value):9.3f}   {sign} {bound:g}")
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="build.py evaluate", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two minutes of result; without it, six")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("INTERACT_DATA", DEFAULT_DATA)),
        help="the folder with speech/ and face/",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "evaluate")
    parser.add_argument("--weights", type=Path, help="a folder of weights other than the shipped ones")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="also write the figures and the model card beside the weights, and into the read-me",
    )
    options = parser.parse_args()
    try:
        result = evaluate(options.data, options.out, 2 if options.quick else 6, options.weights)
    except InterActError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"\nVoices: {result['voices']}; {result['minutes']} min of both, 2 CPU threads or what OMP_NUM_THREADS says.")
    print(table(result["measures"]))
    if options.keep:
        kept = kept_measures() | {
            "voices": result["voices"],
            "minutes": result["minutes"],
            "measures": result["measures"],
        }
        KEPT_MEASURES.write_text(json.dumps(kept, indent=1), "utf-8")
        write_card(kept, TARGETS)
        write_readme_figures(kept, TARGETS, ROOT / "README.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
