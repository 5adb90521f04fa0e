"""Draw the three greetings that can be asked for, on the demo's characters: a sheet, and a film as animated WebP.

    .venv/bin/python docs/pictures/greetings.py docs/images/greetings.webp docs/images/greetings_film.webp

Each is generated with its contact goals for the bodies of these two characters, and keyed. Prints what is measured.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import bpy  # noqa: E402
from mathutils import Vector  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402

from interact_addon.compat import end_process  # noqa: E402
from interact_addon.demo.scene import build_demo_scene  # noqa: E402
from interact_addon.rig.body_shape import body_shape_of  # noqa: E402
from interact_addon.rig.cast import CastActor, cast_actor  # noqa: E402
from interact_addon.rig.keying import key_performance  # noqa: E402
from model_runtime.contract import FPS, Performance, Request  # noqa: E402
from model_runtime.generate import generate  # noqa: E402
from model_runtime.studies.contact_scenes import greetings  # noqa: E402

MOMENTS = (1.0, 1.5, 1.8, 2.3, 2.9, 3.6)  # seconds, a column each
FILMED = (1.0, 4.4)  # seconds
CELL, FILM, FILM_FPS = (300, 360), (400, 400), 15


def fitted(request: Request, cast: list[CastActor]) -> Request:
    """Return the request for the bodies of the cast characters."""
    actors = [
        replace(actor, skeleton=character.rest.skeleton, shape=body_shape_of(character))
        for actor, character in zip(request.actors, cast)
    ]
    return replace(request, actors=(actors[0], actors[1]))


def new_pair() -> list[CastActor]:
    """Return the demo's characters in a scene of their own, cast."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    pair = build_demo_scene(scene)
    for thing in scene.objects:
        chair = thing.type == "MESH" and "chair" in thing.name.casefold()
        thing.hide_render = thing.type in ("ARMATURE", "EMPTY") or chair
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.use_sequencer = scene.render.use_compositing = False
    shading = scene.display.shading
    shading.light, shading.studio_light, shading.color_type = "STUDIO", "paint.sl", "MATERIAL"
    scene.display.render_aa = "FXAA"  # samples and shadows take seconds a picture where a processor draws
    return [cast_actor(character.rig.name, character.rig) for character in pair]


def aim(middle: Vector, aside: Vector) -> None:
    """Put a new camera at ``aside`` of ``middle``, looking there."""
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    camera.location = middle + aside
    camera.rotation_euler = (-aside).to_track_quat("-Z", "Y").to_euler()
    camera.data.lens = 50.0
    scene.camera = camera


def drawn(frames: Iterable[int], size: tuple[int, int]) -> list[Image.Image]:
    """Return a picture of each frame."""
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.image_settings.file_format = "PNG"
    pictures = []
    with tempfile.TemporaryDirectory() as folder:
        for frame in frames:
            scene.frame_set(frame + 1)
            scene.render.filepath = str(Path(folder) / "frame.png")
            bpy.ops.render.render(write_still=True)
            with Image.open(scene.render.filepath) as picture:
                pictures.append(picture.convert("RGB"))
    return pictures


def perform(request: Request, cast: list[CastActor]) -> Performance:
    """Generate and key; point the camera at the two."""
    performance = generate(request)
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = FPS, 1, performance.frames
    key_performance(scene, cast, performance)
    places = [actor.root_positions[round(MOMENTS[3] * FPS), :2].tolist() for actor in performance.actors]
    middle = 0.5 * (Vector((*places[0], 0.0)) + Vector((*places[1], 0.0))) + Vector((0.0, 0.0, 0.98))
    aim(middle, Vector((0.9, -3.3, 0.35)))
    return performance


def main(sheet_path: Path, film_path: Path) -> None:
    width, height = CELL
    scenes = list(greetings())
    sheet = Image.new("RGB", (width * len(MOMENTS), height * len(scenes)))
    pen, film = ImageDraw.Draw(sheet), []
    for number, scene in enumerate(scenes):
        cast = new_pair()
        performance = perform(fitted(scene.request, cast), cast)
        print(scene.name, performance.report["contacts"], performance.report["warnings"])
        for column, picture in enumerate(drawn([round(time * FPS) for time in MOMENTS], CELL)):
            sheet.paste(picture, (column * width, number * height))
            pen.text((column * width + 8, number * height + 6), f"{MOMENTS[column]:.1f} s", fill=(255, 255, 255))
        first, last = (round(time * FPS) for time in FILMED)
        film += drawn(range(first, last, FPS // FILM_FPS), FILM)
    sheet.save(sheet_path, quality=80)
    film[0].save(film_path, save_all=True, append_images=film[1:], duration=1000 // FILM_FPS, loop=0, quality=55)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
    end_process(0)
