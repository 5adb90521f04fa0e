"""Draw two who sit at a table, generated without its mesh and with it as furniture.

    .venv/bin/python docs/pictures/furniture.py docs/images/furniture.webp

The demo's characters and a table of boxes that the add-on measures. Prints what is in the table before and after.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import bpy  # noqa: E402
import numpy as np  # noqa: E402
from greetings import aim, drawn, fitted, new_pair  # noqa: E402
from mathutils import Vector  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402

import interact_addon  # noqa: E402
from interact_addon.compat import end_process  # noqa: E402
from interact_addon.rig.cast import CastActor  # noqa: E402
from interact_addon.rig.keying import key_performance  # noqa: E402
from interact_addon.scene.furniture import furniture  # noqa: E402
from model_runtime.body_model.contacts import Body, measure_contacts  # noqa: E402
from model_runtime.contract import FPS, Performance, Request  # noqa: E402
from model_runtime.generate import generate  # noqa: E402
from model_runtime.studies.contact_scenes import at_a_table  # noqa: E402

SECONDS, CELL, MOST = 8.0, (520, 400), 3  # moments, those at which arms are deepest in the table
BOARD = ((-0.6, -0.375, 0.71), (0.6, 0.375, 0.74))
LEG, SEAT = 0.03, 0.2  # half widths, metres


def build_set(request: Request) -> None:
    """Make the table, which is the scene's furniture, and two stools."""
    (x0, y0, _), (x1, y1, _) = BOARD
    legs = [
        ((x - LEG, y - LEG, 0.0), (x + LEG, y + LEG, 0.72))
        for x in (x0 + 0.05, x1 - 0.05)
        for y in (y0 + 0.05, y1 - 0.05)
    ]
    stools = [
        ((x - SEAT, y - SEAT, actor.seat_height - 0.05), (x + SEAT, y + SEAT, actor.seat_height))
        for actor in request.actors
        for x, y in [actor.position]
    ]
    chosen = bpy.data.collections.new("Furniture")
    bpy.context.scene.collection.children.link(chosen)
    bpy.context.scene.interact.furniture = chosen  # type: ignore[attr-defined]
    chosen.objects.link(_boxes("Table", [BOARD, *legs]))
    bpy.context.scene.collection.objects.link(_boxes("Stools", stools))


def _boxes(name: str, parts: list[tuple[tuple[float, float, float], tuple[float, float, float]]]) -> bpy.types.Object:
    corners = np.array(list(product((0, 1), repeat=3)))
    faces = np.array([(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)])
    points = [low + corners * np.subtract(high, low) for low, high in parts]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(
        np.concatenate(points).tolist(), [], np.concatenate([faces + 8 * k for k in range(len(parts))]).tolist()
    )
    return bpy.data.objects.new(name, mesh)


def depths(request: Request, performance: Performance) -> np.ndarray:
    """Return how deep each actor (2, T) is in the table, metres."""
    bodies = [
        Body(actor.body_shape, actor.skeleton, done.root_positions, done.rotations)
        for actor, done in zip(request.actors, performance.actors)
    ]
    return measure_contacts(bodies, obstacles=request.obstacles).obstacle_depth


def keyed(cast: list[CastActor], performance: Performance) -> None:
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = FPS, 1, performance.frames
    key_performance(scene, cast, performance)


def main(path: Path, seed: int = 2) -> None:
    interact_addon.register()
    cast = new_pair()
    request = replace(fitted(at_a_table(SECONDS), cast), seed=seed)
    build_set(request)
    request = replace(request, obstacles=furniture(bpy.context.scene, cast))
    made = [generate(replace(request, obstacles=())), generate(request)]
    found = [depths(request, performance) for performance in made]
    for name, depth in zip(("without", "with"), found):
        print(name, "deepest", depth.max(1), "over 1 cm", (depth > 0.01).mean(1))
    left, frames = found[0].max(0).copy(), list[int]()
    for _ in range(MOST):
        frames.append(int(left.argmax()))
        left[max(frames[-1] - FPS, 0) : frames[-1] + FPS] = 0.0
    frames.sort()
    width, height = CELL
    sheet = Image.new("RGB", (width * MOST, height * 2))
    pen = ImageDraw.Draw(sheet)
    aim(Vector((0.0, 0.0, 0.85)), Vector((2.6, -0.35, 0.75)))
    for row, performance in enumerate(made):
        keyed(cast, performance)
        for column, picture in enumerate(drawn(frames, CELL)):
            sheet.paste(picture, (column * width, row * height))
            label = f"{frames[column] / FPS:.1f} s, {100 * found[row][:, frames[column]].max():.1f} cm in the table"
            pen.text((column * width + 8, row * height + 6), label, fill=(255, 255, 255))
    sheet.save(path, quality=80)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
    end_process(0)
