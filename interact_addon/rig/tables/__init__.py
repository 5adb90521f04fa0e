"""The known rigs, one table a file. The order decides between tables that match a rig equally well."""

from .auto_rig_pro import AUTO_RIG_PRO, AUTO_RIG_PRO_DEFORM, AUTO_RIG_PRO_UNIVERSAL
from .biped import BIPED
from .cgspeed import CGSPEED
from .character_creator import CHARACTER_CREATOR
from .cmu import CMU
from .daz import DAZ_GENESIS_8, DAZ_GENESIS_9
from .makehuman import MAKEHUMAN
from .mb_lab import MB_LAB
from .mixamo import MIXAMO
from .quaternius import QUATERNIUS
from .renamed import RENAMED
from .rigify import RIGIFY
from .rigify_metarig import RIGIFY_DEFORM, RIGIFY_METARIG
from .rokoko import ROKOKO
from .smpl import SMPL
from .smplx import SMPLX
from .synty import SYNTY
from .table import RigTable
from .unity import UNITY, UNITY_ENDS
from .unreal import UNREAL
from .vrchat import VRCHAT
from .vroid import VROID

TABLES = (
    MIXAMO, UNREAL, RIGIFY, RIGIFY_METARIG, RIGIFY_DEFORM, VROID, MAKEHUMAN, CHARACTER_CREATOR,
    DAZ_GENESIS_8, DAZ_GENESIS_9, SMPLX, CMU, BIPED, AUTO_RIG_PRO, AUTO_RIG_PRO_UNIVERSAL, AUTO_RIG_PRO_DEFORM, UNITY,
    UNITY_ENDS, VRCHAT, MB_LAB, ROKOKO, SMPL, SYNTY, QUATERNIUS, CGSPEED, *RENAMED,
)  # fmt: skip

__all__ = ["TABLES", "RigTable"]
