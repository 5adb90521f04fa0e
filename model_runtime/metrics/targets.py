"""The one table of bounds: what each measure of a generation, of the bodies, of the faces and of the corpus must reach.

The report of a generation, the quick check, the body and face reports, the README and the model card all read it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A measure's ``name`` in tables, its ``unit`` ('' for shares, ratios and yes or no), and its bounds: the least
    and the most that are accepted, None where there is no such bound.
    """

    name: str
    unit: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def label(self) -> str:
        """Return name and unit."""
        return f"{self.name}, {self.unit}" if self.unit else self.name

    @property
    def bounds(self) -> str:
        """Return the bounds as text: '≥ 0.98', '≤ 1.5' or '10 to 25'."""
        return bounds_text(self.least, self.most)

    def reached(self, value: float) -> bool:
        """Return whether ``value`` is within the bounds; NaN never is."""
        return within(value, self.least, self.most)


NO_TARGET = Target("")


def within(value: float, least: float | None, most: float | None) -> bool:
    """Return whether ``value`` is a number from ``least`` to ``most``; None bounds nothing."""
    return math.isfinite(value) and (least is None or value >= least) and (most is None or value <= most)


def bounds_text(least: float | None, most: float | None) -> str:
    """Return bounds as text, '' where there are none."""
    if least is not None and most is not None:
        return f"{least:g} to {most:g}"
    return f"≥ {least:g}" if least is not None else f"≤ {most:g}" if most is not None else ""


# A generation, and the rows of the README's table in their order.
GENERATION = {
    "label_obedience": Target("label obedience", least=0.98),
    "foot_skate_cm_per_s": Target("foot skate", "cm/s", most=1.5),
    "floor_depth_cm": Target("below the floor", "cm", most=0.5),
    "lip_closure": Target("lip closure on p, b, m", least=0.85),
    "teeth_contact": Target("lip to teeth on f, v", least=0.85),
    "false_closure": Target("lips falsely closed", most=0.03),
    "hands_speaking_over_listening": Target("hands: speaking / listening", least=1.0),
    "same_seed_repeats": Target("same seed repeats", least=1.0),
    "seeds_differ_cm": Target("other seed differs", "cm", least=0.5),
    "roles_follow_voices": Target("roles follow the voices", least=1.0),
    "silence_hand_speed_cm_per_s": Target("silence: hands", "cm/s", most=10.0),
    "silence_mouth_closed": Target("silence: mouth closed", least=0.95),
    "seam_speed": Target("seam, speed", most=1.1),
    "seam_acceleration": Target("seam, acceleration", most=1.1),
    "seconds_per_minute": Target("seconds for a minute of both", most=120.0),
    "worker_memory_mb": Target("worker memory", "MiB", most=1536.0),
}
# The bodies on held-out scenes.
BODIES = {
    "changes_followed": Target("changes of label that show after 0.5 s", least=0.9),
    "slide_cm": Target("slide of a foot in one step", "cm", most=1.0),
    "jerk_ratio": Target("jerk over the reference's", least=0.8, most=1.2),
    "border_ratio": Target("speed and acceleration at a border over the rest", most=1.0),
    "beat_ratio": Target("strokes on a stress over chance", least=2.0),
    "penetration_share": Target("frames with a penetration over 1 cm", most=0.01),
    "penetration_cm": Target("deepest penetration", "cm", most=3.0),
    "waypoint_miss_cm": Target("miss at a waypoint", "cm", most=5.0),
    "constraint_cm": Target("difference from the motion constraints", "cm", most=0.01),
    "diversity_ratio": Target("diversity over the reference's", least=0.9, most=1.1),
    "cpu_seconds_per_second": Target("computing a second of both bodies", "CPU s", most=0.5),
    "fid_over_lda2": Target("FID_g and FID_k over LDA2's", most=0.56),
}
# The faces on held-out readers.
FACES = {
    "lip_closure_with_words": Target("p, b, m closed, with words", least=0.90),
    "teeth_contact_with_words": Target("f, v touching, with words", least=0.90),
    "jaw_correlation": Target("jaw r", least=0.85),
    "gap_correlation": Target("lip gap r", least=0.80),
    "lve_gain": Target("LVE of injected below base", least=0.15),
    "fdd_change": Target("FDD of injected against base", most=0.05),
    "closure_lost_in_emotion": Target("closure lost in full emotion", "points", most=5.0),
    "blinks_a_minute": Target("blinks a minute", least=10.0, most=25.0),
    "blink_seconds": Target("blink", "s", least=0.12, most=0.2),
    "role_probe": Target("speaker and listener recognised", least=0.95),
    "silence_gap_cm": Target("silence: mouth open", "cm", most=0.08),
}
# Composed scenes.
CORPUS = {
    "corpus_minutes": Target("scenes", "minutes", least=30.0),
    "corpus_held_out": Target("of held-out voices and gestures, share", least=1.0),
    "corpus_jerk_ratio": Target("jerk over that of captured clips", least=0.8, most=1.2),
    "corpus_foot_skate_cm_per_s": Target("foot skate", "cm/s", most=1.0),
    "corpus_out_of_range": Target("elbow, knee or neck out of range, share of frames", most=5e-4),
    "corpus_penetration_share": Target("frames with a penetration over 1 cm", most=0.01),
    "corpus_strokes_on_stress": Target("strokes within 0.12 s of a stress, share", least=0.85),
    "corpus_labels": Target("labels as scripted, share of frames", least=0.99),
    "corpus_lip_closure": Target("lips met on p, b, m, share", least=1.0),
    "corpus_nods_a_minute": Target("listener's nods a minute", least=4.0, most=12.0),
    "corpus_gaze": Target("gaze at the partner while listening, share", least=0.40, most=0.75),
    "corpus_entropy_ratio": Target("entropy of joint angular velocity over that of clips", least=0.85, most=1.15),
}
# Bodies beside captured people, by the names of ``real_motion.NAMES``. Knees, holds and speeds are bounded around the
# figures of captured clips; of walks, the steps lie between the 5th and the 95th percentile of captured ones.
REAL_MOTION = {
    "stance_knee": Target("knee at mid-stance", "degrees", least=14.0, most=24.0),
    "swing_knee": Target("knee at most in swing", "degrees", least=66.0, most=76.0),
    "arm_against_leg": Target("arm with the opposite leg, correlation", least=0.6),
    "step_over_speed": Target("step length over speed", "s", least=0.52, most=0.77),
    "double_support": Target("both feet down, share of a walk", least=0.04, most=0.35),
    "swing_height": Target("lower of heel and ball at its highest in swing", "cm", least=8.0, most=14.0),
    "standing_knee": Target("knee while standing", "degrees", most=16.0),
    "feet_apart": Target("feet fore and aft after a walk, 90th percentile", "cm", most=10.0),
    "held_speaking": Target("holds still, standing and speaking, share", least=0.06, most=0.42),
    "held_listening": Target("holds still, standing and listening, share", least=0.187, most=0.42),
    "held_seated": Target("holds still, seated, share", least=0.293, most=0.66),
    "hands_speaking": Target("hands of a speaker, 99th percentile", "cm/s", least=77.0, most=186.0),
    "hands_listening": Target("hands of a listener, 99th percentile", "cm/s", least=77.0, most=186.0),
    "hands_seated": Target("hands of a sitter, 99th percentile", "cm/s", least=51.0, most=116.0),
    "head_speaking": Target("head of a speaker, 99th percentile", "degrees/s", least=95.0, most=393.0),
    "head_listening": Target("head of a listener, 99th percentile", "degrees/s", least=95.0, most=393.0),
    "head_seated": Target("head of a sitter, 99th percentile", "degrees/s", least=73.0, most=164.0),
    "elbow_swivel": Target("elbow of a sitter within 3 s, deviation", "degrees", most=2.0),
    "fingers": Target("fingers of a sitter within 3 s, deviation", "degrees", least=1.5),
    "wrist_high": Target("a sitter's wrist above the shoulder, share", least=1e-4),
    "pelvis_sway": Target("pelvis of a sitter within 3 s, deviation", "cm", most=0.2),
    "head_pitch": Target("listener's head pitch at 1.5 to 4 Hz", "degrees", least=0.7),
    "nods_a_minute": Target("nods of a listener a minute", least=4.0, most=10.0),
}
# What composed talkers and listeners do, by the names of ``talk_behaviour.TalkBehaviour.figures``.
TALK_BEHAVIOUR = {
    "silences_an_hour": Target("silent stretches of 5 to 60 s an hour", least=6.0),
    "silent_share": Target("time in silent stretches, share", least=0.03, most=0.25),
    "gaze_silent": Target("gaze at the other in silence, over that in talk", least=0.4, most=0.9),
    "laughs_a_minute": Target("laughs of an actor a minute", least=0.1, most=1.5),
    "laughs_shared": Target("laughs in which the other laughs with, share", least=0.2, most=0.8),
    "trunk_laughing": Target("trunk's angular speed in laughs, over elsewhere", least=1.3),
    "multiple_nods": Target("nods of more than one dip, share", least=0.2, most=0.8),
    "nods_friendly": Target("nods a minute, friendly listeners", least=4.0, most=10.0),
    "nods_unfriendly": Target("nods a minute, unfriendly listeners", least=2.0, most=9.0),
    "tilted": Target("listener's head tilted by 4 degrees and more, share", least=0.05, most=0.5),
    "shifts_a_minute": Target("shifts of posture a minute", least=2.0, most=12.0),
    "shifts_at_ends": Target("shifts at the end of a turn, over chance", least=1.2),
    "hands_stressed": Target("hands at stressed syllables, over the rest of speech", least=1.1),
    "returns": Target("hands at rest soon after a gesture that stands alone, share", least=0.6),
    "settling": Target("trunk's speed 1 to 3 s after sitting down, over later", least=1.3),
    "breath": Target("chest's pitch at 0.15 to 0.45 Hz at rest", "degrees", least=0.08),
}
TARGETS = GENERATION | BODIES | FACES | CORPUS | REAL_MOTION
