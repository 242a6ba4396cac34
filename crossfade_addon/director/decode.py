# SPDX-License-Identifier: GPL-3.0-or-later
"""Any audio file to mono samples, through FFmpeg.

Conventions: samples are float32 at 22050 Hz, the first one is second 0; FFmpeg writes to files in a job
folder (never to a pipe) and the raw file is removed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import DirectorError
from ..jobs import run_quietly
from .features import SAMPLE_RATE, Float

SHORTEST_S = 1.0
SILENCE = 10 ** (-60 / 20)
"""Peak under which a file counts as silent (-60 dBFS)."""
TIMEOUT_S = 900.0


@dataclass(frozen=True, slots=True)
class Decoded:
    """A song as samples (n,), with the tags its file carries (empty when there are none)."""

    samples: Float
    sample_rate: int
    duration_sec: float
    title: str
    artist: str


def decode(audio: Path, ffmpeg: str, folder: Path) -> Decoded:
    """Decode a file with the FFmpeg program ``ffmpeg``, using ``folder`` for its work files.

    Raises
    ------
    DirectorError
        When the file holds no audio, is shorter than a second, or silent.
    ToolMissing
        When FFmpeg cannot be started.
    """
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    raw, tags = folder / "samples.f32", folder / "tags.txt"
    # "file:" and absolute paths keep names with colons, percent signs or leading dashes from being options or URLs.
    common = [ffmpeg, "-nostdin", "-hide_banner", "-v", "error", "-y", "-i", f"file:{audio.absolute()}"]
    # Without the limit FFmpeg mixes float channels by power, 3 dB louder than the file.
    mix = f"aresample={SAMPLE_RATE}:rematrix_maxval=1.0"
    sound = ["-map", "0:a:0", "-vn", "-af", mix, "-ac", "1", "-f", "f32le", f"file:{raw}"]
    try:
        code, _, complaint = run_quietly(
            [*common, *sound, "-f", "ffmetadata", f"file:{tags}"], folder, name="FFmpeg", timeout_s=TIMEOUT_S
        )
        samples = np.fromfile(raw, dtype="<f4").astype(np.float32, copy=False) if raw.is_file() else np.zeros(0, "f4")
        title, artist = _read_tags(tags)
    finally:
        raw.unlink(missing_ok=True)
        tags.unlink(missing_ok=True)
    if not len(samples):
        raise _no_audio(audio, code, complaint)
    np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    np.clip(samples, -8.0, 8.0, out=samples)
    duration = len(samples) / SAMPLE_RATE
    if duration < SHORTEST_S:
        raise DirectorError(
            f"'{audio.name}' is too short: {duration:.1f} s of audio is too short for a show.",
            hint="Give at least one second.",
        )
    if float(np.abs(samples).max()) < SILENCE:
        raise DirectorError(
            f"'{audio.name}' is silent: its peak is below -60 dBFS.", hint="Check the export, or give another file."
        )
    return Decoded(samples, SAMPLE_RATE, duration, title, artist)


def _no_audio(audio: Path, code: int, complaint: str) -> DirectorError:
    """What was wrong with a file that gave no samples, in our words."""
    if "matches no streams" in complaint or "does not contain any stream" in complaint:
        return DirectorError(f"'{audio.name}' has no audio track.", hint="Give a file with sound.")
    if "No such file" in complaint:
        return DirectorError(f"'{audio.name}' does not exist any more.", hint="Check the path.")
    if code == 0:
        return DirectorError(
            f"'{audio.name}' is empty: 0.0 s of audio is too short for a show.", hint="Give at least one second."
        )
    return DirectorError(
        f"'{audio.name}' is not an audio file that FFmpeg can read.",
        hint="Give a WAV, FLAC, MP3, OGG, M4A or similar file.",
    )


def _read_tags(path: Path) -> tuple[str, str]:
    """Title and artist from FFmpeg's metadata format: ``key=value`` with backslash escapes, ``;`` comments."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", ""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        key, mark, value = line.partition("=")
        if mark and not line.startswith((";", "#", "[")):
            plain, escaped = [], False
            for character in value:
                if character == "\\" and not escaped:
                    escaped = True
                    continue
                plain.append(character)
                escaped = False
            found.setdefault(key.lower(), " ".join("".join(plain).split()))
    return found.get("title", ""), found.get("artist", "")
