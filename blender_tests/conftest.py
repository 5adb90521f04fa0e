"""Every test starts from an empty Blender file and its own user folder; bpy is imported here first."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# Blender reads this once, at import: preferences, extensions and start-up files of the user stay out of the tests.
_USER = tempfile.TemporaryDirectory(prefix="interact tests ", ignore_cleanup_errors=True)
os.environ["BLENDER_USER_RESOURCES"] = _USER.name

if TYPE_CHECKING:
    import bpy
else:
    bpy = pytest.importorskip("bpy", reason="these tests need Blender as a module (bpy)")

from interact_addon.compat import end_process  # noqa: E402 - after bpy

_EXIT_STATUS = pytest.StashKey[int]()
REPOSITORY = Path(__file__).resolve().parent.parent
DATA = REPOSITORY.parent / "shared" / "data"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if DATA.is_dir():
        return
    missing = pytest.mark.skip(reason=f"needs {DATA}")
    for item in items:
        if item.get_closest_marker("data"):
            item.add_marker(missing)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[_EXIT_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The summary is printed; end without Blender's own clean-up, which may wait for ever."""
    if _EXIT_STATUS in config.stash:
        _USER.cleanup()
        end_process(config.stash[_EXIT_STATUS])


@pytest.fixture(autouse=True)
def empty_blender() -> Iterator[None]:
    """A file without objects, 30 fps, and no leftovers of the test before."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = 30
    yield


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of test data (motion, speech, faces, characters); tests that use it carry ``@pytest.mark.data``."""
    return DATA


@pytest.fixture
def load_character(data: Path):
    """``load_character('female_mixamo')`` appends that character to the scene and returns its armature object."""

    def load(name: str, copy_suffix: str = "") -> bpy.types.Object:
        source = data / "characters" / f"{name}.blend"
        with bpy.data.libraries.load(str(source)) as (there, here):
            here.objects = [n for n in there.objects if not n.startswith("WGT-")]
        found = None
        for obj in here.objects:
            bpy.context.scene.collection.objects.link(obj)
            if obj.type == "ARMATURE" and obj.name.startswith(f"{name}_rig"):
                found = obj
        assert found is not None, f"{source} holds no armature '{name}_rig'"
        if copy_suffix:
            found.name += copy_suffix
        return found

    return load


@pytest.fixture(scope="session")
def addon() -> Iterator[None]:
    """The add-on enabled, as far as the module form can; its worker stays warm from test to test."""
    import interact_addon

    interact_addon.register()
    yield
    interact_addon.unregister()


@pytest.fixture
def two_armatures() -> tuple[bpy.types.Object, bpy.types.Object]:
    """Anna and Ben: two armature objects without bones."""
    found = []
    for name in ("Anna", "Ben"):
        found.append(bpy.data.objects.new(name, bpy.data.armatures.new(name)))
        bpy.context.scene.collection.objects.link(found[-1])
    return found[0], found[1]


@pytest.fixture(scope="session")
def demo_blend(addon: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo scene cut to two seconds of draft, saved once: each test opens its own copy."""
    from interact_addon.demo.scene import build_demo_scene

    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    build_demo_scene(scene)
    scene.frame_end = scene.frame_start + 2 * scene.render.fps
    scene.interact.quality = "draft"
    path = tmp_path_factory.mktemp("a demo with späces") / "demo.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


@pytest.fixture
def shot(demo_blend: Path) -> bpy.types.Scene:
    """The short demo shot, open: two cast characters with voices and actions."""
    bpy.ops.wm.open_mainfile(filepath=str(demo_blend))
    return bpy.context.scene
