"""The face of one actor as Live Link Face records it: 52 ARKit curves, and the turns of head and eyes.

The app's own recordings give the turns in radians: yaw to the actor's right and pitch downward are positive. In two
captures the eyes follow their curves as yaw = 0.60 (in - out) and pitch = 0.55 (down - up), with a correlation of 0.99.
The captures at hand hold no turns of the head; its signs are those of the eyes, and roll to the right is positive.
"""

from __future__ import annotations

import bpy
import numpy as np

from ..rig.cast import CastActor
from ..rig.euler import continuous_euler
from ..rig.read_back import read_back_cast
from ..rig.timing import frames_per_second
from ..runtime_api import Array, contract, skeleton
from ..runtime_api import rotations as rot

_YAW, _PITCH = 0.60, 0.55  # radians at a curve's value of 1
_CURVE = {name: column for column, name in enumerate(contract.ARKIT_NAMES)}


def live_link_text(scene: bpy.types.Scene, actor: CastActor, rate: int) -> str:
    """Return the file's text: ``rate`` rows a second over the scene's frame range, timed by the scene's frames."""
    fps = frames_per_second(scene)
    rows = int((scene.frame_end - scene.frame_start) / fps * rate + 1e-4) + 1
    seen = read_back_cast(scene, [actor], scene.frame_start, rows, rate)[0]
    return contract.live_link_text(seen.face, turns_of(seen.rotations, seen.face), scene.frame_start / fps, rate)


def turns_of(rotations: Array, face: Array) -> Array:
    """Return (T, 9) radians: yaw, pitch, roll of head, left eye and right eye.

    ``rotations`` (T, 52, 4): canonical; the head's turn is against the chest. ``face`` (T, 52): ARKit weights.
    """
    head = rot.multiply(rotations[:, skeleton.INDEX["neck"]], rotations[:, skeleton.INDEX["head"]])
    x, y, z = continuous_euler(head, "YXZ").T  # yaw about Z outermost, then pitch about X, then roll about Y
    still = np.zeros(len(face))
    columns = [-z, x, -y]
    for side, inward in (("Left", 1.0), ("Right", -1.0)):  # the left eye looks inward to the right
        look = {way: face[:, _CURVE[f"eyeLook{way}{side}"]] for way in ("In", "Out", "Up", "Down")}
        columns += [inward * _YAW * (look["In"] - look["Out"]), _PITCH * (look["Down"] - look["Up"]), still]
    return np.stack(columns, axis=1)
