"""The rigs known by name, one table a file. Order decides between tables that match a rig equally well."""

from .biped import BIPED
from .cmu import CMU
from .mixamo import MIXAMO
from .rigify import RIGIFY
from .rigify_metarig import RIGIFY_DEFORM, RIGIFY_METARIG
from .smplx import SMPLX
from .table import RigTable
from .unreal import UNREAL

TABLES = (MIXAMO, UNREAL, RIGIFY, RIGIFY_METARIG, RIGIFY_DEFORM, SMPLX, CMU, BIPED)

__all__ = ["TABLES", "RigTable"]
