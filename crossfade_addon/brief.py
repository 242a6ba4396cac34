# SPDX-License-Identifier: GPL-3.0-or-later
"""The Brief: what to make, validated, from the panel, the command line or Python.

Conventions: paths are absolute; times are seconds of the song; nothing here touches the audio itself.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from .brief_values import (
    SHORTEST_CLIP_S,
    check_song_id,
    parse_cache,
    parse_drop_threshold,
    parse_intensity,
    parse_offset,
    parse_render_timeout,
)
from .errors import BriefError, FileMissing
from .themes import AVATARS, load_theme
from .timeline import ACTIONS, ASPECTS
from .timing import parse_fps

MODES = ("mashup", "single", "event")
QUALITIES = ("draft", "preview", "final")
ENGINES = ("workbench", "eevee", "cycles")
ANALYSERS = ("crossfade", "librosa")
CAPTION_STYLES = ("pop", "karaoke", "line")
"""How burned captions follow the singer: word by word, a colour sweeping through the line, or the line alone."""
ENCODERS = ("x264", "hardware", "auto")
"""Who encodes H.264: libx264, the graphics hardware, or the hardware where it is there and works."""
LOUDNESS = ("gain", "limit", "as-is")
"""What is done to the master: one gain for the whole part, a gain and a limiter for its peaks, or nothing."""
RENDER_SCALE = {"draft": Fraction(1, 3), "preview": Fraction(2, 3), "final": Fraction(1, 1)}
"""Render size of each quality, as a part of 1080x1920. Deliverables always have the platform's size."""
FRAME_SUFFIX = {"draft": ".jpg", "preview": ".png", "final": ".png"}
"""Drafts are written as JPEG: a third of the time a draft frame takes would go into packing a PNG."""
CACHE_GB = 40.0
"""How much that can be made again is kept, in GB (10^9 bytes)."""
BLEND = ".blend"
EVENT_THEMES = ("award_elegant", "chill_lofi")


@dataclass(frozen=True, slots=True)
class Brief:
    """One job.

    Parameters
    ----------
    audio : Path
        Any file FFmpeg can decode.
    song_id : str
        Name of the song in the library and of every output file.
    platforms : tuple of str
        Names from ``data/platforms.toml`` and the user's own file.
    platforms_file : Path or None
        TOML file with more platforms, or other values for built-in ones (``docs/platforms.md``).
    clip : (float, float) or None
        Make only this part of the song; None lets each platform have its own window.
    clips : tuple of (str, float, float)
        Parts for single platforms: name, start, end. They go before ``clip`` and ``whole_song``.
    whole_song : bool
        Give every platform the whole song (as far as its limit allows).
    with_grade : bool
        Give the pictures the theme's bloom and grade; False when they are final.
    renders : tuple of (str, Path)
        Finished movies by aspect, each the picture of the whole song or of the needed part: taken instead of
        rendering that aspect.
    lyrics_offset : float
        Seconds by which the words come later than their file says (negative: earlier).
    transcribe : str
        Hear the words from the song, with this speech model: a folder, or the name of one that is on this machine.
    caption_style, encoder, loudness : str
        One of :data:`CAPTION_STYLES`, :data:`ENCODERS`, :data:`LOUDNESS`.
    with_title : bool
        Set the song's title on thumbnail and covers.
    seed : int
        Same seed, same show.
    intensity : float
        0.2..1.5; how much the DJ and the lights move (:data:`INTENSITIES` names three levels).
    avatar : str
        ``nova``, ``bot``, or the path of an avatar's ``.blend``; empty: the theme's own.
    studio : Path or None
        ``.blend`` of the user's own stage; None: the theme's built-in one.
    actions : Path or None
        Folder with the user's own actions as ``<name>.blend``; None: the built-in ones.
    grid : tuple of str
        Corrections of beats, parts and moments as in ``director/corrections.py``; they replace those kept with the
        song. Empty: those of the library hold.
    stems : Path or None
        Folder with the song's separated tracks; None: those that the library knows.
    fresh : bool
        Reuse nothing of an earlier run.
    cache_gb : float
        Frames and other work files in the output folder, of all songs, are kept up to so many GB (10^9 bytes).
    platform_changes : tuple of (str, str, int)
        Other values for platforms: name, ``width``, ``height`` or ``max_kbps``, value.
    drop_energy_threshold : float
        Smallest rise of energy (0..1) at a drop; 0 leaves drops to the director's own rules.
    blender_executable : str
        Blender that renders the frames: a name on the ``PATH`` or a file; empty: this one.
    render_timeout_sec : float
        A render in which no frame was finished for so long is stopped; 0: never.
    mixer_dir : Path or None
        Mixer's ChromaDB folder; None: the one that ``CROSSFADE_MIXER`` names.
    require_known : bool
        Refuse a song id that neither the library nor Mixer's knows.
    config_file : Path or None
        The file that some of these values come from.
    """

    audio: Path
    song_id: str
    platforms: tuple[str, ...]
    platforms_file: Path | None = None
    theme: str = "sponsor_neon"
    mode: str = "mashup"
    output_dir: Path = Path("outputs")
    quality: str = "preview"
    engine: str = "workbench"
    fps: Fraction = Fraction(30)
    seed: int = 1
    intensity: float = 1.0
    clip: tuple[float, float] | None = None
    clips: tuple[tuple[str, float, float], ...] = ()
    whole_song: bool = False
    with_captions: bool = True
    caption_style: str = "pop"
    with_thumbnail: bool = True
    with_grade: bool = True
    encoder: str = "x264"
    loudness: str = "gain"
    with_title: bool = True
    skip_studio: bool = False
    renders: tuple[tuple[str, Path], ...] = ()
    fresh: bool = False
    cache_gb: float = CACHE_GB
    lyrics: Path | None = None
    lyrics_offset: float = 0.0
    transcribe: str = ""
    title: str = ""
    artist: str = ""
    analyser: str = "crossfade"
    avatar: str = ""
    studio: Path | None = None
    actions: Path | None = None
    grid: tuple[str, ...] = ()
    stems: Path | None = None
    library_dir: Path | None = None
    ffmpeg: str = ""
    platform_changes: tuple[tuple[str, str, int], ...] = ()
    drop_energy_threshold: float = 0.0
    blender_executable: str = ""
    render_timeout_sec: float = 0.0
    mixer_dir: Path | None = None
    require_known: bool = False
    config_file: Path | None = None

    def replace(self, **changes: object) -> Brief:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    @property
    def timeline_path(self) -> Path:
        """Where the show's script goes."""
        return self.output_dir / "timeline" / f"{self.song_id}.json"

    @property
    def work_dir(self) -> Path:
        """Frames, the saved show and job folders of this song."""
        return self.output_dir / "blender_temp" / self.song_id

    @property
    def heard_path(self) -> Path:
        """What was heard in the song, for whoever shows it without listening."""
        return self.work_dir / "heard.json"

    @property
    def reports_dir(self) -> Path:
        """Where reports go."""
        return self.output_dir / "reports"


def avatar_file(brief: Brief) -> Path | None:
    """The user's own avatar, or None when a built-in one is meant."""
    return Path(brief.avatar) if brief.avatar and brief.avatar not in AVATARS else None


def action_files(folder: Path) -> dict[str, Path]:
    """The user's own actions that a folder holds, by name."""
    paths = {name: folder / f"{name}{BLEND}" for name in ACTIONS}
    return {name: path for name, path in paths.items() if path.is_file()}


def check_brief(brief: Brief, *, known_platforms: tuple[str, ...]) -> Brief:
    """The brief with absolute paths, when everything about it can be made.

    Raises
    ------
    BriefError
        At the first thing that is wrong, naming the value and the remedy.
    """
    for problem in problems(brief, known_platforms=known_platforms):
        raise problem
    avatar, studio, actions = _assets(brief)
    return brief.replace(
        audio=_absolute(brief.audio),
        song_id=check_song_id(brief.song_id),
        platforms=tuple(dict.fromkeys(brief.platforms)),
        platforms_file=_absolute(brief.platforms_file) if brief.platforms_file else None,
        renders=_renders(brief),
        lyrics=_absolute(brief.lyrics) if brief.lyrics else None,
        stems=_absolute(brief.stems) if brief.stems else None,
        avatar=avatar,
        studio=studio,
        actions=actions,
        output_dir=_absolute(brief.output_dir),
        library_dir=_library(brief.library_dir) if brief.library_dir else None,
        mixer_dir=_absolute(brief.mixer_dir) if brief.mixer_dir else None,
        fps=parse_fps(brief.fps),
    )


def problems(brief: Brief, *, known_platforms: tuple[str, ...]) -> Iterator[BriefError]:
    """Everything that is wrong with a brief, in the order in which it is best mended."""
    looks: tuple[Callable[[], object], ...] = (
        lambda: _check_audio(brief.audio),
        lambda: _check_words(brief),
        lambda: _check_stems(brief),
        lambda: _assets(brief),
        lambda: _check_choices(brief),
        lambda: _check_platforms(brief, known_platforms),
        lambda: _check_clips(brief, known_platforms),
        lambda: _check_theme(brief),
        lambda: parse_intensity(str(brief.intensity)),
        lambda: parse_offset(str(brief.lyrics_offset)),
        lambda: parse_cache(str(brief.cache_gb)),
        lambda: parse_drop_threshold(str(brief.drop_energy_threshold)),
        lambda: parse_render_timeout(str(brief.render_timeout_sec)),
        lambda: parse_fps(brief.fps),
        lambda: check_song_id(brief.song_id),
        lambda: _check_mixer(brief),
        lambda: _renders(brief),
        lambda: _writable(brief.output_dir),
    )
    for look in looks:
        try:
            look()
        except BriefError as problem:
            yield problem


def _check_audio(given: Path) -> None:
    audio = _absolute(given)
    if not audio.exists():
        raise FileMissing(f"Audio file '{given}' does not exist.", hint="Check the path.")
    if not audio.is_file():
        raise FileMissing(f"Audio path '{given}' is not a file.", hint="Give one audio file.")
    if not os.access(audio, os.R_OK):
        raise FileMissing(f"Audio file '{given}' cannot be read.", hint="Check its permissions.")
    if audio.stat().st_size == 0:
        raise FileMissing(f"Audio file '{given}' is empty.", hint="Export or download it again.")


def _check_words(brief: Brief) -> None:
    if brief.lyrics is not None and not _absolute(brief.lyrics).is_file():
        raise FileMissing(f"Lyrics file '{brief.lyrics}' does not exist.", hint="Check the path.")
    if brief.lyrics is not None and brief.transcribe:
        raise BriefError("Lyrics are given and shall be transcribed.", hint="Leave out one of the two.")


def _check_stems(brief: Brief) -> None:
    if brief.stems is not None and not _absolute(brief.stems).is_dir():
        raise FileMissing(f"Stems folder '{brief.stems}' does not exist.", hint="Give a folder with the stem files.")


def _check_choices(brief: Brief) -> None:
    for value, allowed, what in (
        (brief.mode, MODES, "mode"),
        (brief.quality, QUALITIES, "quality"),
        (brief.engine, ENGINES, "engine"),
        (brief.analyser, ANALYSERS, "analyser"),
        (brief.caption_style, CAPTION_STYLES, "caption style"),
        (brief.encoder, ENCODERS, "encoder"),
        (brief.loudness, LOUDNESS, "loudness"),
    ):
        if value not in allowed:
            raise BriefError(f"Unknown {what} '{value}'.", hint=f"Choose one of {', '.join(allowed)}.")


def _check_platforms(brief: Brief, known_platforms: tuple[str, ...]) -> None:
    hint = f"Choose some of {', '.join(known_platforms)}."
    if not brief.platforms:
        raise BriefError("No platform is chosen.", hint=hint)
    for name in brief.platforms:
        if name not in known_platforms:
            raise BriefError(f"Unknown platform '{name}'.", hint=hint)


def _check_theme(brief: Brief) -> None:
    theme = load_theme(brief.theme)
    if brief.mode == "event" and not theme.event_safe:
        raise BriefError(
            f"Theme '{brief.theme}' is not for events.", hint=f"Choose {' or '.join(EVENT_THEMES)} in event mode."
        )


def _check_mixer(brief: Brief) -> None:
    if brief.mixer_dir is not None and not _absolute(brief.mixer_dir).is_dir():
        raise BriefError(f"Mixer's folder '{brief.mixer_dir}' does not exist.", hint="Give Mixer's ChromaDB folder.")


def _check_clips(brief: Brief, known_platforms: tuple[str, ...]) -> None:
    for name, start, end in brief.clips:
        if name not in known_platforms:
            raise BriefError(
                f"A clip is given for '{name}', which is no platform.",
                hint=f"Choose one of {', '.join(known_platforms)}.",
            )
        if not 0 <= start <= end - SHORTEST_CLIP_S:
            raise BriefError(f"The clip {start:g}-{end:g} of '{name}' is no part of a song.", hint="Give another.")
    if len({name for name, *_ in brief.clips}) < len(brief.clips):
        raise BriefError("Two clips are given for the same platform.", hint="Give only one.")


def _renders(brief: Brief) -> tuple[tuple[str, Path], ...]:
    """The finished movies with absolute paths, when the files are there; the encoder looks inside them."""
    found: dict[str, Path] = {}
    for aspect, file in brief.renders:
        path = _absolute(file)
        if aspect not in ASPECTS:
            raise BriefError(f"Unknown aspect '{aspect}' of a render.", hint=f"Choose one of {', '.join(ASPECTS)}.")
        if aspect in found:
            raise BriefError(f"Two renders are given for {aspect}.", hint="Give only one.")
        if not path.is_file():
            raise FileMissing(f"Render '{file}' does not exist.", hint="Check the path.")
        if path.stat().st_size == 0:
            raise FileMissing(f"Render '{file}' is empty.", hint="Render it again.")
        found[aspect] = path
    return tuple(found.items())


def _assets(brief: Brief) -> tuple[str, Path | None, Path | None]:
    """Avatar, studio and actions with absolute paths, when the files are there; the studio looks inside them."""
    avatar, own = brief.avatar, avatar_file(brief)
    if own is not None:
        if own.suffix.lower() != BLEND:
            raise BriefError(
                f"Unknown avatar '{avatar}'.", hint=f"Choose one of {', '.join(AVATARS)}, or give a {BLEND} file."
            )
        avatar = str(_blend(own, "Avatar"))
    studio = _blend(brief.studio, "Studio") if brief.studio is not None else None
    if brief.actions is None:
        return avatar, studio, None
    actions = _absolute(brief.actions)
    names = ", ".join(f"{name}{BLEND}" for name in ACTIONS)
    if not actions.is_dir():
        raise FileMissing(f"Actions folder '{brief.actions}' is not a folder.", hint=f"Give a folder with {names}.")
    if not action_files(actions):
        raise FileMissing(f"Actions folder '{brief.actions}' holds no action.", hint=f"Put some of {names} into it.")
    return avatar, studio, actions


def _blend(path: Path, what: str) -> Path:
    found = _absolute(path)
    if found.suffix.lower() != BLEND:
        raise BriefError(f"{what} '{path}' is not a {BLEND} file.", hint="Give a file saved by Blender.")
    if not found.is_file():
        raise FileMissing(f"{what} file '{path}' does not exist.", hint="Check the path.")
    if found.stat().st_size == 0:
        raise FileMissing(f"{what} file '{path}' is empty.", hint="Save it again in Blender.")
    return found


def _library(place: Path) -> Path:
    """A folder, absolute; the address of a server as it is."""
    return place if place.parts[:1] in (("http:",), ("https:",)) else _absolute(place)


def _absolute(path: Path) -> Path:
    return Path(path).expanduser().resolve()


def _writable(folder: Path) -> None:
    """Make the folder if need be, and see that files can be written there."""
    folder = _absolute(folder)
    probe = folder / f".crossfade-{os.getpid()}.part"
    hint = "Choose another output folder."
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BriefError(f"Output folder '{folder}' cannot be written: {error.strerror}.", hint=hint) from error
