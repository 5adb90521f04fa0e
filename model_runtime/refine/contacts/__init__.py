"""Contacts between two bodies: overlaps taken out, wanted touches met, with the smallest change of the motion.

A trajectory optimisation over both skeletons, after Witkin and Kass 1988 ("Spacetime constraints") and Gleicher 1998
("Retargetting motion to new characters"): smooth corrections are added to the motion that there is.
"""

from .motion import BodyMotion, Goal, ResolveOptions
from .shot import resolve_shot
from .solver import Resolved, resolve_contacts

__all__ = ["BodyMotion", "Goal", "ResolveOptions", "Resolved", "resolve_contacts", "resolve_shot"]
