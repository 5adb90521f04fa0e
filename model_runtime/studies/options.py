"""Options that the commands of several studies share, declared once."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..common.checkpoints import WEIGHTS
from ..contract import EMOTION_CHOICES, NEUTRAL
from ..datasets.locations import data_dir
from ..errors import InterActError
from ..training.word_features import WordTracks
from .shots import Shot, held_out_shots

_WORDS = Path("corpus/word_features.npz")


class TooFewShots(InterActError):
    """The scenes hold fewer held-out shots than a study needs."""


def add_shared_options(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add the options of these names: scenes, words, speech, weights, data, docs, json."""
    shared: dict[str, dict[str, Any]] = {
        "scenes": {"default": Path("corpus/scenes"), "help": "folder of composed scenes (default: %(default)s)"},
        "words": {
            "default": _WORDS if _WORDS.is_file() else None,
            "help": "file of `train words`, for weights that are conditioned on words (default: %(default)s)",
        },
        "speech": {"default": Path("corpus/speech_library.npz"), "help": "the utterances (default: %(default)s)"},
        "weights": {"default": WEIGHTS, "help": "folder of the weights; the shipped ones when left out"},
        "data": {"default": data_dir(), "help": "folder with motion/, speech/ and face/ (default: %(default)s)"},
        "docs": {"metavar": "DIR", "help": "also put tables and plots into the pages of this folder"},
        "json": {"metavar": "OUT", "help": "also write every figure here"},
    }
    for name in names:
        parser.add_argument(f"--{name}", type=Path, **shared[name])


def add_shot_options(parser: argparse.ArgumentParser, shots: int, seconds: float) -> None:
    """Add how many held-out shots are measured, and how long they are."""
    parser.add_argument("--shots", type=int, default=shots, help="held-out shots to measure on (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=seconds, help="of each shot (default: %(default)s)")


def word_tracks(options: argparse.Namespace) -> WordTracks | None:
    """Return the word vectors of the file that ``--words`` names, None without one."""
    return WordTracks(options.words) if options.words else None


def held_out_shots_of(options: argparse.Namespace, count: int | None = None) -> tuple[list[Shot], list[Shot]]:
    """Return ``count`` held-out shots to measure on (``--shots`` when None), and others to compare them with.

    Raises ``TooFewShots``.
    """
    both = held_out_shots(options.scenes, options.seconds, 2 * (count or options.shots), word_tracks(options))
    if len(both) < 2:
        raise TooFewShots(
            f"There are no two held-out scenes of {options.seconds:.0f} s in '{options.scenes}'; compose some first."
        )
    return both[::2], both[1::2]


def add_face_options(parser: argparse.ArgumentParser) -> None:
    """Add how a face speaks: with transcripts, with how much of the lip-tuned weights, in which emotion."""
    parser.add_argument("--transcripts", action="store_true", help="give the face the transcripts")
    parser.add_argument("--lips", type=float, default=1.0, help="share of the lip-tuned weights (default: 1)")
    parser.add_argument("--emotion", choices=EMOTION_CHOICES, default=NEUTRAL)
    parser.add_argument("--intensity", type=float, default=1.0)


def emotion_of(options: argparse.Namespace) -> tuple[str, float] | None:
    """Return the emotion and its intensity that ``add_face_options`` were given, None for neutral."""
    return None if options.emotion == NEUTRAL else (options.emotion, options.intensity)
