"""The known rigs, one table a file. The order decides between tables that match a rig equally well."""

from .biped import BIPED
from .character_creator import CHARACTER_CREATOR
from .cmu import CMU
from .daz import DAZ_GENESIS_8, DAZ_GENESIS_9
from .makehuman import MAKEHUMAN
from .mixamo import MIXAMO
from .rigify import RIGIFY
from .rigify_metarig import RIGIFY_DEFORM, RIGIFY_METARIG
from .smplx import SMPLX
from .table import RigTable
from .unreal import UNREAL
from .vroid import VROID

TABLES = (
    MIXAMO, UNREAL, RIGIFY, RIGIFY_METARIG, RIGIFY_DEFORM, VROID, MAKEHUMAN, CHARACTER_CREATOR,
    DAZ_GENESIS_8, DAZ_GENESIS_9, SMPLX, CMU, BIPED,
)  # fmt: skip

__all__ = ["TABLES", "RigTable"]
