"""Film strips of composed interactions: moments around the contact, close, with the texts under them."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from ...body_model.skeleton import Skeleton
from ...common.files import write_whole
from ...contract import FPS
from ...datasets.scene import Scene
from ...drawing.contact_sheets import contact_sheet

_SMALL = (190, 190)  # pixels of a picture in the overview


def draw_sheets(scenes: Path, count: int) -> list[Path]:
    """Draw strips of ``count`` scenes of each category into ``look/`` beside them, and return the paths."""
    made: list[Path] = []
    seen: dict[str, int] = {}
    for path in sorted(scenes.glob("scene_*.npz")):
        scene = Scene.load(path)
        name = scene.kind
        if seen.get(name, 0) < count:
            seen[name] = seen.get(name, 0) + 1
            made.append(strip(scene, scenes / "look" / f"{name.replace(' ', '_')}_{path.stem}.png", 12, 6))
    return made


def draw_overview(scenes: Path, path: Path) -> Path:
    """Draw six moments of the first scene of each category under each other into one picture."""
    rows: list[Image.Image] = []
    seen: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        for file in sorted(scenes.glob("scene_*.npz")):
            scene = Scene.load(file)
            if scene.kind not in seen:
                seen.add(scene.kind)
                with Image.open(strip(scene, Path(folder) / "row.png", 6, 6, _SMALL)) as drawn:
                    rows.append(drawn.convert("RGB"))
    overview = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)))
    for number, row in enumerate(rows):
        overview.paste(row, (0, sum(r.height for r in rows[:number])))
    overview.save(path, quality=60)
    return path


def draw_blind(scenes: Path, path: Path, seed: int) -> Path:
    """Draw one scene of each category as a numbered strip without words, in mixed order; the key is beside it as JSON.

    Name the strips before you open the key.
    """
    by_kind: dict[str, list[Path]] = {}
    for file in sorted(scenes.glob("scene_*.npz")):
        by_kind.setdefault(Scene.load(file).kind, []).append(file)
    rng = np.random.default_rng(seed)
    order = [str(name) for name in rng.permutation(sorted(by_kind))]
    rows: list[Image.Image] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(order, 1):
            scene = Scene.load(by_kind[name][int(rng.integers(len(by_kind[name])))])
            with Image.open(strip(scene, Path(folder) / "row.png", 6, 6, _SMALL, f"{number}")) as drawn:
                rows.append(drawn.convert("RGB"))
    sheet = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)))
    for number, row in enumerate(rows):
        sheet.paste(row, (0, sum(r.height for r in rows[:number])))
    sheet.save(path)
    write_whole(path.with_suffix(".json"), json.dumps({str(n): name for n, name in enumerate(order, 1)}, indent=1))
    return path


def moments(scene: Scene, count: int) -> list[float]:
    """Return ``count`` times (s): denser from the reach to the release than before and after."""
    contact, end = float(scene.interaction["contact"]), float(scene.interaction["end"])
    knots = [0.0, max(0.0, contact - 0.9), contact, end, min(end + 0.9, scene.duration), scene.duration - 1.0 / FPS]
    weights = [0.0, 0.16, 0.42, 0.72, 0.9, 1.0]
    return np.interp(np.linspace(0.0, 1.0, count), weights, knots).tolist()  # type: ignore[no-any-return]


def strip(
    scene: Scene, path: Path, count: int, columns: int, cell: tuple[int, int] = (330, 330), title: str = ""
) -> Path:
    """Draw one scene as a strip of ``count`` moments, with both faces where there is room for them.

    Its ``title`` says what happens where none is given.
    """
    facts = scene.interaction
    bodies = [(scene.root_positions[a], scene.rotations[a], Skeleton(scene.skeletons[a])) for a in range(2)]
    said = f"{facts['category']}: {facts['variant']} | {facts['reaction']}   {facts['texts']['short'][1]}"
    return contact_sheet(
        bodies,
        path,
        moments(scene, count),
        faces=[np.asarray(scene.face[a], np.float32) for a in range(2)] if cell != _SMALL else None,
        title=title or said,
        columns=columns,
        cell=cell,
        close=True,
    )
