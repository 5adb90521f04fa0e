"""Say in words what two people do to each other: the most fitting of the captions that the evaluator knows.

    python -m model_runtime caption pair.npz --most 3

Prints JSON: captions with the cosine of each to the motion, the best first, and who it is that begins.
"""

from __future__ import annotations

import argparse

from .pair_judgement import add_pair_arguments, judge, roles, rounded, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_pair_arguments(parser)
    parser.add_argument("--most", type=int, default=5, metavar="N", help="captions to print (default: %(default)s)")


def run(options: argparse.Namespace) -> None:
    judgement = judge(options)
    ranked = judgement.evaluator.ranked_captions(judgement.opinion.embedding, options.most)
    say(
        {
            "captions": [{"text": text, "cosine": rounded(cosine)} for text, cosine in ranked],
            "actor": roles(judgement)["actor"],
        }
    )
