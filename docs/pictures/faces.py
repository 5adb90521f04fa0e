"""Draw one spoken sentence on faces of each kind: ARKit's shapes, visemes alone, face bones alone.

    .venv/bin/python docs/pictures/faces.py docs/images/character_faces.png [FOLDER]

FOLDER holds the three test characters, ../shared/data/characters by default. The visemes and the face bones are made
here, from the characters' own ARKit shapes, which are then taken away.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import bpy  # noqa: E402
import numpy as np  # noqa: E402
from mathutils import Vector  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402

from blender_tests.shape_lists import EMPHATIC_VISEMES  # noqa: E402
from interact_addon.compat import end_process  # noqa: E402
from interact_addon.rig.cast import CastActor, cast_actor  # noqa: E402
from interact_addon.rig.face_bones import face_bone_channels  # noqa: E402
from interact_addon.rig.faces import shape_values  # noqa: E402
from interact_addon.rig.measure import skinned_meshes  # noqa: E402
from model_runtime.contract import ARKIT_NAMES  # noqa: E402
from model_runtime.face.arkit import columns  # noqa: E402
from model_runtime.face.visemes import viseme_curves  # noqa: E402

SIZE = 172  # pixels of one face
WIDTH = 0.23  # metres that it shows
ROWS = (
    ("female_mixamo", "ARKit"),
    ("female_mixamo", "visemes"),
    ("male_gameengine", "ARKit"),
    ("male_gameengine", "visemes"),
    ("male_gameengine", "bones"),
    ("male_rigify", "ARKit"),
)


def curves(**values: float) -> np.ndarray:
    row = np.zeros(len(ARKIT_NAMES), np.float32)
    for name, value in values.items():
        row[columns(name)] = value
    return row


def faces() -> dict[str, np.ndarray]:
    """Return the frames to draw: at rest, five sounds of one sentence, and three of the upper face."""
    found = {"rest": curves()}
    spoken = [(phone, 0.2 + 0.16 * n, 0.36 + 0.16 * n) for n, phone in enumerate(("AA", "M", "IY", "UW", "F"))]
    frames = viseme_curves(spoken, 40)
    for phone, start, _ in spoken:
        found[phone.lower()] = frames[round((start + 0.08) * 30)]
    aside = curves(eyeLookOutLeft=0.8, eyeLookInRight=0.8)
    return found | {"blink": curves(eyeBlink=1.0), "smile": curves(mouthSmile=0.8), "aside": aside}


def load(folder: Path, name: str) -> bpy.types.Object:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(folder / f"{name}.blend")) as (there, here):
        here.objects = [n for n in there.objects if not n.startswith("WGT-") and "metarig" not in n]
    for obj in here.objects:
        bpy.context.scene.collection.objects.link(obj)
    return next(obj for obj in here.objects if obj.type == "ARMATURE")


def coordinates(block: Any) -> np.ndarray:
    flat = np.empty(3 * len(block.data), np.float32)
    block.data.foreach_get("co", flat)
    return flat.reshape(-1, 3)


def take_shapes(obj: bpy.types.Object) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Take a mesh's shape keys away; return its rest (V, 3) and the movement (V, 3) of each."""
    keys = obj.data.shape_keys
    basis = coordinates(keys.reference_key)
    moved = {block.name: coordinates(block) - basis for block in list(keys.key_blocks)[1:]}
    for block in list(keys.key_blocks)[1:]:
        obj.shape_key_remove(block)
    return basis, moved


def give_visemes(armature: bpy.types.Object) -> None:
    made = {f"viseme_{name}": curves(**pose) for name, pose in EMPHATIC_VISEMES.items()}
    made |= {
        "blink_left": curves(eyeBlinkLeft=1),
        "blink_right": curves(eyeBlinkRight=1),
        "mouthSmile": curves(mouthSmile=1),
    }
    for obj in skinned_meshes(armature):
        if obj.data.shape_keys is None:
            continue
        basis, moved = take_shapes(obj)
        for name, row in made.items():
            place = basis + sum(share * moved.get(curve, 0.0) for curve, share in zip(ARKIT_NAMES, row))
            obj.shape_key_add(name=name, from_mix=False).data.foreach_set("co", place.astype(np.float32).ravel())


def give_bones(armature: bpy.types.Object) -> None:
    """Give a jaw and two eyes to the head, with the weights that the shapes suggest."""
    meshes = {obj.name.rsplit("_", 1)[1]: obj for obj in skinned_meshes(armature)}
    eyes = coordinates_of(meshes["Eyes"])
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    head = armature.data.edit_bones["head"]
    left = eyes[eyes[:, 0] > 0].mean(axis=0)
    hinge = np.array([0.0, head.head.y + 0.005, left[2] - 0.045])
    for name, place in (("jaw", hinge), ("eye_l", left), ("eye_r", left * [-1, 1, 1])):
        bone = armature.data.edit_bones.new(name)
        bone.head, bone.tail, bone.parent = Vector(place), Vector(place) + Vector((0, -0.05, 0)), head
    bpy.ops.object.mode_set(mode="OBJECT")
    for part, obj in meshes.items():
        if obj.data.shape_keys is None:
            continue
        _, moved = take_shapes(obj)
        if part == "Eyes":
            give_weights(obj, "eye_l", (eyes[:, 0] > 0).astype(float))
            give_weights(obj, "eye_r", (eyes[:, 0] <= 0).astype(float))
        elif "jawOpen" in moved:
            drop = np.linalg.norm(moved["jawOpen"], axis=1)
            give_weights(obj, "jaw", np.clip(drop / 0.03, 0.0, 1.0))


def coordinates_of(obj: bpy.types.Object) -> np.ndarray:
    return np.array([vertex.co for vertex in obj.data.vertices])


def give_weights(obj: bpy.types.Object, bone: str, weights: np.ndarray) -> None:
    """Give vertices to a bone by ``weights`` (V,) and take them from the others."""
    group = obj.vertex_groups.new(name=bone)
    for vertex, weight in zip(obj.data.vertices, weights.tolist()):
        if weight > 0.0:
            for other in list(vertex.groups):
                obj.vertex_groups[other.group].add([vertex.index], other.weight * (1.0 - weight), "REPLACE")
            group.add([vertex.index], weight, "REPLACE")


def pose(actor: CastActor, frame: np.ndarray) -> None:
    for mesh in actor.faces:
        keys: Any = mesh.object.find().data.shape_keys  # type: ignore[union-attr]
        for name, value in zip(mesh.shapes, shape_values(mesh, keys, frame[None])[0].tolist()):
            keys.key_blocks[name].value = value
    for channel in face_bone_channels(actor.face_bones, frame[None]):
        path, _, name = channel.path.rpartition(".")
        setattr(actor.armature.find().path_resolve(path), name, channel.values[0].tolist())  # type: ignore[union-attr]


def middle_of_the_face(armature: bpy.types.Object) -> Vector:
    """Return the place halfway between what a blink and what an open mouth move."""
    moved: dict[str, list[np.ndarray]] = {"eyeBlinkLeft": [], "eyeBlinkRight": [], "jawOpen": []}
    for obj in skinned_meshes(armature):
        blocks = obj.data.shape_keys.key_blocks if obj.data.shape_keys is not None else {}
        for name in moved.keys() & set(blocks.keys()):
            rest, open_ = coordinates(blocks[0]), coordinates(blocks[name])
            moved[name].append(rest[np.linalg.norm(open_ - rest, axis=1) > 0.004])
    left, right, mouth = (np.concatenate(parts).mean(axis=0) for parts in moved.values())
    return Vector((0.25 * (left + right) + 0.5 * mouth).tolist())


def aim(armature: bpy.types.Object, middle: Vector) -> None:
    """Point the camera at the face, from a little to its left."""
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    camera.data.type, camera.data.ortho_scale = "ORTHO", WIDTH
    direction = Vector((0.22, -1.0, 0.05)).normalized()
    camera.location = middle + direction
    camera.rotation_euler = (-direction).to_track_quat("-Z", "Y").to_euler()
    scene.camera = camera
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.display.shading.light, scene.display.shading.color_type = "STUDIO", "MATERIAL"
    scene.display.shading.show_cavity = True
    scene.world = bpy.data.worlds.new("Grey")
    scene.world.color = (0.35, 0.35, 0.35)
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x = scene.render.resolution_y = SIZE
    armature.hide_render = True


def row(folder: Path, name: str, kind: str, scratch: Path) -> list[Image.Image]:
    armature = load(folder, name)
    aim(armature, middle_of_the_face(armature))
    if kind != "ARKit":
        {"visemes": give_visemes, "bones": give_bones}[kind](armature)
    actor = cast_actor(name, armature)
    pictures = []
    for title, frame in faces().items():
        pose(actor, frame)
        bpy.context.scene.render.filepath = str(scratch / "face.png")
        bpy.ops.render.render(write_still=True)
        with Image.open(scratch / "face.png") as picture:
            pictures.append(picture.convert("RGB"))
        ImageDraw.Draw(pictures[-1]).text((4, 2), title if title != "rest" else f"{kind}: rest", fill=(20, 20, 20))
    return pictures


def main(out: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        rows = [row(folder, name, kind, Path(scratch)) for name, kind in ROWS]
    sheet = Image.new("RGB", (SIZE * len(rows[0]), SIZE * len(rows)))
    for y, pictures in enumerate(rows):
        for x, picture in enumerate(pictures):
            sheet.paste(picture, (x * SIZE, y * SIZE))
    sheet.quantize(128).save(out, optimize=True)


if __name__ == "__main__":
    given = [Path(word) for word in sys.argv[1:]]
    main(given[0], given[1] if len(given) > 1 else ROOT.parent / "shared" / "data" / "characters")
    end_process(0)
