"""What every wave is once it has been read: mono, float32, at this rate."""

from __future__ import annotations

SAMPLE_RATE = 16000  # Hz
