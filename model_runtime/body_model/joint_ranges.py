"""Human ranges of motion of elbows, knees, neck, wrists and shoulders.

Those of the American Academy of Orthopaedic Surgeons (Greene and Heckman 1994, "The Clinical Measurement of Joint
Motion") and Norkin and White 2016 ("Measurement of Joint Motion", 5th ed., appendix of normative ranges), whichever is
wider. A joint's angle is taken from the swing of its bone and the twist about it, from the anatomical zero of that
joint.
"""

from __future__ import annotations

# degrees, (least, most)
RANGES = {
    "elbow flexion": (-10.0, 150.0),
    "forearm rotation": (-90.0, 90.0),  # pronation negative, supination positive
    "knee flexion": (-10.0, 150.0),
    "neck flexion": (-60.0, 60.0),  # extension negative
    "neck lateral": (-45.0, 45.0),
    "neck twist": (-80.0, 80.0),
    "wrist flexion": (-70.0, 80.0),  # extension negative
    "wrist deviation": (-20.0, 30.0),  # radial negative, ulnar positive
    "shoulder behind": (-90.0, 60.0),  # extension: how far behind the plane of the chest the upper arm points
    "shoulder across": (-90.0, 45.0),  # how far across the body, 135 degrees of horizontal adduction
    "shoulder rotation": (-90.0, 90.0),  # inward negative
}
