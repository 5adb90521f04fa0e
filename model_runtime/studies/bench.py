"""How fast the runtime is on this machine, by stage and length, and how much memory it takes: ``build.py bench``.

Every row is a process of its own, as Blender starts it, on the demo's voices; loading the networks is timed apart.
Times vary between machines and with what else runs: compare rows of one table only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from ..body_model.skeleton import AVERAGE_SKELETON
from ..common.checkpoints import WEIGHTS
from ..conditioning.conditioning import conditioning_of
from ..conditioning.conditions import CONDITIONS
from ..contract import FPS, QUALITIES, ActionSpan, Actor, Request, SpeechClip
from ..errors import InterActError
from ..face.model import FaceModel
from ..generate import generate_bodies
from ..sampling.body_sampler import SamplingSettings, load_body_stages
from ..sampling.windows import padded_frames
from ..speech.audio import load_speech
from ..speech.prosody import PROSODY_SIZE
from ..speech.wave import SAMPLE_RATE
from .quick import ASSETS, perform
from .reference_models import DiffSpeakerSized, InterGenSized, LdaSized, Spent, spent_by, spent_by_faces

VOICE_SECONDS = 24.6


def shot(seconds: float, quality: str) -> Request:
    """The demo's dialogue, repeated to fill the time; one sits half of it and then stands, the other stands."""
    starts = [k * VOICE_SECONDS for k in range(int(seconds / VOICE_SECONDS) + 1)]
    actors = []
    for name, file, x in (("First", "demo_a.ogg", -0.65), ("Second", "demo_b.ogg", 0.65)):
        speech = tuple(
            SpeechClip(str(ASSETS / file), start, min(VOICE_SECONDS, seconds - start))
            for start in starts
            if seconds - start > 0.1
        )
        actors.append(Actor(name, AVERAGE_SKELETON, (x, 0.0), 1.57 if x < 0 else -1.57, speech))
    sitting = Actor(
        actors[0].name,
        actors[0].skeleton,
        actors[0].position,
        actors[0].heading,
        actors[0].speech,
        (ActionSpan("sit", 0.0, seconds / 2),),
    )
    return Request(seconds, (sitting, actors[1]), quality=quality)


def main() -> int:
    parser = argparse.ArgumentParser(prog="build.py bench", description=__doc__)
    parser.add_argument(
        "--seconds",
        type=float,
        nargs="*",
        default=[10.0, 30.0, 60.0],
        help="lengths of the shots; none compares with the peers alone",
    )
    parser.add_argument("--weights", type=Path, help="a folder of weights other than the shipped ones")
    options = parser.parse_args()
    print(f"{'shot':>6} {'quality':8} {'computing':>10} {'per second':>11} {'process':>9} {'memory':>9}   stages")
    with tempfile.TemporaryDirectory(prefix="interact bench ") as folder:
        for quality in QUALITIES:
            for seconds in options.seconds:
                started = time.monotonic()
                try:
                    report = perform(shot(seconds, quality), Path(folder), options.weights).report
                except InterActError as error:
                    print(f"error: {error}", file=sys.stderr)
                    return 1
                process, computing = time.monotonic() - started, sum(report["seconds"].values())
                stages = ", ".join(f"{stage} {value:.1f}" for stage, value in report["seconds"].items())
                memory = f"{report['worker_memory_mb']:.0f} MiB" if report.get("worker_memory_mb") else "?"
                print(
                    f"{seconds:5.0f}s {quality:8} {computing:8.1f} s {computing / seconds:9.2f} s {process:7.1f} s {memory:>9}   {stages}",
                    flush=True,
                )
    compare_with_peers(options.weights or WEIGHTS)
    compare_faces(options.weights or WEIGHTS)
    return 0


def compare_with_peers(weights: Path, seconds: float = 10.0) -> None:
    """Both bodies at final quality, networks warm, beside networks of the papers' sizes, all in this process.

    Processor time, over all threads, also tells on a machine that is busy with other things.
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
    print(
        f"\n{f'{seconds:.0f} s of both bodies':28} {'time':>10} {'processor':>12}   ({torch.get_num_threads()} threads)"
    )
    print(f"{'ours, final':28} {ours.wall:8.2f} s {ours.processor:10.2f} s", flush=True)
    for name, network in (("InterGen-sized, 50 steps", InterGenSized()), ("LDA-sized, 150 steps", LdaSized())):
        theirs = spent_by(network, seconds)
        ratio = f"{theirs.wall / ours.wall:.0f} times ours, {theirs.processor / ours.processor:.0f} in processor time"
        print(f"{name:28} {theirs.wall:8.1f} s {theirs.processor:10.1f} s   {ratio}", flush=True)


def compare_faces(weights: Path, seconds: float = 60.0) -> None:
    """Both faces at final quality from sound to curves, network warm, beside a network of DiffSpeaker's size."""
    model, frames = FaceModel.load(weights), round(seconds * FPS) + 1
    voices = [
        np.resize(load_speech(ASSETS / file), round(seconds * SAMPLE_RATE)) for file in ("demo_a.ogg", "demo_b.ogg")
    ]

    def both(seed: int) -> None:
        for me in (0, 1):
            model.generate(voices[me], voices[1 - me], frames, seed + me)

    model.generate(voices[0][:SAMPLE_RATE], voices[1][:SAMPLE_RATE], FPS, 0)
    ours = Spent(float("inf"), float("inf"))
    for repeat in range(2):
        model.forget()
        begin = Spent.now()
        both(repeat)
        ours = min(ours, Spent.now().since(begin))
    theirs = spent_by_faces(DiffSpeakerSized(), seconds)
    print(
        f"\n{f'{seconds:.0f} s of both faces':28} {'time':>10} {'processor':>12}   ({torch.get_num_threads()} threads)"
    )
    print(f"{'ours, final':28} {ours.wall:8.2f} s {ours.processor:10.2f} s", flush=True)
    ratio = f"{theirs.wall / ours.wall:.0f} times ours, {theirs.processor / ours.processor:.0f} in processor time"
    print(f"{'DiffSpeaker-sized, 50 steps':28} {theirs.wall:8.1f} s {theirs.processor:10.1f} s   {ratio}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
