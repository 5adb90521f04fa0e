"""Layout of the face network's brow track; without torch, since the corpus composer writes it too."""

from __future__ import annotations

# Curve weights of brows raised on a stress, knit on a stress, raised at a question; 1 where the track is known.
BROWS_SIZE = 4
UP, KNIT, ASK, KNOWN = range(BROWS_SIZE)
