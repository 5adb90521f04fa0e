"""What the commands that judge a pair's motion share: their arguments, and one JSON object on stdout."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

from ..common.checkpoints import WEIGHTS
from ..recognition.evaluator import EVALUATOR, Evaluator, Opinion
from ..recognition.pair_features import Pair
from ..recognition.pair_file import read_pair

_DIGITS = 4


class Judgement(NamedTuple):
    """A pair, the evaluator asked, and its opinion."""

    pair: Pair
    evaluator: Evaluator
    opinion: Opinion


def add_pair_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("motion", help="a performance of two, or a scene (.npz)")
    parser.add_argument(
        "--request", help="the request of the performance, for the bones of both; without it those of an average body"
    )
    parser.add_argument("--start", type=float, default=0.0, metavar="S", help="seconds at which the part begins")
    parser.add_argument("--end", type=float, metavar="S", help="seconds at which it ends (default: where all ends)")
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS / EVALUATOR, help="the evaluator (default: %(default)s)"
    )


def judge(options: argparse.Namespace) -> Judgement:
    """Read the motion and judge it. Raises ``PairUnreadable``, or what ``Evaluator.load`` raises."""
    pair = read_pair(options.motion, options.request, options.start, options.end)
    evaluator = Evaluator.load(options.weights)
    return Judgement(pair, evaluator, evaluator.judge([pair])[0])


def roles(judgement: Judgement) -> dict[str, Any]:
    """Return who begins, who reacts, and how sure that is."""
    first = judgement.opinion.first_begins
    actor = 0 if first >= 0.5 else 1
    names = judgement.pair.names
    return {"actor": names[actor], "reactor": names[1 - actor], "probability": rounded(max(first, 1.0 - first))}


def rounded(value: float) -> float:
    return round(float(value), _DIGITS)


def say(found: dict[str, Any]) -> None:
    """Print one JSON object."""
    print(json.dumps(found, indent=1))
