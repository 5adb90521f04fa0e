"""The model card and the README's table, written from the checkpoints' headers and the measures beside the weights.

The option ``--keep`` of ``evaluate quick``, ``evaluate body`` and ``evaluate face`` writes them.
"""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import Any

from ..common.checkpoints import WEIGHTS, load_checkpoint
from ..common.files import write_whole
from ..drawing.documents import fill_in
from . import body_rows, face_rows, target_rows

FILES = {
    "audio.safetensors": "the speech encoder: phones in a voice, 50 times a second",
    "prominence.safetensors": "detects stressed syllables in a voice",
    "words.safetensors": "the components of the text encoder's word vectors that the body is conditioned on",
    "body_lower.safetensors": "paths, hips, legs and feet of both actors",
    "body_upper.safetensors": "spines, heads, arms and hands of both, given the lower bodies",
    "face.safetensors": "52 ARKit curves of one actor from both voices",
}

_MARKS = ("<!-- figures -->", "<!-- /figures -->")
_CARD = Template((Path(__file__).parent / "model_card.md").read_text("utf-8"))


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**19 else f"{size / 2**10:.0f} KiB"


def write_card(measured: dict[str, Any], weights: Path = WEIGHTS) -> Path:
    """Write ``MODEL_CARD.md`` beside the weights. ``measured``: as ``measures_file.stored_measures`` returns it."""
    files, training, sources = [], [], set()
    for name, purpose in FILES.items():
        tensors, header = load_checkpoint(weights / name)
        count = sum(tensor.numel() for tensor in tensors.values())
        files.append(f"| `{name}` | {_size((weights / name).stat().st_size)} | {count / 1e6:.2f} M | {purpose} |")
        training.append(f"- `{name}`: {_training(header)}; configuration {json.dumps(header.get('config', {}))}")
        sources.update(header.get("corpus", []))
    text = _CARD.substitute(
        files="\n".join(files),
        training="\n".join(training),
        sources="\n".join(f"- {source}" for source in sorted(sources)),
        voices=measured["voices"],
        minutes=measured["minutes"],
        measures=target_rows.markdown(measured["measures"]),
        body=_body(measured.get("body")),
        face=_face(measured.get("face")),
    )
    return write_whole(weights / "MODEL_CARD.md", text)


def write_readme_figures(measured: dict[str, Any], readme: Path) -> None:
    """Replace the table between the ``figures`` marks of the README."""
    about = f"{measured['minutes']} minutes of both actors with {measured['voices']}:"
    fill_in(readme, _MARKS, f"{about}\n\n{target_rows.markdown(measured['measures'])}")


def _training(header: dict[str, Any]) -> str:
    """Return how a checkpoint was trained, later trainings after it, by its header."""
    first = _numbers(header.get("training") or {"steps": header.get("steps")})
    later = [
        f"; then {key.removesuffix('_training')}: {_numbers(values)}"
        for key, values in header.items()
        if key.endswith("_training")
    ]
    return first + "".join(later) or "see its header"


def _numbers(training: dict[str, Any]) -> str:
    return ", ".join(
        f"{key.replace('_', ' ')} {value}" for key, value in training.items() if isinstance(value, int | float)
    )


def _body(report: dict[str, Any] | None) -> str:
    """Return the section of the body report; '' where it has not been run."""
    if report is None:
        return ""
    about = f"{report['about'][0].upper()}{report['about'][1:]}"
    return (
        "\nThe body on held-out scenes beside the composed reference of the same shots;"
        f" [what the rows mean](../../docs/body.md). {about}.\n\n{body_rows.table(report['rows'])}\n"
    )


def _face(report: dict[str, Any] | None) -> str:
    """Return the section of the face report; '' where it has not been run."""
    if report is None:
        return ""
    about = "The face on held-out readers; [what the rows mean](../../docs/faces.md)."
    return f"\n{about}\n\n{face_rows.markdown(report)}\n"
