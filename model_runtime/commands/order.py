"""Tell who of two people begins (the actor) and who reacts.

python -m model_runtime order pair.npz
"""

from __future__ import annotations

import argparse

from .pair_judgement import add_pair_arguments, judge, roles, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_pair_arguments(parser)


def run(options: argparse.Namespace) -> None:
    say(roles(judge(options)))
