"""InterAct for Blender: two voices and action labels in, two performing characters out.

Nothing is imported here before Blender registers the extension, so that the parts without ``bpy`` can be used and
tested by any Python.
"""


def register() -> None:
    from . import registration

    registration.register()


def unregister() -> None:
    from . import registration

    registration.unregister()
