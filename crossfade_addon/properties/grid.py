# SPDX-License-Identifier: GPL-3.0-or-later
"""What was heard in the song and what the user corrected in it, as the panel shows and changes it.

The corrections are texts as ``--grid`` takes them. They lie in the scene, so undo knows them and the file keeps them;
:mod:`.keeping` brings them into the song library. Whatever is shown is made anew by :func:`refresh` after each change,
from what was heard: nothing listens to the song again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import bpy

from .. import choices
from ..errors import BriefError, CrossfadeError
from .sharing import is_mirroring, mirror

if TYPE_CHECKING:
    from ..director.corrections import Correction
    from ..director.heard import Heard
    from ..places import Places
    from ..timeline import Timeline

_T = TypeVar("_T")
_SECTIONS = tuple(name for name, *_ in choices.SECTIONS)
_MOST_HEARD = 32 << 20
"""Bytes that what was heard may unpack to: a file may come from anyone."""
_filling = False
ask_places: list[Callable[[], Places]] = []
"""Asks for the preferences; only handlers and operators know where they are."""


@contextlib.contextmanager
def _fill() -> Iterator[None]:
    """While the panel is filled, no change is the user's."""
    global _filling
    outer, _filling = _filling, True
    try:
        yield
    finally:
        _filling = outer


def is_users() -> bool:
    """Whether a property changes by the user's hand."""
    return not _filling and not is_mirroring()


# ----------------------------------------------------------------------------- reading and changing


def song_key(settings: Any) -> str:
    """Which song the settings ask for."""
    return f"{settings.song_id.strip()}\n{settings.audio}"


def why_no_grid(settings: Any) -> str:
    """Why the song cannot be corrected now, ``""`` when it can. Reads properties only."""
    grid = settings.grid
    if not grid.heard or grid.song != song_key(settings):
        return "Analyse the song first"
    return ""


def is_pending(settings: Any) -> bool:
    """Whether there are corrections that the script does not know yet."""
    return not why_no_grid(settings) and _noted(settings) != settings.grid.written


def given_corrections(settings: Any) -> tuple[str, ...]:
    """What a brief gets: all corrections when some were made here, else none, which leaves it to the library."""
    if why_no_grid(settings) or not settings.grid.is_edited:
        return ()
    return tuple(item.text for item in settings.grid.corrections) or ("reset",)


def corrections_of(settings: Any) -> list[Correction]:
    """The corrections; what cannot be read (a file may come from anyone) is left out."""
    from ..director import corrections

    found = []
    for item in settings.grid.corrections:
        with contextlib.suppress(BriefError):
            found.append(corrections.parse(item.text))
    return found


def correct(settings: Any, text: str, *, in_part: bool = False) -> None:
    """Add a correction and show what comes of it.

    Parameters
    ----------
    text : str
        As ``--grid`` takes it.
    in_part : bool
        Only in the part that is chosen in the panel.

    Raises
    ------
    BriefError
        When it cannot be, or the song was not heard.
    """
    from ..director import corrections

    if reason := why_no_grid(settings):
        raise BriefError(f"There is no grid to correct: {reason.lower()}.", hint="Press Analyse.")
    new = corrections.parse(text)
    if in_part:
        start, end = _part(settings)
        new = replace(new, start=start, end=end)
    corrections.check(new, settings.analysis.duration)
    set_corrections(settings, corrections.add(corrections_of(settings), new))


def set_corrections(settings: Any, edits: Sequence[Correction]) -> None:
    """Replace the list, show what comes of it, and bring it into the library."""
    settings.grid.is_edited = True
    _list(settings, edits)
    refresh(settings)
    from . import keeping

    keeping.soon(settings)


def switch_on(settings: Any, moment: Any) -> None:
    """Use a listed moment again."""
    from ..director import corrected_parts
    from ..timeline import Event

    event = Event(moment.t, moment.event_type, "", "", moment.reason, moment.strength)
    edits = corrections_of(settings)
    set_corrections(settings, [c for c in edits if c.action != "off" or not corrected_parts.is_meant(c, event)])


def _list(settings: Any, edits: Sequence[Correction]) -> None:
    from ..director import corrections

    for item, edit in _lines(settings.grid.corrections, edits):
        words = corrections.describe(edit)
        item.text, item.label = corrections.text_of(edit), words[:1].upper() + words[1:]


def _noted(settings: Any) -> str:
    return " ".join(item.text for item in settings.grid.corrections)


def _part(settings: Any) -> tuple[float, float | None]:
    """Start and end in seconds of the part that is chosen."""
    grid, sections = settings.grid, settings.analysis.sections
    if grid.part == "after":
        return max(0.0, round(playhead(settings), 4)), None
    if grid.part == "section" and 0 <= grid.section_index < len(sections):
        section = sections[grid.section_index]
        last = grid.section_index == len(sections) - 1
        return round(section.heard_start, 4), None if last else round(section.end, 4)
    return 0.0, None


def attempt(settings: Any, change: Callable[[], None]) -> None:
    """A change of a property cannot be refused: what cannot be done is said in the panel, and the old value shown.

    Where nothing was heard, a list is only a list.
    """
    if why_no_grid(settings):
        return
    said = ""
    try:
        change()
    except CrossfadeError as error:
        said = str(error)
        with contextlib.suppress(CrossfadeError):
            refresh(settings)
    manager: Any
    for manager in bpy.data.window_managers:
        manager.crossfade_job.error = said


def audio_of(settings: Any) -> Path:
    """The song's file, absolute."""
    return Path(bpy.path.abspath(settings.audio))


def playhead(settings: Any) -> float:
    """Second of the song at the playhead of the settings' scene."""
    from ..studio import song_place

    return song_place.playhead(settings.id_data, audio_of(settings))


# ------------------------------------------------------------------------------------------ showing


def take_over(settings: Any, text: str) -> bool:
    """Show what a run of the director heard; False when ``text`` (of its file) cannot be read.

    The corrections become those that the run used.
    """
    import base64
    import zlib

    from ..director import heard

    grid = settings.grid
    try:
        found = heard.loads(text, where="heard.json")
    except CrossfadeError:
        grid.heard = ""
        return False
    with _fill():
        grid.song = song_key(settings)
        grid.heard = base64.b85encode(zlib.compress(text.encode(), 6)).decode("ascii")
        _list(settings, found.corrections)
        grid.written = _noted(settings)
        # A settings file that corrects the grid would otherwise go before what was corrected here.
        grid.is_edited = grid.is_edited and "grid" in settings.config.settings.split()
    from . import keeping

    keeping.is_kept(settings)
    refresh(settings)
    return True


def heard_by(settings: Any) -> Heard:
    """What was heard.

    Raises
    ------
    DirectorError
        When the file's note of it is damaged.
    """
    return _unpacked(settings.grid.heard)


_last: list[tuple[str, Heard]] = []
"""What was unpacked last: it is needed again and again."""


def _unpacked(text: str) -> Heard:
    import base64
    import zlib

    from ..director import heard
    from ..errors import DirectorError

    if _last and _last[0][0] == text:
        return _last[0][1]
    try:
        data = zlib.decompressobj().decompress(base64.b85decode(text), _MOST_HEARD).decode()
    except (ValueError, zlib.error) as error:
        raise DirectorError(
            f"What was heard in the song is damaged in this file: {error}.", hint="Analyse it again."
        ) from error
    found = heard.loads(data, where="this file")
    _last[:] = [(text, found)]
    return found


def corrected(settings: Any) -> Timeline:
    """The song as heard and corrected."""
    from ..director import heard

    return heard.corrected(heard_by(settings), corrections_of(settings))


def refresh(settings: Any) -> None:
    """Show what comes of the corrections: in the panel, in the markers and in the picture."""
    from ..content import digest
    from ..director import corrected_parts, heard
    from . import song_icon

    edits = corrections_of(settings)
    song = heard.corrected(heard_by(settings), [c for c in edits if c.action != "off"])
    in_use = corrected_parts.used(song.events, edits)
    with _fill():
        _fill_grid(settings.grid, song, set(in_use))
        _fill_analysis(settings.analysis, song)
        settings.grid.picture = digest(settings.grid.heard, _noted(settings))
    mirror(settings, None)
    song = replace(song, events=in_use)
    song_icon.draw(settings.grid.picture, song, heard_by(settings).levels)
    show(settings, song)


def _fill_analysis(analysis: Any, song: Timeline) -> None:
    beats = song.beats
    analysis.bpm, analysis.confidence, analysis.bars = beats.bpm, beats.confidence, len(beats.downbeats)
    for item, section in _lines(analysis.sections, song.audio.sections):
        fill_section(item, section)


def _lines(listed: Any, values: Sequence[_T]) -> Iterator[tuple[Any, _T]]:
    """The items of a list, as many as there are values, each with its value.

    Items are used again: the one whose change is being answered must not go away under Blender's hands.
    """
    while len(listed) > len(values):
        listed.remove(len(listed) - 1)
    while len(listed) < len(values):
        listed.add()
    return zip(listed, values, strict=True)


def fill_section(item: Any, section: Any) -> None:
    """Show one part of the song."""
    with _fill():
        # Scripts may be written by hand, and by others.
        item.section_type = section.section_type if section.section_type in _SECTIONS else "verse"
        item.start = item.heard_start = section.start_time
        item.end, item.energy = section.end_time, section.energy_level


def _fill_grid(grid: Any, song: Timeline, in_use: set[Any]) -> None:
    beats = song.beats
    grid.bpm, grid.meter = beats.bpm or 120.0, beats.meter
    for item, region in _lines(grid.regions, beats.regions):
        item.start, item.end, item.bpm, item.confidence = region.start, region.end, region.bpm, region.confidence
    for item, other in _lines(grid.tempi, beats.alternatives):
        item.bpm = other.bpm
    for item, event in _lines(grid.moments, song.events):
        item.t, item.event_type, item.reason, item.strength = event.t, event.type, event.reason, event.strength
        item.use = event in in_use
    grid.section_index = min(grid.section_index, max(0, len(song.audio.sections) - 1))
    grid.moment_index = min(grid.moment_index, max(0, len(song.events) - 1))
    grid.index = min(grid.index, max(0, len(grid.corrections) - 1))


def show_icon(settings: Any) -> None:
    """Draw the panel's picture, should it not be there: another file was opened, or much was undone."""
    from . import song_icon

    grid = settings.grid
    if not why_no_grid(settings) and grid.picture and not song_icon.icon(grid.picture):
        with contextlib.suppress(CrossfadeError):
            song_icon.draw(grid.picture, corrected(settings), heard_by(settings).levels)


def show(settings: Any, song: Timeline | None = None) -> None:
    """Draw markers and picture anew, as far as they are wanted."""
    from ..director import picture
    from ..studio import beat_markers, song_picture, song_place

    if why_no_grid(settings):
        return
    song = song or corrected(settings)
    audio = audio_of(settings)
    for scene in scenes_of(settings):
        if scene.crossfade.grid.show_markers:
            rate, first = song_place.rate_of(scene), song_place.first_frame(scene, audio)
            beat_markers.draw(scene, song.beats, rate, first)
        else:
            beat_markers.remove(scene)
    image = song_picture.find(settings.song_id.strip())
    if image is not None:
        song_picture.draw(image, picture.draw_song(song, heard_by(settings).levels).png())


def show_markers(settings: Any) -> None:
    """Draw the beat markers anew where they are wanted: a build has emptied its scenes."""
    if settings.grid.show_markers:
        show(settings)


def scenes_of(settings: Any) -> list[Any]:
    """The settings' scene, and those that share them."""
    scenes: Any = bpy.data.scenes
    others = [s for s in scenes if settings.shared and s.crossfade.shared and s != settings.id_data]
    return [settings.id_data, *others]
