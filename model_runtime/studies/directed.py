"""Two talkers with targets: one looks at a ball, ducks and faces a window, the other holds a post and steps aside.

    python -m model_runtime show directed docs/images/directed.png

Prints how far the head is off what is looked at, and hand, head and root off their pins, on the frames that ask for it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from ..body_model import rotations as rot
from ..body_model.skeleton import AVERAGE_SKELETON, EYES, INDEX, forward_kinematics, heading_of
from ..common.headings import heading_towards, turned
from ..contract import FPS, ActionSpan, Actor, GazeSpan, Performance, Pin, Request, SpeechClip
from ..drawing.contact_sheets import contact_sheet
from ..drawing.renderer import Line, Quad, seat_box
from ..generate import generate
from ..refine.head_pins import MIDDLE_OF_HEAD
from .options import add_shared_options
from .quick import ASSETS

BALL, WINDOW, POST, UNDER, SPOT = (
    (-0.3, -1.6, 1.0),
    (-0.75, 4.0),
    (0.45, -0.38, 1.02),
    (-0.5, 0.0, 1.38),
    (1.15, 0.4, 0.0),
)
LOOKS, FACES, HOLDS, DUCKS, STAYS = (1.5, 3.0), (6.0, 9.0), (1.5, 4.5), (3.8, 5.3), (6.5, 9.0)  # seconds
SECONDS = 9.0
_EAST = np.pi / 2  # the heading that faces +X
_RED, _GREY = (206, 70, 54), (120, 120, 128)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, help="the sheet to draw")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--quality", default="draft")
    add_shared_options(parser, "weights")


def run(options: argparse.Namespace) -> None:
    request = directed(options.seed, options.quality)
    performance = generate(request, weights=options.weights)
    print("; ".join([*performance.report["warnings"], description(performance)]))
    bodies = [(actor.root_positions, actor.rotations, AVERAGE_SKELETON) for actor in performance.actors]
    times = np.arange(0.5, SECONDS, 0.75).tolist()
    title = (
        f"grey looks at the ball from {LOOKS[0]} to {LOOKS[1]} s, has the head at the cross from {DUCKS[0]} to "
        f"{DUCKS[1]} s and faces the window from {FACES[0]} s; the other holds the post from {HOLDS[0]} to "
        f"{HOLDS[1]} s and is at the spot from {STAYS[0]} s"
    )
    faces = [actor.face for actor in performance.actors]
    print(contact_sheet(bodies, options.out, times, faces=faces, title=title, props=_props))


def directed(seed: int = 3, quality: str = "draft") -> Request:
    """Return a shot of the demo's voices in which both actors have something to look at, to face or to hold."""
    voices = [(SpeechClip(str(ASSETS / f"demo_{name}.ogg"), 0.0, SECONDS),) for name in ("a", "b")]
    faces = (ActionSpan("stand", 0.0, FACES[0]), ActionSpan("stand", *FACES, facing=WINDOW))
    looks, ducks = GazeSpan(*LOOKS, (BALL,)), Pin("head", *DUCKS, (UNDER,))
    first = Actor("Mia", AVERAGE_SKELETON, (-0.75, 0.0), _EAST, voices[0], actions=faces, gaze=(looks,), pins=(ducks,))
    pins = (Pin("left_hand", *HOLDS, (POST,)), Pin("root", *STAYS, (SPOT,)))
    second = Actor("Tom", AVERAGE_SKELETON, (0.75, 0.0), -_EAST, voices[1], pins=pins)
    return Request(SECONDS, (first, second), seed=seed, quality=quality)


def description(performance: Performance) -> str:
    """Return in one line how well the targets are met."""
    first, second = performance.actors
    places, world = forward_kinematics(first.root_positions, first.rotations, AVERAGE_SKELETON)
    head = INDEX["head"]
    eyes = places[:, head] + rot.rotate(world[:, head], EYES * AVERAGE_SKELETON.size)
    ahead = rot.rotate(world[:, head], np.array([0.0, -1.0, 0.0], np.float32))
    off = np.degrees(np.arccos(np.clip((ahead * rot.unit(np.array(BALL) - eyes)).sum(-1), -1.0, 1.0)))
    looks = slice(round((LOOKS[0] + 0.6) * FPS), round((LOOKS[1] - 0.3) * FPS))
    way = np.array(WINDOW) - first.root_positions[-FPS:, :2]
    faced = np.degrees(np.abs(turned(heading_of(first.rotations[-FPS:, 0]), heading_towards(way))))
    wrist = forward_kinematics(second.root_positions, second.rotations, AVERAGE_SKELETON)[0][:, INDEX["left_wrist"]]
    missed = 100 * np.linalg.norm(wrist[_frames(HOLDS)] - np.array(POST), axis=-1).max()
    middle = places[:, head] + rot.rotate(world[:, head], MIDDLE_OF_HEAD * AVERAGE_SKELETON.size)
    ducked = 100 * np.linalg.norm(middle[_frames(DUCKS)] - np.array(UNDER), axis=-1).max()
    stays = 100 * np.linalg.norm(second.root_positions[_frames(STAYS), :2] - np.array(SPOT[:2]), axis=-1).max()
    return (
        f"head off the ball {off[looks].mean():.0f} degrees (at most {off[looks].max():.0f}), body off the window "
        f"{faced.mean():.0f} degrees in the last second, hand off the post {missed:.1f} cm at most, head off its place "
        f"{ducked:.1f} cm at most, root off its spot {stays:.1f} cm at most"
    )


def _frames(seconds: tuple[float, float]) -> slice:
    return slice(round(seconds[0] * FPS), round(seconds[1] * FPS))


def _props(_: int) -> tuple[list[Quad], list[Line]]:
    """Return a post for the hand, crosses for ball, head and root, and an outline for the window."""
    x, y, z = POST
    post = seat_box(np.array([x, y]), 0.0, z - 0.04, half=0.04)
    lines = [Line(np.array(at) - by, np.array(at) + by, _RED) for at in (BALL, UNDER, SPOT) for by in 0.08 * np.eye(3)]
    frame = [
        np.array([WINDOW[0] + dx, 2.5, 1.2 + dz]) for dx, dz in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
    ]
    lines += [Line(frame[i], frame[i - 1], _GREY) for i in range(4)]
    return post, lines
