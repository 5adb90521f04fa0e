"""Tell the five factors of two people's personalities from how they move, in standard deviations of people.

python -m model_runtime personality pair.npz
"""

from __future__ import annotations

import argparse

from .pair_judgement import add_pair_arguments, judge, rounded, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_pair_arguments(parser)


def run(options: argparse.Namespace) -> None:
    judgement = judge(options)
    both = judgement.evaluator.personality_of(judgement.opinion)
    say(
        {
            name: {factor: rounded(value) for factor, value in factors.items()}
            for name, factors in zip(judgement.pair.names, both)
        }
    )
