"""Draw one captured pose on every character at hand, side by side, and print how far off each one is shown.

    .venv/bin/python docs/pictures/rigs.py docs/images/rigs.png

Needs Blender as a Python module and the data for developers (``../shared/data``, or where ``INTERACT_DATA`` says). The
table is that of ``docs/rigs.md``.
"""

import sys
import tarfile
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2]))
from interact_addon import compat
from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.keying import key_performance
from model_runtime.body_model import rotations as rot
from model_runtime.body_model import skeleton
from model_runtime.contract import ActorPerformance, Performance
from model_runtime.datasets.clip import Clip
from model_runtime.datasets.locations import data_dir
from model_runtime.datasets.rocketbox import read_rocketbox

CLIP, FRAME = "static__m_crouch_gestic.npz", 139
APART = 1.15  # metres between two characters
HEIGHT, WIDE = 1.15, 6.9  # metres in the picture
SIZE = (1680, 420)


def captured() -> Clip:
    """Return the captured performance."""
    with tarfile.open(data_dir() / "motion" / "rocketbox.tar") as archive:
        content = archive.extractfile(f"rocketbox/{CLIP}")
        assert content is not None
        return read_rocketbox(CLIP, content.read())


def ready(name: str) -> bpy.types.Object:
    """Append one of the three ready characters and return the armature that moves it."""
    with bpy.data.libraries.load(str(data_dir() / "characters" / f"{name}.blend")) as (there, here):
        here.objects = [one for one in there.objects if not one.startswith("WGT-")]
    for thing in here.objects:
        bpy.context.scene.collection.objects.link(thing)
        thing.hide_render = thing.type == "ARMATURE"
    return next(one for one in here.objects if one.type == "ARMATURE" and one.name.startswith(f"{name}_rig"))


def imported(*parts: str) -> bpy.types.Object:
    """Import a glTF file at rest and return its armature."""
    before = set(bpy.data.objects)
    bpy.ops.import_scene.gltf(filepath=str(data_dir().joinpath("motion", *parts)))
    for thing in set(bpy.data.objects) - before:
        if thing.name.startswith("Icosphere"):  # the importer's own, for the shapes of bones
            bpy.data.objects.remove(thing)
        else:
            thing.animation_data_clear()
    armature = next(one for one in set(bpy.data.objects) - before if one.type == "ARMATURE")
    for bone in armature.pose.bones:
        bone.matrix_basis.identity()
    return armature


def nameless(name: str) -> bpy.types.Object:
    """Append a ready character and give its bones names that say nothing."""
    armature = ready(name)
    order = np.random.default_rng(1).permutation(len(armature.data.bones))
    for number, bone in zip(order, list(armature.data.bones)):
        bone.name = f"Bone.{number:03d}"
    return armature


def off(character: CastActor, clip: Clip, root: np.ndarray) -> tuple[float, float]:
    """Return how far Blender shows the character from the performance, on every 20th frame of the clip.

    The greatest distance (m) of a body joint, and the greatest angle (degrees) of head and hands.
    """
    armature = character.armature.find()
    assert armature is not None
    joints, turns = skeleton.forward_kinematics(
        root.astype(np.float32), clip.rotations.astype(np.float32), character.rest.skeleton
    )
    worst, turned, rest = 0.0, 0.0, character.rest
    for frame in range(0, clip.frames, 20):
        bpy.context.scene.frame_set(1 + frame)
        posed = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        for joint in skeleton.BODY_JOINTS:
            if joint not in character.rig.places:
                continue
            first, second, share = character.rig.places[joint]
            a, b = (np.array(posed.matrix_world @ posed.pose.bones[bone].head) for bone in (first, second))
            there = joints[frame, skeleton.INDEX[joint]] + [0.0, 0.0, character.rest.floor]
            worst = max(worst, float(np.linalg.norm(a + share * (b - a) - there)))
        for joint in ("head", "left_wrist", "right_wrist"):
            bone, number = character.rig.places[joint][0], skeleton.INDEX[joint]
            seen = rot.from_scaled_matrix(np.array(posed.matrix_world @ posed.pose.bones[bone].matrix))
            at_rest = rest.world_rotations[rest.bones.index(bone)]
            wanted = rot.multiply(rot.multiply(turns[frame, number], rest.turns[number]), at_rest)
            difference = rot.to_axis_angle(rot.multiply(rot.conjugate(seen), wanted))
            turned = max(turned, float(np.degrees(np.linalg.norm(difference))))
    return worst, turned


def perform(name: str, armature: bpy.types.Object, clip: Clip, place: float) -> None:
    """Key the clip on a character that stands at ``place`` on the X axis, and print a row of the table."""
    armature.location.x += place
    bpy.context.view_layer.update()
    character = cast_actor(name, armature)
    scale = character.rest.skeleton.pelvis_height / clip.skeleton.pelvis_height
    root = clip.root_positions * scale
    root[:, :2] += np.array([place, 0.0]) - root[FRAME, :2]
    nothing = np.zeros((clip.frames, 52), np.float32)
    actor = ActorPerformance(name, root.astype(np.float32), clip.rotations, nothing, nothing[:, :4])
    key_performance(bpy.context.scene, [character], Performance((actor,)))
    bones = len(armature.data.bones)
    distance, angle = off(character, clip, root)
    print(f"| {name} | {character.rig.rig} | {bones} | {1000 * distance:.1f} mm | {angle:.1f}° |", flush=True)


def draw(path: Path, count: int) -> None:
    """Render the row of characters with Workbench."""
    scene = bpy.context.scene
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.filepath, scene.render.image_settings.file_format = str(path), "PNG"
    scene.display.shading.light, scene.display.shading.color_type = "STUDIO", "TEXTURE"
    scene.display.shading.show_shadows = True
    scene.world = bpy.data.worlds.new("Wall")
    scene.world.color = (0.32, 0.33, 0.35)
    bpy.ops.mesh.primitive_plane_add(size=2000)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    middle = Vector(((count - 1) * APART / 2, 0.0, HEIGHT / 2))
    camera.location = middle + Vector((-1.6, -13.0, 1.6))
    camera.rotation_euler = (middle - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.data.type, camera.data.ortho_scale, camera.data.clip_end = "ORTHO", WIDE, 2000.0
    scene.camera = camera
    scene.frame_set(1 + FRAME)
    bpy.ops.render.render(write_still=True)
    Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)


def main(path: Path) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    clip = captured()
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = 30, 1, clip.frames
    characters = {
        "female_mixamo": lambda: ready("female_mixamo"),
        "male_gameengine": lambda: ready("male_gameengine"),
        "male_rigify": lambda: ready("male_rigify"),
        "human-female.glb of Mesh2Motion": lambda: imported("mesh2motion", "human-female.glb"),
        "human-male.glb of Mesh2Motion": lambda: imported("mesh2motion", "human-male.glb"),
        "female_mixamo without names": lambda: nameless("female_mixamo"),
    }
    for number, (name, bring) in enumerate(characters.items()):
        perform(name, bring(), clip, number * APART)
    draw(path, len(characters))
    # Skeletons of clips, without a mesh: only their figures.
    perform(
        "human-base-animations.glb of Mesh2Motion", imported("mesh2motion", "human-base-animations.glb"), clip, 40.0
    )
    perform("talk04.glb of High Fidelity", imported("hifi", "talk04.glb"), clip, 50.0)


main(Path(sys.argv[1]).absolute())
compat.end_process(0)
