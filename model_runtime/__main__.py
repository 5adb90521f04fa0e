"""``python -m model_runtime COMMAND``: every command of the runtime in one place.

A command is a module with ``add_arguments(parser)`` and ``run(options)``, named in ``COMMANDS``; it is imported only
when it is asked for, so that a worker starts without the rest. Exit codes: 0 done, 1 an error told in one sentence on
stderr, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import Any, NamedTuple

from . import __version__, worker
from .contract import CONTRACT_VERSION


class Command(NamedTuple):
    """``module`` below this package, and one line of ``help``."""

    module: str
    help: str


class Group(NamedTuple):
    """Commands that belong together, and one line of ``help``."""

    help: str
    commands: dict[str, Command]


COMMANDS: dict[str, Command | Group] = {
    "worker": Command("commands.worker", "serve jobs as JSON lines on stdin and stdout"),
    "generate": Command("commands.generate", "one request to one performance"),
    "convert": Group(
        "other people's data into the runtime's own",
        {"mesh-to-arkit": Command("face.mesh_conversion.command", "ARKit curves from a sequence of face meshes")},
    ),
    "report": Command("studies.report", "what came out of a generation, as report.json and report.html"),
    "bench": Command("studies.bench", "how fast the runtime is on this machine, by stage and length of shot"),
    "evaluate": Group(
        "measure the weights on voices and scenes they never saw",
        {
            "quick": Command("studies.quick", "the figures of the README, in a few minutes"),
            "body": Command("studies.body_report", "the body beside the reference and the baselines"),
            "face": Command("studies.face_report", "the face on voices it never heard"),
            "lips": Command("studies.lips_report", "how well lips follow real speech"),
            "corpus": Command("studies.corpus_report", "composed scenes beside raw captured clips"),
            "transcripts": Command("studies.transcript_study", "which transcripts are believed"),
            "prosody": Command("studies.prosody_comparison", "mels, pitch and stresses beside librosa's"),
            "baselines": Command("studies.comparison", "the hierarchy beside LDA1 and LDA2, trained alike"),
        },
    ),
    "study": Group(
        "measurements behind a design decision",
        {
            "ablation": Command("studies.ablation", "the body trained without each loss in turn"),
            "samplers": Command("studies.sampler_study", "samplers, steps and guidance"),
            "seeds": Command("studies.body_seeds", "takes of one shot that differ in nothing but the seed"),
            "guided-feet": Command(
                "studies.guided_feet", "what guiding the feet does before and after they are locked"
            ),
        },
    ),
    "show": Group(
        "contact sheets and films to look at",
        {
            "faces": Command("studies.face_look", "composed faces on the ICT face"),
            "face-films": Command("studies.face_films", "films of the face that says held-out utterances"),
            "shot-films": Command("studies.shot_films", "films and sheets of generated held-out shots"),
        },
    ),
    "corpus": Group(
        "make the training corpus",
        {
            "clips": Command("datasets.library", "read every archive of motion into one library of clips"),
            "gestures": Command("corpus.gestures.library", "find the gestures among the clips"),
            "speech": Command("corpus.voices.speech_build", "build the library of utterances"),
            "more-voices": Command("corpus.voices.more_voices", "more synthetic voices, for speech encoder and face"),
            "demo-voices": Command("corpus.voices.synthetic_voices", "make the two voices of the demo"),
            "compose": Command("corpus.composer", "compose two-person scenes"),
            "summary": Command("corpus.summary", "what a corpus of scenes holds"),
            "pack": Command("corpus.package", "one archive with all that training needs"),
        },
    ),
    "train": Group(
        "train a network",
        {
            "body": Command("training.train_body", "one stage of the body model on composed scenes"),
            "face": Command("training.face", "the face on composed conversations"),
            "speech-encoder": Command("training.speech_encoder", "the speech encoder on the speech library"),
            "stress": Command("training.prominence", "the network that detects stressed syllables"),
            "words": Command("training.word_features", "vectors of every word of the speech library"),
            "wav2vec2-adapter": Command("training.wav2vec2_adapter", "the adapter of a wav2vec 2.0 in a local folder"),
        },
    ),
}


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    name = given[0] if given else ""
    command = COMMANDS.get(name)
    names = [name]
    if isinstance(command, Group):
        names.append(given[1] if len(given) > 1 else "")
        commands = command.commands
        if names[1] not in commands:
            return _explain(f"python -m model_runtime {name}", command.help, commands, given[1:])
        command = commands[names[1]]
    if command is None:
        return _explain("python -m model_runtime", str(__doc__), COMMANDS, given)
    return _run(names, command, given[len(names) :])


def _explain(prog: str, description: str, commands: dict[str, Any], given: list[str]) -> int:
    """Print the commands there are, or refuse one there is not (argparse exits with 2)."""
    parser = argparse.ArgumentParser(
        prog=prog, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    version = f"InterAct runtime {__version__}, contract {CONTRACT_VERSION}"
    parser.add_argument("--version", action="version", version=version)
    below = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in commands.items():
        below.add_parser(name, help=command.help, add_help=False)
    parser.parse_args(given)
    return 2


def _run(names: list[str], command: Command, given: list[str]) -> int:
    try:
        module = import_module(f".{command.module}", __package__)
    except ModuleNotFoundError as error:
        if not str(error.name).startswith(str(__package__)):
            raise
        print(f"error: '{' '.join(names)}' is not part of the extension; run it in the repository.", file=sys.stderr)
        return 1
    parser = argparse.ArgumentParser(
        prog=f"python -m model_runtime {' '.join(names)}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    options = parser.parse_args(given)
    try:
        return int(module.run(options) or 0)
    except KeyboardInterrupt:
        print("\nCancelled.", file=sys.stderr)
        return 130
    except Exception as error:  # every failure leaves as one sentence
        print(f"\nerror: {worker.describe(error)['message']}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
