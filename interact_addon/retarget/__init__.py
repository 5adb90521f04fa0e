"""Canonical motion to a rig's own bones."""

from .pose import BonePose, retarget

__all__ = ["BonePose", "retarget"]
