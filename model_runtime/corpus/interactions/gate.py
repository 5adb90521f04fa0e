"""Which composed interactions are kept: contacts met, bodies apart, feet that stand, hands that move like hands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ...body_model.body_shape import place_capsules
from ...body_model.capsules import deepest_overlap
from ...body_model.skeleton import INDEX, forward_kinematics
from ...choreography.meeting import Reach
from ...contract import FPS
from ...metrics.body_motion import BodyMotion
from ...metrics.scene_measures import jerk_sizes, sliding
from ...refine.contacts.holding import hands_of
from ...refine.contacts.report import gap_of
from ..filter import BEYOND, BEYOND_FRAMES, HARDEST, HIGHEST_FLOAT, long_runs
from .composing import Composed

WIDEST_GAP = 0.015  # m of a contact at its time
DEEP, MOST_DEEP, DEEPEST = 0.01, 0.01, 0.03  # m, share of frames, m at worst
MOST_SKATE = 0.015  # m/s
BELL = (1.3, 2.2)  # peak over mean of a hand's speed during a reach
SHORT_REACH = 0.12  # m; a hand that goes less far has no profile
LYING = 0.35  # m of the pelvis of a body of 1.7 m; a body as low lies or sits on the floor, its feet may be up
HARD = 1.35  # times the hardest acceleration of captured people who go, which a blow or a push may have

# m/s^2 of captured kicks (of nine, SmartBody), and of the one clip of a fall (mesh2motion).
KICKING = {"knees": 129.0}
FALLING = {"root": 43.0}


class Figures(NamedTuple):
    """What was measured of one interaction: metres, shares, metres a second; ``bells`` of each reach, jerk m/s^3."""

    gap: float
    deep_share: float
    deepest: float
    skate: float
    bells: tuple[float, ...]
    jerk: float
    tempo: float


def measure(made: Composed) -> tuple[Figures, list[BodyMotion]]:
    """Return the figures of an interaction, and the motion of both bodies for what is measured next."""
    bodies = made.bodies
    posed = [forward_kinematics(b.root, b.rotations, b.skeleton) for b in bodies]
    gaps = [0.0]
    for goal in made.goals:
        if goal.other is None or goal.held:  # a sign in the air touches nothing; a captured hold is as it was
            continue
        gap = gap_of(bodies, posed, goal)
        held = ~made.off[goal.start : goal.stop] if len(made.off) else np.ones(len(gap), bool)
        gaps.append(float(np.percentile(gap[held], 95)) if held.any() else float(gap.min()))
    depth = deepest_overlap(*(place_capsules(b.shape, *p) for b, p in zip(bodies, posed)))
    motions = [BodyMotion(b.root, b.rotations, b.skeleton) for b in bodies]
    slides = [sliding(motion) for motion in motions]
    jerks = [float(np.nanmean(jerk_sizes(motion)["hands"])) for motion in motions]
    bells = [bell for reach in made.reaches for bell in _bells(reach, motions)]
    figures = Figures(
        max(gaps), float((depth > DEEP).mean()), float(depth.max(initial=0.0)),
        max(float(np.nanmean(s)) if np.isfinite(s).any() else 0.0 for s in slides), tuple(bells),
        float(np.mean(jerks)), float(np.mean([m.hand_speed.mean() for m in motions])),
    )  # fmt: skip
    return figures, motions


def _bells(reach: Reach, motions: list[BodyMotion]) -> Iterator[float]:
    """Yield peak over mean of the speed of each hand of a reach on its way, against the chest."""
    if reach.via:
        return  # a hand that draws back first has two bells
    for actor, side, _ in hands_of([reach.goal]):
        rows = slice(max(reach.goal.start - reach.come, 0), reach.goal.start + 1)
        speed = motions[actor].hand_speed[rows, int(side == "right")]
        if len(speed) > 4 and speed.sum() / FPS > SHORT_REACH:
            yield float(speed.max() / speed.mean())


def reasons(made: Composed, figures: Figures, motions: list[BodyMotion]) -> Iterator[str]:
    """Yield why an interaction is refused, each a word and a figure; nothing for one that is kept."""
    if not (np.isfinite(made.roots).all() and np.isfinite(made.rotations).all()):
        yield "not-finite"
        return
    if figures.gap > WIDEST_GAP:
        yield f"contact {100 * figures.gap:.1f} cm"
    if figures.deep_share > MOST_DEEP or figures.deepest > DEEPEST:
        yield f"penetration {100 * figures.deepest:.1f} cm, {100 * figures.deep_share:.0f} % of frames"
    if figures.skate > MOST_SKATE:
        yield f"skate {100 * figures.skate:.1f} cm/s"
    off = [bell for bell in figures.bells if not BELL[0] <= bell <= BELL[1]]
    if off:
        yield f"reach-profile {off[0]:.2f}"
    falls = {move.role for move in (*made.variant.moves, *made.reaction.moves) if move.arms}
    for actor, motion in enumerate(motions):
        hardest = FALLING if actor in falls else KICKING if made.variant.strikes else {}
        yield from _of_body(motion, hardest, made.variant.rides and actor == 1)


def _of_body(motion: BodyMotion, hardest: Mapping[str, float], rides: bool) -> Iterator[str]:
    lowest = motion.soles[..., 2].min(axis=(1, 2))
    lies = motion.positions[:, INDEX["pelvis"], 2] < LYING * motion.size
    if not rides and long_runs((lowest > HIGHEST_FLOAT) & ~lies, 5).any():
        yield f"floating {100 * lowest.max():.1f} cm"
    if lowest.min() < -0.015:
        yield f"floor {-100 * lowest.min():.1f} cm"
    accelerations = np.linalg.norm(np.diff(motion.positions, 2, axis=0), axis=-1) * (FPS**2 / motion.size)
    for part, joints in _WATCHED.items():
        worst = float(accelerations[:, joints].max())
        if worst > HARD * hardest.get(part, max(HARDEST[part])):
            yield f"{part}-jump {worst:.0f} m/s2"
    for name, excess in motion.excess.items():
        if long_runs(excess > BEYOND.get(name, 8.0), BEYOND_FRAMES).any():
            yield f"{name.split()[0]}-range {excess.max():.0f} degrees of {name}"


_WATCHED: dict[str, list[int]] = {
    "hands": [INDEX["left_wrist"], INDEX["right_wrist"]],
    "head": [INDEX["head"]],
    "root": [INDEX["pelvis"]],
    "knees": [INDEX["left_knee"], INDEX["right_knee"]],
}
