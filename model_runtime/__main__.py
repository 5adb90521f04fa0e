"""``python -m model_runtime worker`` and ``python -m model_runtime generate REQUEST.json -o OUT.npz``."""

from __future__ import annotations

import argparse
import sys

from . import __version__, worker
from .contract import CONTRACT_VERSION, Progress


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 done, 1 a named error (one sentence on stderr), 2 wrong usage, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="model_runtime", description=__doc__)
    parser.add_argument("--version", action="version", version=f"InterAct runtime {__version__}, contract {CONTRACT_VERSION}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("worker", help="serve jobs as JSON lines on stdin and stdout")
    generate = commands.add_parser("generate", help="one request to one performance")
    generate.add_argument("request", help="the request, JSON as the add-on writes it")
    generate.add_argument("-o", "--out", required=True, help="where the performance goes (.npz)")
    generate.add_argument("--weights", help="a folder of weights other than the ones that came with the runtime")
    options = parser.parse_args(arguments)
    if options.command == "worker":
        return worker.main()
    return _generate(options)


def _generate(options: argparse.Namespace) -> int:
    try:
        worker.run_job(vars(options), _print_progress)
    except KeyboardInterrupt:
        print("\nCancelled.", file=sys.stderr)
        return 130
    except Exception as error:
        print(f"\nerror: {worker.describe(error)['message']}", file=sys.stderr)
        return 1
    print(f"\n{options.out}", file=sys.stderr)
    return 0


def _print_progress(update: Progress) -> None:
    print(f"\r{update.fraction:4.0%} {update.stage:<40}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
