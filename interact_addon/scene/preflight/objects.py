"""Objects that would carry a performance elsewhere or hide it: scale, motion, visibility; seats and walk targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import bpy
import numpy as np

from ...messages import Message, some
from ...properties import actor_key, actor_name
from ...rig.held import object_is_animated
from ...rig.identity import ObjectReference, is_in_scene, reference
from ...rig.measure import skinned_meshes
from ..evaluated import is_seen, view_layer
from ..furniture import SHAPED
from ..targets import walk_strips
from .curves import OBJECT_TRANSFORMS, constraint_moves, driven_transforms, moved_by_parent, moves
from .problem import Character, Problem, found, mute_drivers

_EVEN = 1e-3  # relative


def object_problems(character: Character, partner: Character | None, scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield what is wrong with the objects of a character. Two who ride on one moving parent may do so."""
    if not np.isfinite(character.armature.matrix_world).all():
        yield _not_finite(character)
    elif not any(is_seen(obj, scene) for obj in (character.armature, *character.meshes)):
        yield _left_out(character)
    else:
        yield from _scaled(character)
        if character.performs_body:
            yield from _moved(character, partner, scene)
        yield from _hidden(character, scene)


def _not_finite(character: Character) -> Problem:
    armature = character.armature
    own = (armature.location, armature.rotation_euler, armature.rotation_quaternion, armature.scale)
    if all(np.isfinite(part).all() for part in own):
        return Problem(
            "carried place not finite",
            Message(
                "'{actor}' would vanish: the place of what carries '{armature}', its parent or a constraint's "
                "target, is no number; clear its transform.",
                actor=character.name,
                armature=armature.name,
            ),
            character.name,
            True,
        )
    return Problem(
        "place not finite",
        Message(
            "'{actor}' would vanish: the location, rotation or scale of '{armature}' is no number; clear its "
            "transform.",
            actor=character.name,
            armature=armature.name,
        ),
        character.name,
        True,
        "Clear Transform",
        Message("Cleared what was no number in the transform of '{armature}'.", armature=armature.name),
        partial(_clear_transform, reference(armature)),
    )


def _left_out(character: Character) -> Problem:
    armature = character.armature
    return Problem(
        "actor left out",
        Message(
            "'{actor}' would not be seen: '{armature}' is hidden or in a collection that the view layer "
            "leaves out, with everything it moves; show it.",
            actor=character.name,
            armature=armature.name,
        ),
        character.name,
        True,
        "Show Actor",
        Message("Showed '{armature}' and its meshes.", armature=armature.name),
        partial(_show_all, tuple(reference(obj) for obj in (armature, *character.meshes))),
    )


def _scaled(character: Character) -> Iterator[Problem]:
    armature = character.armature
    axes = np.array(armature.matrix_world.to_3x3())
    lengths = np.linalg.norm(axes, axis=0)
    mirrored = bool(np.linalg.det(axes) < 0.0)
    if not mirrored and np.ptp(lengths) <= _EVEN * lengths.max():
        return
    own = armature.parent is None or not armature.parent.matrix_world.is_negative
    if mirrored and own:
        yield Problem(
            "mirrored",
            Message(
                "The body of '{actor}' would be turned inside out: '{armature}' is mirrored by a negative scale; "
                "make it positive.",
                actor=character.name,
                armature=armature.name,
            ),
            character.name,
            True,
            "Unmirror",
            Message("Made the scale of '{armature}' positive.", armature=armature.name),
            partial(_unmirror, reference(armature)),
        )
    elif not mirrored and max(armature.scale) - min(armature.scale) > _EVEN * max(armature.scale):
        yield Problem(
            "unevenly scaled",
            Message(
                "The body of '{actor}' would be skewed: '{armature}' is scaled differently along its axes; apply "
                "the scale.",
                actor=character.name,
                armature=armature.name,
            ),
            character.name,
            True,
            "Apply Scale",
            Message(
                "Applied the scale of '{armature}' and its meshes; places in its earlier actions stay unscaled.",
                armature=armature.name,
            ),
            partial(_apply_scale, reference(armature)),
        )
    else:
        yield Problem(
            "scaled by its parent",
            Message(
                "The body of '{actor}' would be skewed: '{armature}' is mirrored or unevenly scaled by its "
                "parent; apply the parent's scale (Ctrl+A).",
                actor=character.name,
                armature=armature.name,
            ),
            character.name,
            True,
        )


def _moved(character: Character, partner: Character | None, scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield what moves the armature object under the performance; it is keyed to where the object stands now."""
    armature = character.armature
    where = Message(
        "the object '{armature}', and with it the whole performance of '{actor}'",
        armature=armature.name,
        actor=character.name,
    )
    if driven_transforms(armature):
        yield Problem(
            "driven object",
            Message("Drivers would move {where}; mute them.", where=where),
            character.name,
            True,
            "Mute Drivers",
            Message("Muted the drivers of the place of '{armature}'.", armature=armature.name),
            partial(_mute_drivers, reference(armature)),
        )
    moving = [constraint.name for constraint in armature.constraints if constraint_moves(constraint, scene)]
    rides = partner is not None and partner.armature.parent == armature.parent
    carried = not rides and moved_by_parent(armature, scene)
    if (moving or carried) and object_is_animated(armature):
        yield _moved_and_keyed(
            character,
            Message("constraint '{constraint}'", constraint=moving[0])
            if moving
            else Message("parent '{parent}'", parent=armature.parent.name),
        )
        return
    if moving:
        yield Problem(
            "moving constraint",
            Message("Constraints ({names}) would move {where}; mute them.", names=some(moving), where=where),
            character.name,
            True,
            "Mute Constraints",
            Message(
                "Muted constraints of '{armature}' ({names}) and left it where it was.",
                armature=armature.name,
                names=some(moving),
            ),
            partial(_mute_constraints, reference(armature), tuple(moving)),
        )
    if carried:
        yield _carried(character)


def _moved_and_keyed(character: Character, what: str) -> Problem:
    """Return that the object's own keys count from ``what``; without it they would put the character elsewhere."""
    armature = character.armature
    return Problem(
        "moving and keyed",
        Message(
            "The {what} and keys of its own move the object '{armature}', and with it the whole performance "
            "of '{actor}'; bake its motion with Visual Keying, Clear Constraints and Clear Parents (Object > "
            "Animation > Bake Action).",
            what=what,
            armature=armature.name,
            actor=character.name,
        ),
        character.name,
        True,
    )


def _carried(character: Character) -> Problem:
    armature = character.armature
    return Problem(
        "moving parent",
        Message(
            "The parent '{parent}' would move the object '{armature}', and with it the whole performance of "
            "'{actor}'; clear the parent.",
            parent=armature.parent.name,
            armature=armature.name,
            actor=character.name,
        ),
        character.name,
        True,
        "Clear Parent",
        Message("Cleared the parent of '{armature}' and left it where it was.", armature=armature.name),
        partial(_clear_parent, reference(armature)),
    )


def _hidden(character: Character, scene: bpy.types.Scene) -> Iterator[Problem]:
    hidden = [face.object for face in character.faces if not is_seen(face.object, scene)]
    if hidden:
        called = some([f"'{obj.name}'" for obj in hidden])
        yield Problem(
            "hidden face",
            Message("The face of '{actor}' is keyed but hidden: {called}.", actor=character.name, called=called),
            character.name,
            False,
            "Show Face",
            Message("Showed {called}.", called=called),
            partial(_show_all, tuple(reference(obj) for obj in hidden)),
        )
    off = [mesh for mesh in character.meshes if _armature_modifier_off(mesh, character.armature)]
    if off:
        called = some([f"'{obj.name}'" for obj in off])
        yield Problem(
            "modifier off",
            Message(
                "{called} would not follow '{actor}': the Armature modifier is switched off in the viewport.",
                called=called,
                actor=character.name,
            ),
            character.name,
            False,
            "Switch Modifier On",
            Message("Switched on the Armature modifier of {called}.", called=called),
            partial(_switch_modifiers_on, reference(character.armature)),
        )


def place_problems(scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield seats that nobody sees, and seats and walk targets of another scene; their places are used all the same."""
    for actor in scene.interact.actors:  # type: ignore[attr-defined]
        name = actor_name(actor)
        targets = dict.fromkeys(strip.interact_target for strip in walk_strips(scene, actor_key(actor)))
        for kind, thing in ((Message("seat"), actor.seat), *((Message("walk target"), target) for target in targets)):
            if thing is None:
                continue
            if not is_in_scene(thing, scene):
                where, fix = Message("is not in the scene '{scene}'", scene=scene.name), "Bring Here"
            elif kind == "seat" and not is_seen(thing, scene):
                where, fix = Message("is hidden"), "Show Seat"
            else:
                continue
            yield Problem(
                "unseen place",
                Message(
                    "The {kind} '{thing}' of '{actor}' {where}; its place is used all the same.",
                    kind=kind,
                    thing=thing.name,
                    actor=name,
                    where=where,
                ),
                name,
                False,
                fix,
                Message("Showed the {kind} '{thing}'.", kind=kind, thing=thing.name),
                partial(_show_all, (reference(thing),)),
            )


def furniture_problems(scene: bpy.types.Scene) -> Iterator[Problem]:
    """Yield furniture that moves in the shot: bodies keep clear of it where it stands at the current frame."""
    collection = scene.interact.furniture  # type: ignore[attr-defined]
    things = [] if collection is None else [obj for obj in collection.all_objects if obj.type in SHAPED]
    moving = [f"'{obj.name}'" for obj in things if is_seen(obj, scene) and moves(obj, scene)]
    if moving:
        yield Problem(
            "moving furniture",
            Message(
                "Furniture moves in the shot ({names}), and counts where it stands at the current frame; clear its "
                "animation, or leave it out of the furniture.",
                names=some(moving),
            ),
            "",
            False,
            short="Furniture moves",
        )


def _armature_modifier_off(mesh: bpy.types.Object, armature: bpy.types.Object) -> bool:
    return any(m.type == "ARMATURE" and m.object == armature and not m.show_viewport for m in mesh.modifiers)


def _clear_transform(armature: ObjectReference, scene: bpy.types.Scene) -> None:
    obj = found(armature)
    for name, rest in (("location", 0.0), ("rotation_euler", 0.0), ("scale", 1.0)):
        setattr(obj, name, [value if np.isfinite(value) else rest for value in getattr(obj, name)])
    if not np.isfinite(obj.rotation_quaternion).all():
        obj.rotation_quaternion = (1.0, 0.0, 0.0, 0.0)


def _unmirror(armature: ObjectReference, scene: bpy.types.Scene) -> None:
    obj = found(armature)
    obj.scale = [abs(value) for value in obj.scale]


def _apply_scale(armature: ObjectReference, scene: bpy.types.Scene) -> None:
    """Apply the scale of an armature and its meshes as Ctrl+A does; data shared with others becomes their own."""
    obj = found(armature)
    objects = [obj, *(mesh for mesh in skinned_meshes(obj) if mesh.parent == obj)]
    for thing in objects:
        if thing.data.users > 1:
            thing.data = thing.data.copy()
    with bpy.context.temp_override(selected_editable_objects=objects, active_object=obj, object=obj):
        bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)


def _mute_drivers(armature: ObjectReference, scene: bpy.types.Scene) -> None:
    mute_drivers(found(armature), OBJECT_TRANSFORMS)


def _mute_constraints(armature: ObjectReference, names: tuple[str, ...], scene: bpy.types.Scene) -> None:
    obj = found(armature)
    place = obj.matrix_world.copy()
    for name in names:
        obj.constraints[name].enabled = False
    obj.matrix_world = place


def _clear_parent(armature: ObjectReference, scene: bpy.types.Scene) -> None:
    obj = found(armature)
    place = obj.matrix_world.copy()
    obj.parent = None
    obj.matrix_world = place


def _switch_modifiers_on(armature: ObjectReference, scene: bpy.types.Scene) -> None:
    obj = found(armature)
    for mesh in skinned_meshes(obj):
        for modifier in mesh.modifiers:
            if modifier.type == "ARMATURE" and modifier.object == obj:
                modifier.show_viewport = True


def _show_all(objects: Sequence[ObjectReference], scene: bpy.types.Scene) -> None:
    """Show objects: in the scene, in the view layer, and in every collection on the way."""
    layer = view_layer(scene)
    for held in objects:
        obj = held.find()
        if obj is None:
            continue
        if obj not in list(scene.collection.all_objects):
            scene.collection.objects.link(obj)
        _open_collections(layer.layer_collection, obj)
        obj.hide_viewport = False
        obj.hide_set(False, view_layer=layer)


def _open_collections(above: bpy.types.LayerCollection, obj: bpy.types.Object) -> None:
    """Include and show the collections below ``above`` that hold an object."""
    for child in above.children:
        if obj in list(child.collection.all_objects):
            child.exclude = False
            child.hide_viewport = False
            if child.collection.library is None:
                child.collection.hide_viewport = False
            _open_collections(child, obj)
