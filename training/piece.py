# SPDX-License-Identifier: GPL-3.0-or-later
"""A song made for training, and what is true about it.

Conventions: times in seconds from the first sample; samples mono float32 at ``SAMPLE_RATE``.
"""

from __future__ import annotations

import json
import wave
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 22050


@dataclass(frozen=True, slots=True)
class Piece:
    """``meter`` is beats per bar (6 for 6/8 counted in eighths, 0 where it changes), None without a beat.

    ``sections`` are (start, label) and ``drops`` the moments bass and kick come in; None where nobody knows.
    """

    name: str
    samples: NDArray[np.float32]
    beats: list[float]
    downbeats: list[float]
    bpm: float | None
    meter: int | None
    tags: list[str] = field(default_factory=list)
    sections: list[tuple[float, str]] | None = None
    drops: list[float] | None = None

    def write(self, folder: Path) -> None:
        """``NAME.wav`` (16 bit, peak at -1 dBFS) and ``NAME.json`` in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        peak = float(np.abs(self.samples).max()) + 1e-9
        pcm = np.round(self.samples * (0.89 / peak) * 32767).astype("<i2")
        with wave.open(str(folder / f"{self.name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(pcm.tobytes())
        truth = {
            "name": self.name,
            "beats": [round(t, 5) for t in self.beats],
            "downbeats": [round(t, 5) for t in self.downbeats],
            "bpm": self.bpm,
            "meter": self.meter,
            "tags": self.tags,
            "sections": self.sections,
            "drops": self.drops,
            "end": round(len(self.samples) / SAMPLE_RATE, 3),
        }
        (folder / f"{self.name}.json").write_text(json.dumps(truth) + "\n", encoding="utf-8")
