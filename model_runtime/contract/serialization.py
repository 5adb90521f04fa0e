"""Requests as JSON: what the add-on writes for the worker, and what a file beside a take keeps."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Generator
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from ..body_model.body_shape import BodyShape
from ..body_model.obstacle import Obstacle
from ..body_model.skeleton import Skeleton
from ..common.arrays import Array
from ..common.steps import finished
from ..errors import InvalidRequest
from .motion_constraints import ARRAY_SHAPES, BODY_PARTS, MotionConstraints
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
    Resolve,
    SpeechClip,
    Style,
    TimedWord,
    Waypoint,
)
from .validation import MOST_CORNERS, SHAPE_ARRAYS, check_request
from .vocabulary import CONTRACT_VERSION, DISTANCE_STEP, emotion_named, relationship_named

# Requests of version 0.1 do not name the columns of their masks; 'upper' included the head.
_PARTS_BEFORE_HEADS = ("lower", "upper", "hands", "face")
_BYTES_A_STEP = 1 << 18  # deflated at a time: about 10 ms
_MOST_SHAPE = 1 << 20  # bytes of a body shape as JSON
_MOST_STEPS = 127  # of ``DISTANCE_STEP``; what is further is as far


def request_to_json(request: Request) -> str:
    """Return the request as JSON text; ``request_from_json`` reads it back, body shapes to the hundredth of a mm and
    distances to obstacles to ``DISTANCE_STEP``.
    """
    return finished(request_to_json_in_steps(request))


def request_to_json_in_steps(request: Request) -> Generator[None, None, str]:
    """Do the same in steps of some milliseconds: five minutes of given motion are megabytes."""
    actors = tuple(replace(actor, constraints=None, shape=None) for actor in request.actors)
    plain = asdict(replace(request, actors=actors, obstacles=()))
    plain["obstacles"] = [obstacle_to_plain(obstacle) for obstacle in request.obstacles]
    for actor, source in zip(plain["actors"], request.actors):
        actor["skeleton"] = _shortest(source.skeleton.offsets)
        actor["shape"] = None if source.shape is None else shape_to_plain(source.shape)
        if source.constraints is not None:
            actor["constraints"] = yield from _constraints_in_steps(source.constraints)
    yield
    return json.dumps({"contract": CONTRACT_VERSION, **plain})


def request_from_json(text: str) -> Request:
    """Read and check a request. Raises ``InvalidRequest``."""
    try:
        plain = json.loads(text)
        version = plain.pop("contract")
        if version != CONTRACT_VERSION:
            raise InvalidRequest(
                f"The request speaks contract {version}, this runtime {CONTRACT_VERSION}; "
                "update the add-on and the runtime together."
            )
        actors = tuple(_actor_from_plain(actor) for actor in plain.pop("actors"))
        interactions = tuple(_interaction(span) for span in plain.pop("interactions", ()))
        contacts = tuple(_contact(goal) for goal in plain.pop("contacts", ()))
        resolve = _resolve(plain.pop("resolve", None))
        plain["relationship"] = relationship_named(plain.get("relationship", ""))
        obstacles = tuple(obstacle_from_plain(each) for each in plain.pop("obstacles", ()))
        request = Request(
            actors=actors, interactions=interactions, contacts=contacts, resolve=resolve, obstacles=obstacles, **plain
        )
    except InvalidRequest:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidRequest(f"The request cannot be read ({error}); write it again from the add-on.") from error
    check_request(request)
    return request


def shape_to_plain(shape: BodyShape) -> str:
    """Return a body shape as deflated JSON in base64, since every take holds it: metres to the hundredth of a mm."""
    plain = {name: _plain_numbers(getattr(shape, name)) for name in SHAPE_ARRAYS} | {
        "parts": list(shape.parts),
        "points": list(shape.points),
    }
    return _in_base64(zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), 9))


def _plain_numbers(array: Array) -> Any:
    return array.tolist() if array.dtype.kind == "i" else np.round(array.astype(np.float64), 5).tolist()


def _shortest(array: Array) -> list[list[float]]:
    """Return the numbers of an array of float32 with the fewest digits that give the same ones again."""
    return [[float(str(number)) for number in row] for row in array.astype(np.float32)]


def shape_from_plain(plain: str | dict[str, Any]) -> BodyShape:
    """Read what ``shape_to_plain`` gives, and plain lists. Raises ``ValueError``, ``KeyError`` or ``TypeError``."""
    lists: Any = json.loads(_inflated(plain, _MOST_SHAPE, "body shape")) if isinstance(plain, str) else plain
    arrays: dict[str, Any] = {name: np.array(lists[name], kind) for name, (kind, _, _) in SHAPE_ARRAYS.items()}
    arrays |= {name: tuple(str(each) for each in lists[name]) for name in ("parts", "points")}
    return BodyShape(**arrays)


def obstacle_to_plain(obstacle: Obstacle) -> dict[str, Any]:
    """Return an obstacle with its distances as deflated bytes in base64, each so many of ``DISTANCE_STEP``."""
    steps = np.clip(np.round(obstacle.distance / DISTANCE_STEP), -_MOST_STEPS, _MOST_STEPS).astype(np.int8)
    return {
        "name": obstacle.name,
        "origin": list(obstacle.origin),
        "cell": obstacle.cell,
        "size": list(steps.shape),
        "distance": _in_base64(zlib.compress(steps.tobytes(), 9)),
        "seated": list(obstacle.seated),
    }


def obstacle_from_plain(plain: dict[str, Any]) -> Obstacle:
    """Read what ``obstacle_to_plain`` gives. Raises ``ValueError``, ``KeyError`` or ``TypeError``."""
    x, y, z = (int(count) for count in plain["size"])
    count = x * y * z
    if min(x, y, z) < 2 or count > MOST_CORNERS:
        raise ValueError(f"obstacle: a grid of {x} x {y} x {z} corners")
    content = _inflated(plain["distance"], count, "obstacle")
    if len(content) != count:
        raise ValueError("obstacle: distances of another number than its corners")
    steps = np.frombuffer(content, np.int8).reshape(x, y, z)
    origin = _places([plain["origin"]])[0]
    seated = tuple(int(actor) for actor in plain["seated"])
    distance = steps.astype(np.float32) * np.float32(DISTANCE_STEP)
    return Obstacle(str(plain["name"]), origin, float(plain["cell"]), distance, seated)


def constraints_to_plain(constraints: MotionConstraints) -> dict[str, Any]:
    """Return what JSON can hold: deflated little-endian arrays as base64, and the names of the mask's columns."""
    return finished(_constraints_in_steps(constraints))


def _constraints_in_steps(constraints: MotionConstraints) -> Generator[None, None, dict[str, Any]]:
    packed: dict[str, Any] = {"frames": len(constraints.mask), "parts": list(BODY_PARTS)}
    for name in ARRAY_SHAPES:
        content = getattr(constraints, name).astype(_dtype(name)).tobytes()
        compressor, pieces = zlib.compressobj(1), list[bytes]()
        for begin in range(0, len(content), _BYTES_A_STEP):
            pieces.append(compressor.compress(content[begin : begin + _BYTES_A_STEP]))
            yield
        packed[name] = _in_base64(b"".join([*pieces, compressor.flush()]))
    return packed


def constraints_from_plain(plain: dict[str, Any]) -> MotionConstraints:
    """Read what ``constraints_to_plain`` gives. Raises ``ValueError``, ``KeyError`` or ``TypeError``."""
    frames, parts = int(plain["frames"]), [str(part) for part in plain.get("parts", _PARTS_BEFORE_HEADS)]
    arrays: dict[str, Any] = {}
    for name, shape in ARRAY_SHAPES.items():
        kind, shape = _dtype(name), (len(parts),) if name == "mask" else shape
        size = frames * int(np.prod(shape)) * np.dtype(kind).itemsize
        array = np.frombuffer(_unpacked(plain[name], size), kind).reshape(frames, *shape)
        arrays[name] = array.astype(bool if name == "mask" else np.float32)
    if parts != list(BODY_PARTS):
        column = {part: parts.index("upper" if part == "head" and "head" not in parts else part) for part in BODY_PARTS}
        arrays["mask"] = arrays["mask"][:, [column[part] for part in BODY_PARTS]]
    return MotionConstraints(**arrays)


def _dtype(name: str) -> str:
    return "u1" if name == "mask" else "<f4"


def _in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _unpacked(text: str, size: int) -> bytes:
    """Return exactly ``size`` bytes; what would inflate to more is refused unread."""
    content = _inflated(text, size, "motion constraints")
    if len(content) != size:
        raise ValueError("motion constraints: arrays of another length than their frames")
    return content


def _inflated(text: str, most: int, what: str) -> bytes:
    """Return what was deflated, cut after one byte more than ``most``."""
    try:
        return zlib.decompressobj().decompress(base64.b64decode(text, validate=True), most + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"{what}: {error}") from error


def _actor_from_plain(plain: dict[str, Any]) -> Actor:
    style = plain.get("style")
    return Actor(
        name=str(plain["name"]),
        skeleton=Skeleton(np.asarray(plain["skeleton"], np.float32)),
        position=_pair(plain["position"]),
        heading=float(plain["heading"]),
        speech=tuple(SpeechClip(**clip) for clip in plain["speech"]),
        actions=tuple(_action(span) for span in plain["actions"]),
        waypoints=tuple(_waypoint(point) for point in plain["waypoints"]),
        seat_height=float(plain["seat_height"]),
        emotions=tuple(_emotion(span) for span in plain.get("emotions", ())),
        energy=tuple(EnergySpan(**span) for span in plain.get("energy", ())),
        leading_hand=str(plain.get("leading_hand", "")),
        words=tuple(TimedWord(**word) for word in plain.get("words", ())),
        constraints=constraints_from_plain(plain["constraints"]) if plain.get("constraints") else None,
        style=Style(**{name: float(value) for name, value in style.items()}) if style else None,
        captions=tuple(Caption(str(c["text"]), float(c["start"]), float(c["end"])) for c in plain.get("captions", ())),
        gaze=tuple(
            GazeSpan(float(span["start"]), float(span["end"]), _places(span["places"]))
            for span in plain.get("gaze", ())
        ),
        pins=tuple(
            Pin(
                str(pin["part"]),
                float(pin["start"]),
                float(pin["end"]),
                _places(pin["places"]),
                None if pin.get("heading") is None else float(pin["heading"]),
            )
            for pin in plain.get("pins", ())
        ),
        shape=shape_from_plain(plain["shape"]) if plain.get("shape") else None,
    )


def _emotion(plain: dict[str, Any]) -> EmotionSpan:
    span = EmotionSpan(**plain)
    emotion, intensity = emotion_named(span.emotion, span.intensity)
    return replace(span, emotion=emotion, intensity=intensity)


def _action(plain: dict[str, Any]) -> ActionSpan:
    facing = plain.get("facing")
    return ActionSpan(**{**plain, "facing": None if facing is None else _pair(facing)})


def _interaction(plain: dict[str, Any]) -> InteractionSpan:
    return InteractionSpan(
        float(plain["start"]),
        float(plain["end"]),
        tuple(int(number) for number in plain["who"]),
        str(plain["category"]),
        str(plain["prompt"]),
    )


def _contact(plain: dict[str, Any]) -> ContactGoal:
    # Up to version 0.2 a target had one place.
    places = plain.get("places") or ([plain["place"]] if plain.get("place") else [])
    return ContactGoal(
        str(plain["actor"]),
        str(plain["point"]),
        float(plain["start"]),
        float(plain["end"]),
        str(plain.get("other", "")),
        str(plain.get("other_point", "")),
        _places(places),
        float(plain.get("distance", 0.0)),
        bool(plain.get("held", False)),
    )


def _resolve(plain: dict[str, Any] | None) -> Resolve | None:
    return None if plain is None else Resolve(**{**plain, "moves": tuple(str(part) for part in plain["moves"])})


def _places(values: Any) -> tuple[tuple[float, float, float], ...]:
    return tuple((float(x), float(y), float(z)) for x, y, z in values)


def _waypoint(plain: dict[str, Any]) -> Waypoint:
    heading = None if plain["heading"] is None else float(plain["heading"])
    return Waypoint(float(plain["time"]), _pair(plain["position"]), heading)


def _pair(values: Any) -> tuple[float, float]:
    x, y = values
    return float(x), float(y)
