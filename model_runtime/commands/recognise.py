"""Recognise what two people do to each other, and who of them begins.

    python -m model_runtime recognise pair.npz

Prints JSON: the likeliest category with its probability, who acts, and the probability of every category that the
weights learned.
"""

from __future__ import annotations

import argparse

from .pair_judgement import add_pair_arguments, judge, roles, rounded, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_pair_arguments(parser)


def run(options: argparse.Namespace) -> None:
    judgement = judge(options)
    likely = judgement.opinion.categories
    category = next(iter(likely))
    say(
        {
            "category": category,
            "probability": rounded(likely[category]),
            **{name: value for name, value in roles(judgement).items() if name != "probability"},
            "order_probability": roles(judgement)["probability"],
            "relationship": next(iter(judgement.opinion.relationships)),
            "probabilities": {name: rounded(value) for name, value in likely.items()},
        }
    )
