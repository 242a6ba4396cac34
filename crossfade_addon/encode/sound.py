# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound: one part of the song as finished AAC, as loud as the platform plays it and never over its ceiling.

AAC adds some tenths of a dB to peaks, so the AAC itself is decoded and measured, and made again with less gain until
it fits. It is made once, apart from any picture, and goes into every video that shares it without another encoding.

Conventions: seconds of the song, LUFS, dBTP, dB. The music keeps its dynamics: one constant gain, and a song whose
peaks leave no room stays quieter than the goal, unless a limiter is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..jobs import Child, Progress
from .failures import failure
from .loudness import Loudness, measure_command, parse_summary, stereo_part
from .probe import file_url

WAYS = ("gain", "limit", "as-is")
"""One constant gain; the same, with a limiter where peaks leave no room; the song as it is."""
FADE_S = 0.020
"""Where the song is cut without a fade of its own: too short to hear, long enough not to click."""
PRIMING = 1024
"""Samples that AAC-LC adds before the sound. No edit list hides them, so the song is taken that much later
and every beat is heard on its frame; what is lost is the first 21 ms, most of it inside the fade."""
ROUNDS = 5
TRACK = "sound.m4a"
"""The finished sound, in its folder."""
HEADROOM_DB = 0.2
"""Left under the ceiling in the first round, for what AAC will add."""
LEAST_RAISE_DB = 0.5
"""Less than this is not worth another round."""
METER_STEP_DB = 0.1
"""Resolution of the meter's summary, and by how much more than the overshoot a round goes down."""
LIMITER_HEADROOM_DB = 0.5
LIMITER_RATE = 192_000
"""The limiter sees samples, not true peaks: at four times the rate they are nearly the same."""

Run = Callable[[list[str], Path, str], Generator[Progress, None, tuple[int, Child]]]
"""Runs a command in a folder, reporting a message."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Everything that decides the bytes of a sound, apart from the song: equal ones are made once.

    ``samples`` is the length of the video at ``rate`` Hz; ``fade_in_s`` and ``fade_out_s`` are 0 where the song
    itself begins or ends.
    """

    start: float
    end: float
    samples: int
    rate: int
    kbps: int
    lufs: float
    ceiling_dbtp: float
    way: str
    fade_in_s: float
    fade_out_s: float


@dataclass(frozen=True, slots=True)
class Level:
    """What was done to a sound: constant gain in dB, the limiter's threshold in dBFS (None: no limiter)."""

    gain_db: float
    limit_db: float | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One attempt: what was done, and what its AAC measures."""

    level: Level
    aac: Loudness

    def fits(self, sound: Sound) -> bool:
        """Whether its peaks keep the ceiling."""
        return self.aac.true_peak_db <= sound.ceiling_dbtp + 1e-6

    def merit(self, sound: Sound) -> tuple[bool, float]:
        """Greater is better."""
        return self.fits(sound), self.aac.lufs if self.fits(sound) else -self.aac.true_peak_db


@dataclass(frozen=True, slots=True)
class Mastered:
    """A finished sound: its file, what the song measured there, what was done, what the AAC measures."""

    path: Path
    song: Loudness
    level: Level
    aac: Loudness
    rounds: int

    def as_json(self) -> dict[str, Any]:
        """For the job folder: what the report and the manifest may tell. Silence is None."""

        def number(value: float) -> float | None:
            return None if value == float("-inf") else value

        return {
            "song": {key: number(value) for key, value in asdict(self.song).items()},
            "aac": {key: number(value) for key, value in asdict(self.aac).items()},
            "gain_db": self.level.gain_db,
            "limit_db": self.level.limit_db,
            "rounds": self.rounds,
        }


def first_level(song: Loudness, sound: Sound) -> Level:
    """What to try first: the goal where the peaks leave room, else as much of it as they do, or a limiter."""
    if sound.way == "as-is" or song.lufs == float("-inf"):
        return Level(0.0)
    wanted = sound.lufs - song.lufs
    room = sound.ceiling_dbtp - HEADROOM_DB - song.true_peak_db
    if wanted <= room or sound.way != "limit":
        return Level(round(min(wanted, room), 2))
    return Level(round(wanted, 2), sound.ceiling_dbtp - LIMITER_HEADROOM_DB)


def next_level(tried: Sequence[Round], sound: Sound) -> Level | None:
    """What to try after these rounds: None when none would be better, or the song is to stay as it is.

    The peaks of AAC do not follow the gain evenly, so once one round has kept the ceiling and another has not, the
    next lies between the two.
    """
    if sound.way == "as-is":
        return None
    level, aac = tried[-1].level, tried[-1].aac
    over = aac.true_peak_db - sound.ceiling_dbtp
    less = over + METER_STEP_DB
    if level.limit_db is not None:
        return None if tried[-1].fits(sound) else Level(level.gain_db, round(level.limit_db - less, 2))
    low = max((r.level.gain_db for r in tried if r.fits(sound)), default=float("-inf"))
    high = min((r.level.gain_db for r in tried if not r.fits(sound)), default=float("inf"))
    between = (low + high) / 2
    if not tried[-1].fits(sound):
        gain = level.gain_db - less
        gain = gain if gain > low else between
    else:
        # Fades may have taken the peaks of the part that was measured: then there is room for more.
        room = min(sound.lufs - aac.lufs, -HEADROOM_DB - over) if aac.lufs > float("-inf") else 0.0
        if room < LEAST_RAISE_DB:
            return None
        gain = min(level.gain_db + room, between)
    return Level(round(gain, 2)) if gain - low >= LEAST_RAISE_DB / 2 else None


def best_round(tried: Sequence[Round], sound: Sound) -> int:
    """Which round to keep: the loudest that keeps the ceiling, or the one that is least above it."""
    return max(range(len(tried)), key=lambda k: tried[k].merit(sound))


def sound_filters(sound: Sound, level: Level) -> str:
    """From the whole song to the part's sound, exactly as long as its pictures together with AAC's priming."""
    samples, shift = sound.samples - PRIMING, PRIMING / sound.rate
    steps = [stereo_part(sound.start + shift, sound.end, sound.rate)]
    if level.gain_db:
        steps.append(f"volume={level.gain_db:.2f}dB")
    if level.limit_db is not None:
        limit = 10 ** (level.limit_db / 20)
        steps.append(f"aresample={LIMITER_RATE},alimiter=limit={limit:.6f}:level=0:latency=1,aresample={sound.rate}")
        steps.append(f"aformat=sample_fmts=fltp:sample_rates={sound.rate}:channel_layouts=stereo")
    if sound.fade_in_s:
        steps.append(f"afade=t=in:d={sound.fade_in_s:g}")
    if sound.fade_out_s:
        start = max(0.0, sound.samples / sound.rate - shift - sound.fade_out_s)
        steps.append(f"afade=t=out:st={start:.6f}:d={sound.fade_out_s:g}")
    steps.append(f"apad=whole_len={samples},atrim=end_sample={samples}")
    return ",".join(steps)


def sound_command(ffmpeg: str, audio: Path, sound: Sound, level: Level, out: Path) -> list[str]:
    """The command that makes the AAC: in MP4 without an edit list, so that its first sample is at 0."""
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-y"]
    command += ["-i", file_url(audio), "-map", "0:a:0", "-af", sound_filters(sound, level)]
    command += ["-c:a", "aac", "-b:a", f"{sound.kbps}k", "-flags:a", "+bitexact", "-fflags", "+bitexact"]
    command += ["-map_metadata", "-1", "-map_chapters", "-1", "-use_editlist", "0", "-f", "mp4", file_url(out)]
    return command


def master(
    ffmpeg: str, audio: Path, sound: Sound, song: Loudness, folder: Path, run: Run
) -> Generator[Progress, None, Mastered]:
    """Make a sound whose AAC keeps the ceiling; it goes to ``folder``.

    Raises
    ------
    EncodeError
        When FFmpeg fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tried: list[Round] = []
    level: Level | None = first_level(song, sound)
    while level is not None and len(tried) < ROUNDS:
        out = _round_file(folder, len(tried))
        command = sound_command(ffmpeg, audio, sound, level, out)
        code, child = yield from run(command, folder, f"Making the sound, round {len(tried) + 1}")
        if code != 0:
            raise failure(f"Sound of {audio}", code, child.stderr_tail(), needed_mb=sound_mb(sound))
        aac = yield from measured(ffmpeg, out, 0.0, sound.end - sound.start + 1.0, folder, run)
        tried.append(Round(level, aac))
        level = next_level(tried, sound)
    best = best_round(tried, sound)
    out = folder / TRACK
    _round_file(folder, best).replace(out)
    for number in range(len(tried)):
        _round_file(folder, number).unlink(missing_ok=True)
    return Mastered(out, song, tried[best].level, tried[best].aac, len(tried))


def _round_file(folder: Path, number: int) -> Path:
    return folder / f"round_{number}.m4a"


def measured(
    ffmpeg: str, audio: Path, start: float, end: float, folder: Path, run: Run
) -> Generator[Progress, None, Loudness]:
    """Loudness of a part of a song or of a finished sound.

    Raises
    ------
    EncodeError
        When it cannot be read, or ends before the part begins.
    """
    code, child = yield from run(measure_command(ffmpeg, audio, start, end), folder, "Measuring the loudness")
    text = child.stderr_path.read_text(encoding="utf-8", errors="replace")
    if code != 0:
        raise failure(f"Audio {audio}", code, text)
    return parse_summary(text)


def complaint(made: Mastered, sound: Sound) -> str:
    """What an artist should know about a sound that is not what was aimed at; ``""`` when it is."""
    aac, peak = made.aac, f"{made.aac.true_peak_db:.1f} dBTP"
    if aac.lufs == float("-inf"):
        return "This part of the song is silent."
    if aac.true_peak_db > sound.ceiling_dbtp + 1e-6:
        if sound.way == "as-is":
            return f"The song is left as it is: its peaks reach {peak}, over {sound.ceiling_dbtp:g}."
        return f"The sound's peaks still reach {peak} after {made.rounds} rounds."
    if sound.way == "gain" and aac.lufs < sound.lufs - 1.0:
        return (
            f"The sound is {aac.lufs:.1f} LUFS instead of {sound.lufs:g}: its peaks leave no room for more. "
            "A limiter would make room (loudness: limit)."
        )
    return ""


def sound_mb(sound: Sound) -> float:
    """About how large it becomes, in MB."""
    return sound.kbps * sound.samples / sound.rate / 8000
