"""The rows of the body report, for takes of held-out shots and in the same way for the reference motion of those
shots.

A take is (roots (2, T, 3), rotations (2, T, 52, 4)) of both actors. Figures are pooled over the frames of all takes, so
that no shot with little motion dominates a ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ..body_model import rotations as rot
from ..body_model.skeleton import INDEX, Skeleton, forward_kinematics, heading_of
from ..common.arrays import Array
from ..conditioning.tracks import label_track
from ..contract import ACTION_LABELS, FPS
from ..sampling.windows import window_boundaries
from ..speech.prosody import VOICE_ACTIVITY
from .beat_alignment import beat_alignment, stroke_ends
from .body_motion import HANDS, BodyMotion
from .distribution import diversity, fid, pose_vectors, sample_diversity
from .measures import floor_depth, foot_skate, label_obedience, seam_ratios
from .penetration import INSIDE
from .real_motion import Statistics
from .scene_measures import PARTS, jerk_sizes
from .shot import Shot

Bodies = tuple[NDArray[np.float32], NDArray[np.float32]]

AROUND_CHANGE = np.arange(-round(0.5 * FPS), 2 * FPS)  # frames about a change of label
_AFTER_CHANGE = (0.5, 1.0)  # s at which the new label is looked for
FACING = np.cos(np.radians(30.0))  # of the head to the partner's head


def reference_bodies(shots: Sequence[Shot]) -> list[Bodies]:
    """Return the composed motion of the shots."""
    return [(shot.root_positions, shot.rotations) for shot in shots]


def rows_of(takes: Sequence[Bodies], shots: Sequence[Shot]) -> dict[str, float]:
    """Return all rows that one take of each shot gives; jerk over that of the reference of the same shots."""
    made, reference = motions_of(takes, shots), motions_of(reference_bodies(shots), shots)
    flat, flat_reference = [body for pair in made for body in pair], [body for pair in reference for body in pair]
    poses, reference_poses = ([pose_vectors(body.rotations) for body in bodies] for bodies in (flat, flat_reference))
    jerks, reference_jerks = pooled_jerk(flat), pooled_jerk(flat_reference)
    skates = [foot_skate(body.root, body.rotations, body.skeleton) for body in flat]
    return {
        **fid(poses, reference_poses),
        **diversity(poses),
        "obedience": float(np.mean([obedience(shot, pair) for shot, pair in zip(shots, made)])),
        **changes_of(takes, shots),
        "skate_cm_s": 100 * float(np.nanmean([skate.speed for skate in skates])),
        "slide_cm": 100 * _mean(np.array([skate.slide for skate in skates if np.isfinite(skate.slide)])),
        "floor_cm": 100 * max(floor_depth(body.root, body.rotations, body.skeleton) for body in flat),
        **{f"jerk_{part}": jerks[part] / max(reference_jerks[part], 1e-9) for part in PARTS},
        **{f"jerk_{part}_m_s3": jerks[part] for part in PARTS},
        **seams_of(takes, shots),
        **beat_alignment_of(shots, made),
        **hand_speeds_of(shots, made),
        **penetration_of(made),
        **real_motion_of(shots, made),
        "heads_at_partner": facing_of(shots, made),
        "miss_cm": 100 * miss_of([bodies[0] for bodies in takes], shots),
    }


def each_shot(takes: Sequence[Bodies], shots: Sequence[Shot]) -> dict[str, dict[str, float]]:
    """Return by shot the rows that name a faulty one: labels, feet, floor, penetration, waypoints, gestures."""
    found = {}
    for take, shot in zip(takes, shots):
        pair = motions_of([take], [shot])[0]
        skates = [foot_skate(body.root, body.rotations, body.skeleton).speed for body in pair]
        found[shot.name] = {
            "obedience": obedience(shot, pair),
            "skate_cm_s": 100 * float(np.nanmax(skates)),
            "floor_cm": 100 * max(floor_depth(body.root, body.rotations, body.skeleton) for body in pair),
            **penetration_of([pair]),
            "miss_cm": 100 * miss_of([take[0]], [shot]),
            **beat_alignment_of([shot], [pair]),
            **hand_speeds_of([shot], [pair]),
        }
    return found


def speaks(shot: Shot, actor: int) -> NDArray[np.bool_]:
    """Return the frames (T,) in which an actor of a shot speaks."""
    return shot.prosody[actor][:, VOICE_ACTIVITY] > 0.5


def listens(shot: Shot, actor: int) -> NDArray[np.bool_]:
    """Return the frames (T,) in which the other actor alone speaks."""
    return speaks(shot, 1 - actor) & ~speaks(shot, actor)


def obedience(shot: Shot, pair: Sequence[BodyMotion]) -> float:
    """Return the label obedience of both actors, their mean."""
    return float(
        np.mean(
            [
                label_obedience(label_track(actor, body.frames), body.root, body.rotations, body.skeleton)
                for actor, body in zip(shot.request.actors, pair)
            ]
        )
    )


def seams_of(takes: Sequence[Bodies], shots: Sequence[Shot]) -> dict[str, float]:
    """Return speed and acceleration of joints at window boundaries over the rest, as ``seam_ratios``.

    The reference, which has no boundaries, is measured at the same frames.
    """
    bodies = [body for pair in motions_of(takes, shots) for body in pair]
    return {
        f"seam_{name}": value
        for name, value in seam_ratios([(body.positions, window_boundaries(body.frames)) for body in bodies]).items()
    }


def followed_changes(takes: Sequence[Bodies], shots: Sequence[Shot]) -> Array:
    """Return (N, ``AROUND_CHANGE``) for each change of a requested label: 1 where the motion shows the new one, 0 where
    not, NaN beyond the shot and after the next change.
    """
    followed = []
    for pair, shot in zip(motions_of(takes, shots), shots):
        for actor, body in zip(shot.request.actors, pair):
            requested = label_track(actor, body.frames)
            for change in np.flatnonzero(np.diff(requested)) + 1:
                frames = change + AROUND_CHANGE
                inside = (frames >= 0) & (frames < body.frames)
                frames = frames.clip(0, body.frames - 1)
                known = inside & ((AROUND_CHANGE < 0) | (requested[frames] == requested[change]))
                followed.append(np.where(known, body.labels[frames] == requested[change], np.nan))
    return np.array(followed).reshape(-1, len(AROUND_CHANGE))


def changes_of(takes: Sequence[Bodies], shots: Sequence[Shot]) -> dict[str, float]:
    """Return the share of changes whose new label is shown 0.5 s and 1 s later."""
    followed = followed_changes(takes, shots)
    shares = {}
    for name, seconds in zip(("followed_after_half", "followed_after_one"), _AFTER_CHANGE):
        then = followed[:, np.searchsorted(AROUND_CHANGE, round(seconds * FPS))]
        shares[name] = _mean(then[np.isfinite(then)])
    return shares


def pooled_jerk(bodies: Sequence[BodyMotion]) -> dict[str, float]:
    """Return the mean jerk over all frames of all bodies, m/s^3 of a body of 1.7 m, as in the report on the corpus."""
    sizes = [jerk_sizes(body) for body in bodies]
    return {part: float(np.nanmean(np.concatenate([size[part] for size in sizes]))) for part in PARTS}


def beat_alignment_of(shots: Sequence[Shot], pairs: Sequence[Sequence[BodyMotion]]) -> dict[str, float]:
    """Return the share of strokes on a stress, the same by chance, their ratio, and strokes a minute of speech."""
    found, spoken = [], 0.0
    for shot, pair in zip(shots, pairs):
        for a, body in enumerate(pair):
            speaking = speaks(shot, a)
            ends = stroke_ends(body.root, body.rotations, body.skeleton, speaking)
            found.append(beat_alignment(ends, np.array(shot.scene.stresses[a]), body.frames / FPS))
            spoken += float(speaking.sum()) / FPS / 60
    strokes = sum(own.strokes for own in found)
    share, chance = (
        sum(getattr(own, name) * own.strokes for own in found) / strokes if strokes else float("nan")
        for name in ("share", "chance")
    )
    return {
        "beat": share,
        "beat_chance": chance,
        "beat_ratio": share / chance if chance else float("nan"),
        "strokes_a_minute": strokes / max(spoken, 1e-9),
    }


def hand_speeds_of(shots: Sequence[Shot], pairs: Sequence[Sequence[BodyMotion]]) -> dict[str, float]:
    """Return the speed of the hands against the chest in cm/s, of speakers and of listeners; walks are left out."""
    speeds: dict[str, list[Array]] = {"speaking": [], "listening": []}
    for shot, pair in zip(shots, pairs):
        for a, body in enumerate(pair):
            calm = label_track(shot.request.actors[a], body.frames) != ACTION_LABELS.index("walk")
            for name, when in (("speaking", speaks(shot, a)), ("listening", listens(shot, a))):
                speeds[name].append(body.hand_speed.mean(axis=1)[calm & when[: body.frames]])
    return {f"hands_{name}_cm_s": 100 * _mean(np.concatenate(values)) for name, values in speeds.items()}


def real_motion_of(shots: Sequence[Shot], pairs: Sequence[Sequence[BodyMotion]]) -> dict[str, float]:
    """Return the statistics in which bodies are to be like captured people, each named ``real_`` and its name."""
    statistics = Statistics()
    for shot, pair in zip(shots, pairs):
        for a, body in enumerate(pair):
            statistics.add(body, speaks(shot, a)[: body.frames], listens(shot, a)[: body.frames])
    return {f"real_{name}": value for name, value in statistics.figures().items()}


def penetration_of(pairs: Sequence[Sequence[BodyMotion]]) -> dict[str, float]:
    """Return the share of frames deeper than 1 cm and the deepest penetration, with itself and with the other."""
    own = np.concatenate([body.self_depth for pair in pairs for body in pair])
    other = np.concatenate([pair[0].depth_in(pair[1]) for pair in pairs])
    return {
        "self_share": float((own > INSIDE).mean()),
        "self_deepest_cm": 100 * float(own.max()),
        "pair_share": float((other > INSIDE).mean()),
        "pair_deepest_cm": 100 * float(other.max()),
    }


def facing_of(shots: Sequence[Shot], pairs: Sequence[Sequence[BodyMotion]]) -> float:
    """Return the share of frames of listening in which the head, without the eyes, points within 30 degrees of the
    partner's head.
    """
    facing = []
    head = INDEX["head"]
    for shot, pair in zip(shots, pairs):
        for a, body in enumerate(pair):
            line = pair[1 - a].positions[:, head] - body.positions[:, head]
            ahead = rot.rotate(body.world[:, head], np.array([0.0, -1.0, 0.0], np.float32))
            cosine = np.sum(line * ahead, -1) / np.maximum(np.linalg.norm(line, axis=-1), 1e-6)
            facing.append(cosine[listens(shot, a)[: body.frames]] > FACING)
    return _mean(np.concatenate(facing))


def miss_of(roots: Sequence[Array], shots: Sequence[Shot]) -> float:
    """Return the mean distance in metres of roots (2, T, 3) from the waypoints at their times; 0 without any."""
    misses = []
    for root, shot in zip(roots, shots):
        for a, actor in enumerate(shot.request.actors):
            for point in actor.waypoints:
                frame = min(round(point.time * FPS), root.shape[1] - 1)
                misses.append(float(np.linalg.norm(root[a, frame, :2] - np.array(point.position))))
    return float(np.mean(misses)) if misses else 0.0


# ---------------------------------------------------------------------------------------------------- takes of one shot


def variety(versions: Sequence[Sequence[Bodies]], shots: Sequence[Shot]) -> dict[str, float]:
    """Return how different takes of the same shot are: ``versions`` by shot, then by seed.

    'div_sample' as in ``distribution``; the mean distance of hands (against the pelvis and its heading) and of roots
    between two takes, frame by frame, and the hands of the two nearest takes of a shot.
    """
    spread, hands, roots, nearest = [], [], [], []
    for takes, shot in zip(versions, shots):
        for a in range(2):
            skeleton = shot.request.actors[a].skeleton
            spread.append(sample_diversity([pose_vectors(rotations[a]) for _, rotations in takes]))
            places = [hand_places(roots_[a], rotations[a], skeleton) for roots_, rotations in takes]
            apart = [float(np.linalg.norm(one - two, axis=-1).mean()) for one, two in combinations(places, 2)]
            hands.append(float(np.mean(apart)))
            nearest.append(min(apart))
            apart = [float(np.linalg.norm(x[0][a] - y[0][a], axis=-1).mean()) for x, y in combinations(takes, 2)]
            roots.append(float(np.mean(apart)))
    return {
        "div_sample": float(np.mean(spread)),
        "seeds_hands_cm": 100 * float(np.mean(hands)),
        "seeds_hands_least_cm": 100 * min(nearest),
        "seeds_roots_cm": 100 * float(np.mean(roots)),
    }


def variety_of_corpus(shots: Sequence[Shot], others: Sequence[Shot], takes: int, seed: int = 0) -> dict[str, float]:
    """Return ``variety`` of takes made of any moments of the corpus with the same label and the same voice activity.

    The corpus has one take of each shot. For every frame as many poses as there are ``takes`` are drawn from the frames
    of ``others`` with the same label in which an actor speaks, or does not, as here. Words, partner and body are left
    open, so this is an upper bound of the variety, not a target.
    """
    pool: dict[tuple[int, bool], list[tuple[Array, Array]]] = {}
    for shot in others:
        for a in range(2):
            poses, hands = (
                pose_vectors(shot.rotations[a]),
                hand_places(shot.root_positions[a], shot.rotations[a], shot.request.actors[a].skeleton),
            )
            for kind, where in _moments(shot, a):
                pool.setdefault(kind, []).append((poses[where], hands[where]))
    whole = {kind: tuple(np.concatenate(parts) for parts in zip(*found)) for kind, found in pool.items()}
    random = np.random.default_rng(seed)
    spread, apart = [], []
    for shot in shots:
        for a in range(2):
            for kind, where in _moments(shot, a):
                if kind in whole:
                    poses, hands = whole[kind]
                    drawn = random.integers(len(poses), size=(takes, int(where.sum())))
                    spread.append(poses[drawn].std(0).mean(-1))
                    apart.append(
                        np.mean(
                            [np.linalg.norm(hands[i] - hands[j], axis=-1).mean(-1) for i, j in combinations(drawn, 2)],
                            axis=0,
                        )
                    )
    return {
        "div_sample": float(np.concatenate(spread).mean()),
        "seeds_hands_cm": 100 * float(np.concatenate(apart).mean()),
    }


def hand_places(root: Array, rotations: Array, skeleton: Skeleton) -> Array:
    """Return the wrists (T, 2, 3) against the pelvis, turned to its heading, m of a body of 1.7 m."""
    positions, _ = forward_kinematics(np.asarray(root, np.float32), np.asarray(rotations, np.float32), skeleton)
    turn = rot.conjugate(rot.about_z(heading_of(np.asarray(rotations[:, 0], np.float32))))
    return rot.rotate(turn[:, None], positions[:, HANDS] - positions[:, :1]) / skeleton.size


def _moments(shot: Shot, actor: int) -> list[tuple[tuple[int, bool], NDArray[np.bool_]]]:
    """Return the frames (T,) of each label and voice activity (spoken or not) that occurs."""
    labels, speaking = label_track(shot.request.actors[actor], shot.frames), speaks(shot, actor)
    kinds = [
        ((label, spoken), (labels == label) & (speaking == spoken))
        for label in range(len(ACTION_LABELS))
        for spoken in (False, True)
    ]
    return [(kind, where) for kind, where in kinds if where.any()]


def motions_of(takes: Sequence[Bodies], shots: Sequence[Shot]) -> list[tuple[BodyMotion, BodyMotion]]:
    """Return the takes as motions of both actors with the bodies of the shots."""
    pairs = []
    for (roots, rotations), shot in zip(takes, shots):
        actors = shot.request.actors
        one, two = (BodyMotion(roots[a], rotations[a], actors[a].skeleton, actors[a].shape) for a in range(2))
        pairs.append((one, two))
    return pairs


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else float("nan")
