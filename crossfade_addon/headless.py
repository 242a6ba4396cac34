# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: one program behind ``blender -b ... --``, ``blender -c crossfade`` and ``crossfade``.

Standard output carries stages, progress and the list of files (or JSON lines with ``--json``); errors go
to standard error as one line. Exit codes are those of :mod:`.errors`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

from . import __version__, jobs, listening, timing
from .brief import ANALYSERS, CAPTION_STYLES, ENCODERS, ENGINES, LOUDNESS, MODES, QUALITIES, Brief
from .brief_values import INTENSITIES, parse_clips, parse_intensity, parse_offset, parse_renders, suggest_song_id
from .encode.platforms import load_platforms
from .errors import BriefError, Cancelled, CrossfadeError
from .jobs import Progress
from .library.questions import Question
from .library.songs import look_arguments
from .pipeline import STAGES, Outputs, Pipeline, Studio, blender_studio, verify_error
from .themes import AVATARS, BUILT_IN

_LABELS = {"director": "Director", "studio": "Studio", "encode": "Encode", "verify": "Verify"}


class _Parser(argparse.ArgumentParser):
    """argparse with our error class, so that a wrong argument is one clear line."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of exiting."""
        raise BriefError(f"{message[:1].upper()}{message[1:]}.", hint=f"See {self.prog} --help.")


def build_parser(prog: str = "crossfade") -> argparse.ArgumentParser:
    """The one argument parser."""
    p = _Parser(prog=prog, description="Turn a song into finished, ready-to-post music videos.", allow_abbrev=False)
    p.add_argument("--audio", metavar="FILE", help="the song: any file FFmpeg can decode")
    p.add_argument("--song-id", metavar="ID", help="its name in the library and in file names (default: file name)")
    p.add_argument("--demo", action="store_true", help="use the built-in demo song")
    p.add_argument("--platforms", nargs="+", metavar="NAME", help=f"some of: {', '.join(load_platforms())}")
    p.add_argument(
        "--platforms-file",
        metavar="FILE",
        help="more platforms, or other values for these, as TOML (docs/platforms.md)",
    )
    p.add_argument("--theme", default="sponsor_neon", help=f"{', '.join(BUILT_IN)}, or a .toml file")
    p.add_argument("--mode", default="mashup", help=", ".join(MODES))
    p.add_argument("--quality", help=f"{', '.join(QUALITIES)} (default preview; draft for the demo)")
    p.add_argument("--engine", default="workbench", help=", ".join(ENGINES))
    p.add_argument("--fps", default="30", help="frames per second (default 30)")
    p.add_argument(
        "--like", metavar="ID", help="take the look of this song of the library, as far as none is given here"
    )
    p.add_argument("--seed", type=int, default=1, help="same seed, same show (default 1)")
    p.add_argument(
        "--intensity", default="normal", help=f"{', '.join(INTENSITIES)}, or a number from 0.2 to 1.5 (default normal)"
    )
    p.add_argument(
        "--clip",
        action="append",
        default=[],
        metavar="[NAME=]START-END",
        help="make only this part, in seconds or m:ss; with a name for that platform only, again for more",
    )
    p.add_argument("--whole-song", action="store_true", help="every platform gets the whole song, up to its limit")
    p.add_argument("--lyrics", metavar="FILE", help="the song's words: LRC, SRT, VTT, or TXT (docs/lyrics.md)")
    p.add_argument(
        "--lyrics-offset", default="0", metavar="SECONDS", help="the words come this much later (or earlier, < 0)"
    )
    p.add_argument(
        "--transcribe",
        nargs="?",
        const="small",
        default="",
        metavar="MODEL",
        help="hear the words from the song with faster-whisper: a model's folder, or the name of one that is here",
    )
    p.add_argument("--caption-style", default="pop", help=f"{', '.join(CAPTION_STYLES)} (default pop)")
    p.add_argument("--title", default="", help="song title (default: from the file's tags)")
    p.add_argument("--artist", default="", help="artist (default: from the file's tags)")
    p.add_argument("--output-dir", default="outputs", metavar="DIR", help="where everything goes (default outputs)")
    p.add_argument("--library", metavar="DIR", help="folder of the song library")
    p.add_argument("--analyser", default="crossfade", help=", ".join(ANALYSERS))
    p.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="EDIT",
        help="correct the beat grid, kept with the song: x2, /2, shift=1, nudge=-12 (ms), bpm=128, bar=12.5, meter=3, "
        "tap=..., with @60-90 for a part; again for more; reset forgets all",
    )
    p.add_argument("--stems", metavar="DIR", help="folder with kick, drums, bass, vocals, other as files of that name")
    p.add_argument("--avatar", default="", metavar="NAME|FILE", help=f"{', '.join(AVATARS)}, or your own .blend")
    p.add_argument("--studio", metavar="FILE", help="your own stage, a .blend (docs/assets.md)")
    p.add_argument("--actions", metavar="DIR", help="folder with your own actions as <name>.blend (docs/assets.md)")
    p.add_argument("--ffmpeg", default="", metavar="FILE", help="FFmpeg to use (default: PATH, then imageio-ffmpeg)")
    p.add_argument("--encoder", default="x264", help=f"{', '.join(ENCODERS)} (default x264)")
    p.add_argument("--loudness", default="gain", help=f"{', '.join(LOUDNESS)} (default gain: one gain, nothing else)")
    p.add_argument(
        "--render",
        action="append",
        default=[],
        metavar="ASPECT=FILE",
        help="a finished movie, taken instead of rendering that aspect (9:16 or 16:9); again for the other",
    )
    p.add_argument("--no-grade", action="store_true", help="the pictures are final: no bloom, no grade")
    p.add_argument("--skip-studio", action="store_true", help="encode the frames of an earlier run")
    p.add_argument("--no-captions", action="store_true", help="burn no captions")
    p.add_argument("--no-thumbnail", action="store_true", help="make no thumbnail and no covers")
    p.add_argument("--no-title-overlay", action="store_true", help="set no title on thumbnail and covers")
    p.add_argument("--fresh", action="store_true", help="reuse nothing of an earlier run")
    p.add_argument("--json", action="store_true", help="print progress and results as JSON lines")
    p.add_argument("--debug", action="store_true", help="print a traceback with an error")
    p.add_argument("--version", action="store_true", help="print the version and exit")
    return p


def brief_from(options: argparse.Namespace, demo_folder: Path) -> Brief:
    """The brief that the arguments ask for.

    Raises
    ------
    BriefError
        When no song is given, or a value cannot be read.
    """
    audio, lyrics, title, artist = options.audio, options.lyrics, options.title, options.artist
    if options.demo:
        from .demo_song import write_demo

        demo = write_demo(demo_folder)
        audio, lyrics = str(demo.audio), lyrics or (None if options.transcribe else str(demo.lyrics))
        title, artist = title or demo.title, artist or demo.artist
    if not audio:
        raise BriefError("No song is given.", hint="Give one with --audio FILE, or use --demo.")
    song_id = options.song_id
    if song_id is None:
        song_id = suggest_song_id("first_light" if options.demo else Path(audio).stem)
    platforms_file = Path(options.platforms_file).expanduser() if options.platforms_file else None
    clip, clips = parse_clips(options.clip)
    return Brief(
        audio=Path(audio),
        song_id=song_id,
        platforms=tuple(options.platforms or load_platforms(platforms_file)),
        platforms_file=platforms_file,
        theme=options.theme,
        mode=options.mode,
        output_dir=Path(options.output_dir),
        quality=options.quality or ("draft" if options.demo else "preview"),
        engine=options.engine,
        fps=timing.parse_fps(options.fps),
        seed=options.seed,
        intensity=parse_intensity(options.intensity),
        clip=clip,
        clips=clips,
        whole_song=options.whole_song,
        with_captions=not options.no_captions,
        caption_style=options.caption_style,
        with_thumbnail=not options.no_thumbnail,
        with_grade=not options.no_grade,
        encoder=options.encoder,
        loudness=options.loudness,
        renders=parse_renders(options.render),
        with_title=not options.no_title_overlay,
        skip_studio=options.skip_studio,
        fresh=options.fresh,
        lyrics=Path(lyrics) if lyrics else None,
        lyrics_offset=parse_offset(options.lyrics_offset),
        transcribe=options.transcribe,
        title=title,
        artist=artist,
        analyser=options.analyser,
        grid=tuple(options.grid),
        stems=Path(options.stems) if options.stems else None,
        avatar=options.avatar,
        studio=Path(options.studio) if options.studio else None,
        actions=Path(options.actions) if options.actions else None,
        library_dir=Path(options.library) if options.library else None,
        ffmpeg=options.ffmpeg,
    )


def like(options: argparse.Namespace, folder: Path) -> list[str]:
    """The look of the song that ``--like`` names, as arguments that those of the user go behind, and so before.

    Raises
    ------
    CrossfadeError
        When the library cannot be read, or the song is not there or was never rendered.
    """
    library = Path(options.library) if options.library else None
    answer = jobs.drain(listening.ask(library, Question("look", options.like), folder))
    return [f"{option}={value}" for option, value in look_arguments(answer["look"])]


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
        self._print(
            f"[{number}/{len(STAGES)}] {label:<9}{report.fraction:4.0%}  {report.message}{left}",
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

    def line(self, data: dict[str, Any]) -> None:
        """One JSON line."""
        self.out.write(json.dumps(data, ensure_ascii=False) + "\n")
        self.out.flush()

    def _print(self, text: str, *, keep: bool) -> None:
        if self._live:
            self.out.write("\r\x1b[2K" + text + ("\n" if keep else ""))
        else:
            self.out.write(text + "\n")
        self.out.flush()


def main(argv: Sequence[str], *, prog: str = "crossfade", studio: Studio | None = None) -> int:
    """Run one job from arguments and return its exit code; errors are printed, never raised."""
    debug = "--debug" in argv
    try:
        with jobs.signals_cancel():
            return _run(argv, prog, studio)
    except Cancelled:
        return _fail("cancelled; finished frames are kept for the next run.", Cancelled.exit_code, debug)
    except KeyboardInterrupt:
        return _fail("cancelled; finished frames are kept for the next run.", Cancelled.exit_code, debug)
    except CrossfadeError as error:
        return _fail(f"error: {error}", error.exit_code, debug)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except Exception as error:
        text = (str(error).splitlines() or [""])[0]
        return _fail(f"internal error: {type(error).__name__}: {text} Run with --debug for details.", 1, debug)


def _run(argv: Sequence[str], prog: str, studio: Studio | None) -> int:
    options = build_parser(prog).parse_args(list(argv))
    if options.version:
        sys.stdout.write(f"crossfade {__version__}\n")
        return 0
    console = Console(sys.stdout, as_json=options.json)
    with tempfile.TemporaryDirectory(prefix="crossfade-") as scratch:
        if options.like:
            options = build_parser(prog).parse_args([*like(options, Path(scratch) / "library"), *argv])
        pipeline = Pipeline(brief_from(options, Path(scratch)), studio or blender_studio())
        outputs = jobs.drain(pipeline.steps(), console.show)
    console.finish(outputs)
    if not outputs.passed:
        raise verify_error(outputs)
    return 0


def _fail(text: str, code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.write(f"crossfade: {text}\n")
    sys.stderr.flush()
    return code


def console() -> NoReturn:
    """Entry point of the ``crossfade`` command (with the ``bpy`` package)."""
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # The bpy package can hang while Python tears it down; everything is written by now.
    os._exit(code)
