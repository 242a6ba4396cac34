# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs made up for the library's tests: analyses with drums on the beat, and a process that runs code of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from crossfade_addon.curves import Signals
from crossfade_addon.library.songs import Song, render_record

ROOT = Path(__file__).resolve().parents[2]
RATE = 100.0


def analysis(
    bpm: float, *, bass: float = 0.5, highs: float = 0.5, kick_phase: float = 0.0, seconds: float = 60.0
) -> dict[str, Any]:
    """What the director would store of a song: a kick on every beat (or off it), a snare between, two levels."""
    t = np.arange(int(seconds * RATE)) / RATE
    beat = 60 / bpm
    ones = np.ones_like(t)

    def strokes(phase: float) -> np.ndarray:
        return np.exp(-(((t / beat - phase) % 1) * beat) / 0.05)

    values = {
        "energy": 0.6 * ones,
        "kick": strokes(kick_phase),
        "snare": strokes(kick_phase + 0.5),
        "hats": 0.1 * ones,
        "bass": bass * ones,
        "mids": 0.5 * ones,
        "highs": highs * ones,
        "brightness": highs * ones,
    }
    signals = Signals(RATE, {name: np.clip(v, 0, 1).astype(np.float32) for name, v in values.items()})
    beats = np.round(np.arange(0, seconds, beat), 4).tolist()
    half = seconds / 2
    return {
        "director_version": "2",
        "analyser": "crossfade",
        "duration_sec": seconds,
        "key": {"tonic": "A", "mode": "minor", "confidence": 0.8},
        "beats": {"timestamps": beats, "downbeats": beats[::4], "bpm": bpm, "confidence": 0.9},
        "sections": [
            {"start_time": 0.0, "end_time": half, "section_type": "verse", "energy_level": 0.4},
            {"start_time": half, "end_time": seconds, "section_type": "chorus", "energy_level": 0.9},
        ],
        "events": [],
        "signals": signals.packed(),
    }


def song(song_id: str, bpm: float = 124.0, **sound: float) -> Song:
    """A heard song."""
    return Song(
        song_id, f"Title of {song_id}", "An Artist", "ab12", 60.0, bpm, "crossfade", "2", analysis(bpm, **sound)
    )


def render(second: int, theme: str = "sponsor_neon", **brief: Any) -> dict[str, Any]:
    """A render that ended in that second."""
    return render_record(
        at=f"2026-11-25T19:{second // 60:02d}:{second % 60:02d}.000000+00:00",
        brief={"theme": theme, "seed": second, "intensity": 1.0, "avatar": "bot", **brief},
        outputs={"video_tiktok": {"file": "/out/a.mp4", "sha256": "ff", "bytes": 3}},
        passed=True,
        problems=[],
    )


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Python code in a process of its own, with the package and this module on its path."""
    head = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]\n"
    return subprocess.Popen(
        [sys.executable, "-c", head + code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str], timeout_s: float = 120) -> str:
    """Its output, when it ended well."""
    out, error = process.communicate(timeout=timeout_s)
    assert process.returncode == 0, error
    return out
