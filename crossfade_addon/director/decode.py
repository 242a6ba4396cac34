# SPDX-License-Identifier: GPL-3.0-or-later
"""Any audio file to mono samples, through FFmpeg.

Conventions: samples are float32 at 22050 Hz, the first one is second 0, of the file's first audio stream. FFmpeg
writes to files in a job folder (never to a pipe), the samples are read from there piece by piece, and the folder is
left empty.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DirectorError
from ..jobs import run_quietly
from ..timing import clock
from .features import SAMPLE_RATE, Float
from .file_ends import is_cut_off

SHORTEST_S = 1.0
SILENCE = 10 ** (-60 / 20)
"""Peak under which a file counts as silent (-60 dBFS)."""
OFFSET = 10 ** (-50 / 20)
"""A constant offset above this (-50 dBFS) is taken out: it is no sound, but its ends would be heard as clicks."""
LOUDEST = 8.0
"""Samples of broken float files are limited to this."""
CUT_S = 0.25
"""A file whose sound ends this much before its header says is said to be cut off."""
TIMEOUT_S = 900.0
_AT_ONCE = 1 << 20
_HEADER_LENGTH = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", re.MULTILINE)
_BROKEN = ("Error during demuxing", "Packet processing failed", "change is not supported")
"""What FFmpeg logs when it cannot go on within a file, or a filter graph cannot."""


class Samples:
    """Mono float32 samples (n,) that stay on disk: slices are read when they are asked for.

    The file is gone when this object is, whatever happens to the process (on Windows when its handle closes).

    Parameters
    ----------
    path : Path
        Raw little-endian float32; this object owns the file from now on.
    """

    dtype = np.dtype(np.float32)
    ndim = 1

    def __init__(self, path: Path) -> None:
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_TEMPORARY", 0)
        self._file = os.fdopen(os.open(path, flags), "rb", buffering=0)
        if not hasattr(os, "O_TEMPORARY"):
            path.unlink()
        self._length = os.fstat(self._file.fileno()).st_size // 4
        self._offset = np.float32(0)
        low, high, total = np.inf, -np.inf, 0.0
        for block in self.blocks():
            low, high = min(low, float(block.min())), max(high, float(block.max()))
            total += float(block.sum(dtype=np.float64))
        mean = total / max(self._length, 1)
        if abs(mean) > OFFSET:
            self._offset = np.float32(mean)
        self.peak = max(high - float(self._offset), float(self._offset) - low)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> Float:
        start, stop, step = part.indices(self._length)
        if step < 1:
            raise ValueError("samples on disk can be read forwards only")
        values = np.empty(max(0, stop - start), "<f4")
        self._file.seek(4 * start)
        read = self._file.readinto(values.data.cast("B")) if len(values) else 0
        values = values[: (read or 0) // 4]
        if len(values) and not (values.min() >= -LOUDEST and values.max() <= LOUDEST):  # no number compares so, either
            np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            np.clip(values, -LOUDEST, LOUDEST, out=values)
        if self._offset:
            values -= self._offset
        return values[::step]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """All of them in memory, for what cannot work in pieces."""
        return self[:].astype(dtype or np.float32, copy=False)

    def blocks(self) -> Iterator[Float]:
        """All samples in order, a million at once."""
        for start in range(0, self._length, _AT_ONCE):
            yield self[start : start + _AT_ONCE]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A song as samples (n,), with the tags its file carries (empty when there are none).

    ``notices`` are sentences for the user about a file that could only be used in part.
    """

    samples: Samples | Float
    sample_rate: int
    duration_sec: float
    title: str
    artist: str
    notices: tuple[str, ...] = ()


def decode(audio: Path, ffmpeg: str, folder: Path, progress: Callable[[float], None] | None = None) -> Decoded:
    """Decode a file with the FFmpeg program ``ffmpeg``, using ``folder`` for its work files.

    Parameters
    ----------
    progress : callable or None
        Called now and then with the fraction done, 0..1, where the file says how long it is.

    Raises
    ------
    DirectorError
        When the file cannot be read, holds no audio, is shorter than a second, or silent.
    ToolMissing
        When FFmpeg cannot be started.
    """
    if audio.is_dir():
        raise DirectorError(f"'{_shown(audio)}' is a folder.", hint="Give one audio file.")
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    job = _Job(audio.absolute(), ffmpeg, folder, progress)
    try:
        code, log = job.run(job.in_one_thread())
        if code or not job.raw_length() or _ends_early(job.raw_length(), log) is not None or _is_broken(log):
            code, log = job.run(job.plainly())
        if not job.raw_length():
            raise _no_audio(audio, code, log)
        samples = Samples(job.raw)
        title, artist = _read_tags(job.tags)
    finally:
        job.clean()
    duration = len(samples) / SAMPLE_RATE
    if duration < SHORTEST_S:
        raise DirectorError(
            f"'{_shown(audio)}' is too short: {duration:.1f} s of audio is too short for a show.",
            hint="Give at least one second.",
        )
    if samples.peak < SILENCE:
        raise DirectorError(
            f"'{_shown(audio)}' is silent: its peak is below -60 dBFS.", hint="Check the export, or give another file."
        )
    return Decoded(samples, SAMPLE_RATE, duration, title, artist, tuple(_remarks(audio, len(samples), log)))


@dataclass(frozen=True, slots=True)
class _Job:
    """One file being decoded."""

    audio: Path
    ffmpeg: str
    folder: Path
    progress: Callable[[float], None] | None

    @property
    def raw(self) -> Path:
        return self.folder / "samples.f32"

    @property
    def tags(self) -> Path:
        return self.folder / "tags.txt"

    @property
    def url(self) -> str:
        """With "file:" and an absolute path, colons, percent signs and leading dashes mean nothing special."""
        return f"file:{self.audio}"

    def in_one_thread(self) -> list[str]:
        """Arguments that demux, decode and mix inside one filter graph.

        FFmpeg otherwise hands every packet of 20 ms or less from thread to thread three times, which takes as much
        processor time as decoding does. The file is opened once more for its tags and its length. Graphs do not
        follow changes of rate or channels within a stream, nor do all builds have this input: see :meth:`plainly`.
        """
        # Twice, because the graph's parser and then the filter's each take one level of escapes away.
        name = re.sub(r"([\\':\s])", r"\\\1", self.url)
        name = re.sub(r"([\\'\[\],;\s])", r"\\\1", name)
        # One decoder thread: with more, FFmpeg 9 crashes in one of four FLAC files.
        graph = (
            f"amovie=filename={name}:streams=a\\\\:0:threads=1,"
            "aresample=rematrix_maxval=1.0,aformat=sample_fmts=fltp:channel_layouts=mono,"
            f"asetnsamples=n=16384:p=0,aresample={SAMPLE_RATE},aformat=sample_fmts=flt"
        )
        inputs = ["-f", "lavfi", "-i", graph, "-i", self.url]
        sound = ["-map", "0:a:0", "-c:a", "copy", "-f", "f32le", f"file:{self.raw}"]
        return [*inputs, *sound, "-map_metadata", "1", "-f", "ffmetadata", f"file:{self.tags}"]

    def plainly(self) -> list[str]:
        """Arguments of the usual kind: slower, for every file and every FFmpeg."""
        # Without the limit FFmpeg mixes float channels by power, 3 dB louder than the file.
        mix = f"aresample={SAMPLE_RATE}:rematrix_maxval=1.0"
        sound = ["-map", "0:a:0", "-vn", "-af", mix, "-ac", "1", "-f", "f32le", f"file:{self.raw}"]
        return ["-i", self.url, *sound, "-f", "ffmetadata", f"file:{self.tags}"]

    def run(self, arguments: list[str]) -> tuple[int, str]:
        """Exit code and log of FFmpeg."""
        command = [self.ffmpeg, "-nostdin", "-hide_banner", "-nostats", "-v", "info", "-y", *arguments]
        code, _, log = run_quietly(
            command, self.folder, name="FFmpeg", timeout_s=TIMEOUT_S, on_poll=self._report if self.progress else None
        )
        return code, log

    def raw_length(self) -> int:
        """Whole samples written so far."""
        return self.raw.stat().st_size // 4 if self.raw.is_file() else 0

    def clean(self) -> None:
        """Remove what FFmpeg wrote, as far as it is still there."""
        for path in (self.raw, self.tags):
            path.unlink(missing_ok=True)

    def _report(self, log: Path) -> None:
        assert self.progress is not None
        with log.open("rb") as file:
            whole = _length_by_header(file.read(65536).decode("utf-8", errors="replace"))
        if whole:
            self.progress(min(1.0, self.raw_length() / SAMPLE_RATE / whole))


def _length_by_header(log: str) -> float | None:
    """Seconds the file says it lasts; None where FFmpeg had to guess it from the size."""
    found = _HEADER_LENGTH.findall(log)
    if not found or "Estimating duration from bitrate" in log:
        return None
    hours, minutes, seconds = found[-1]
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


def _ends_early(samples: int, log: str) -> float | None:
    """Seconds the file should have lasted, when the sound is clearly shorter."""
    whole = _length_by_header(log)
    return whole if whole is not None and whole - samples / SAMPLE_RATE > CUT_S else None


def _is_broken(log: str) -> bool:
    return any(words in log for words in _BROKEN)


def _remarks(audio: Path, samples: int, log: str) -> Iterator[str]:
    whole, heard = _ends_early(samples, log), clock(samples / SAMPLE_RATE)
    if whole is not None:
        yield (
            f"'{_shown(audio)}' says it lasts {clock(whole)}, but its sound ends at {heard}: it is cut off. "
            "What is there is used."
        )
    elif is_cut_off(audio) or _is_broken(log):
        yield f"'{_shown(audio)}' has no proper end: it is damaged or cut off at {heard}. What is there is used."


def _shown(audio: Path) -> str:
    """The file's name on one line."""
    return "".join(character if character.isprintable() else "?" for character in audio.name)


def _no_audio(audio: Path, code: int, log: str) -> DirectorError:
    """What was wrong with a file that gave no samples, in our words."""
    name = _shown(audio)
    if "matches no streams" in log or "does not contain any stream" in log:
        return DirectorError(f"'{name}' has no audio track.", hint="Give a file with sound.")
    if "No such file" in log:
        return DirectorError(f"'{name}' does not exist any more.", hint="Check the path.")
    if "Permission denied" in log:
        return DirectorError(f"'{name}' may not be read.", hint="Check the permissions of the file.")
    if "moov atom not found" in log and _is_mp4(audio):
        return DirectorError(
            f"'{name}' is cut off: the index at its end is missing.", hint="Copy or download the file again."
        )
    if code == 0 or audio.stat().st_size == 0:
        return DirectorError(
            f"'{name}' is empty: 0.0 s of audio is too short for a show.", hint="Give at least one second."
        )
    return DirectorError(
        f"'{name}' is not an audio file that FFmpeg can read.", hint="Give a WAV, FLAC, MP3, OGG, M4A or similar file."
    )


def _is_mp4(audio: Path) -> bool:
    with audio.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


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
