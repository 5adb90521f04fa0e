"""The figures of the README: the weights on held-out voices, in a few minutes.

    python -m model_runtime evaluate quick [--minutes 4] [--keep]

Two readers who are kept out of all training talk to each other for a minute, four times: sitting, standing up, walking.
A minute has six borders of windows. With two minutes the speed at borders is chance: over places without any border it
came out between 0.65 and 1.17.
Without the data folder the demo's two voices take their place, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile

from ..body_model.skeleton import AVERAGE_SKELETON
from ..common.checkpoints import WEIGHTS
from ..common.files import write_whole
from ..contract import ActionSpan, Actor, FloatArray, Performance, Request, SpeechClip, Waypoint, request_to_json
from ..datasets.ict_face import IctFace
from ..datasets.locations import REPOSITORY
from ..drawing.contact_sheets import performance_sheet
from ..errors import InterActError
from ..generate import generate
from ..metrics.held_out_speech import read_transcripts
from ..metrics.lips import MouthGeometry, score_lips
from ..metrics.measures import measure_pair, seam_ratio
from ..sampling.windows import window_boundaries
from ..speech.audio import SAMPLE_RATE, load_speech
from ..speech.prosody import ENERGY
from ..speech.transcript.alignment import Segment, align
from .behaviour import check_behaviour
from .measures_file import store_measures
from .model_card import write_card, write_readme_figures
from .options import add_shared_options
from .report import plain, prosody_and_labels
from .target_rows import target_rows

ASSETS = REPOSITORY / "interact_addon" / "assets"
MINUTE = 60.0
PAUSE = 0.35  # s between turns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=int, default=4, help="of result (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "out" / "evaluate")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="also write the figures and the model card beside the weights, and into the README",
    )
    add_shared_options(parser, "data", "weights")


def run(options: argparse.Namespace) -> None:
    result = evaluate(options.data, options.out, options.minutes, options.weights)
    print(f"\nVoices: {result['voices']}; {result['minutes']} min of both, 2 CPU threads or what OMP_NUM_THREADS says.")
    print(table(result["measures"]))
    if options.keep:
        measured = store_measures({key: result[key] for key in ("voices", "minutes", "measures")})
        write_card(measured)
        write_readme_figures(measured, REPOSITORY / "README.md")


def table(measures: Mapping[str, Any]) -> str:
    """Return the figures beside their targets, a '!' before those that miss theirs."""
    lines = []
    for row in target_rows(measures):
        if row.value is None:
            lines.append(f"  {row.target.label:32s} not measured")
        else:
            mark = " " if row.good else "!"
            lines.append(f"{mark} {row.target.label:32s} {float(row.value):9.3f}   {row.target.bounds}")
    return "\n".join(lines)


class SpokenLine(NamedTuple):
    """A sound file, its aligned phones, and when it starts in the shot (s)."""

    path: Path
    duration: float
    phones: tuple[Segment, ...]
    start: float = 0.0


def evaluate(data: Path, out: Path, minutes: int, weights: Path = WEIGHTS) -> dict[str, Any]:
    """Generate, measure, write ``out/quick.json`` and a contact sheet; returns the figures."""
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
    write_whole(out / "quick.json", json.dumps(result, indent=1))
    return result


def figures_of(
    request: Request, lines: Sequence[Sequence[SpokenLine]], result: Performance, geometry: MouthGeometry | None
) -> dict[str, Any]:
    """Return the figures of a shot in which ``lines`` are spoken, by actor."""
    prosodies, labels = prosody_and_labels(request, result.frames)
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


def perform(request: Request, out: Path, weights: Path = WEIGHTS) -> Performance:
    """Generate in a separate process, as Blender does, so that its memory is measured alone; stores request and result
    in ``out``.
    """
    with tempfile.TemporaryDirectory(prefix="interact evaluate ") as folder:
        job, result = Path(folder) / "request.json", Path(folder) / "performance.npz"
        job.write_text(request_to_json(request), "utf-8")
        command = [sys.executable, "-m", "model_runtime", "generate", str(job), "-o", str(result)]
        command += ["--weights", str(weights)]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            last_lines = done.stderr.strip().splitlines()[-1:] or ["The runtime ended without a word."]
            raise InterActError(last_lines[0].removeprefix("error: "))
        performance = Performance.load(result)
        write_whole(out / "request.json", request_to_json(request))
        performance.save(out / "performance.npz")
    return performance


def talk(
    voices: tuple[list[SpokenLine], list[SpokenLine]], seed: int, seconds: float = MINUTE, still: bool = False
) -> tuple[Request, list[list[SpokenLine]]]:
    """Return a dialogue of both voices and the lines of each actor in it.

    The first actor stands, walks away and stays; the second sits and gets up (``still``: both stand).
    """
    lines = _turns(voices, seed, seconds)
    first = _actor("First", 1.05, -0.65, np.pi / 2, lines[0])
    second = _actor("Second", 0.97, 0.65, -np.pi / 2, lines[1])
    if not still:
        first, second = _walks_away(first, seconds), _gets_up(second, seconds)
    return Request(duration=seconds, actors=(first, second), seed=seed), lines


def _turns(voices: tuple[list[SpokenLine], list[SpokenLine]], seed: int, seconds: float) -> list[list[SpokenLine]]:
    """Return the lines of each voice, in turns and in an order drawn by ``seed``, as many as fit."""
    rng = np.random.default_rng(seed)
    lines: list[list[SpokenLine]] = [[], []]
    waiting = [[own[k] for k in rng.permutation(len(own))] for own in voices]
    now, speaker = 0.5, 0
    while waiting[speaker]:
        line = waiting[speaker].pop()
        if now + line.duration > seconds - 0.5:
            break
        lines[speaker].append(line._replace(start=now))
        now, speaker = now + line.duration + PAUSE, 1 - speaker
    return lines


def _walks_away(actor: Actor, seconds: float) -> Actor:
    leave, stay = 0.35 * seconds, 0.35 * seconds + 4.0
    away = (actor.position[0] - 0.8, -2.6)
    actions = (ActionSpan("stand", 0.0, leave), ActionSpan("walk", leave, stay), ActionSpan("stand", stay, seconds))
    waypoints = (Waypoint(leave, actor.position), Waypoint(stay, away), Waypoint(seconds, away))
    return replace(actor, actions=actions, waypoints=waypoints)


def _gets_up(actor: Actor, seconds: float) -> Actor:
    rise = 0.6 * seconds
    actions = (ActionSpan("sit", 0.0, rise), ActionSpan("stand", rise, seconds))
    waypoints = tuple(Waypoint(time, actor.position, actor.heading) for time in (0.0, rise))
    return replace(actor, actions=actions, waypoints=waypoints)


def _actor(name: str, size: float, x: float, heading: float, lines: Sequence[SpokenLine]) -> Actor:
    speech = tuple(SpeechClip(str(line.path), line.start, line.duration) for line in lines)
    return Actor(name, AVERAGE_SKELETON.scaled(size), (x, 0.0), heading, speech, seat_height=0.45)


def held_out_voices(data: Path) -> tuple[tuple[list[SpokenLine], list[SpokenLine]], str]:
    """Return aligned utterances of the two held-out readers, and their names; the demo's two voices where
    the data are missing.
    """
    speech = data / "speech"
    if not (speech / "ljspeech").is_dir() or not (speech / "librivox").is_dir():
        return _demo_voices(), "the demo's voices (the data folder is missing)"
    texts = read_transcripts(speech / "ljspeech" / "metadata.csv")
    first = [(path, texts[path.stem]) for path in sorted((speech / "ljspeech").glob("*.flac")) if path.stem in texts]
    second = [
        (path.with_suffix(".flac"), path.read_text("utf-8")) for path in sorted((speech / "librivox").glob("*.txt"))
    ]
    return (_aligned(first[:14]), _aligned(second)), "the readers ljspeech and librivox"


def _aligned(files: Sequence[tuple[Path, str]]) -> list[SpokenLine]:
    lines = []
    for path, text in files:
        wave = load_speech(path)
        found = align(wave, text)
        if found.phones:
            lines.append(SpokenLine(path, len(wave) / SAMPLE_RATE, found.phones))
    return lines


def _demo_voices() -> tuple[list[SpokenLine], list[SpokenLine]]:
    dialogue = json.loads((ASSETS / "demo_dialogue.json").read_text("utf-8"))
    lines: tuple[list[SpokenLine], list[SpokenLine]] = ([], [])
    folder = Path(tempfile.mkdtemp(prefix="interact voices "))
    for number, turn in enumerate(dialogue["turns"]):
        whole: FloatArray = load_speech(ASSETS / f"demo_{turn['actor'].lower()}.ogg")
        wave = whole[round(turn["start"] * SAMPLE_RATE) : round(turn["end"] * SAMPLE_RATE)]
        soundfile.write(folder / f"{number}.wav", wave, SAMPLE_RATE)
        lines["AB".index(turn["actor"])].append(
            SpokenLine(folder / f"{number}.wav", len(wave) / SAMPLE_RATE, align(wave, turn["text"]).phones)
        )
    return lines
