# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: one program behind ``blender -b ... --``, ``blender -c crossfade`` and ``crossfade``.

Standard output carries stages, progress and the list of files (or JSON lines with ``--json``); errors go
to standard error as one line. Exit codes are those of :mod:`.errors`.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

from . import __version__, config, jobs, listening, options, timing
from .batch import command as batch
from .batch import leash
from .brief import Brief
from .brief_values import suggest_song_id
from .checks import OK, blocking, first_block, verdict
from .command_line import Parser, complain
from .errors import BriefError, Cancelled, CrossfadeError
from .jobs import Progress
from .library.questions import Question
from .library.songs import look_arguments
from .names import json_text, shown
from .pipeline import STAGES, Outputs, Pipeline, Studio, refused, verify_error
from .preflight import full, quick

_LABELS = {"preflight": "Check", "director": "Director", "studio": "Studio", "encode": "Encode", "verify": "Verify"}


def build_parser(prog: str = "crossfade") -> argparse.ArgumentParser:
    """The one argument parser."""
    p = Parser(prog=prog, description="Turn a song into finished, ready-to-post music videos.", allow_abbrev=False)
    p.add_argument("--audio", metavar="FILE", help="the song: any file FFmpeg can decode")
    p.add_argument("--song-id", metavar="ID", help="its name in the library and in file names (default: file name)")
    p.add_argument("--demo", action="store_true", help="use the built-in demo song")
    p.add_argument("--config", metavar="FILE", help="file with settings (default: crossfade.toml beside the song)")
    p.add_argument("--no-config", action="store_true", help="use no file with settings")
    p.add_argument(
        "--like", metavar="ID", help="take the look of this song of the library, as far as none is given here"
    )
    options.add_arguments(p)
    batch.add_arguments(p)
    p.add_argument(
        "--preflight", action="store_true", help="make nothing: say what would stop the job, and what it will cost"
    )
    p.add_argument("--json", action="store_true", help="print progress and results as JSON lines")
    p.add_argument("--debug", action="store_true", help="print a traceback with an error")
    p.add_argument("--version", action="store_true", help="print the version and exit")
    return p


def brief_from(arguments: argparse.Namespace, demo_folder: Path) -> Brief:
    """The brief that the arguments ask for, over what ``crossfade.toml`` holds.

    Raises
    ------
    BriefError
        When no song is given, a value cannot be read, or the file cannot be used.
    """
    audio = Path(arguments.audio) if arguments.audio else None
    fields = _fields(arguments)
    song_id = arguments.song_id
    if arguments.demo:
        from .demo_song import write_demo

        demo = write_demo(demo_folder)
        audio = demo.audio
        song_id = suggest_song_id("first_light") if song_id is None else song_id
        fields = {"quality": "draft", **fields}
        for name, value in (("title", demo.title), ("artist", demo.artist)):
            fields[name] = fields.get(name) or value
        if not fields.get("lyrics") and not fields.get("transcribe"):
            fields["lyrics"] = demo.lyrics
    if audio is None:
        raise BriefError("No song is given.", hint="Give one with --audio FILE, or use --demo.")
    if song_id is None:
        song_id = suggest_song_id(audio.stem)
    return Brief(audio=audio, song_id=song_id, **fields)


def _fields(arguments: argparse.Namespace) -> dict[str, Any]:
    """Fields of the brief: what the arguments give, over the look of ``--like``, over what ``crossfade.toml`` holds."""
    audio = Path(arguments.audio) if arguments.audio and not arguments.demo else None
    file = config.chosen(audio, arguments.config, ignore=arguments.no_config)
    given = _given(arguments)
    if arguments.like:
        given = {**look_of(config.layered(file, given).get("library_dir"), arguments.like), **given}
    return config.layered(file, given)


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    return options.brief_fields({setting.name: getattr(arguments, setting.name) for setting in options.SETTINGS})


@functools.lru_cache
def look_of(library: Path | None, song_id: str) -> dict[str, Any]:
    """The look of a song of the library as fields of the brief; asked once, also for a batch.

    Raises
    ------
    CrossfadeError
        When the library cannot be read, or the song is not there or was never rendered.
    """
    with tempfile.TemporaryDirectory(prefix="crossfade-") as scratch:
        answer = jobs.drain(listening.ask(library, Question("look", song_id), Path(scratch) / "library"))
    words = [f"{option}={value}" for option, value in look_arguments(answer["look"])]
    return _given(build_parser().parse_args(words))


class Console:
    """Progress for people: one line per change, rewritten in place on a terminal."""

    def __init__(self, out: TextIO, *, as_json: bool) -> None:
        self.out = out
        self.as_json = as_json
        self._stage = ""
        self._shown = -1.0
        self._live = out.isatty() and not as_json
        self._started = time.monotonic()

    def show(self, report: Progress) -> None:
        """Print one report, unless it says nothing new."""
        if self.as_json:
            self.line(
                {
                    "stage": report.stage,
                    "fraction": round(report.fraction, 4),
                    "message": report.message,
                    "eta_s": None if report.eta_s is None else round(report.eta_s, 1),
                    "notice": report.notice,
                }
            )
            return
        if report.notice:
            self._print(f"           note: {report.message}", keep=True)
            return
        step = 0.01 if self._live else 0.1
        if report.stage == self._stage and abs(report.fraction - self._shown) < step and report.fraction < 1:
            return
        if report.stage == self._stage and report.fraction == self._shown:
            return
        self._stage, self._shown = report.stage, report.fraction
        number = STAGES.index(report.stage) + 1 if report.stage in STAGES else 0
        left = f", {timing.clock(report.eta_s)} left" if report.eta_s and report.fraction < 1 else ""
        label = _LABELS.get(report.stage, report.stage)
        place = f"[{number}/{len(STAGES)}]" if number else "     "
        self._print(
            f"{place} {label:<9}{report.fraction:4.0%}  {report.message}{left}",
            keep=report.fraction >= 1,
        )

    def finish(self, outputs: Outputs) -> None:
        """The list of files."""
        if self.as_json:
            self.line(
                {
                    "outputs": {k: str(v) for k, v in outputs.paths.items()},
                    "passed": outputs.passed,
                    "problems": outputs.problems,
                }
            )
            return
        self._print(f"Done in {timing.clock(time.monotonic() - self._started)}. Files:", keep=True)
        for name, path in outputs.paths.items():
            size = f"{path.stat().st_size / 1e6:7.1f} MB" if path.is_file() else "    folder"
            self._print(f"  {name:<18}{size}  {path}", keep=True)

    def checks(self, findings: full.Findings) -> None:
        """The list of what was looked at, and how it stands."""
        for check in findings.checks:
            if self.as_json:
                self.line({"check": check.as_json()})
                continue
            self._print(f"  {check.level:<6}{check.subject:<10}{check.said}", keep=True)
            if check.remedy and check.level != OK:
                self._print(f"{'':18}{check.remedy}", keep=True)
        if self.as_json:
            self.line({"preflight": findings.as_json()})
        else:
            self._print(f"{verdict(findings.checks)}.", keep=True)

    def line(self, data: dict[str, Any]) -> None:
        """One JSON line."""
        self.out.write(json_text(data) + "\n")
        self.out.flush()

    def _print(self, text: str, *, keep: bool) -> None:
        text = shown(text)
        if self._live:
            self.out.write("\r\x1b[2K" + text + ("\n" if keep else ""))
        else:
            self.out.write(text + "\n")
        self.out.flush()


def main(
    argv: Sequence[str], *, prog: str = "crossfade", studio: Studio | None = None, program: Sequence[str] = ()
) -> int:
    """Run one job, or a batch of them, from arguments and return its exit code; errors are printed, never raised.

    Parameters
    ----------
    program : sequence of str
        What starts this program again, for the songs of a batch; empty: Python with the ``bpy`` package.
    """
    debug = "--debug" in argv
    try:
        with jobs.signals_cancel(), leash.held():
            return _run(argv, prog, studio, program)
    except (Cancelled, KeyboardInterrupt) as stop:
        text = str(stop) or "cancelled; finished frames are kept for the next run."
        return _fail(text, Cancelled.exit_code, debug)
    except CrossfadeError as error:
        return _fail(f"error: {error}", error.exit_code, debug)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except Exception as error:
        text = (str(error).splitlines() or [""])[0]
        return _fail(f"internal error: {type(error).__name__}: {text} Run with --debug for details.", 1, debug)


def _run(argv: Sequence[str], prog: str, studio: Studio | None, program: Sequence[str]) -> int:
    arguments = build_parser(prog).parse_args(list(argv))
    if arguments.version:
        sys.stdout.write(f"crossfade {__version__}\n")
        return 0
    if arguments.batch and arguments.preflight:
        raise BriefError("--preflight is given with --batch.", hint="A batch checks all its rows before it starts.")
    if arguments.batch:
        batch.run(argv, arguments, lambda: build_parser(prog), brief_from, program)
        return 0
    if arguments.jobs:
        raise BriefError("--jobs is given without --batch.", hint="One song is one job.")
    console = Console(sys.stdout, as_json=arguments.json)
    with tempfile.TemporaryDirectory(prefix="crossfade-") as scratch:
        brief = brief_from(arguments, Path(scratch))
        if arguments.preflight:
            return preflight(brief, studio, console)
        outputs = jobs.drain(Pipeline(brief, studio).steps(), console.show)
    console.finish(outputs)
    if not outputs.passed:
        raise verify_error(outputs)
    return 0


def preflight(brief: Brief, studio: Studio | None, console: Console) -> int:
    """Print the checks of a job and return 0, or raise what the job would end with.

    Raises
    ------
    CrossfadeError
        The first problem.
    """
    findings = full.Findings()
    try:
        pipeline = Pipeline(brief, studio)
    except BriefError as error:
        findings.checks += refused(brief) or [blocking(quick.SETTINGS, error)]
    else:
        jobs.drain(full.look_steps(pipeline, findings), console.show)
    console.checks(findings)
    if (problem := first_block(findings.checks)) is not None:
        raise problem.error()
    return 0


def _fail(text: str, code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    return complain(text, code)


def console() -> NoReturn:
    """Entry point of the ``crossfade`` command (with the ``bpy`` package)."""
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # The bpy package can hang while Python tears it down; everything is written by now.
    os._exit(code)
