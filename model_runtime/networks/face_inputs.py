"""The layout of the face network's inputs; no torch, since the composer lays them out too."""

from __future__ import annotations

# A brow track: up on a stress, knit on a stress, up with a question (curve weights); 1 where that is known.
BROWS_SIZE = 4
UP, KNIT, ASK, KNOWN = range(BROWS_SIZE)
