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

from ..contract import QUALITIES, ActionSpan, Actor, Request, SpeechClip
from ..errors import InterActError
from ..skeleton import AVERAGE_SKELETON
from .quick import ASSETS, perform

VOICE_SECONDS = 24.6


def shot(seconds: float, quality: str) -> Request:
    """The demo's dialogue, repeated to fill the time; one sits half of it and then stands, the other stands."""
    starts = [k * VOICE_SECONDS for k in range(int(seconds / VOICE_SECONDS) + 1)]
    actors = []
    for name, file, x in (("First", "demo_a.ogg", -0.65), ("Second", "demo_b.ogg", 0.65)):
        speech = tuple(SpeechClip(str(ASSETS / file), start, min(VOICE_SECONDS, seconds - start)) for start in starts if seconds - start > 0.1)
        actors.append(Actor(name, AVERAGE_SKELETON, (x, 0.0), 1.57 if x < 0 else -1.57, speech))
    sitting = Actor(actors[0].name, actors[0].skeleton, actors[0].position, actors[0].heading, actors[0].speech, (ActionSpan("sit", 0.0, seconds / 2),))
    return Request(seconds, (sitting, actors[1]), quality=quality)


def main() -> int:
    parser = argparse.ArgumentParser(prog="build.py bench", description=__doc__)
    parser.add_argument("--seconds", type=float, nargs="+", default=[10.0, 30.0, 60.0], help="lengths of the shots")
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
                print(f"{seconds:5.0f}s {quality:8} {computing:8.1f} s {computing / seconds:9.2f} s {process:7.1f} s {memory:>9}   {stages}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
