"""What a SmartBody clip shows: read from its name, and where names err, from the motion."""

from __future__ import annotations

import re

import numpy as np

from ..body_model.skeleton import INDEX, forward_kinematics, heading_of
from .clip import Clip

# What a gesture's name calls it -> the kind it is; first match wins.
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
LEFT_OUT = "left_out"  # nothing for a conversation: fights, props, stunts, dances, broken poses
_GESTURE_FAMILIES = {"Gestures", "Gestures2", "MaleGestures", "FemaleGestures", "PNGestures"}
_MANNERS = (
    ("Backward", "backward"), ("Forward", "forward"), ("Sideways", "sideways"), ("Slow", "slow"),
    ("Fast", "fast"), ("Meander", "meander"), ("Tight", "tight"), ("InPlace", "in_place"),
    ("Low", "low"), ("High", "high"), ("Floor", "floor"), ("Far", "far"), ("Near", "near"),
)  # fmt: skip
_ODD = {
    "prop",
    "fight",
    "kick",
    "punch",
    "jump",
    "floor",
    "stumble",
    "crouch",
    "reach",
    "dismiss",
}  # what nobody does who talks
# Stairs; cut-outs whose feet slip; poses of a hand.
_ODD_NAMES = r"WalkUp|WalkDown|^Utah_|^Step_|^Strafe$|PushUps|Entrance|Trip|Block|ProtectHead|HandDefault|HandGrasp|HandReach|HandRelease"
_PLAIN_WORDS = (
    ("Walk", "walk"), ("Jog", "jog"), ("Run", "run"), ("Meander", "walk"), ("Strafe", "strafe"),
    ("Step", "step"), ("Shuffle", "step"), ("Turn", "turn"), ("Jump", "jump"), ("Reach", "reach"),
    ("Kick", "kick"), ("Punch", "punch"), ("Crouch", "crouch"), ("PushUps", "floor"),
    ("Trip", "stumble"), ("Guitar", "prop"), ("OpenDoor", "prop"), ("ThrowAway", "prop"),
    ("Continuation", "head"), ("LiftFoot", "step"), ("Lean", "lean"), ("Grasp", "prop"),
    ("HandOnHip", "hand_on_hip"), ("CrossedArms", "crossed_arms"), ("IdleFight", "fight"),
)  # fmt: skip


def tags_of_text(text: str, words: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """The values of all ``words`` (word, value) that ``text`` contains, each once."""
    return tuple(dict.fromkeys(value for word, value in words if word in text))


# What an animator's clip is called -> tags; all that match count. What is not for a conversation is told apart below.
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
    """Tags of an animator-made clip; all of them also carry 'animated', for nobody was captured."""
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
    """Gesture kind, height, direction, base posture, locomotion words of a SmartBody clip's name."""
    character, at, rest = name.partition("@")
    action = rest if at else name
    base, _, after = action.partition("_")
    posture = re.fullmatch(r"(Idle\w*?|Relax)0*(\d*)", base)
    movement = after if posture and after else action
    tags: list[str] = []
    kind = (
        next((value for word, value in _KINDS if word in movement), None)
        if family in _GESTURE_FAMILIES or "Gesture" in movement or "Indicate" in movement
        else None
    )
    fidget = kind in ("scratch", "fidget", "stretch", "weight_shift")
    transition = re.search(r"^To(Loc)?(Idle|Walk)", movement) or re.search(
        r"_To(Loc)?(Idle|Walk)|WalkToStop|StopToWalk", action
    )
    if kind and not transition and "Turn" not in movement and "Kick" not in movement:
        tags += ["idle", kind] if fidget else ["gesture", kind]
        tags += [word for word in ("high", "mid", "low", "forward", "center") if word in movement.lower()]
        tags += [f"towards_{side}" for side in ("left", "right") if side in movement.lower()]
        tags += ["strong"] if "intense" in movement else []
    elif (posture and not after) or (re.search(r"Motex|^idle|Idle\d+$", action) and not transition):
        tags += ["idle"]
    tags += [value for word, value in _PLAIN_WORDS if word in movement] if not kind or transition else []
    if re.search(r"ToIdle|WalkToStop|WalkToStand", action):
        tags += ["to_idle", "walk_stop"] if "Walk" in action.split("To")[0] else ["to_idle"]
    if re.search(r"ToWalk", action):
        tags += ["to_walk"] if "Turn" in action else ["to_walk", "walk_start"]
    if re.search(r"Circle", movement):
        tags += ["circle"]
    if (
        "walk" in tags
        and family != "ChrMaarten"
        and not {"to_idle", "to_walk", "turn", "jump", "circle", "step"} & set(tags)
    ):
        tags += ["walk_loop"]
    if base == "IdleCross01":
        tags += ["sit", "seated"]
    elif base == "IdleUpright01":
        tags += ["stand_up", "prop"]
    elif {"walk", "jog", "run", "strafe", "step", "turn"} & set(tags):
        tags += ["locomotion"]
    else:
        tags += ["stand"]
    if posture:
        tags += [f"base_{base.lower()}"]
    tags += [f"rig_{re.split('_', character)[0].lower()}"] if at else []
    if fidget and kind in ("scratch", "fidget", "stretch"):
        tags += ["self_adaptor"]
    if {"walk", "jog", "run", "strafe", "step", "reach", "jump", "kick", "punch"} & set(tags):
        tags += tags_of_text(movement, _MANNERS)
    if "step" in tags:
        tags += [
            f"step_{side}" for side, word in (("left", "Lf"), ("right", "Rt")) if re.search(rf"{word}\d*$", movement)
        ]
    if _ODD & set(tags) or re.search(_ODD_NAMES, name):
        tags += [LEFT_OUT]
    return tuple(dict.fromkeys(tags))


def tags_seen(clip: Clip) -> tuple[str, ...]:
    """The hand of a gesture and the side of a turn as they are, for some names say the other one."""
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
        side = "left" if degrees > 0 else "right"
        seen += [
            f"turn_{side}",
            f"turn_{side}_{abs(degrees)}",
            "turn_to_walk" if "to_walk" in clip.tags else "turn_in_place",
        ]
    return tuple(seen)
