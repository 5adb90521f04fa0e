"""Film strips of composed interactions: moments around the contact, close, with the texts under them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from ...body_model.skeleton import Skeleton
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


def moments(scene: Scene, count: int) -> list[float]:
    """Return ``count`` times (s): denser from the reach to the release than before and after."""
    contact, end = float(scene.interaction["contact"]), float(scene.interaction["end"])
    knots = [0.0, max(0.0, contact - 0.9), contact, end, min(end + 0.9, scene.duration), scene.duration - 1.0 / FPS]
    weights = [0.0, 0.16, 0.42, 0.72, 0.9, 1.0]
    return np.interp(np.linspace(0.0, 1.0, count), weights, knots).tolist()  # type: ignore[no-any-return]


def strip(scene: Scene, path: Path, count: int, columns: int, cell: tuple[int, int] = (330, 330)) -> Path:
    """Draw one scene as a strip of ``count`` moments, with both faces where there is room for them."""
    facts = scene.interaction
    bodies = [(scene.root_positions[a], scene.rotations[a], Skeleton(scene.skeletons[a])) for a in range(2)]
    title = f"{facts['category']}: {facts['variant']} | {facts['reaction']}   {facts['texts']['short'][1]}"
    return contact_sheet(
        bodies,
        path,
        moments(scene, count),
        faces=[np.asarray(scene.face[a], np.float32) for a in range(2)] if cell != _SMALL else None,
        title=title,
        columns=columns,
        cell=cell,
        close=True,
    )
