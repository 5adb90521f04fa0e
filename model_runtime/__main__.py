"""``python -m model_runtime COMMAND``: every command of the runtime in one place.

A command is a module with ``add_arguments(parser)`` and ``run(options) -> int | None``, named in ``COMMANDS``; it is
imported only when it is asked for, so that a worker starts without the rest. Exit codes: 0 done, 1 an error in one
sentence on stderr, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple

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
    "resolve": Command("commands.resolve", "overlaps taken out of a performance, and its contacts met"),
    "recognise": Command("commands.recognise", "what two people do to each other, and who begins"),
    "caption": Command("commands.caption", "what two people do, in words"),
    "order": Command("commands.order", "who of two people begins"),
    "personality": Command("commands.personality", "the five factors of two people, from how they move"),
    "convert": Group(
        "other people's data into the runtime's own",
        {"mesh-to-arkit": Command("face.mesh_conversion.command", "ARKit curves from a sequence of face meshes")},
    ),
    "report": Command("studies.report", "measure a generation: report.json and report.html"),
    "bench": Command("studies.bench", "the speed on this machine, by stage and length of shot"),
    "evaluate": Group(
        "measure the weights on held-out voices and scenes",
        {
            "quick": Command("studies.quick", "the figures of the README, in a few minutes"),
            "draft": Command("studies.draft_report", "drafts beside finals: jerk, feet and labels"),
            "body": Command("studies.body_report", "the body beside the reference and the baselines"),
            "face": Command("studies.face_report", "the face on held-out voices"),
            "interactions": Command("studies.interaction_report", "pairs by the protocols of InterGen and Inter-X"),
            "lips": Command("studies.lips_report", "the lips of the face on held-out voices"),
            "corpus": Command("studies.corpus_report", "composed scenes beside captured clips"),
            "transcripts": Command("studies.transcript_study", "which transcripts are accepted"),
            "prosody": Command("studies.prosody_comparison", "mels, pitch and stresses beside librosa's"),
            "contacts": Command("studies.contact_study", "bodies kept apart and brought together, where two meet"),
            "baselines": Command("studies.comparison", "the hierarchy beside LDA1 and LDA2, trained alike"),
        },
    ),
    "study": Group(
        "measurements behind a design decision",
        {
            "ablation": Command("studies.ablation", "the body trained without each loss in turn"),
            "samplers": Command("studies.sampler_study", "samplers, steps and guidance"),
            "seeds": Command("studies.body_seeds", "takes of one shot that differ only in the seed"),
            "guided-feet": Command("studies.guided_feet", "guidance of the feet, before and after they are locked"),
        },
    ),
    "show": Group(
        "contact sheets and films",
        {
            "faces": Command("studies.face_look", "composed faces on the ICT face"),
            "face-films": Command("studies.face_films", "films of the face that speaks held-out utterances"),
            "around": Command("studies.around_capture", "a partner performed around a captured body"),
            "directed": Command("studies.directed", "two talkers with something to look at, to face and to hold"),
            "snippets": Command("studies.snippets", "composed and captured snippets in mixed order, without names"),
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
            "interactions": Command(
                "corpus.interactions.composer", "compose scenes of what two people do to each other"
            ),
            "filter": Command("corpus.interactions.likeness", "which interactions fit their texts, and copy none"),
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
            "evaluator": Command("training.evaluator", "what recognises interactions, and finds texts for motion"),
            "stress": Command("training.prominence", "the network that detects stressed syllables"),
            "words": Command("training.word_features", "vectors of every word of the speech library"),
            "wav2vec2-adapter": Command("training.wav2vec2_adapter", "the adapter of a wav2vec 2.0 in a local folder"),
        },
    ),
}


_ABOUT = "Every command of the runtime. Exit codes: 0 done, 1 an error, 2 wrong usage."


def main(arguments: list[str] | None = None) -> int:
    """Run the command that ``arguments`` (those of the process when None) name, and return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    command = COMMANDS.get(given[0]) if given else None
    if isinstance(command, Group):
        below = command.commands.get(given[1]) if len(given) > 1 else None
        if below is None:
            return _explain(given[0], command.help, command.commands, given[1:])
        return _run(given[:2], below, given[2:])
    if command is None:
        return _explain("", _ABOUT, COMMANDS, given)
    return _run(given[:1], command, given[1:])


def _explain(group: str, description: str, commands: Mapping[str, Command | Group], given: list[str]) -> int:
    """Print the commands there are, or refuse one there is not (argparse exits with 2)."""
    prog = f"python -m model_runtime {group}".rstrip()
    parser = argparse.ArgumentParser(
        prog=prog,
        usage=f"{prog} COMMAND ...",
        description=description,
        epilog=_listed(commands),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = f"InterAct runtime {__version__}, contract {CONTRACT_VERSION}"
    parser.add_argument("--version", action="version", version=version)
    below = parser.add_subparsers(required=True, metavar="COMMAND", help=argparse.SUPPRESS)
    for name in commands:
        below.add_parser(name, add_help=False)
    parser.parse_args(given)
    return 2


def _listed(commands: Mapping[str, Command | Group]) -> str:
    """Return the commands and what they do, those of groups below their group."""
    lines = ["commands:"]
    for name, command in commands.items():
        lines.append(f"  {name:22}{command.help}")
        if isinstance(command, Group):
            lines += [f"    {below:20}{own.help}" for below, own in command.commands.items()]
    return "\n".join(lines)


def _run(names: list[str], command: Command, given: list[str]) -> int:
    """Run a command with the arguments after its name; an error becomes one sentence on stderr."""
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
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        print(f"\nerror: '{error.filename}' cannot be read or written ({error.strerror}).", file=sys.stderr)
        return 1
    except Exception as error:  # every failure leaves as one sentence
        print(f"\nerror: {worker.describe(error)['message']}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
