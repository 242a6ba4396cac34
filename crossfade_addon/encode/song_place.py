# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the delivered sound is the planned part of the song, and at its place, whatever the light does.

A calm show has too few hits of light to be measured by, and music that repeats itself hides a delay of a beat from
them. So the song is read once more, and stretches of the delivered sound are found in it by cross-correlation.

Conventions: seconds, ms; positive when the delivered sound is late. Sound is mono float32 at ``SOUND_RATE``.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..jobs import Child, Progress, wait
from .decoded import SOUND_RATE, STAGE
from .loudness import stereo_part
from .probe import file_url
from .report import AGAIN, Check
from .sound import Sound

NAME = "Song in place"
LATE_MS = 5.0
"""The sound is put there by the sample: more is a fault, though ITU-R BT.1359 says that nobody hears it."""
LEAST_ALIKE = 0.8
"""Correlation of a stretch with the song at its place; another song, or another part of this one, is far below."""
STRETCH_S, FARTHEST_S = 8.0, 1.0
HIGHEST_HZ = 4000.0
"""An encoder may put noise in place of higher sounds."""
_EDGE_S = 0.1
"""Fades, and AAC's beginning, are not the song as it is."""
_QUIET = 1e-4
_LOOK_S = 0.5
_LEAST_S = 0.5
_FILE = "song.f32"
Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the delivered sound as it was found in the song: how late (ms), and how much alike (-1..1)."""

    at: float
    late: float
    alike: float


def place_steps(
    ffmpeg: str, audio: Path, sound: Sound, delivered: Samples, folder: Path
) -> Generator[Progress, None, list[Check]]:
    """The check, or none where there is nothing to hear. ``delivered`` (n,) begins with the file."""
    if not len(delivered) or float(np.abs(delivered).max()) < _QUIET:
        return []
    path = folder / _FILE
    path.unlink(missing_ok=True)
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-y", "-i", file_url(audio)]
    command += ["-map", "0:a:0", "-af", stereo_part(sound.start, sound.end, SOUND_RATE), "-ac", "1"]
    command += ["-f", "f32le", path.name]
    try:
        child = Child(command, folder, name="FFmpeg")
        code = yield from wait(child, lambda: Progress(STAGE, 1.0, "Comparing with the song"))
        song: Samples = np.fromfile(path, np.float32) if path.is_file() else np.zeros(0, np.float32)
        if code != 0 or not len(song):
            return [_verdict("the song could not be read", False, fix="Check the audio file.")]
        found: list[Stretch] = []
        for first, last in stretches(delivered, sound.fade_in_s, sound.fade_out_s):
            found.append(found_at(first, last, delivered, song))
            yield Progress(STAGE, 1.0, "Comparing with the song")
        return [place_check(found)] if found else []
    finally:
        path.unlink(missing_ok=True)


def stretches(delivered: Samples, fade_in_s: float = 0.0, fade_out_s: float = 0.0) -> list[tuple[int, int]]:
    """First and last sample of the loudest stretch in each third; fewer where it is silent, one where it is short.

    Fades are left out where there is more than them: a steady tone that fades is more like itself a little earlier.
    """
    edges = (max(_EDGE_S, fade_in_s), max(_EDGE_S, fade_out_s))
    if len(delivered) / SOUND_RATE - sum(edges) < _LEAST_S:
        edges = (_EDGE_S, _EDGE_S)
    first, last, length, step = (round(seconds * SOUND_RATE) for seconds in (*edges, STRETCH_S, _LOOK_S))
    inside = max(0, len(delivered) - first - last)
    parts = 3 if inside >= 3 * length else 1
    found = []
    for start, end in pairwise(first + inside * k // parts for k in range(parts + 1)):
        energy = np.concatenate(([0.0], np.cumsum(delivered[start:end].astype(np.float64) ** 2)))
        starts = np.arange(0, max(1, end - start - length + 1), step)
        loud: NDArray[np.float64] = energy[np.minimum(starts + length, end - start)] - energy[starts]
        if loud.max() > _QUIET**2 * length:
            best = start + int(starts[int(loud.argmax())])
            found.append((best, min(end, best + length)))
    return found


def found_at(first: int, last: int, delivered: Samples, song: Samples) -> Stretch:
    """Where in the song a stretch of the delivered sound is, from one sample to another, near where it should be."""
    reach = round(FARTHEST_S * SOUND_RATE)
    piece = delivered[first:last].astype(np.float64)
    length = len(piece)
    before = max(0, first - reach)
    around = song[before : first + length + reach].astype(np.float64)
    around = np.pad(around, (reach - (first - before), max(0, length + 2 * reach - len(around))))[: length + 2 * reach]
    size = 1 << (len(around) - 1).bit_length()
    low = np.fft.rfftfreq(size, 1 / SOUND_RATE) < HIGHEST_HZ
    a, b = np.fft.rfft(piece, size) * low, np.fft.rfft(around, size) * low
    piece, around = np.fft.irfft(a, size)[:length], np.fft.irfft(b, size)[: length + 2 * reach]
    agreement = np.fft.irfft(np.conj(np.fft.rfft(piece, size)) * np.fft.rfft(around, size), size)[: 2 * reach + 1]
    energy = np.concatenate(([0.0], np.cumsum(around**2)))
    of_song = energy[length : length + 2 * reach + 1] - energy[: 2 * reach + 1]
    own = float((piece**2).sum())
    alike = agreement / np.sqrt(np.maximum(of_song, 1e-6 * max(float(of_song.max()), 1e-12)) * max(own, 1e-12))
    # Music repeats itself: of places that are nearly as good the nearest is meant.
    good = np.flatnonzero(alike >= alike.max() - 0.01)
    best = int(good[np.abs(good - reach).argmin()])
    while 0 < best < 2 * reach and max(alike[best - 1], alike[best + 1]) > alike[best]:
        best += 1 if alike[best + 1] > alike[best - 1] else -1
    return Stretch(first / SOUND_RATE, 1000 * (reach - best) / SOUND_RATE, float(alike[best]))


def place_check(found: list[Stretch]) -> Check:
    """The verdict on what was found."""
    worst, least = max((item.late for item in found), key=abs), min(item.alike for item in found)
    if least < LEAST_ALIKE:
        return _verdict(f"not the song's part: {100 * max(0.0, least):.0f} % alike", False)
    lates = ", ".join(f"{item.late + 0.0:+.1f}" for item in found)  # no -0.0
    return _verdict(f"{lates} ms late, {100 * least:.0f} % alike", abs(worst) <= LATE_MS)


def _verdict(text: str, is_right: bool, fix: str = AGAIN) -> Check:
    return Check(NAME, f"the song's own part, within {LATE_MS:g} ms", text, is_right, fix=fix)
