"""``python -m model_runtime worker``, ``python -m model_runtime generate REQUEST.json -o OUT.npz`` and ``python -m model_runtime convert --help``."""

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
    generate.add_argument("--wav2vec2", help="a folder with a wav2vec 2.0 and its trained adapter, to hear in the place of the default ear")
    commands.add_parser("convert", help="other people's data into the runtime's own: convert --help lists what", add_help=False)
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["convert"]:
        return _convert(given[1:])
    options = parser.parse_args(given)
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


def _convert(arguments: list[str]) -> int:
    try:
        from .convert import command  # here, so that a worker starts without it

        command.main(arguments)
    except KeyboardInterrupt:
        print("Cancelled.", file=sys.stderr)
        return 130
    except Exception as error:
        print(f"error: {worker.describe(error)['message']}", file=sys.stderr)
        return 1
    return 0


def _print_progress(update: Progress) -> None:
    print(f"\r{update.fraction:4.0%} {update.stage:<40}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
