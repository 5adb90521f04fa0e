"""The plain data that crosses between Blender and the runtime: Request in, Performance out.

Arrays run at ``FPS`` frames a second; whoever writes keys resamples them. This package needs numpy alone, so Blender's
own Python can import it.
"""

from ..common.arrays import FloatArray
from ..common.timing import FPS, frame_count
from .interactions import PlayedPart, lay_over, not_played, played_part, with_interactions
from .live_link import live_link_text, timecode
from .motion_constraints import BODY_PARTS, PART_JOINTS, MotionConstraints, constraints_from_performance
from .performance import ActorPerformance, Performance
from .progress import Progress, ProgressCallback, StageClock
from .progress_printer import ProgressPrinter
from .report import report_of
from .request import (
    ActionSpan,
    Actor,
    Caption,
    ContactGoal,
    EmotionSpan,
    EnergySpan,
    GazeSpan,
    InteractionSpan,
    Pin,
    Request,
    SpeechClip,
    Style,
    TimedWord,
    Waypoint,
)
from .serialization import (
    constraints_from_plain,
    constraints_to_plain,
    request_from_json,
    request_to_json,
    request_to_json_in_steps,
)
from .validation import check_request
from .vocabulary import (
    ACTION_LABELS,
    ARKIT_NAMES,
    CONTRACT_VERSION,
    EMOTION_GROUPS,
    EMOTIONS,
    FOOT_CONTACTS,
    HANDS,
    INTERACTIONS,
    LEADING_HANDS,
    LONGEST_SHOT,
    LOOK_DOWN,
    LOOK_SIDE,
    LOOK_UP,
    MOST_ENERGY,
    PINNED,
    PLAYED_INTERACTIONS,
    QUALITIES,
    RELATIONSHIPS,
    SEAT_HEIGHTS,
    SHORTEST_SHOT,
    STRONGEST_STYLE,
)

__all__ = [
    "ACTION_LABELS",
    "ARKIT_NAMES",
    "BODY_PARTS",
    "CONTRACT_VERSION",
    "EMOTIONS",
    "EMOTION_GROUPS",
    "FOOT_CONTACTS",
    "FPS",
    "HANDS",
    "INTERACTIONS",
    "LEADING_HANDS",
    "LONGEST_SHOT",
    "LOOK_DOWN",
    "LOOK_SIDE",
    "LOOK_UP",
    "MOST_ENERGY",
    "PART_JOINTS",
    "PINNED",
    "PLAYED_INTERACTIONS",
    "QUALITIES",
    "RELATIONSHIPS",
    "SEAT_HEIGHTS",
    "SHORTEST_SHOT",
    "STRONGEST_STYLE",
    "ActionSpan",
    "Actor",
    "ActorPerformance",
    "Caption",
    "ContactGoal",
    "EmotionSpan",
    "EnergySpan",
    "FloatArray",
    "GazeSpan",
    "InteractionSpan",
    "MotionConstraints",
    "Performance",
    "Pin",
    "PlayedPart",
    "Progress",
    "ProgressCallback",
    "ProgressPrinter",
    "Request",
    "SpeechClip",
    "StageClock",
    "Style",
    "TimedWord",
    "Waypoint",
    "check_request",
    "constraints_from_performance",
    "constraints_from_plain",
    "constraints_to_plain",
    "frame_count",
    "lay_over",
    "live_link_text",
    "not_played",
    "played_part",
    "report_of",
    "request_from_json",
    "request_to_json",
    "request_to_json_in_steps",
    "timecode",
    "with_interactions",
]
