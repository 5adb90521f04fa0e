"""The Torch runtime of InterAct for Blender: two voices and action labels in, two performances out."""

__version__ = "0.2.0"
