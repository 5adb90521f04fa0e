"""The words of the contract: action labels, emotions, relationships, ARKit curves, and the limits of a shot."""

from __future__ import annotations

CONTRACT_VERSION = 1
ACTION_LABELS = ("sit", "walk", "stand")
QUALITIES = ("draft", "final")
HANDS = ("left_hand", "right_hand")
PINNED = (*HANDS, "head", "root")
LEADING_HANDS = ("left", "right")
MOST_ENERGY = 2.0
MOST_INTENSITY = 2.0  # of an emotion
FOOT_CONTACTS = ("left_heel", "left_toe", "right_heel", "right_toe")
# InterAct's 26 emotions in 6 meta-emotions (Ho et al. 2025, table 6).
EMOTION_GROUPS = {
    "surprise-related": ("surprise", "awe", "confusion", "excitement"),
    "fear-related": ("anxiety", "fear", "horror", "disgust"),
    "social": ("admiration", "adoration", "romance", "interest", "awkwardness", "boredom"),
    "self-focused": (
        "satisfaction", "relief", "craving", "nostalgia", "entrancement", "calmness", "aesthetic appreciation",
    ),
    "primitive positive": ("joy", "amusement"),
    "primitive negative": ("pain", "anger", "sadness"),
}  # fmt: skip
EMOTIONS = tuple(name for group in EMOTION_GROUPS.values() for name in group)
NEUTRAL = "neutral"  # no emotion in particular
EMOTION_CHOICES = (*EMOTIONS, NEUTRAL)
# Names of earlier files, which are read as an emotion of today and a share of the intensity.
EMOTION_ALIASES = {
    "annoyance": ("anger", 0.6), "disapproval": ("anger", 0.4), "nervousness": ("anxiety", 1.0),
    "approval": ("satisfaction", 0.7), "caring": ("adoration", 0.7), "gratitude": ("admiration", 1.0),
    "love": ("romance", 1.0), "optimism": ("excitement", 0.5), "pride": ("satisfaction", 1.0),
    "disappointment": ("sadness", 0.6), "embarrassment": ("awkwardness", 1.0), "grief": ("sadness", 1.5),
    "remorse": ("sadness", 0.8), "curiosity": ("interest", 1.0), "happiness": ("joy", 1.0),
}  # fmt: skip
# The emotions before those were InterAct's: GoEmotions (Demszky et al. 2020), in the order of networks and files.
FIRST_EMOTIONS = (
    "anger", "annoyance", "disapproval", "disgust", "fear", "nervousness", "admiration", "amusement", "approval",
    "caring", "excitement", "gratitude", "joy", "love", "optimism", "pride", "relief", "disappointment",
    "embarrassment", "grief", "remorse", "sadness", "confusion", "curiosity", "surprise", NEUTRAL,
)  # fmt: skip
# InterAct's relationships in 5 meta-relationships (its table 7, which prints 23 of the 25; neighbours are of an excerpt
# of its scenarios, strangers are ours). "first / second": the first actor is the one named first.
RELATIONSHIP_GROUPS = {
    "family": (
        "siblings", "parent / child", "grandparent / child", "cousins", "in-laws", "romantic partners",
    ),
    "friends": (
        "friends with similar hobbies", "childhood friends", "commuting buddies", "sports teammates",
        "interest group members", "churchmates",
    ),
    "work": ("co-workers", "business partners", "boss / subordinate", "mentor / mentee"),
    "school": (
        "classmates", "senior student / junior student", "school bully / classmate", "teacher / student",
        "principal / student",
    ),
    "professional": ("doctor / patient", "waiter / diner"),
    "others": ("neighbours", "strangers"),
}  # fmt: skip
RELATIONSHIPS = tuple(name for group in RELATIONSHIP_GROUPS.values() for name in group)
# Names of earlier files, and what they are read as.
RELATIONSHIP_ALIASES = {
    "architect / contractor": "business partners", "brother / sister": "siblings",
    "buyer / seller": "business partners", "coach / athlete": "mentor / mentee", "colleagues": "co-workers",
    "couple": "romantic partners", "ex-partners": "romantic partners", "flatmates": "friends with similar hobbies",
    "friends": "friends with similar hobbies", "grandparent / grandchild": "grandparent / child",
    "guest / host": "neighbours", "interviewer / applicant": "boss / subordinate",
    "landlord / tenant": "business partners", "lawyer / client": "business partners",
    "officer / citizen": "principal / student", "old friends": "childhood friends",
    "rivals": "school bully / classmate", "waiter / customer": "waiter / diner",
}  # fmt: skip
# The relationships before those, in the order of networks and files.
FIRST_RELATIONSHIPS = (
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
# Those that are played: by labels (planning/interactions.py) or by a choreography (choreography/). Others have none,
# or one that does not look right beside people who go on with their own motion.
PLAYED_BY_LABELS = ("chat", "walk towards")
PLAYED_INTERACTIONS = (
    *PLAYED_BY_LABELS, "handshake", "wave", "hug", "high-five", "bend", "kiss on cheek", "push", "hit", "slap",
    "grab", "point finger at", "cover mouth", "pat on back", "touch head", "pat on cheek", "whisper in ear", "thumb up",
    "fly kiss", "rock-paper-scissors",
)  # fmt: skip
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


def emotion_named(name: str, intensity: float = 1.0) -> tuple[str, float]:
    """Return the emotion and its intensity for a name of today or of an earlier file; an unknown name as it is."""
    today, share = EMOTION_ALIASES.get(name, (name, 1.0))
    return today, min(share * intensity, MOST_INTENSITY) if share != 1.0 else intensity


def relationship_named(name: str) -> str:
    """Return the relationship for a name of today or of an earlier file; an unknown name as it is."""
    return RELATIONSHIP_ALIASES.get(name, name)
