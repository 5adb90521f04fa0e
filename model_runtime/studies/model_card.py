"""The model card, written from what the checkpoints say of themselves and what was measured: ``evaluate --keep`` calls
it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..common.checkpoints import WEIGHTS, load_checkpoint
from .body_rows import table
from .face_rows import markdown

FILES = {
    "audio.safetensors": "hears phones in a voice, 50 times a second",
    "prominence.safetensors": "hears stressed syllables in a voice",
    "words.safetensors": "the components of the text encoder's word vectors that the body hears",
    "body_lower.safetensors": "paths, hips, legs and feet of both actors",
    "body_upper.safetensors": "spines, heads, arms and hands of both, given the lower bodies",
    "face.safetensors": "52 ARKit curves of one actor from both voices",
}

_MARKS = ("<!-- figures -->", "<!-- /figures -->")
_TEXT = """# The shipped weights

Written by `python3 build.py evaluate --quick --keep`; change `model_runtime/studies/model_card.py`, not this file.

| file | size | weights | what it does |
|---|---|---|---|
{files}

## What they learned from

Two-actor scenes composed by `python3 build.py compose` from captured motion and recorded or synthesised voices; no captured two-person
talk was used, since none is free to sell. Gestures are placed on the stresses of speech, faces follow aligned phones.

{sources}

## How they were trained

{training}

## How well they do

Measured with {voices}, {minutes} minutes of both actors. No training heard these readers; bodies and scripts are not from the training
scenes either.

| measure | reached | wanted |
|---|---|---|
{measures}
{body}{face}
## What they cannot do

- Three actions: sit, walk, stand. No prompts, no touch, no objects.
- Gestures follow the rhythm of speech, not its meaning.
- Trained on English; other languages move the lips by their sounds, and transcripts in them are not understood.
- Whispers are not heard as a voice; with a transcript the lips speak all the same.
- The two walk round each other but not round the furniture.
- No face was captured: faces learned from faces composed by rule and chance, and can be no better than those.
"""


def write_card(
    measured: dict[str, Any], targets: tuple[tuple[str, str, str, float], ...], weights: Path = WEIGHTS
) -> Path:
    """``MODEL_CARD.md`` beside the weights. ``measured``: voices, minutes and measures, and 'body' of ``body_report``
    where it was run; ``targets``: name, key, sign, bound.
    """
    files, training, sources = [], [], set()
    for name, purpose in FILES.items():
        tensors, header = load_checkpoint(weights / name)
        count = sum(tensor.numel() for tensor in tensors.values())
        files.append(
            f"| `{name}` | {(weights / name).stat().st_size / 2**20:.1f} MiB | {count / 1e6:.1f} M | {purpose} |"
        )
        told = _told(header.get("training") or {"steps": header.get("steps")})
        told += "".join(
            f"; then {key.removesuffix('_training')}: {_told(later)}"
            for key, later in header.items()
            if key.endswith("_training")
        )
        training.append(f"- `{name}`: {told or 'see its header'}; configuration {json.dumps(header.get('config', {}))}")
        sources.update(header.get("corpus", []))
    path = weights / "MODEL_CARD.md"
    text = _TEXT.format(
        files="\n".join(files),
        training="\n".join(training),
        sources="\n".join(f"- {source}" for source in sorted(sources)),
        voices=measured["voices"],
        minutes=measured["minutes"],
        measures="\n".join(_row(measured["measures"], *target) for target in targets),
        body=_body(measured.get("body")),
        face=_face(measured.get("face")),
    )
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, "utf-8")
    os.replace(partial, path)
    return path


def write_readme_figures(
    measured: dict[str, Any], targets: tuple[tuple[str, str, str, float], ...], readme: Path
) -> None:
    """Replace the table between the ``figures`` marks of the read-me."""
    before, rest = readme.read_text("utf-8").split(_MARKS[0])
    after = rest.split(_MARKS[1])[1]
    rows = "\n".join(_row(measured["measures"], *target) for target in targets)
    table = f"{measured['minutes']} minutes of both actors with {measured['voices']}:\n\n| measure | reached | wanted |\n|---|---|---|\n{rows}\n"
    readme.write_text(f"{before}{_MARKS[0]}\n{table}{_MARKS[1]}{after}", "utf-8")


def _body(report: dict[str, Any] | None) -> str:
    """The rows of ``body_report --keep``; nothing where it has not been run."""
    if report is None:
        return ""
    what = "The body on held-out scenes beside the composed truth of the same shots; [what the rows mean](../../docs/body.md)."
    return f"\n{what} {report['about'][0].upper()}{report['about'][1:]}.\n\n{table(report['rows'])}\n"


def _told(training: dict[str, Any]) -> str:
    return ", ".join(
        f"{key.replace('_', ' ')} {value}" for key, value in training.items() if isinstance(value, int | float)
    )


def _face(report: dict[str, Any] | None) -> str:
    """The rows of ``face_report --keep``; nothing where it has not been run."""
    if report is None:
        return ""
    return (
        f"\nThe face on readers no training heard; [what the rows mean](../../docs/faces.md).\n\n{markdown(report)}\n"
    )


def _row(measures: dict[str, Any], name: str, key: str, sign: str, bound: float) -> str:
    value = measures.get(key)
    if isinstance(value, list):
        value = min(value)
    if isinstance(value, bool):
        return f"| {name} | {'yes' if value else 'no'} | yes |"
    return f"| {name} | {'not measured' if value is None else f'{value:.0f}' if value >= 20 else f'{value:.2f}'} | {'≥' if sign == '>=' else '≤'} {bound:g} |"
