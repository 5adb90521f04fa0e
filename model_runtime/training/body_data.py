"""Composed scenes as tensors on one device, and random windows of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..body_model.skeleton import Skeleton
from ..conditioning.conditions import SceneWindows, conditions_of_scene
from ..conditioning.representation import (
    MIRROR,
    GlobalMotion,
    HandBasis,
    body_size,
    encode_lower,
    encode_upper,
    from_arrays,
    hand_vectors,
)
from ..conditioning.style import STYLE_SIZE, style_of
from ..contract import ACTION_LABELS, RELATIONSHIPS
from ..datasets.scene import Scene
from ..speech.prosody import VOICE_ACTIVITY
from ..speech.stress.stress_detection import detect_stress, stress_bumps
from .emotion_tracks import emotion_tracks
from .word_features import WordTracks

WINDOW = 300  # frames: 10 s
SIT = ACTION_LABELS.index("sit")


@dataclass
class Batch:
    """Windows of B pairs: raw features, conditions per frame, body lengths and bones; see ``DuetDenoiser.forward``."""

    lower: Tensor  # (B, 2, T, 70)
    upper: Tensor  # (B, 2, T, 102)
    conditions: dict[str, Tensor]
    body: Tensor  # (B, 2, 6)
    offsets: Tensor  # (B, 2, 52, 3)
    labels: Tensor  # (B, 2, T)

    def features(self, stage: str) -> Tensor:
        """Return the features of 'lower', of 'upper', or of both side by side ('whole')."""
        return torch.cat([self.lower, self.upper], -1) if stage == "whole" else getattr(self, stage)


class BodyData:
    """All scenes of one split, concatenated over time: tensors (N, 2, ...), N frames in all."""

    def __init__(
        self,
        paths: list[Path],
        device: torch.device,
        basis: HandBasis | None = None,
        words: WordTracks | None = None,
        window: int = WINDOW,
    ) -> None:
        if not paths:
            raise ValueError("No scenes to train on; run `python3 build.py compose` first.")
        scenes = [_load(path, words) for path in paths]
        scenes = [scene for scene in scenes if scene["root"].shape[1] > window]
        hands_left, hands_right = (torch.cat([s[side] for s in scenes], 1) for side in ("left", "right"))
        if basis is None:
            basis = HandBasis.fit(hand_rows(hands_left, hands_right))
        self.basis = basis
        hands = basis.encode(hands_left, hands_right)

        def joined(key: str) -> Tensor:
            return torch.cat([s[key] for s in scenes], 1).transpose(0, 1).contiguous().to(device)

        self.root, self.heading, self.tilt = joined("root"), joined("heading"), joined("tilt")
        self.legs, self.contacts = joined("legs"), joined("contacts")
        self.upper = torch.cat([joined("upper"), hands.transpose(0, 1).to(device)], -1)
        self.labels, self.prosody = joined("labels"), joined("prosody")
        self.offsets = torch.stack([s["offsets"] for s in scenes]).to(device)
        self.words = joined("words") if words is not None else None
        self.stress = joined("stress")
        self.emotion, self.intensity = joined("emotion"), joined("intensity")
        self.seat = torch.stack([s["seat"] for s in scenes]).to(device)
        self.relationship = torch.stack([s["relationship"] for s in scenes]).to(device)
        self.style = torch.stack([s["style"] for s in scenes]).to(device)
        lengths = torch.tensor([s["root"].shape[1] for s in scenes])
        first = lengths.cumsum(0) - lengths
        # One entry for each frame at which a window may begin, with its scene.
        self.starts = torch.cat([torch.arange(int(f), int(f + n - window + 1)) for f, n in zip(first, lengths)]).to(
            device
        )
        self.scene_of = torch.cat([torch.full((int(n - window + 1),), i) for i, n in enumerate(lengths)]).to(device)
        self.device, self.window, self.minutes = device, window, float(lengths.sum()) / 30 / 60
        self.around_sitting = self._around_sitting()

    def _around_sitting(self) -> Tensor:
        """Return the indices into ``starts`` of windows in whose middle an actor sits down or gets up."""
        seated = self.labels == SIT
        changes = (torch.nonzero((seated[1:] != seated[:-1]).any(1))[:, 0] + 1).tolist()
        near = torch.zeros(len(seated), dtype=torch.bool, device=self.device)
        for change in changes:
            near[max(0, change - self.window * 9 // 10) : max(0, change - self.window // 10)] = True
        return torch.nonzero(near[self.starts])[:, 0]

    def windows(self, index: Tensor, transcript: Tensor | None = None) -> Batch:
        """Return the windows that begin at ``self.starts[index]``.

        ``transcript`` (B, 2) bool: actors with the stresses of their transcript; the others have detected ones.
        """
        frames = self.starts[index][:, None] + torch.arange(self.window, device=self.device)
        scene = self.scene_of[index]

        def cut(x: Tensor) -> Tensor:
            return x[frames].transpose(1, 2)  # (B, 2, T, ...)

        offsets = self.offsets[scene]
        size = body_size(offsets)
        motion = GlobalMotion(
            cut(self.root), cut(self.heading), cut(self.tilt), cut(self.legs), cut(self.contacts).float()
        )
        labels, prosody = cut(self.labels), cut(self.prosody).float()
        known, detected = cut(self.stress).float().unbind(-1)
        is_known = torch.zeros_like(known, dtype=torch.bool)
        if transcript is not None:
            is_known = transcript[..., None].expand_as(known)
        stress = torch.stack([torch.where(is_known, known, detected), is_known.to(known.dtype)], -1)
        source = SceneWindows(
            labels=labels,
            prosody=prosody,
            seat=self.seat[scene] / size[..., 0],
            emotion=cut(self.emotion),
            intensity=cut(self.intensity).float(),
            relationship=self.relationship[scene],
            words=None if self.words is None else cut(self.words).float(),
            stress=stress,
            style=self.style[scene],
        )
        return Batch(
            lower=encode_lower(motion, size[..., 0]),
            upper=cut(self.upper),
            conditions=conditions_of_scene(source),
            body=size,
            offsets=offsets,
            labels=labels,
        )

    def random(self, batch: int, generator: torch.Generator, around_sitting: float = 0.0) -> Batch:
        """Return random windows, with chance ``around_sitting`` from those in which an actor sits down or gets up."""
        index = torch.randint(len(self.starts), (batch,), generator=generator, device=self.device)
        if around_sitting and len(self.around_sitting):
            other = self.around_sitting[
                torch.randint(len(self.around_sitting), (batch,), generator=generator, device=self.device)
            ]
            index = torch.where(
                torch.rand(batch, generator=generator, device=self.device) < around_sitting, other, index
            )
        return self.windows(index, torch.rand(batch, 2, generator=generator, device=self.device) < 0.5)


def hand_rows(left: Tensor, right: Tensor) -> Tensor:
    """Return both hands' vectors (2, N, 15, 3) as rows (4 N, 45) in the left hand's frame."""
    mirrored = right * MIRROR
    return torch.cat([left.reshape(-1, 45), mirrored.reshape(-1, 45)])


def _load(path: Path, words: WordTracks | None) -> dict[str, Tensor]:
    """Return a scene's tensors (2, T, ...), and those of each actor (2, ...)."""
    scene = Scene.load(path)
    emotion, intensity = (
        np.stack(tracks) for tracks in zip(*(emotion_tracks(spans, scene.frames) for spans in scene.emotions))
    )
    rotations, roots = np.asarray(scene.rotations, np.float32), np.asarray(scene.root_positions, np.float32)
    offsets = np.asarray(scene.skeletons, np.float32)
    motion, joints = from_arrays(roots, rotations, np.asarray(scene.contacts, np.float32))
    left, right = hand_vectors(rotations)
    styles = [
        style_of(roots[a], rotations[a], Skeleton(offsets[a]), scene.labels[a], scene.prosody[a][:, VOICE_ACTIVITY])
        for a in range(2)
    ]
    stress = [
        np.stack([stress_bumps(scene.stresses[a], scene.frames), detect_stress(scene.prosody[a])], -1) for a in range(2)
    ]
    word_tracks = {} if words is None else {"words": torch.from_numpy(words.of(scene)).half()}
    return word_tracks | {
        "root": motion.root,
        "heading": motion.heading,
        "tilt": motion.tilt,
        "legs": motion.legs,
        "contacts": motion.contacts.half(),
        "upper": encode_upper(joints, joints.new_zeros(*joints.shape[:2], 0)),
        "left": torch.from_numpy(left),
        "right": torch.from_numpy(right),
        "labels": torch.from_numpy(np.asarray(scene.labels).astype(np.uint8)),
        "prosody": torch.from_numpy(np.asarray(scene.prosody, np.float16)),
        "stress": torch.from_numpy(np.stack(stress)).half(),
        "style": torch.from_numpy(
            np.stack([np.full(STYLE_SIZE, np.nan, np.float32) if s is None else s for s in styles])
        ),
        "emotion": torch.from_numpy(emotion),
        "intensity": torch.from_numpy(intensity).half(),
        "relationship": torch.tensor(RELATIONSHIPS.index(scene.relationship)),
        "offsets": torch.from_numpy(offsets),
        "seat": torch.from_numpy(np.asarray(scene.seat_height, np.float32)),
    }
