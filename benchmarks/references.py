# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways of finding a beat that ours is measured against, as a script in the words of librosa's documentation.

``references.py default SONG...`` is ``librosa.beat.beat_track`` at 22050 Hz with its defaults. ``references.py seed
SONG=BPM...`` is how the first version of this project listened: at the file's own rate, told the true tempo. Both
take every fourth beat for a downbeat. Prints one JSON object in the form that ``evaluate.py`` reads; ``wall`` and
``cpu`` leave the imports and the first call (numba's start) out, as they do for ours.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def hear(method: str, song: str, bpm: float | None) -> dict[str, object]:
    """One entry of the answer."""
    import librosa

    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    samples, rate = librosa.load(song, sr=22050 if method == "default" else None)
    told = {"start_bpm": bpm} if method == "seed" and bpm else {}
    tempo, frames = librosa.beat.beat_track(y=samples, sr=rate, **told)
    beats = librosa.frames_to_time(frames, sr=rate)
    return {
        "beats": [round(float(t), 4) for t in beats],
        "downbeats": [round(float(t), 4) for t in beats[::4]],
        "bpm": float(tempo.item() if hasattr(tempo, "item") else tempo),
        "wall": round(time.perf_counter() - wall, 3),
        "cpu": round(sum(os.times()[:4]) - cpu, 3),
    }


def warm_up() -> None:
    """Let librosa import what it uses, and numba load what it has compiled."""
    import librosa
    import numpy as np

    librosa.beat.beat_track(y=np.random.default_rng(0).standard_normal(5 * 22050), sr=22050)


def main(method: str, songs: list[str]) -> int:
    """Hear every song; for ``seed`` a song may carry its tempo, as ``SONG=BPM``."""
    if len(songs) > 1:
        warm_up()
    answer = {}
    for song in songs:
        path, bpm = song, None
        if method == "seed" and "=" in song:
            path, _, told = song.rpartition("=")
            bpm = float(told)
        answer[Path(path).stem] = hear(method, path, bpm)
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
