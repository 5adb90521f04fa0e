"""The canonical skeleton: SMPL-X's 22 body joints and 15 joints a hand, with forward kinematics in numpy.

Rotations are local unit quaternions (w, x, y, z) against a T-pose whose joint frames are all aligned with the
world axes: with every rotation at identity the body stands in a T-pose, facing -Y, left arm along +X, palms
down, thumbs and toes forward (-Y), Z up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import rotations as rot

# Of ``AVERAGE_SKELETON``, the mean of women and men in the ANSUR survey (Gordon et al. 1989); metres.
MEAN_HEIGHT, MEAN_PELVIS_HEIGHT = 1.70, 0.955

BODY_JOINTS = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
FINGERS = ("index", "middle", "pinky", "ring", "thumb")
HAND_JOINTS = {
    side: tuple(f"{side}_{finger}{i}" for finger in FINGERS for i in (1, 2, 3)) for side in ("left", "right")
}
JOINTS = BODY_JOINTS + HAND_JOINTS["left"] + HAND_JOINTS["right"]
INDEX = {name: index for index, name in enumerate(JOINTS)}
_OTHER = {"left": "right", "right": "left"}
MIRRORED = tuple(INDEX[_OTHER.get(side := name.split("_")[0], side) + name[len(side) :]] for name in JOINTS)

_BODY_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
PARENTS = _BODY_PARENTS + tuple(
    INDEX[f"{side}_wrist"] if name.endswith("1") else INDEX[name] - 1
    for side in ("left", "right")
    for name in HAND_JOINTS[side]
)

# What each stage of the body model makes.
LEG_JOINTS = tuple(INDEX[f"{side}_{part}"] for part in ("hip", "knee", "ankle", "foot") for side in ("left", "right"))
UPPER_JOINTS = tuple(INDEX[name] for name in ("spine1", "spine2", "spine3", "neck", "head")) + tuple(
    INDEX[f"{side}_{part}"] for part in ("collar", "shoulder", "elbow", "wrist") for side in ("left", "right")
)
EYES = np.array([0.0, -0.08, 0.07], np.float32)  # metres from the head's joint at 1.7 m, in the head's frame
HAND_INDEX = {side: tuple(INDEX[n] for n in HAND_JOINTS[side]) for side in ("left", "right")}


@dataclass(frozen=True, eq=False)
class Skeleton:
    """One body's bones.

    ``offsets`` (52, 3) metres: each joint from its parent in the T-pose, in the world's axes. Row 0 is the pelvis from
    the point on the floor between the feet, so its z is the pelvis height of the standing body.
    """

    offsets: NDArray[np.float32]

    @property
    def rest_positions(self) -> NDArray[np.float32]:
        """(52, 3) joint positions of the T-pose, soles on the floor."""
        positions = np.array(self.offsets, np.float32)
        for joint, parent in enumerate(PARENTS):
            if parent >= 0:
                positions[joint] += positions[parent]
        return positions

    @property
    def height(self) -> float:
        """Sole to crown in metres; the crown lies 0.11 of that above the head joint (anthropometric mean)."""
        return float(self.rest_positions[INDEX["head"], 2] / 0.89)

    @property
    def size(self) -> float:
        """Height over that of the mean body: what metres of a mean body are multiplied with for this one."""
        return self.height / MEAN_HEIGHT

    @property
    def pelvis_height(self) -> float:
        """Metres from the floor to the pelvis in the T-pose."""
        return float(self.offsets[0, 2])

    @property
    def leg_size(self) -> float:
        """Pelvis height over that of the mean body: the scale of steps and of speeds over the floor."""
        return self.pelvis_height / MEAN_PELVIS_HEIGHT

    def scaled(self, factor: float) -> Skeleton:
        """Return the same body ``factor`` times as tall."""
        return Skeleton((self.offsets * factor).astype(np.float32))


def forward_kinematics(
    root_positions: NDArray[np.float32], rotations: NDArray[np.float32], skeleton: Skeleton
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return positions (..., 52, 3) in metres and quaternions (..., 52, 4) of all joints in the world.

    ``root_positions`` (..., 3) is the pelvis in the world; ``rotations`` (..., 52, 4) are local quaternions.
    """
    positions = np.empty(rotations.shape[:-1] + (3,), np.float32)
    world = np.empty_like(rotations)
    positions[..., 0, :], world[..., 0, :] = root_positions, rotations[..., 0, :]
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            continue
        world[..., joint, :] = rot.multiply(world[..., parent, :], rotations[..., joint, :])
        positions[..., joint, :] = positions[..., parent, :] + rot.rotate(
            world[..., parent, :], skeleton.offsets[joint]
        )
    return positions, world


def mirrored(rotations: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return local quaternions (..., 52, 4) reflected in the plane x = 0, with left and right exchanged."""
    sense = np.array([1, 1, -1, -1], np.float32)  # turns about y and z go the other way
    return np.ascontiguousarray(rotations[..., list(MIRRORED), :] * sense)


def heading_of(pelvis_rotation: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the heading (...,) in radians about +Z of pelvis quaternions (..., 4); 0 faces -Y.

    Taken from the left-right axis, which bending forward does not turn.
    """
    lateral = rot.rotate(pelvis_rotation, np.array([1.0, 0.0, 0.0], np.float32))
    return np.arctan2(lateral[..., 1], lateral[..., 0])


def _average_offsets() -> NDArray[np.float32]:
    """Return the offsets of a body 1.70 m tall; proportions near the means of Drillis and Contini (1966)."""
    half = {
        "hip": (0.09, 0.0, -0.08),
        "knee": (0.01, 0.0, -0.41),
        "ankle": (0.0, 0.02, -0.39),
        "foot": (0.01, -0.13, -0.055),
        "collar": (0.05, 0.0, 0.10),
        "shoulder": (0.12, 0.02, 0.02),
        "elbow": (0.27, 0.0, 0.0),
        "wrist": (0.25, 0.0, 0.0),
    }
    centre = {
        "pelvis": (0, 0, MEAN_PELVIS_HEIGHT),
        "spine1": (0, 0.02, 0.10),
        "spine2": (0, 0.0, 0.12),
        "spine3": (0, 0.0, 0.06),
        "neck": (0, 0.02, 0.19),
        "head": (0, -0.02, 0.088),
    }
    first = {
        "index": (0.095, -0.030, 0.0),
        "middle": (0.098, -0.006, 0.004),
        "ring": (0.092, 0.016, 0.0),
        "pinky": (0.083, 0.037, -0.006),
        "thumb": (0.025, -0.028, -0.010),
    }
    next_two = {"index": (0.033, 0.022), "middle": (0.036, 0.025), "ring": (0.033, 0.024), "pinky": (0.026, 0.018)}
    offsets = np.zeros((len(JOINTS), 3), np.float32)
    for name, joint in INDEX.items():
        side, _, part = name.partition("_")
        if not part:
            offsets[joint] = centre[name]
            continue
        if part in half:
            value = half[part]
        else:
            finger, number = part[:-1], int(part[-1])
            if number == 1:
                value = first[finger]
            elif finger == "thumb":
                value = (0.030, -0.026, -0.004) if number == 2 else (0.024, -0.021, -0.002)
            else:
                value = (next_two[finger][number - 2], 0.0, 0.0)
        offsets[joint] = value if side == "left" else (-value[0], value[1], value[2])
    return offsets


AVERAGE_SKELETON = Skeleton(_average_offsets())
