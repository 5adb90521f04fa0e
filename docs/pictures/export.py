"""Draw one frame of two characters in the scene, and the same frame of every format's file read back, side by side.

    .venv/bin/python docs/pictures/export.py docs/images/export.png

Needs Blender as a Python module and the data for developers (``../shared/data``, or where ``INTERACT_DATA`` says).
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2]))
from interact_addon.export.shot import export_shot
from interact_addon.formats import Settings
from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.keying import key_performance
from model_runtime.body_model import rotations as rot
from model_runtime.body_model import skeleton
from model_runtime.contract import ARKIT_NAMES, ActorPerformance, Performance
from model_runtime.datasets.locations import data_dir

FRAMES, SIZE = 4, (400, 500)
CHARACTERS = ("female_mixamo", "male_rigify")
ARMS = {"left_shoulder": (0, 50, -20), "left_elbow": (0, 0, -70), "right_shoulder": (10, -65, 0),
        "right_elbow": (0, 0, 35), "spine2": (8, 0, 12), "head": (5, 0, 15), "left_hip": (-18, 0, 0),
        "left_knee": (25, 0, 0)}  # fmt: skip
FACE = {"jawOpen": 0.35, "mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "browInnerUp": 0.7, "eyeBlinkLeft": 0.9}
FILES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("fbx", {"preset": "unity", "bend": True}),
    ("fbx", {"preset": "unreal", "one_each": True, "root_motion": True, "bend": True}),
    ("gltf", {"bend": True}),
    ("usd", {"bend": True}),
)


def ready(name: str, place: float) -> bpy.types.Object:
    """Append one of the ready characters, standing at ``place`` on the X axis, and return its armature."""
    with bpy.data.libraries.load(str(data_dir() / "characters" / f"{name}.blend")) as (there, here):
        here.objects = [one for one in there.objects if not one.startswith("WGT-")]
    for thing in here.objects:
        bpy.context.scene.collection.objects.link(thing)
    armature = next(one for one in here.objects if one.type == "ARMATURE" and one.name.startswith(f"{name}_rig"))
    armature.location.x = place
    bpy.context.view_layer.update()
    return armature


def performed(character: CastActor, turn: float) -> ActorPerformance:
    """Return a pose with an expression, turned by ``turn`` degrees, that comes in over the frames."""
    share = np.linspace(0.0, 1.0, FRAMES)[:, None]
    rotations = np.zeros((FRAMES, 52, 4), np.float32)
    rotations[..., 0] = 1.0
    for joint, angles in {**ARMS, "pelvis": (0, 0, turn)}.items():
        rotations[:, skeleton.INDEX[joint]] = rot.from_axis_angle(share * np.radians(np.array(angles, float)))
    root = np.tile([*character.rest.position, character.rest.skeleton.pelvis_height], (FRAMES, 1))
    face = np.zeros((FRAMES, 52), np.float32)
    for name, value in FACE.items():
        face[:, ARKIT_NAMES.index(name)] = share[:, 0] * value
    still = np.zeros((FRAMES, 4), np.float32)
    return ActorPerformance(character.name, root.astype(np.float32), rotations, face, still)


def draw(path: Path, frame: int) -> Image.Image:
    """Render ``frame`` with Workbench."""
    scene = bpy.context.scene
    for thing in scene.objects:
        thing.hide_render = thing.type != "MESH" or thing.name.startswith("Icosphere")
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.filepath, scene.render.image_settings.file_format = str(path), "PNG"
    scene.display.shading.light, scene.display.shading.color_type = "STUDIO", "MATERIAL"
    scene.world = bpy.data.worlds.new("Wall")
    scene.world.color = (0.32, 0.33, 0.35)
    scene.view_settings.view_transform = "Standard"
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    middle = Vector((0.45, 0.0, 0.95))
    camera.location = middle + Vector((-0.8, -8.0, 0.6))
    camera.rotation_euler = (middle - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.data.type, camera.data.ortho_scale = "ORTHO", 2.2
    scene.camera = camera
    scene.frame_set(frame)
    bpy.ops.render.render(write_still=True)
    with Image.open(path) as picture:
        return picture.convert("RGB")


def read(path: Path) -> None:
    """Import a file by Blender's importer of its format."""
    if path.suffix == ".fbx":
        bpy.ops.wm.fbx_import(filepath=str(path), anim_offset=0.0)
    elif path.suffix == ".glb":
        bpy.ops.import_scene.gltf(filepath=str(path))
    else:
        bpy.ops.wm.usd_import(filepath=str(path))


def empty_file() -> bpy.types.Scene:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = 30, 1, FRAMES
    return scene


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        scene = empty_file()
        armatures = [ready(name, 0.9 * number) for number, name in enumerate(CHARACTERS)]
        cast = [cast_actor(name, armature) for name, armature in zip(CHARACTERS, armatures)]
        actors = tuple(performed(character, turn) for character, turn in zip(cast, (30.0, -35.0)))
        key_performance(scene, cast, Performance(actors))
        written = [
            export_shot(scene, Path(folder, f"file{number}"), Settings(kind, **choices), armatures).files
            for number, (kind, choices) in enumerate(FILES)
        ]
        pictures = [draw(Path(folder, "scene.png"), FRAMES)]
        for number, paths in enumerate(written):
            scene = empty_file()
            for path in paths:
                read(path)
            last = FRAMES - 1 if paths[0].suffix == ".glb" else FRAMES  # a glTF starts at 0 s
            pictures.append(draw(Path(folder, f"{number}.png"), last))
    row = Image.new("RGB", (SIZE[0] * len(pictures), SIZE[1]))
    for number, picture in enumerate(pictures):
        row.paste(picture, (SIZE[0] * number, 0))
    row.quantize(256).save(target, optimize=True)


main(Path(sys.argv[1]))
