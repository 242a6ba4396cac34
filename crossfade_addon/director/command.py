# SPDX-License-Identifier: GPL-3.0-or-later
"""The director's own command line: songs in, analyses out, for people, scripts and benchmarks.

Standard output carries the answer (a table, or one JSON object with ``--json``); progress and errors go to standard
error, one line each. A file that cannot be heard is named and the others go on. Exit codes are those of
:mod:`..errors`: 0, 2 for bad arguments, 3 when a file failed, 7 when a tool is missing, 130 when cancelled.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from .. import command_line
from ..command_line import Parser, complain
from ..errors import BriefError, DirectorError
from ..ffmpeg import find_ffmpeg
from ..names import json_text, shown
from ..timing import clock
from .analyser import ANALYSERS, Analyser, find_analyser
from .analysis import SongAnalysis
from .decode import decode

PROG = "python -m crossfade_addon.director"


@dataclass(frozen=True, slots=True)
class Heard:
    """One song's analysis and what it took: seconds on the clock, and of all processors, children included."""

    path: Path
    analysis: SongAnalysis
    wall_s: float
    cpu_s: float

    def text(self, *, summary: bool) -> str:
        """What ``--json`` writes: the facts as JSON, then the whole analysis under ``analysis``."""
        facts = json_text(self.facts(), allow_nan=False)
        return facts if summary else f'{facts[:-1]}, "analysis": {self.analysis.to_json()}}}'

    def facts(self) -> dict[str, Any]:
        """Flat lists in seconds.

        Everything but ``wall`` and ``cpu`` is the same whenever the same file is heard.
        """
        heard = self.analysis
        return {
            "duration": round(heard.duration_sec, 4),
            "beats": list(heard.beats.timestamps),
            "downbeats": list(heard.beats.downbeats),
            "bpm": heard.beats.bpm,
            "meter": heard.beats.meter,
            "confidence": heard.beats.confidence,
            "sections": [[round(s.start_time, 4), s.section_type] for s in heard.sections],
            "drops": [round(e.t, 4) for e in heard.events if e.type == "drop"],
            "wall": round(self.wall_s, 3),
            "cpu": round(self.cpu_s, 3),
        }

    def table(self) -> str:
        """The same for people."""
        heard = self.analysis
        beats, key = heard.beats, heard.key
        tempo = f"{beats.bpm:.2f} bpm in {beats.meter}" if beats.timestamps else "no beat to follow"
        pitch = f"{key.tonic} {key.mode} ({key.confidence:.2f})" if key.tonic else "key unknown"
        lines = [
            f"{self.path.name}  {clock(heard.duration_sec)}",
            f"  {tempo}, {pitch}, beat confidence {beats.confidence:.2f}, "
            f"heard by {heard.analyser} in {self.wall_s:.1f} s ({self.cpu_s:.1f} s of CPU)",
        ]
        if beats.alternatives:
            others = ", ".join(f"{other.bpm:g} ({other.score:.2f})" for other in beats.alternatives)
            lines.append(f"  could also be: {others} bpm")
        for part in heard.sections:
            bars = sum(part.start_time - 1e-3 <= t < part.end_time - 1e-3 for t in beats.downbeats)
            energy = "#" * round(10 * part.energy_level)
            length = f"{bars:3d} bars" if bars else f"{part.end_time - part.start_time:6.1f} s"
            lines.append(
                f"  {_moment(part.start_time):>9}  {part.section_type:<7} {part.group:<2}{length:>9}  {energy}"
            )
        drops = [event for event in heard.events if event.type == "drop"]
        lines += [f"  drop at {_moment(event.t)}: {event.reason}" for event in drops]
        return "\n".join(lines) + "\n"


def run(argv: Sequence[str]) -> int:
    """Run the command and return its exit code; errors are printed, never raised."""
    return command_line.run(_run, argv)


def _run(argv: Sequence[str]) -> int:
    options = _parser().parse_args(list(argv))
    analyser = find_analyser(options.analyser)
    ffmpeg = find_ffmpeg(options.ffmpeg)
    failures: list[str] = []
    heard = _hear_all(options.songs, analyser, ffmpeg, failures)
    with _answer(Path(options.out) if options.out else None) as out:
        if options.json:
            _write_json(heard, out, summary=options.summary)
        else:
            for _, song in heard:
                out.write(shown(song.table()))
                out.flush()
    return DirectorError.exit_code if failures else 0


def _parser() -> argparse.ArgumentParser:
    p = Parser(prog=PROG, description="Hear songs: beats, bars, parts, drops and key.", allow_abbrev=False)
    p.add_argument("songs", nargs="+", metavar="SONG", help="any file FFmpeg can decode")
    p.add_argument("--json", action="store_true", help="print one JSON object: an entry for each song, by file name")
    p.add_argument("--summary", action="store_true", help="with --json: without signals, events and regions")
    p.add_argument("--analyser", default="crossfade", help=f"{' or '.join(ANALYSERS)} (default crossfade)")
    p.add_argument("--ffmpeg", default="", metavar="FILE", help="FFmpeg to use (default: PATH, then imageio-ffmpeg)")
    p.add_argument("--out", metavar="FILE", help="write the answer to a file instead, whole or not at all")
    return p


def _hear_all(
    songs: Sequence[str], analyser: Analyser, ffmpeg: str, failures: list[str]
) -> Iterator[tuple[str, Heard]]:
    """(name, analysis) of every song that can be heard, in order; the others join ``failures``.

    A song goes by its file name without the ending, or by its whole path when two share that name.
    """
    stems = [Path(song).stem for song in songs]
    for song, stem in zip(songs, stems, strict=True):
        try:
            yield stem if stems.count(stem) == 1 else song, _hear(Path(song), analyser, ffmpeg)
        except (DirectorError, OSError) as error:
            _say("error", f"'{song}' could not be heard: {error}." if isinstance(error, OSError) else str(error))
            failures.append(song)


def _hear(song: Path, analyser: Analyser, ffmpeg: str) -> Heard:
    if not song.is_file():
        what = "is not a file" if song.exists() else "does not exist"
        raise DirectorError(f"'{song}' {what}.", hint="Check the path.")
    wall, cpu = time.perf_counter(), _cpu_seconds()
    progress = _Progress(song.name)
    try:
        with tempfile.TemporaryDirectory(prefix="crossfade-") as scratch:
            decoded = decode(song, ffmpeg, Path(scratch), progress.decoding)
            analysis = analyser.hear(decoded, progress.show)
    finally:
        progress.clear()
    for notice in decoded.notices:
        _say("note", notice)
    return Heard(song, analysis, time.perf_counter() - wall, _cpu_seconds() - cpu)


def _cpu_seconds() -> float:
    """User and system time of this process and of the children it has waited for (not theirs, on Windows)."""
    return sum(os.times()[:4])


def _write_json(heard: Iterator[tuple[str, Heard]], out: TextIO, *, summary: bool) -> None:
    """One object, written song by song so that only one analysis is in memory."""
    out.write("{")
    for k, (name, song) in enumerate(heard):
        out.write(f"{',' if k else ''}\n{json_text(name)}: {song.text(summary=summary)}")
        out.flush()
    out.write("\n}\n")


@contextlib.contextmanager
def _answer(path: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is there whole or not at all."""
    if path is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    part = path.with_name(path.name + ".part")
    try:
        file = part.open("w", encoding="utf-8")
    except OSError as error:
        raise BriefError(f"'{path}' cannot be written: {error.strerror}.", hint="Choose another --out.") from error
    try:
        with file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class _Progress:
    """One line on a terminal's standard error, rewritten in place; nothing anywhere else."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._live = sys.stderr.isatty()

    def decoding(self, fraction: float) -> None:
        """How much of the file is read."""
        self.show(fraction, "decoding")

    def show(self, fraction: float, message: str) -> None:
        """Where the analysis is."""
        if self._live:
            sys.stderr.write(f"\r\x1b[2K{fraction:4.0%}  {self._name}: {message}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Leave an empty line for the answer."""
        if self._live:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()


def _moment(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 2), 60)
    return f"{int(minutes)}:{rest:05.2f}"


def _say(kind: str, text: str) -> None:
    complain(f"{kind}: {text}", 0)
