"""The words of the contract: action labels, emotions, relationships, ARKit curves, and the limits of a shot."""

from __future__ import annotations

CONTRACT_VERSION = 1
ACTION_LABELS = ("sit", "walk", "stand")
QUALITIES = ("draft", "final")
HANDS = ("left_hand", "right_hand")
PINNED = (*HANDS, "head", "root")
LEADING_HANDS = ("left", "right")
MOST_ENERGY = 2.0
FOOT_CONTACTS = ("left_heel", "left_toe", "right_heel", "right_toe")
# GoEmotions (Demszky et al. 2020) grouped under Ekman's six and neutral: the vocabulary of InterAct's scenarios.
EMOTION_GROUPS = {
    "anger": ("anger", "annoyance", "disapproval"),
    "disgust": ("disgust",),
    "fear": ("fear", "nervousness"),
    "joy": (
        "admiration",
        "amusement",
        "approval",
        "caring",
        "excitement",
        "gratitude",
        "joy",
        "love",
        "optimism",
        "pride",
        "relief",
    ),
    "sadness": ("disappointment", "embarrassment", "grief", "remorse", "sadness"),
    "surprise": ("confusion", "curiosity", "surprise"),
    "neutral": ("neutral",),
}
EMOTIONS = tuple(name for group in EMOTION_GROUPS.values() for name in group)
# "first / second": the first actor is the one named first.
RELATIONSHIPS = (
    "architect / contractor", "boss / subordinate", "brother / sister", "buyer / seller", "classmates",
    "coach / athlete", "colleagues", "couple", "doctor / patient", "ex-partners", "flatmates", "friends",
    "grandparent / grandchild", "guest / host", "interviewer / applicant", "landlord / tenant",
    "lawyer / client", "neighbours", "officer / citizen", "old friends", "parent / child", "rivals",
    "strangers", "teacher / student", "waiter / customer",
)  # fmt: skip
# What two people do to each other: the categories of Inter-X (Xu et al. 2024), in its order.
INTERACTIONS = (
    "hug", "handshake", "wave", "grab", "hit", "kick", "posing", "push", "pull", "sit on leg", "slap", "pat on back",
    "point finger at", "walk towards", "knock over", "step on foot", "high-five", "chase", "whisper in ear",
    "support with hand", "rock-paper-scissors", "dance", "link arms", "shoulder to shoulder", "bend", "carry on back",
    "massage shoulder", "massage leg", "hand wrestling", "chat", "pat on cheek", "thumb up", "touch head", "imitate",
    "kiss on cheek", "help up", "cover mouth", "look back", "block", "fly kiss",
)  # fmt: skip
# Those that the model plays. A model that learns more of them extends this line, and planning/interactions.py with what
# is composed of labels.
PLAYED_INTERACTIONS = ("chat", "walk towards")
SHORTEST_SHOT, LONGEST_SHOT = 0.5, 600.0  # seconds
FASTEST_WALK = 1.8  # m/s, for a body of 1.7 m; faster would be a run, which the networks have not learned
SEAT_HEIGHTS = (0.25, 0.75)  # metres, for a body of 1.7 m
STRONGEST_STYLE = 3.0  # standard deviations
FURTHEST_CONTACT = 1.0  # metres that a contact goal may leave between two points
CONTACT_MET = 0.02  # metres by which two points may be further apart for their contact to be met
GIVES_WAY = ("both", "first", "second")  # who changes where bodies leave each other
# What of a body may: arms from the collar to the wrist, the fingers, the spine, neck and head, and the rest, with the
# place where it stands.
MOVABLE = ("arms", "hands", "trunk", "head", "legs")
MOST_OVERLAP = 0.1  # metres that bodies may be told to overlap
DISTANCE_STEP = 0.002  # metres to which distances to furniture are told

# Apple's ARKit blend shape locations in the column order of Live Link Face.
ARKIT_NAMES = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "jawForward", "jawRight", "jawLeft", "jawOpen", "mouthClose",
    "mouthFunnel", "mouthPucker", "mouthRight", "mouthLeft", "mouthSmileLeft", "mouthSmileRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft",
    "mouthStretchRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft",
    "mouthUpperUpRight", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
# Radians that an eye turns per unit of ARKit's eyeLook curves, measured on iPhone captures.
LOOK_SIDE, LOOK_UP, LOOK_DOWN = 0.60, 0.43, 0.61
