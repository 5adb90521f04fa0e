"""Draw a take, and the same with a stretch made again, in which one of the two sits down.

    .venv/bin/python docs/pictures/regenerate.py docs/images/regenerate.png

Prints what stays and how feet and limbs pass the borders.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402

from model_runtime.contract import (  # noqa: E402
    FPS,
    ActionSpan,
    Performance,
    Request,
    constraints_from_performance,
)
from model_runtime.drawing.contact_sheets import contact_sheet  # noqa: E402
from model_runtime.generate import generate  # noqa: E402
from model_runtime.metrics.body_motion import BodyMotion  # noqa: E402
from model_runtime.metrics.measures import foot_skate  # noqa: E402
from model_runtime.tests.test_generate import shot  # noqa: E402

SECONDS, FIRST, LAST = 10.0, 2.0, 7.0  # of the shot, and of the stretch
SITS = ActionSpan("sit", 3.0, 5.5)
TIMES = tuple(np.arange(1.5, 8.0, 0.75))


def takes() -> tuple[Request, Performance, Performance]:
    """Return the first take's request, that take, and the same with the stretch made again."""
    request = replace(shot(quality="final"), duration=SECONDS)
    mia, tom = (replace(actor, actions=(), waypoints=()) for actor in request.actors)
    request = replace(request, actors=(mia, tom))
    before = generate(request)
    given = [constraints_from_performance(performed) for performed in before.actors]
    given[0].mask[round(FIRST * FPS) : round(LAST * FPS)] = False
    mia, tom = (replace(actor, constraints=motion) for actor, motion in zip((mia, tom), given))
    return request, before, generate(replace(request, actors=(replace(mia, actions=(SITS,)), tom)))


def report(request: Request, before: Performance, after: Performance) -> None:
    """Print how much differs outside of the stretch, and how it moves inside of it."""
    body = request.actors[0].skeleton
    inside = slice(round(FIRST * FPS), round(LAST * FPS))
    old, new = (BodyMotion(t.actors[0].root_positions, t.actors[0].rotations, body).positions for t in (before, after))
    outside = np.ones(len(old), bool)
    outside[inside] = False
    print(f"outside of the stretch joints differ by {1000 * np.abs(new - old)[outside].max():.3f} mm")
    acceleration = [np.linalg.norm(np.diff(motion, 2, axis=0), axis=-1).max() * FPS**2 for motion in (old, new)]
    print(f"largest acceleration of a joint: {acceleration[0]:.0f} m/s2 before, {acceleration[1]:.0f} after")
    slid = foot_skate(after.actors[0].root_positions[inside], after.actors[0].rotations[inside], body)
    print(f"feet in contact slide at {100 * slid.speed:.2f} cm/s inside of it")


def main(path: Path) -> None:
    request, before, after = takes()
    rows = []
    for take in (before, after):
        bodies = [(p.root_positions, p.rotations, a.skeleton) for p, a in zip(take.actors, request.actors)]
        contact_sheet(bodies, path, times=TIMES, columns=len(TIMES), cell=(180, 230))
        with Image.open(path) as picture:
            rows.append(picture.convert("RGB"))
    width, height = rows[0].size
    sheet = Image.new("RGB", (width, 2 * height + 8), (255, 255, 255))
    pen = ImageDraw.Draw(sheet)
    for number, row in enumerate(rows):
        sheet.paste(row, (0, number * (height + 8)))
    first, last = (int(np.searchsorted(TIMES, time)) * width // len(TIMES) for time in (FIRST, LAST))
    pen.rectangle((first, height + 8, last - 1, 2 * height + 7), outline=(210, 120, 20), width=3)
    sheet.save(path)
    report(request, before, after)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
