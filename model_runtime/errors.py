"""Named errors of the runtime. Each message is one sentence that says what to do next."""


class InterActError(Exception):
    """Base of every message for the user; the class name travels to Blender beside the message."""


class InvalidRequest(InterActError):
    """The request asks for something that cannot be done; nothing was computed."""


class SpeechFileMissing(InterActError):
    """A sound file is not where the strip says."""


class SpeechFileBroken(InterActError):
    """A sound file is there but cannot be decoded."""


class CheckpointMissing(InterActError):
    """The trained weights are not where they should be."""


class CheckpointMismatch(InterActError):
    """A checkpoint is truncated, altered or of another version of the code."""


class PerformanceUnreadable(InterActError):
    """A stored performance cannot be read."""


class ShotRefused(InterActError):
    """A shot has what it was said not to have, such as a penetration that is too deep."""


class ShownDiffers(InterActError):
    """What Blender shows is not what was generated and keyed."""


class OutOfSpace(InterActError):
    """A result cannot be written: the disk is full or the folder is not writable."""


class ExportFailed(InterActError):
    """An exporter of Blender is missing, or could not make a file."""


class Cancelled(InterActError):
    """The user asked to stop."""
