"""Nods in the motion of a head: quick dips of its pitch that come back, neither glances down nor shakes."""

from __future__ import annotations

import numpy as np
from scipy.signal import find_peaks

from ..body_model import rotations as rot
from ..common.arrays import Array
from ..common.headings import heading_towards
from ..contract import FPS

SMALLEST = np.radians(3.0)  # of a dip, from the shallower of its two sides
WIDTHS = (0.07, 0.55)  # s at half depth; what lasts longer is a look down
APART = 1.0  # s between dips of two different nods
_SIDEWAYS = 1.0  # a dip in which the head turns further than this many times its depth is a shake or a glance


def head_angles(head: Array) -> tuple[Array, Array]:
    """Return pitch (down positive) and yaw (to the left), (T,) radians each, of world quaternions (T, 4)."""
    ahead = rot.rotate(head, np.array([0.0, -1.0, 0.0]))
    return np.arcsin(np.clip(-ahead[:, 2], -1.0, 1.0)), np.unwrap(heading_towards(ahead[:, :2]))


def nod_times(head: Array) -> Array:
    """Return the seconds of the first dip of each nod, from world quaternions (T, 4) of the head."""
    return nods_of(head)[0]


def nods_of(head: Array) -> tuple[Array, Array]:
    """Return the seconds of the first dip of each nod, and its number of dips, from world quaternions (T, 4) of the
    head; dips in a row are one nod.

    Hadar et al. 1983 ("Kinematics of head movements accompanying speech") put nods and shakes of talk at 1.8 to 3.7 Hz
    and slower ones down to 0.2 Hz; listeners' nods are mostly 3 degrees and more.
    """
    if len(head) < 5:
        return np.zeros(0), np.zeros(0)
    pitch, yaw = head_angles(head)
    dips, found = find_peaks(pitch, prominence=SMALLEST, width=(WIDTHS[0] * FPS, WIDTHS[1] * FPS))
    times: list[float] = []
    counts: list[int] = []
    last = -np.inf
    for dip, depth in zip(dips, found["prominences"]):
        around = slice(max(0, dip - FPS // 4), dip + FPS // 4 + 1)
        if np.ptp(yaw[around]) > _SIDEWAYS * depth:
            continue
        if dip / FPS - last > APART:
            times.append(dip / FPS)
            counts.append(0)
        counts[-1] += 1
        last = dip / FPS
    return np.array(times), np.array(counts)
