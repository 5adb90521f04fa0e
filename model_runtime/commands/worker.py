"""Serve jobs as JSON lines on stdin and stdout; what Blender starts (``model_runtime.worker``)."""

from __future__ import annotations

import argparse

from .. import worker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The worker is told all it needs line by line."""


def run(options: argparse.Namespace) -> int:
    return worker.main()
