"""Tags of a SmartBody clip from its name and, where names are unreliable, from its motion."""

from __future__ import annotations

import re

import numpy as np

from ..body_model.skeleton import INDEX, forward_kinematics, heading_of
from .clip import Clip

# Parts of a gesture's name -> its kind; the first match counts.
_KINDS = (
    ("BeatFlip", "beat"), ("Beat", "beat"), ("Chop", "chop"), ("YouPoint", "you"),
    ("ScrewYou", "dismiss"), ("You", "you"), ("ScratchChest", "scratch"), ("Scratch", "scratch"),
    ("SqueezeHand", "fidget"), ("TouchHands", "fidget"), ("ArmStretch", "stretch"),
    ("ShoulderStretch", "stretch"), ("WeightShift", "weight_shift"), ("Contemplate", "think"),
    ("Think", "think"), ("Example", "example"), ("However", "however"), ("Besides", "however"),
    ("Here", "here"), ("InclusivityNeg", "inclusive_negative"), ("InclusivityPos", "inclusive"),
    ("Indicate", "indicate"), ("Deictic", "indicate"), ("Negat", "negative"), ("negation", "negative"),
    ("NoForward", "no"), ("NoLeft", "no"), ("NoRight", "no"), ("Offer", "offer"), ("Plea", "plea"),
    ("Point", "point"), ("point", "point"), ("Receive", "receive"), ("Safe", "safe"), ("Shrug", "shrug"),
    ("Stop", "stop"), ("stop", "stop"), ("Surround", "surround"), ("EmptyLarge", "surround"),
    ("EmptyMedium", "surround"), ("Frame", "frame"), ("When", "when"), ("Why", "question"),
    ("question", "question"), ("bigger", "big"), ("inclusivity", "inclusive"), ("ThrowAway", "dismiss"),
    ("Sweep", "sweep"), ("Me", "me"), ("me", "me"), ("We", "we"), ("we", "we"), ("us", "we"),
    ("you", "you"),
)  # fmt: skip
LEFT_OUT = "left_out"  # of no use in a conversation: fights, props, stunts, dances, broken poses
_GESTURE_FAMILIES = {"Gestures", "Gestures2", "MaleGestures", "FemaleGestures", "PNGestures"}
_FIDGETS = ("scratch", "fidget", "stretch", "weight_shift")
_MOVING = {"walk", "jog", "run", "strafe", "step", "reach", "jump", "kick", "punch"}
_DIRECTIONS = (
    ("Backward", "backward"), ("Forward", "forward"), ("Sideways", "sideways"), ("Slow", "slow"),
    ("Fast", "fast"), ("Meander", "meander"), ("Tight", "tight"), ("InPlace", "in_place"),
    ("Low", "low"), ("High", "high"), ("Floor", "floor"), ("Far", "far"), ("Near", "near"),
)  # fmt: skip
# Tags and names of clips that are of no use in a conversation; names: stairs, excerpts with slipping feet, hand poses.
_ODD = {"prop", "fight", "kick", "punch", "jump", "floor", "stumble", "crouch", "reach", "dismiss"}
_ODD_NAMES = (
    "WalkUp|WalkDown|^Utah_|^Step_|^Strafe$|PushUps|Entrance|Trip|Block|ProtectHead"
    "|HandDefault|HandGrasp|HandReach|HandRelease"
)
_PLAIN_WORDS = (
    ("Walk", "walk"), ("Jog", "jog"), ("Run", "run"), ("Meander", "walk"), ("Strafe", "strafe"),
    ("Step", "step"), ("Shuffle", "step"), ("Turn", "turn"), ("Jump", "jump"), ("Reach", "reach"),
    ("Kick", "kick"), ("Punch", "punch"), ("Crouch", "crouch"), ("PushUps", "floor"),
    ("Trip", "stumble"), ("Guitar", "prop"), ("OpenDoor", "prop"), ("ThrowAway", "prop"),
    ("Continuation", "head"), ("LiftFoot", "step"), ("Lean", "lean"), ("Grasp", "prop"),
    ("HandOnHip", "hand_on_hip"), ("CrossedArms", "crossed_arms"), ("IdleFight", "fight"),
)  # fmt: skip


def tags_of_text(text: str, words: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Return the values of all ``words`` (word, value) that ``text`` contains, each once."""
    return tuple(dict.fromkeys(value for word, value in words if word in text))


# Parts of the name of an animator's clip -> tags; all matches count.
_ANIMATIONS = (
    ("Sitting_Enter", "sit_down"), ("Sitting_Exit", "stand_up"), ("Sitting_Idle", "idle"),
    ("Sitting_Talking", "talk"), ("Idle_Talking", "talk"), ("Idle_Listening", "listen"),
    ("Head_Nod", "head"), ("Idle_Loop", "idle"), ("Greeting", "greet"), ("Bow", "bow"),
    ("Angry", "angry"), ("Confused", "confused"), ("Reject", "reject"), ("Dizzy", "dizzy"),
    ("Victory", "cheer"), ("Walk", "walk"), ("Jog", "jog"), ("Sprint", "run"), ("Run_Anime", "run"),
    ("Crouch", "crouch"), ("Dance", "dance"), ("Punch", "punch"), ("Jab", "punch"), ("Jump", "jump"),
    ("Pistol", "prop"), ("Sword", "prop"), ("Torch", "prop"), ("PickUp", "reach"), ("Interact", "reach"),
    ("Push_Loop", "push"), ("Throw", "prop"), ("Consume", "prop"), ("Swim", "swim"),
)  # fmt: skip
_CONVERSATIONAL = {
    "sit_down", "stand_up", "idle", "talk", "listen", "head", "greet", "angry", "confused", "reject",
    "cheer", "walk", "reach",
}  # fmt: skip


def tags_of_animation(name: str) -> tuple[str, ...]:
    """Return the tags of a clip made by an animator; all have 'animated', as opposed to captured."""
    tags = list(tags_of_text(name, _ANIMATIONS))
    if "Sitting" in name and not {"sit_down", "stand_up"} & set(tags):
        tags = ["sit", "seated", *tags]
    if {"walk", "jog", "run"} & set(tags):
        tags += ["locomotion"]
    elif not {"sit", "sit_down", "stand_up"} & set(tags):
        tags += ["stand"]
    odd = {"prop", "crouch", "swim"} & set(tags) or not _CONVERSATIONAL & set(tags)
    return (*tags, "animated", *((LEFT_OUT,) if odd else ()))


def tags_named(family: str, name: str) -> tuple[str, ...]:
    """Return gesture kind, height, direction, base posture and locomotion words of a SmartBody clip's name."""
    character, at, rest = name.partition("@")
    action = rest if at else name
    base, _, after = action.partition("_")
    posture = re.fullmatch(r"(Idle\w*?|Relax)0*(\d*)", base)
    movement = after if posture and after else action
    kind = _gesture_kind(family, movement)
    transition = bool(
        re.search(r"^To(Loc)?(Idle|Walk)", movement) or re.search(r"_To(Loc)?(Idle|Walk)|WalkToStop|StopToWalk", action)
    )
    tags: list[str] = []
    if kind and not transition and "Turn" not in movement and "Kick" not in movement:
        tags += _gesture_tags(kind, movement)
    elif (posture and not after) or (re.search(r"Motex|^idle|Idle\d+$", action) and not transition):
        tags += ["idle"]
    if not kind or transition:
        tags += [value for word, value in _PLAIN_WORDS if word in movement]
    tags += _transition_tags(action)
    tags += _walk_tags(family, movement, tags)
    tags += _posture_tags(base, tags)
    if posture:
        tags += [f"base_{base.lower()}"]
    if at:
        tags += [f"rig_{character.partition('_')[0].lower()}"]
    if kind in ("scratch", "fidget", "stretch"):
        tags += ["self_adaptor"]
    tags += _direction_tags(movement, tags)
    if _ODD & set(tags) or re.search(_ODD_NAMES, name):
        tags += [LEFT_OUT]
    return tuple(dict.fromkeys(tags))


def _gesture_kind(family: str, movement: str) -> str | None:
    if family not in _GESTURE_FAMILIES and "Gesture" not in movement and "Indicate" not in movement:
        return None
    return next((value for word, value in _KINDS if word in movement), None)


def _gesture_tags(kind: str, movement: str) -> list[str]:
    """Return a gesture's kind, height, direction and strength."""
    lower = movement.lower()
    return [
        *(["idle", kind] if kind in _FIDGETS else ["gesture", kind]),
        *(word for word in ("high", "mid", "low", "forward", "center") if word in lower),
        *(f"towards_{side}" for side in ("left", "right") if side in lower),
        *(["strong"] if "intense" in movement else []),
    ]


def _transition_tags(action: str) -> list[str]:
    """Return tags of a transition from or to a walk or an idle."""
    tags: list[str] = []
    if re.search(r"ToIdle|WalkToStop|WalkToStand", action):
        tags += ["to_idle", "walk_stop"] if "Walk" in action.split("To")[0] else ["to_idle"]
    if "ToWalk" in action:
        tags += ["to_walk"] if "Turn" in action else ["to_walk", "walk_start"]
    return tags


def _walk_tags(family: str, movement: str, tags: list[str]) -> list[str]:
    """Return whether a walk goes in a circle or is a loop."""
    if "Circle" in movement:
        return ["circle"]
    loop = "walk" in tags and not {"to_idle", "to_walk", "turn", "jump", "circle", "step"} & set(tags)
    return ["walk_loop"] if loop and family != "ChrMaarten" else []


def _posture_tags(base: str, tags: list[str]) -> list[str]:
    if base == "IdleCross01":
        return ["sit", "seated"]
    if base == "IdleUpright01":
        return ["stand_up", "prop"]
    return ["locomotion" if {"walk", "jog", "run", "strafe", "step", "turn"} & set(tags) else "stand"]


def _direction_tags(movement: str, tags: list[str]) -> list[str]:
    """Return the direction, speed and height of a movement, and the side of a step."""
    found = list(tags_of_text(movement, _DIRECTIONS)) if _MOVING & set(tags) else []
    if "step" in tags:
        sides = (("left", "Lf"), ("right", "Rt"))
        found += [f"step_{side}" for side, word in sides if re.search(rf"{word}\d*$", movement)]
    return found


def tags_seen(clip: Clip) -> tuple[str, ...]:
    """Return the hand of a gesture and the side of a turn from the motion, as some names are wrong."""
    seen: list[str] = []
    if "gesture" in clip.tags:
        positions, _ = forward_kinematics(clip.root_positions, clip.rotations, clip.skeleton)
        moved = {
            side: positions[:, INDEX[f"{side}_wrist"]] - positions[0, INDEX[f"{side}_wrist"]]
            for side in ("left", "right")
        }
        reach = {side: float(np.linalg.norm(path, axis=-1).max()) for side, path in moved.items()}
        leading = [side for side in reach if reach[side] > max(0.04, 0.4 * max(reach.values()))]
        seen += ["both"] if len(leading) == 2 else leading
    if "turn" in clip.tags:
        heading = np.unwrap(heading_of(clip.rotations[:, 0]))
        degrees = 30 * round(float(np.degrees(heading[-1] - heading[0])) / 30)
        turn = f"turn_{'left' if degrees > 0 else 'right'}"
        seen += [turn, f"{turn}_{abs(degrees)}", "turn_to_walk" if "to_walk" in clip.tags else "turn_in_place"]
    return tuple(seen)
