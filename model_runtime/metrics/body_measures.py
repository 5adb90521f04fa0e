"""Every row by which the body is judged, for takes of held-out shots and, in the same way, for the truth of those
shots.

A take is (roots (2, T, 3), rotations (2, T, 52, 4)) of both actors. Figures are pooled over the frames of all takes, so
that a shot in which little happens weighs as its frames do and no quotient of two small numbers stands for the whole.
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
from .beats import gesture_beats, stroke_ends
from .distribution import diversity, fid, pose_vectors, sample_diversity
from .measures import floor_depth, foot_skate, label_obedience, seam_ratios
from .posed import HANDS, Posed
from .scene_measures import PARTS, jerk_sizes
from .shot import Shot

Bodies = tuple[NDArray[np.float32], NDArray[np.float32]]

INSIDE = 0.01  # m of depth beyond soft contact from which a frame counts as penetration
AROUND_CHANGE = np.arange(-round(0.5 * FPS), 2 * FPS)  # frames about a change of label that are looked at
FACING = np.cos(np.radians(30.0))  # of the head to the partner's head


def truth_of(shots: Sequence[Shot]) -> list[Bodies]:
    return [(shot.root_positions, shot.rotations) for shot in shots]


def rows_of(takes: Sequence[Bodies], shots: Sequence[Shot]) -> dict[str, float]:
    """All rows that one take of each shot gives; jerk beside that of the truth of the same shots."""
    made, true = _posed(takes, shots), _posed(truth_of(shots), shots)
    flat, flat_true = [body for pair in made for body in pair], [body for pair in true for body in pair]
    poses, real = ([pose_vectors(body.rotations) for body in bodies] for bodies in (flat, flat_true))
    jerks, of_truth = pooled_jerk(flat), pooled_jerk(flat_true)
    skates = [foot_skate(body.root, body.rotations, body.skeleton) for body in flat]
    return {
        **fid(poses, real),
        **diversity(poses),
        "obedience": float(np.mean([obedience(shot, pair) for shot, pair in zip(shots, made)])),
        **changes_of(takes, shots),
        "skate_cm_s": 100 * float(np.nanmean([skate.speed for skate in skates])),
        "slide_cm": 100 * _mean(np.array([skate.slide for skate in skates if np.isfinite(skate.slide)])),
        "floor_cm": 100 * max(floor_depth(body.root, body.rotations, body.skeleton) for body in flat),
        **{f"jerk_{part}": jerks[part] / max(of_truth[part], 1e-9) for part in PARTS},
        **{f"jerk_{part}_m_s3": jerks[part] for part in PARTS},
        **seams_of(takes, shots),
        **beats_of(shots, made),
        **hands_of(shots, made),
        **penetration_of(made),
        "heads_at_partner": facing_of(shots, made),
        "miss_cm": 100 * miss_of([bodies[0] for bodies in takes], shots),
    }


def each_shot(takes: Sequence[Bodies], shots: Sequence[Shot]) -> dict[str, dict[str, float]]:
    """By shot what tells where to look: labels, feet, floor, penetration, targets, gestures."""
    found = {}
    for take, shot in zip(takes, shots):
        pair = _posed([take], [shot])[0]
        skates = [foot_skate(body.root, body.rotations, body.skeleton).speed for body in pair]
        found[shot.name] = {
            "obedience": obedience(shot, pair),
            "skate_cm_s": 100 * float(np.nanmax(skates)),
            "floor_cm": 100 * max(floor_depth(body.root, body.rotations, body.skeleton) for body in pair),
            **penetration_of([pair]),
            "miss_cm": 100 * miss_of([take[0]], [shot]),
            **beats_of([shot], [pair]),
            **hands_of([shot], [pair]),
        }
    return found


def speaks(shot: Shot, actor: int) -> NDArray[np.bool_]:
    """(T,) whether an actor of a shot is heard."""
    return shot.heard[actor][:, VOICE_ACTIVITY] > 0.5


def listens(shot: Shot, actor: int) -> NDArray[np.bool_]:
    """(T,) whether the other alone is heard."""
    return speaks(shot, 1 - actor) & ~speaks(shot, actor)


def obedience(shot: Shot, pair: Sequence[Posed]) -> float:
    return float(
        np.mean(
            [
                label_obedience(label_track(actor, body.frames), body.root, body.rotations, body.skeleton)
                for actor, body in zip(shot.request.actors, pair)
            ]
        )
    )


def seams_of(takes: Sequence[Bodies], shots: Sequence[Shot]) -> dict[str, float]:
    """Speed and acceleration of joints where windows join against the rest; the truth, which has no joins, at the same
    frames.
    """
    bodies = [body for pair in _posed(takes, shots) for body in pair]
    return {
        f"seam_{name}": value
        for name, value in seam_ratios([(body.positions, window_boundaries(body.frames)) for body in bodies]).items()
    }


def followed_changes(takes: Sequence[Bodies], shots: Sequence[Shot]) -> Array:
    """(N, ``AROUND_CHANGE``) for each change of a label asked for: 1 where the motion shows the new one, 0 where not,
    NaN beyond the shot and after the next change.
    """
    followed = []
    for pair, shot in zip(_posed(takes, shots), shots):
        for actor, body in zip(shot.request.actors, pair):
            asked = label_track(actor, body.frames)
            for change in np.flatnonzero(np.diff(asked)) + 1:
                frames = change + AROUND_CHANGE
                inside = (frames >= 0) & (frames < body.frames)
                frames = frames.clip(0, body.frames - 1)
                known = inside & ((AROUND_CHANGE < 0) | (asked[frames] == asked[change]))
                followed.append(np.where(known, body.labels[frames] == asked[change], np.nan))
    return np.array(followed).reshape(-1, len(AROUND_CHANGE))


def changes_of(takes: Sequence[Bodies], shots: Sequence[Shot]) -> dict[str, float]:
    """Share of changes whose new label is shown 0.5 s and 1 s later."""
    followed = followed_changes(takes, shots)
    shares = {}
    for name, seconds in (("followed_after_half", 0.5), ("followed_after_one", 1.0)):
        then = followed[:, np.searchsorted(AROUND_CHANGE, round(seconds * FPS))]
        shares[name] = _mean(then[np.isfinite(then)])
    return shares


def pooled_jerk(bodies: Sequence[Posed]) -> dict[str, float]:
    """Mean over all frames of all bodies, m/s^3 of a body of 1.7 m, as in the report on the corpus."""
    sizes = [jerk_sizes(body) for body in bodies]
    return {part: float(np.nanmean(np.concatenate([size[part] for size in sizes]))) for part in PARTS}


def beats_of(shots: Sequence[Shot], pairs: Sequence[Sequence[Posed]]) -> dict[str, float]:
    """Share of strokes on a stress, by chance, their quotient, and how many strokes a minute of speech has."""
    found, spoken = [], 0.0
    for shot, pair in zip(shots, pairs):
        for a, body in enumerate(pair):
            speaking = speaks(shot, a)
            ends = stroke_ends(body.root, body.rotations, body.skeleton, speaking)
            found.append(gesture_beats(ends, np.array(shot.scene.stresses[a]), body.frames / FPS))
            spoken += float(speaking.sum()) / FPS / 60
    strokes = sum(beats.strokes for beats in found)
    share, chance = (
        sum(getattr(beats, name) * beats.strokes for beats in found) / strokes if strokes else float("nan")
        for name in ("share", "chance")
    )
    return {
        "beat": share,
        "beat_chance": chance,
        "beat_ratio": share / chance if chance else float("nan"),
        "strokes_a_minute": strokes / max(spoken, 1e-9),
    }


def hands_of(shots: Sequence[Shot], pairs: Sequence[Sequence[Posed]]) -> dict[str, float]:
    """Speed of the hands against the chest in cm/s, of who speaks and of who only listens; walking does not count."""
    speeds: dict[str, list[Array]] = {"speaking": [], "listening": []}
    for shot, pair in zip(shots, pairs):
        for a, body in enumerate(pair):
            calm = label_track(shot.request.actors[a], body.frames) != ACTION_LABELS.index("walk")
            for name, when in (("speaking", speaks(shot, a)), ("listening", listens(shot, a))):
                speeds[name].append(body.hand_speed.mean(axis=1)[calm & when[: body.frames]])
    return {f"hands_{name}_cm_s": 100 * _mean(np.concatenate(values)) for name, values in speeds.items()}


def penetration_of(pairs: Sequence[Sequence[Posed]]) -> dict[str, float]:
    """Share of frames deeper than 1 cm and the deepest, into oneself and into the other."""
    own = np.concatenate([body.self_depth for pair in pairs for body in pair])
    other = np.concatenate([pair[0].depth_in(pair[1]) for pair in pairs])
    return {
        "self_share": float((own > INSIDE).mean()),
        "self_deepest_cm": 100 * float(own.max()),
        "pair_share": float((other > INSIDE).mean()),
        "pair_deepest_cm": 100 * float(other.max()),
    }


def facing_of(shots: Sequence[Shot], pairs: Sequence[Sequence[Posed]]) -> float:
    """Share of the frames of listening in which the head, whatever the eyes do, points within 30 degrees of the
    partner's head.
    """
    facing = []
    head = INDEX["head"]
    for shot, pair in zip(shots, pairs):
        for a, body in enumerate(pair):
            way = pair[1 - a].positions[:, head] - body.positions[:, head]
            ahead = rot.rotate(body.world[:, head], np.array([0.0, -1.0, 0.0], np.float32))
            cosine = np.sum(way * ahead, -1) / np.maximum(np.linalg.norm(way, axis=-1), 1e-6)
            facing.append(cosine[listens(shot, a)[: body.frames]] > FACING)
    return _mean(np.concatenate(facing))


def miss_of(roots: Sequence[Array], shots: Sequence[Shot]) -> float:
    """Mean distance in metres of roots (2, T, 3) from the places asked for, at their times; 0 where none is."""
    misses = []
    for root, shot in zip(roots, shots):
        for a, actor in enumerate(shot.request.actors):
            for point in actor.waypoints:
                frame = min(round(point.time * FPS), root.shape[1] - 1)
                misses.append(float(np.linalg.norm(root[a, frame, :2] - np.array(point.position))))
    return float(np.mean(misses)) if misses else 0.0


# ---------------------------------------------------------------------------------------------------- takes of one shot


def variety(versions: Sequence[Sequence[Bodies]], shots: Sequence[Shot]) -> dict[str, float]:
    """How different takes of the same shot are: ``versions`` by shot, then by seed.

    'div_sample' as in ``distribution``; mean distance of hands (against the pelvis and its heading) and of roots of two
    takes, frame by frame, and the hands of the two takes of a shot that are nearest to each other.
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
            roots.append(
                float(
                    np.mean(
                        [np.linalg.norm(one[0][a] - two[0][a], axis=-1).mean() for one, two in combinations(takes, 2)]
                    )
                )
            )
    return {
        "div_sample": float(np.mean(spread)),
        "seeds_hands_cm": 100 * float(np.mean(hands)),
        "seeds_hands_least_cm": 100 * min(nearest),
        "seeds_roots_cm": 100 * float(np.mean(roots)),
    }


def variety_of_corpus(shots: Sequence[Shot], others: Sequence[Shot], takes: int, seed: int = 0) -> dict[str, float]:
    """What ``variety`` would be if a take were any moment of the corpus with the same label and the same voice.

    The corpus has one take of each shot. As many poses as there are ``takes`` are drawn, for every frame, from the
    frames of ``others`` in which somebody does the same (sits, walks, stands) and speaks or does not as here. What is
    said, to whom and by which body is left open, so this is the most that seeds of one shot may differ, not what they
    must.
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
    """(T, 2, 3) wrists against the pelvis, turned to its heading, m of a body of 1.7 m."""
    positions, _ = forward_kinematics(np.asarray(root, np.float32), np.asarray(rotations, np.float32), skeleton)
    turn = rot.conjugate(rot.about_z(heading_of(np.asarray(rotations[:, 0], np.float32))))
    return rot.rotate(turn[:, None], positions[:, HANDS] - positions[:, :1]) / skeleton.size


def _moments(shot: Shot, actor: int) -> list[tuple[tuple[int, bool], NDArray[np.bool_]]]:
    labels, speaking = label_track(shot.request.actors[actor], shot.frames), speaks(shot, actor)
    kinds = [
        ((label, speaks), (labels == label) & (speaking == speaks))
        for label in range(len(ACTION_LABELS))
        for speaks in (False, True)
    ]
    return [(kind, where) for kind, where in kinds if where.any()]


def _posed(takes: Sequence[Bodies], shots: Sequence[Shot]) -> list[tuple[Posed, Posed]]:
    pairs = []
    for (roots, rotations), shot in zip(takes, shots):
        one, two = (Posed(roots[a], rotations[a], shot.request.actors[a].skeleton) for a in range(2))
        pairs.append((one, two))
    return pairs


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else float("nan")
