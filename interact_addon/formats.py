"""What can be exported, and how: formats, presets of FBX, and the choices that go with them. No Blender here."""

from __future__ import annotations

from dataclasses import dataclass

from .runtime_api import errors


@dataclass(frozen=True)
class Format:
    """A file format. ``choices``: which of ``Settings`` it has; ``one_each``: whether a file holds one actor only."""

    name: str
    suffix: str
    label: str
    description: str
    choices: tuple[str, ...] = ()
    one_each: bool = False


_SKINNED = ("one_each", "root_motion", "bend")
FORMATS = {
    one.name: one
    for one in (
        Format(
            "fbx",
            ".fbx",
            "FBX",
            "Skeletons, meshes, bodies and faces, for game engines and animation programs",
            ("preset", *_SKINNED),
        ),
        Format("gltf", ".glb", "glTF", "Skeletons, meshes, bodies and faces, for the web and game engines", _SKINNED),
        Format("usd", ".usdc", "USD", "Skeletons, meshes, bodies and faces as UsdSkel, for film pipelines", _SKINNED),
        Format("bvh", ".bvh", "BVH", "Bodies alone, for motion tools", ("root_motion",), one_each=True),
        Format("live_link", ".csv", "Live Link Face", "Faces alone, as the app records them", ("rate",), one_each=True),
        Format("npz", ".npz", "Motion (npz)", "Canonical motion and ARKit curves at 30 fps, for Python", ("one_each",)),
    )
}


@dataclass(frozen=True)
class Preset:
    """How an FBX suits a program.

    ``scale_options``: of Blender's exporter. ``units``: of the file's own lengths, in one metre. ``y_up``: whether the
    data themselves have Y up, so that the objects have no rotation. ``armature``: the name of the armature object where
    a file holds one actor; "" keeps its own.
    """

    name: str
    label: str
    description: str
    scale_options: str = "FBX_SCALE_NONE"
    units: float = 1.0
    y_up: bool = False
    armature: str = ""


PRESETS = {
    one.name: one
    for one in (
        Preset("plain", "Plain", "As Blender's exporter writes it, for Blender, Maya and MotionBuilder"),
        Preset("unity", "Unity", "One unit a metre; objects without scale and rotation", "FBX_SCALE_ALL", 1.0, True),
        # Unreal counts in centimetres, and takes an armature object of another name than this for a bone.
        Preset(
            "unreal",
            "Unreal",
            "Centimetres; the armature object is not taken for a bone where a file holds one actor",
            "FBX_SCALE_NONE",
            100.0,
            True,
            "Armature",
        ),
    )
}
RATES = (30, 60)


@dataclass(frozen=True)
class Settings:
    """The choices for one export.

    ``rate``: rows a second of Live Link Face; ``bend``: whether bendy bones become a bone for every bend.
    """

    format: str = "fbx"
    preset: str = "plain"
    one_each: bool = False
    root_motion: bool = False
    rate: int = 30
    bend: bool = False

    def __post_init__(self) -> None:
        for value, known, what in (
            (self.format, tuple(FORMATS), "format"),
            (self.preset, tuple(PRESETS), "preset"),
            (self.rate, RATES, "rate"),
        ):
            if value not in known:
                raise errors.InvalidRequest(
                    f"There is no {what} '{value}'; choose one of {', '.join(str(one) for one in known)}."
                )

    @property
    def suffix(self) -> str:
        return FORMATS[self.format].suffix

    @property
    def files_each(self) -> bool:
        """Whether every actor gets a file of its own."""
        return self.one_each or FORMATS[self.format].one_each
