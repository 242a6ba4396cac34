# SPDX-License-Identifier: GPL-3.0-or-later
"""The Timeline: the authoritative script of one show, as frozen data and as JSON (schema 1).

Conventions: every time is in seconds from the song's first sample; every level is 0..1; intervals are
half open ``[start, end)``; sequences are in ascending time. Numbers are rounded to 4 decimals when
written, so the same analysis gives byte-identical JSON. Long signals go to ``<song>.signals.npz``
beside the JSON.
"""

from __future__ import annotations

import dataclasses
import io
import json
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .content import write_whole
from .curves import Signals
from .errors import DirectorError
from .names import json_text
from .terms import ASPECTS as ASPECTS
from .terms import FAIR_FROM as FAIR_FROM
from .terms import NO_BEAT_BELOW as NO_BEAT_BELOW
from .terms import SURE_FROM as SURE_FROM

SCHEMA = 1
EVENT_TYPES = (
    "drop",
    "build",
    "breakdown",
    "section_change",
    "hard_start",
    "hard_stop",
    "roll",
    "silence",
    "retention_nudge",
)
SECTION_TYPES = ("intro", "verse", "build", "chorus", "drop", "break", "bridge", "outro")
ACTIONS = (
    "idle_bob",
    "deck_scratch_L",
    "deck_scratch_R",
    "crossfader_hit",
    "drop_reaction",
    "spotlight_present",
)
"""The six named avatar actions."""
WALL_FAMILIES = ("bars", "rings", "waves", "checker", "sweep", "text", "spectrum", "noise")
"""What an LED wall can show."""
BEAM_MODES = ("fan", "cross", "sweep", "chase", "mirror", "ballyhoo", "pulse", "sky", "down")
"""How the moving heads can move together."""
BEAM_COLORS = ("split", "left", "right", "accent", "spark")
"""Their colours: left and right accents apart, one of the two, the one between them, or white."""
SHOTS = (
    "hero",
    "wide",
    "low",
    "close",
    "face",
    "side",
    "orbit",
    "crowd",
    "top",
    "crane",
    "decks",
    "hand_L",
    "hand_R",
    "dolly",
    "emblem",
    "shoulder",
    "reverse",
)
"""The camera set-ups, the same names in both aspects."""
MOVES = ("push_in", "pull_back", "drift", "arc", "track", "rise", "nudge", "snap", "shake", "handheld")
"""What a camera may do within its set-up."""
PITCHES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
SIGNALS = ("energy", "kick", "snare", "hats", "bass", "mids", "highs", "brightness")
INLINE_SIGNAL_VALUES = 60_000
"""Above this many numbers the signals are stored beside the JSON."""


@dataclass(frozen=True, slots=True)
class Meta:
    """Which song, which show."""

    song_id: str
    title: str
    artist: str
    mode: str
    theme: str
    seed: int
    duration_sec: float
    bpm: float
    audio_sha256: str
    director_version: str
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the song, starting on a bar line.

    Parts with the same ``group`` letter (A, B, ...) hold the same music; ``phrase_bars`` is how many bars its
    phrases have (0 where there is no beat).
    """

    start_time: float
    end_time: float
    section_type: str
    energy_level: float
    confidence: float = 0.0
    group: str = ""
    phrase_bars: int = 0


@dataclass(frozen=True, slots=True)
class Key:
    """The key of the song: ``tonic`` is one of :data:`PITCHES` or empty when unknown, ``mode`` major or minor."""

    tonic: str = ""
    mode: str = ""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Audio:
    """The file and its sections."""

    file: str
    sections: tuple[Section, ...] = ()
    key: Key = Key()


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of the song at one tempo and meter, and how far its beats can be trusted."""

    start: float
    end: float
    confidence: float
    steady: bool
    bpm: float = 0.0
    meter: int = 4


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another tempo the song could be heard at."""

    bpm: float
    score: float


@dataclass(frozen=True, slots=True)
class Beats:
    """The beat grid. Empty ``timestamps`` mean music without a beat to follow."""

    timestamps: tuple[float, ...] = ()
    downbeats: tuple[float, ...] = ()
    bpm: float = 0.0
    meter: int = 4
    confidence: float = 0.0
    regions: tuple[Region, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens in the music, and why we think so; ``strength`` is ``intensity`` as a number 0..1."""

    t: float
    type: str
    intensity: str
    visual_trigger: str
    reason: str
    strength: float = 0.0


@dataclass(frozen=True, slots=True)
class Shot:
    """One camera set-up from a cut to the next."""

    start: float
    end: float
    shot: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """A camera move, one of :data:`MOVES`.

    ``amount`` is its strength, 0..1 (to -1 the other way, for moves sideways, up and about); the studio knows how
    far the strongest may go. ``ease`` is ``smooth``, ``glide`` (never at rest), ``accelerate`` or ``settle``.
    """

    t: float
    action: str
    duration: float
    amount: float
    reason: str = ""
    ease: str = "smooth"


@dataclass(frozen=True, slots=True)
class CameraPlan:
    """All cuts and moves of one aspect; shots cover the whole song without a gap."""

    base_shot: str = "hero"
    shots: tuple[Shot, ...] = ()
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True)
class Trigger:
    """An avatar action; ``t`` is the moment it must hit (the slam, the stroke, the jump), not its start."""

    t: float
    action: str
    duration: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AvatarPlan:
    """What the DJ does over the whole song."""

    base_action: str = "idle_bob"
    triggers: tuple[Trigger, ...] = ()


@dataclass(frozen=True, slots=True)
class LightCue:
    """A change of the lights: ``look`` is a section type, ``blackout``, ``flash`` or ``confetti``."""

    t: float
    duration: float
    look: str
    level: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WallCue:
    """What the LED wall shows from ``start`` to ``end``: one of :data:`WALL_FAMILIES`.

    ``variation`` (0..1) shifts its colours and its phase, so that two parts with one family differ.
    """

    start: float
    end: float
    family: str
    variation: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BeamCue:
    """How the moving heads play from ``start`` to ``end``: one of :data:`BEAM_MODES` in one of :data:`BEAM_COLORS`.

    ``snap`` takes the new places at once, on a hit; otherwise they glide there.
    """

    start: float
    end: float
    mode: str
    colors: str = "split"
    snap: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LightingPlan:
    """Palette and cues. Colours are linear RGB; ``intensity_curve`` is (t, level) pairs.

    ``wall`` and ``beams`` cover the whole song without a gap (or are empty: the studio then plays its plainest look).
    """

    preset: str = ""
    primary_color: tuple[float, float, float] = (0.0, 0.6, 1.0)
    accent_color: tuple[float, float, float] = (1.0, 0.06, 0.38)
    cues: tuple[LightCue, ...] = ()
    wall: tuple[WallCue, ...] = ()
    beams: tuple[BeamCue, ...] = ()
    intensity_curve: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class LyricWord:
    """One sung word."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class LyricLine:
    """One caption line; ``words`` may be empty when only the line's time is known."""

    start: float
    end: float
    text: str
    words: tuple[LyricWord, ...] = ()


@dataclass(frozen=True, slots=True)
class Lyrics:
    """The song's words in time."""

    lines: tuple[LyricLine, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class Clip:
    """The part of the song that one platform gets.

    The sound fades in and out over so many seconds; 0 where the song itself begins or ends, and where a loop must
    close. The picture has no fades: platforms start a video again at once, and black would blink.
    """

    start: float
    end: float
    reason: str
    fade_in_s: float = 0.0
    fade_out_s: float = 0.0

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole script. ``camera`` is keyed by aspect, ``clips`` by platform name."""

    meta: Meta
    audio: Audio
    beats: Beats
    events: tuple[Event, ...] = ()
    signals: Signals = field(default_factory=Signals)
    camera: dict[str, CameraPlan] = field(default_factory=dict)
    avatar: AvatarPlan = field(default_factory=AvatarPlan)
    lighting: LightingPlan = field(default_factory=LightingPlan)
    lyrics: Lyrics = field(default_factory=Lyrics)
    clips: dict[str, Clip] = field(default_factory=dict)

    def section_at(self, seconds: float) -> Section | None:
        """The section that holds a moment, or None outside the song."""
        for section in self.audio.sections:
            if section.start_time <= seconds < section.end_time:
                return section
        return None

    def drops(self) -> tuple[float, ...]:
        """Times of the drops."""
        return tuple(e.t for e in self.events if e.type == "drop")


# ---------------------------------------------------------------------------------------------- JSON


def _plain(value: Any) -> Any:
    if isinstance(value, Signals):
        return value.to_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, bool) or value is None or isinstance(value, (str, int)):
        return value
    return round(float(typing.cast("float", value)), 4)


def _typed(kind: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(kind)
    try:
        if kind is Signals:
            return Signals.from_json(value)
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            hints = typing.get_type_hints(kind)
            known = {f.name for f in dataclasses.fields(kind)}
            return kind(**{k: _typed(hints[k], v, f"{where}.{k}") for k, v in value.items() if k in known})
        if origin is dict:
            inner = typing.get_args(kind)[1]
            return {k: _typed(inner, v, f"{where}.{k}") for k, v in value.items()}
        if origin is tuple:
            args = typing.get_args(kind)
            if len(args) == 2 and args[1] is Ellipsis:
                return tuple(_typed(args[0], v, f"{where}[{i}]") for i, v in enumerate(value))
            if len(value) != len(args):
                raise ValueError(f"expected {len(args)} values, got {len(value)}")
            return tuple(_typed(a, v, f"{where}[{i}]") for i, (a, v) in enumerate(zip(args, value, strict=True)))
        if origin is types.UnionType:
            return value
        if kind is float:
            return float(value)
        if kind is int:
            return int(value)
        if kind is bool:
            return bool(value)
        return str(value)
    except DirectorError:
        raise
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise DirectorError(
            f"Timeline field {where} is not valid: {error}.",
            original_error=error,
            hint="Delete the timeline file and run the job again.",
        ) from error


def to_dict(timeline: Timeline) -> dict[str, Any]:
    """Plain, JSON-ready data with numbers rounded to 4 decimals."""
    return typing.cast("dict[str, Any]", _plain(timeline))


def from_dict(data: dict[str, Any], *, where: str = "timeline") -> Timeline:
    """Typed Timeline from JSON data; fields a newer version added are ignored.

    Raises
    ------
    DirectorError
        When a field is missing or of the wrong kind, or the schema is newer than this program's.
    """
    schema = data.get("meta", {}).get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        raise DirectorError(
            f"{where} has schema {schema}, this version reads {SCHEMA}.",
            hint="Delete the timeline file and run the job again.",
        )
    return typing.cast(Timeline, _typed(Timeline, data, where))


def signals_path(path: Path) -> Path:
    """Where a timeline's long signals are stored."""
    return path.with_name(path.stem + ".signals.npz")


def save(timeline: Timeline, path: Path) -> None:
    """Write ``path`` (and its signals file when they are long), whole or not at all."""
    signals = timeline.signals
    if sum(map(len, signals.values.values())) > INLINE_SIGNAL_VALUES:
        import numpy as np

        buffer = io.BytesIO()
        np.savez_compressed(buffer, **typing.cast("dict[str, Any]", signals.values))
        write_whole(signals_path(path), buffer.getvalue())
        data = to_dict(dataclasses.replace(timeline, signals=Signals(signals.rate_hz)))
        data["signals"]["file"] = signals_path(path).name
    else:
        data = to_dict(timeline)
    text = json_text(data, indent=1)
    write_whole(path, text + "\n")


def load(path: Path) -> Timeline:
    """Read what :func:`save` wrote.

    Raises
    ------
    DirectorError
        When the file is missing, is not JSON or does not fit the schema.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DirectorError(f"Timeline {path} cannot be read: {error}.", original_error=error) from error
    if isinstance(data, dict) and data.get("signals", {}).get("file"):
        import numpy as np

        try:
            with np.load(signals_path(path)) as stored:
                data["signals"]["values"] = {k: stored[k] for k in stored.files}
        except (OSError, ValueError) as error:
            raise DirectorError(
                f"Signals file {signals_path(path)} cannot be read: {error}.",
                original_error=error,
                hint="Run the job again with --fresh.",
            ) from error
    return from_dict(data, where=path.name)
