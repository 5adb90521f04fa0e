"""The speed of the runtime on this machine, by stage and length of shot, and its memory.

    python -m model_runtime bench [--seconds 10 30 60]

Every row is a separate process, as Blender starts it, on the demo's voices; loading the networks is timed apart. Times
vary between machines and with other load: compare rows of one table only.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from ..body_model.skeleton import AVERAGE_SKELETON
from ..conditioning.conditioning import conditioning_of
from ..conditioning.conditions import CONDITIONS
from ..contract import FPS, QUALITIES, ActionSpan, Actor, Request, SpeechClip
from ..face.model import FaceModel
from ..generate import generate_bodies
from ..sampling.body_sampler import SamplingSettings, load_body_stages
from ..sampling.windows import padded_frames
from ..speech.audio import load_speech
from ..speech.prosody import PROSODY_SIZE
from ..speech.wave import SAMPLE_RATE
from .options import add_shared_options
from .quick import ASSETS, perform
from .reference_models import DiffSpeakerSized, InterGenSized, LdaSized, Spent, spent_by, spent_by_faces

VOICE_SECONDS = 24.6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seconds",
        type=float,
        nargs="*",
        default=[10.0, 30.0, 60.0],
        help="lengths of the shots; none compares with the reference-sized models alone",
    )
    add_shared_options(parser, "weights")


def run(options: argparse.Namespace) -> None:
    print(f"{'shot':>6} {'quality':8} {'computing':>10} {'per second':>11} {'process':>9} {'memory':>9}   stages")
    with tempfile.TemporaryDirectory(prefix="interact bench ") as folder:
        for quality in QUALITIES:
            for seconds in options.seconds:
                print(timed_shot(seconds, quality, Path(folder), options.weights), flush=True)
    compare_bodies(options.weights)
    compare_faces(options.weights)


def timed_shot(seconds: float, quality: str, folder: Path, weights: Path) -> str:
    """Return a line with the times of a shot: of the computing, by stage, and of the whole process."""
    started = time.monotonic()
    report = perform(shot(seconds, quality), folder, weights).report
    process, computing = time.monotonic() - started, sum(report["seconds"].values())
    stages = ", ".join(f"{stage} {value:.1f}" for stage, value in report["seconds"].items())
    memory = f"{report['worker_memory_mb']:.0f} MiB" if report.get("worker_memory_mb") else "?"
    times = f"{computing:8.1f} s {computing / seconds:9.2f} s {process:7.1f} s"
    return f"{seconds:5.0f}s {quality:8} {times} {memory:>9}   {stages}"


def shot(seconds: float, quality: str) -> Request:
    """Return the demo's dialogue, repeated to fill the time; one sits half of it and then stands, the other stands."""
    starts = [k * VOICE_SECONDS for k in range(int(seconds / VOICE_SECONDS) + 1)]
    first, second = (
        tuple(
            SpeechClip(str(ASSETS / file), start, min(VOICE_SECONDS, seconds - start))
            for start in starts
            if seconds - start > 0.1
        )
        for file in ("demo_a.ogg", "demo_b.ogg")
    )
    sits = (ActionSpan("sit", 0.0, seconds / 2),)
    actors = (
        Actor("First", AVERAGE_SKELETON, (-0.65, 0.0), 1.57, first, sits),
        Actor("Second", AVERAGE_SKELETON, (0.65, 0.0), -1.57, second),
    )
    return Request(seconds, actors, quality=quality)


def compare_bodies(weights: Path, seconds: float = 10.0) -> None:
    """Print the time of both bodies at final quality, networks warm, beside networks of the papers' sizes.

    All in this process. Processor time, summed over threads, is also meaningful on a busy machine.
    """
    request = shot(seconds, "final")
    silence = [np.zeros((request.frames, PROSODY_SIZE), np.float32)] * 2
    conditioning = conditioning_of(request, silence, CONDITIONS, padded_frames(request.frames))
    stages, settings = load_body_stages(weights), SamplingSettings(1)
    generate_bodies(stages, conditioning, settings)
    ours = Spent(float("inf"), float("inf"))
    for _ in range(3):
        begin = Spent.now()
        generate_bodies(stages, conditioning, settings)
        ours = min(ours, Spent.now().since(begin))
    _print_ours(f"{seconds:.0f} s of both bodies", ours)
    for name, network in (("InterGen-sized, 50 steps", InterGenSized()), ("LDA-sized, 150 steps", LdaSized())):
        _print_theirs(name, spent_by(network, seconds), ours)


def compare_faces(weights: Path, seconds: float = 60.0) -> None:
    """Print the time of both faces at final quality from sound to curves, beside a network of DiffSpeaker's size."""
    model, frames = FaceModel.load(weights), round(seconds * FPS) + 1
    voices = [
        np.resize(load_speech(ASSETS / file), round(seconds * SAMPLE_RATE)) for file in ("demo_a.ogg", "demo_b.ogg")
    ]
    model.generate(voices[0][:SAMPLE_RATE], voices[1][:SAMPLE_RATE], FPS, 0)
    ours = Spent(float("inf"), float("inf"))
    for repeat in range(2):
        model.clear_voice_cache()
        begin = Spent.now()
        for me in (0, 1):
            model.generate(voices[me], voices[1 - me], frames, repeat + me)
        ours = min(ours, Spent.now().since(begin))
    _print_ours(f"{seconds:.0f} s of both faces", ours)
    _print_theirs("DiffSpeaker-sized, 50 steps", spent_by_faces(DiffSpeakerSized(), seconds), ours)


def _print_ours(title: str, ours: Spent) -> None:
    print(f"\n{title:28} {'time':>10} {'processor':>12}   ({torch.get_num_threads()} threads)")
    print(f"{'ours, final':28} {ours.wall:8.2f} s {ours.processor:10.2f} s", flush=True)


def _print_theirs(name: str, theirs: Spent, ours: Spent) -> None:
    ratio = f"{theirs.wall / ours.wall:.0f} times ours, {theirs.processor / ours.processor:.0f} in processor time"
    print(f"{name:28} {theirs.wall:8.1f} s {theirs.processor:10.1f} s   {ratio}", flush=True)
