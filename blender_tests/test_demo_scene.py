"""The demo scene: two characters, their faces, the stage, the script, and the preview that is drawn of it."""

from __future__ import annotations

import wave
from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon.demo import film
from interact_addon.demo.character import build_head
from interact_addon.demo.fields import along_segment
from interact_addon.demo.head import EYE_RADIUS, Face
from interact_addon.demo.preview import render_preview
from interact_addon.demo.scene import MODELLING_STEPS, build_demo_scene, model_pair
from interact_addon.demo.surface import Part, edges_of
from interact_addon.demo.timeline import build_timeline, check_speech, default_speech
from interact_addon.runtime_api import contract, errors
from interact_addon.scene.reading import label_of
from interact_addon.scene.sound import read_speech
from interact_addon.scene.strips import add_speech

Head = tuple[Part, dict[str, np.ndarray]]


@pytest.fixture(scope="module", params=[1.0, 0.0], ids=["soft face", "broad face"])
def head(request: pytest.FixtureRequest) -> Head:
    return build_head(Face(request.param))


@pytest.fixture
def voices(tmp_path: Path) -> tuple[Path, Path]:
    """A second and two seconds of a low tone."""
    return _tone(tmp_path / "a.wav", 1.0), _tone(tmp_path / "b.wav", 2.0)


def _tone(path: Path, seconds: float) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        time = np.arange(int(seconds * 16000)) / 16000
        file.writeframes((8000 * np.sin(2 * np.pi * 140 * time)).astype("<i2").tobytes())
    return path


def test_a_head_has_exactly_the_52_arkit_shapes_and_each_moves_it(head: Head) -> None:
    part, shapes = head
    assert set(shapes) == set(contract.ARKIT_NAMES)
    for name, delta in shapes.items():
        assert delta.shape == part.points.shape
        assert 0.001 < np.linalg.norm(delta, axis=1).max() < 0.06, name


def test_right_shapes_mirror_left_ones(head: Head) -> None:
    part, shapes = head
    order = {tuple(point): row for row, point in enumerate(np.round(part.points * 1e6).astype(int).tolist())}
    pairs = [(row, order[(-x, y, z)]) for (x, y, z), row in order.items() if (-x, y, z) in order]
    rows, others = (np.array(side) for side in zip(*pairs))
    for name in ("eyeBlink", "mouthSmile", "browDown", "mouthUpperUp", "noseSneer"):
        left, right = shapes[f"{name}Left"][rows], shapes[f"{name}Right"][others]
        assert np.abs(left * (-1, 1, 1) - right).max() < 5e-4, name


@pytest.mark.parametrize("weight", [0.5, 1.0])
def test_lids_stay_outside_the_eyeball_and_meet_when_closed(head: Head, weight: float) -> None:
    part, shapes = head
    eye = part.points[(part.marks["eye"] > 0.5) & (part.points[:, 0] > 0.0)].mean(axis=0) * (1.0, 0.0, 1.0)
    ball = part.points[(part.marks["eye"] > 0.5) & (part.points[:, 0] > 0.0)]
    eye[1] = ball[:, 1].min() + EYE_RADIUS
    centre = np.array([(ball[:, 0].min() + ball[:, 0].max()) / 2, eye[1], (ball[:, 2].min() + ball[:, 2].max()) / 2])
    closed = part.points + weight * shapes["eyeBlinkLeft"]
    margin = (part.marks["lid"] > 0.99) & (part.points[:, 0] > 0.0) & (part.marks["skin"] > 0.5)
    front = margin & (np.linalg.norm(part.points - centre, axis=1) > EYE_RADIUS + 0.0009)
    assert np.linalg.norm(closed[front] - centre, axis=1).min() > EYE_RADIUS - 0.0002
    if weight == 1.0:
        angle = part.marks["lid_angle"][front]
        upper = part.marks["lid_upper"][front] > 0.1
        lower = part.marks["lid_upper"][front] < -0.1
        for alpha, z in zip(angle[upper, 0], closed[front][upper, 2]):
            nearest = np.abs(angle[lower, 0] - alpha).argmin()
            assert z <= closed[front][lower, 2][nearest] + 0.0006


def test_the_jaw_opens_the_mouth_and_mouth_close_brings_the_lips_together_again(head: Head) -> None:
    part, shapes = head
    rest = part.points
    lips = (part.marks["lip"] > 0.99) & (np.abs(rest[:, 0]) < 0.012) & (np.abs(rest[:, 2] + 0.0695) < 0.0012)
    upper, lower = lips & (part.marks["side"] > 0.5), lips & (part.marks["side"] < -0.5)
    assert upper.sum() >= 5 and lower.sum() >= 5

    def gap(points: np.ndarray) -> float:
        return float(points[upper, 2].mean() - points[lower, 2].mean())

    assert gap(rest) < 0.0015
    assert gap(rest + shapes["jawOpen"]) > 0.020
    assert abs(gap(rest + shapes["jawOpen"] + shapes["mouthClose"]) - gap(rest)) < 0.001


def test_lower_teeth_and_tongue_go_with_the_jaw_and_upper_teeth_stay(head: Head) -> None:
    part, shapes = head
    inside = part.marks["skin"] < 0.5
    moved = np.linalg.norm(shapes["jawOpen"], axis=1)
    assert moved[inside & (part.marks["jaw"] > 0.99)].min() > 0.003
    assert moved[inside & (part.marks["jaw"] < 0.01)].max() == 0.0


def test_the_scene_holds_two_clean_characters_of_different_height_on_two_kinds_of_rigs(
    voices: tuple[Path, Path],
) -> None:
    elsewhere = bpy.data.scenes.new("not the one on screen")
    pair = build_demo_scene(elsewhere, *voices)
    heights = []
    for character in pair:
        for mesh in (character.body, character.head):
            points = np.array([vertex.co for vertex in mesh.data.vertices])
            assert [modifier.type for modifier in mesh.modifiers] == ["ARMATURE"]
            for vertex in mesh.data.vertices:
                weights = [group.weight for group in vertex.groups]
                assert 1 <= len(weights) <= 4
                assert sum(weights) == pytest.approx(1.0, abs=1e-4)
        body = np.array([vertex.co for vertex in character.body.data.vertices])
        assert body[:, 2].min() == pytest.approx(0.0, abs=0.003)
        heights.append(body[:, 2].max())
        assert points[:, 1].min() < -0.05  # the face looks along -Y
        head_group = next(group.index for group in character.head.vertex_groups if group.name.lower().endswith("head"))
        chin = points[:, 2].max() - 0.24
        for vertex in character.head.data.vertices:
            if vertex.co.y < -0.06 and vertex.co.z > chin:  # eyes, lids, lips and teeth stay together
                assert [group.group for group in vertex.groups if group.weight > 0.02] == [head_group]
        keys = character.head.data.shape_keys.key_blocks
        assert keys[0].name == "Basis" and all(key.value == 0.0 for key in keys[1:])
    assert heights[1] - heights[0] > 0.12
    mixamo, unreal = (character.rig.data.bones for character in pair)
    for finger in ("Thumb", "Index", "Middle", "Ring", "Pinky"):
        for number in (1, 2, 3):
            assert f"mixamorig:LeftHand{finger}{number}" in mixamo
            assert f"{finger.lower()}_0{number}_r" in unreal
    for bone, slope in ((mixamo["mixamorig:LeftArm"], 0.0), (unreal["upperarm_l"], -0.72)):
        assert (bone.tail_local - bone.head_local).normalized().z == pytest.approx(slope, abs=0.02)
    assert mixamo["mixamorig:LeftArm"].head_local.x > 0.1


@pytest.mark.usefixtures("addon")
def test_any_two_voices_set_the_shot_s_length_and_the_actions_scale_with_it(voices: tuple[Path, Path]) -> None:
    scene = bpy.context.scene
    first, second = build_demo_scene(scene, *voices)
    assert scene.frame_end - scene.frame_start == 114  # the longer voice and 1.8 s
    channels = {
        strip.channel: scene.sequence_editor.channels[strip.channel].name for strip in scene.sequence_editor.strips
    }
    assert set(channels.values()) == {"Mia Speech", "Mia Actions", "Tom Speech", "Tom Actions"}
    labels = [
        label_of(s.name)
        for s in scene.sequence_editor.strips
        if s.type == "COLOR" and channels[s.channel] == "Tom Actions"
    ]
    assert sorted(labels) == ["sit", "stand", "stand", "walk"]
    assert [actor.armature for actor in scene.interact.actors] == [first.rig, second.rig]
    assert scene.interact.actors[1].seat.name == "Chair"
    assert all(strip.sound.packed_file is not None for strip in scene.sequence_editor.strips if strip.type == "SOUND")


def test_a_missing_voice_leaves_the_scene_empty(tmp_path: Path) -> None:
    (tmp_path / "noise.wav").write_bytes(b"no sound at all")
    for name, error in (("nowhere.wav", errors.SpeechFileMissing), ("noise.wav", errors.SpeechFileBroken)):
        with pytest.raises(error):
            build_demo_scene(bpy.context.scene, tmp_path / name)
        assert len(bpy.context.scene.objects) == 0


@pytest.mark.usefixtures("addon")
def test_the_preview_is_a_sheet_and_a_film_with_sound_each_named_as_soon_as_it_exists(
    voices: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import aud

    monkeypatch.setattr(film, "SECONDS_TO_RENDER", 1e6)  # on the slowest machine
    reported: list[str] = []

    def wrote(path: Path) -> None:
        assert path.is_file()
        reported.append(path.name)

    scene = bpy.context.scene
    build_demo_scene(scene, *voices)
    scene.frame_end = scene.frame_start + 10
    before = settings_of(scene)
    sheet, movie = render_preview(scene, tmp_path, lambda progress: reported.append(progress.stage), wrote)
    assert before == settings_of(scene)
    pixels = bpy.data.images.load(str(sheet))
    assert pixels.size[0] > 1800 and pixels.size[1] > 1000
    assert bpy.data.movieclips.load(str(movie)).frame_duration == 6
    assert aud.Sound(str(movie)).specs[1] >= 1
    stages = "Rendering the contact sheet", "Rendering the film", "Encoding the film"
    frames = 1 + 6  # the start, and each frame
    assert reported == [*stages[:1] * 8, "preview.png", *stages[1:2] * frames, stages[2], "preview.mp4"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "b.wav", "preview.mp4", "preview.png"]


def settings_of(scene: bpy.types.Scene) -> tuple[object, ...]:
    shading = scene.display.shading
    return (
        (scene.camera, scene.frame_current, scene.render.engine, scene.render.image_settings.file_format),
        (shading.light, shading.show_shadows, scene.display.render_aa),
        (len(scene.objects), len(bpy.data.scenes), len(bpy.data.cameras)),
    )


@pytest.mark.parametrize(
    ("seconds_per_frame", "frames", "step"),
    [(0.05, 379, 2), (0.08, 253, 3), (0.3, 100, 3), (1.0, 60, 3), (9.0, 60, 3)],
    ids=["the whole shot", "at a lower rate", "ten seconds of it", "the shortest film", "whatever it takes"],
)
def test_the_film_fits_the_machine(seconds_per_frame: float, frames: int, step: int) -> None:
    shown = film.plan_film(1, 757, 30.0, seconds_per_frame)
    assert (shown[0], len(shown), shown.step) == (1, frames, step)


def test_a_short_shot_is_never_cut() -> None:
    assert len(film.plan_film(1, 16, 30.0, 60.0)) == 6


@pytest.fixture
def talk(
    addon: None, two_armatures: tuple[bpy.types.Object, bpy.types.Object], voices: tuple[Path, Path]
) -> bpy.types.Scene:
    """Two cast armatures with a voice each, without bodies."""
    scene = bpy.context.scene
    for actor, armature in zip(scene.interact.actors, two_armatures):
        actor.armature, actor.name = armature, armature.name
    build_timeline(scene, ("Anna", "Ben"), voices)
    return scene


def test_a_machine_that_becomes_slow_ends_the_film_early(
    talk: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    talk.frame_end = 1000
    seconds = iter(range(10_000))
    monkeypatch.setattr(film, "_render_frame", lambda scene, camera, frame, scratch: scratch / f"{frame}.jpg")
    images = film._render_frames(
        talk, [None] * 3, range(1, 1001, 3), tmp_path, lambda _: None, lambda: float(next(seconds))
    )
    assert len(images) == film.SHORTEST * 10


def test_a_saved_scene_keeps_its_voices_when_it_travels(
    talk: bpy.types.Scene, voices: tuple[Path, Path], tmp_path: Path
) -> None:
    import aud

    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "talk.blend"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "talk.blend").rename(elsewhere / "talk.blend")
    for voice in voices:
        voice.unlink()
    bpy.ops.wm.open_mainfile(filepath=str(elsewhere / "talk.blend"))
    for name in ("Anna", "Ben"):
        (clip,) = read_speech(bpy.context.scene, name)
        assert np.abs(aud.Sound(clip.path).data()).max() > 0.1


def test_the_characters_are_modelled_in_as_many_steps_as_their_progress_counts() -> None:
    assert sum(1 for _ in model_pair()) == MODELLING_STEPS


@pytest.mark.parametrize("seconds", [0.5, 1.024, 2.0])
def test_the_film_s_sound_is_as_long_as_the_film(talk: bpy.types.Scene, tmp_path: Path, seconds: float) -> None:
    import aud

    path = film.mix_speech(talk, seconds, tmp_path / "mix.wav")
    assert path is not None
    samples = aud.Sound(str(path)).data()
    assert len(samples) / 48000 == pytest.approx(seconds, abs=0.03)
    assert np.abs(samples).max() > 0.1


def test_each_edge_of_triangles_and_quads_is_listed_once() -> None:
    faces = [(0, 1, 2), (2, 1, 3, 4), (4, 3, 0)]
    pairs = {tuple(sorted(edge)) for face in faces for edge in zip(face, face[1:] + face[:1])}
    assert edges_of(faces).tolist() == sorted(map(list, pairs))


def test_the_distance_to_a_segment_is_that_to_its_nearest_point() -> None:
    points = np.random.default_rng(1).normal(size=(200, 3))
    start, end = np.array([0.1, -0.3, 0.2]), np.array([0.4, 0.5, -0.6])
    samples = start + np.linspace(0.0, 1.0, 20001)[:, None] * (end - start)
    nearest = np.array([np.linalg.norm(samples - point, axis=1).min() for point in points])
    np.testing.assert_allclose(along_segment(points, start, end)[1], nearest, atol=1e-4)


def test_checking_a_voice_leaves_the_sound_of_a_strip_in_another_scene() -> None:
    path = default_speech()[0]
    spoken = add_speech(bpy.context.scene, "Mia", path, 1)
    check_speech(path)
    assert spoken.sound is not None and spoken.sound.filepath == str(path)
    spoken.id_data.sequence_editor_clear()
    bpy.data.sounds.remove(bpy.data.sounds[0])
    check_speech(path)
    assert not bpy.data.sounds, "and leaves none of its own"
