# SPDX-License-Identifier: GPL-3.0-or-later
"""Hearing a song with all that is known about it: the library's analysis, a person's corrections, and stems.

Runs in the worker. The grid as heard and the corrections are stored apart, so that a song can be heard anew (by a
newer version, with ``--fresh``) and its corrections made again, and so that a reset finds what was heard.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import director
from .brief import Brief
from .content import file_sha256
from .director import corrected_grid, corrected_parts, corrections, heard, rehear, stems
from .director.corrections import Correction
from .director.lyric_formats import SHORTEST_LINE_S, fitted
from .errors import BriefError
from .library.songs import Song
from .timeline import LyricLine, Lyrics, LyricWord, Meta

if TYPE_CHECKING:
    from .director.analysis import SongAnalysis
    from .director.decode import Decoded
    from .timeline import Beats

SAME_LENGTH_S = 0.1
"""Other bytes of this length are the same music with other tags, or another export of it: corrections still fit."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a brief and the library together ask of the hearing of a song of ``duration`` seconds.

    ``notice`` is called with what the user should read.
    """

    brief: Brief
    sha256: str
    duration: float
    notice: Callable[[str], None]

    def lyrics(self, known: Song | None) -> Lyrics:
        """The words that the library has for this music; none when it has none, or they are for other music."""
        if known is None or not known.lyrics:
            return Lyrics()
        # Mixer knows no hash, and rounds lengths; a song without a length is taken at its word.
        is_same = self._is_same_music(known) or known.duration_sec == 0
        if not is_same and (known.analysis or abs(known.duration_sec - self.duration) > 1.0):
            self.notice(f"The words kept with '{self.brief.song_id}' belong to other music: they are left out.")
            return Lyrics()
        words = lyrics_from_record(known.lyrics, self.duration)
        if words.lines:
            self.notice(f"The words kept with '{self.brief.song_id}' are used ({len(words.lines)} lines).")
        return words

    def _is_same_music(self, known: Song) -> bool:
        same_length = abs(known.duration_sec - self.duration) <= SAME_LENGTH_S
        return known.audio_sha256 == self.sha256 or same_length

    def corrections(self, known: Song | None) -> tuple[Correction, ...]:
        """Those that were asked for, which replace the stored ones; else the stored ones."""
        if self.brief.grid:
            asked = [corrections.parse(text) for text in self.brief.grid]
            return corrections.shortest(corrections.check(c, self.duration) for c in asked)
        if known is None or not known.grid_edits:
            return ()
        if not self._is_same_music(known):
            self.notice(f"The grid corrections of '{self.brief.song_id}' were made for other music: they are dropped.")
            return ()
        kept: list[Correction] = []
        for data in known.grid_edits:
            try:
                kept.append(corrections.from_json(data))
            except BriefError as error:
                self.notice(f"A stored grid correction is left out: {error.message}")
        return corrections.shortest(kept)

    def stems(self, known: Song | None) -> dict[str, Path]:
        """Stem files by kind: of the folder that was given, else those stored with the song that still exist."""
        if self.brief.stems is not None:
            found, remarks = stems.find_stems(self.brief.stems, self.brief.audio)
            for remark in remarks:
                self.notice(remark)
            return found
        if known is None or not self._is_same_music(known):
            return {}
        files: dict[str, Path] = {}
        for kind, name in known.stems.items():
            if kind in stems.KINDS and Path(name).is_file():
                files[kind] = Path(name)
            else:
                self.notice(f"The {kind} stem '{name}' is not there any more: the mix is used for it.")
        return files


@dataclass(frozen=True, slots=True)
class Hearing:
    """One song being heard.

    ``progress`` is called with the fraction done and what is being done, ``notice`` with what the user should read.
    """

    brief: Brief
    decoded: Decoded
    sha256: str
    ffmpeg: str
    folder: Path
    progress: Callable[[float, str], None]
    notice: Callable[[str], None]

    @property
    def asked(self) -> Asked:
        """What is asked for."""
        return Asked(self.brief, self.sha256, self.decoded.duration_sec, self.notice)

    def hear(self, known: Song | None) -> tuple[SongAnalysis, Song]:
        """The analysis as corrected, and the record to keep (without title and artist).

        The record's analysis is on the corrected grid, but its parts and moments are as they were heard.

        Raises
        ------
        BriefError
            A correction that was asked for lies outside the song.
        """
        edits, files = self.asked.corrections(known), self.asked.stems(known)
        of_grid = corrections.of_grid(edits)
        key = analysis_key(of_grid, files, self.brief.drop_energy_threshold)
        stored = self._stored(known)
        if known is not None and stored is not None and known.analysis_key == key:
            self.notice(f"'{self.brief.song_id}' is in the library: its analysis is used.")
            analysis, beats = stored, _heard_beats(known, stored)
        else:
            analysis, beats = self._afresh(known, stored, of_grid, files)
        if of_grid:
            self.notice(f"Beat grid as corrected: {_in_words(of_grid)}.")
        if of_parts := corrections.of_parts(edits):
            self.notice(f"Parts and moments as corrected: {_in_words(of_parts)}.")
        song = Song(
            song_id=self.brief.song_id,
            audio_sha256=self.sha256,
            duration_sec=self.decoded.duration_sec,
            bpm=analysis.beats.bpm,
            analyser=self.brief.analyser,
            director_version=director.DIRECTOR_VERSION,
            analysis=analysis.to_record(),
            grid_edits=[corrections.to_json(c) for c in edits],
            heard_beats=dataclasses.asdict(beats) if of_grid else {},
            stems={kind: str(path) for kind, path in files.items()},
            analysis_key=key,
        )
        energy = analysis.signals.values.get("energy")
        sections, events = corrected_parts.apply(analysis.sections, analysis.events, edits, analysis.beats, energy)
        return dataclasses.replace(analysis, sections=sections, events=events), song

    def _afresh(
        self, known: Song | None, stored: SongAnalysis | None, edits: tuple[Correction, ...], files: dict[str, Path]
    ) -> tuple[SongAnalysis, Beats]:
        """Analyse anew, as far as must be: a stored grid is used again when only what is found on it changed."""
        least_drop = self.brief.drop_energy_threshold
        if known is not None and stored is not None:
            heard_beats = _heard_beats(known, stored)
            beats = corrected_grid.apply(heard_beats, edits, self.decoded.duration_sec)
            analysis = rehear.rehear(self.decoded, stored, beats, self.progress, least_drop=least_drop)
        else:
            analysis = director.analyse(
                self.decoded, analyser=self.brief.analyser, progress=self.progress, least_drop=least_drop
            )
            heard_beats = analysis.beats
            beats = corrected_grid.apply(heard_beats, edits, self.decoded.duration_sec)
            if beats != heard_beats:
                analysis = rehear.rehear(self.decoded, analysis, beats, self.progress, least_drop=least_drop)
        if files:
            self.progress(0.95, "listening to the stems")
            curves = stems.hear_stems(files, self.decoded.duration_sec, self.ffmpeg, self.folder / "stems", self.notice)
            analysis = dataclasses.replace(analysis, signals=stems.with_stems(analysis.signals, curves))
        return analysis, heard_beats

    def _stored(self, known: Song | None) -> SongAnalysis | None:
        """The library's analysis, when it is of exactly this audio by this analyser."""
        if known is None or self.brief.fresh:
            return None
        if known.audio_sha256 != self.sha256:
            self.notice(f"'{self.brief.song_id}' is in the library with other audio: analysed anew.")
            return None
        if (known.analyser, known.director_version) != (self.brief.analyser, director.DIRECTOR_VERSION):
            return None
        return director.SongAnalysis.from_dict(known.analysis)


def _heard_beats(known: Song, stored: SongAnalysis) -> Beats:
    """The grid as it was heard, before corrections."""
    if not known.heard_beats:
        return stored.beats
    return director.SongAnalysis.from_dict({**known.analysis, "beats": known.heard_beats}).beats


def heard_of(song: Song, decoded: Decoded) -> heard.Heard:
    """What the panel needs of a song that was just heard, to show corrections of it at once."""
    from .director import picture

    analysis = director.SongAnalysis.from_dict(song.analysis)
    beats = _heard_beats(song, analysis)
    meta = Meta(
        song_id=song.song_id,
        title=song.title,
        artist=song.artist,
        mode="",
        theme="",
        seed=0,
        duration_sec=song.duration_sec,
        bpm=beats.bpm,
        audio_sha256=song.audio_sha256,
        director_version=song.director_version,
    )
    levels = picture.song_levels(decoded, analysis.signals.values.get("energy", ()))
    used = [corrections.from_json(data) for data in song.grid_edits]
    return heard.heard_in(analysis, beats, meta, levels, used)


def _in_words(edits: tuple[Correction, ...]) -> str:
    return "; ".join(map(corrections.describe, edits))


def carried(known: Song | None, words: Lyrics | None) -> dict[str, Any]:
    """Fields of the new record that do not come from hearing; without ``words`` those that are known stay."""
    known_lyrics = known.lyrics if known is not None else {}
    return {
        "isrc": known.isrc if known is not None else "",
        "hints": known.hints if known is not None else {},
        "lyrics": known_lyrics if words is None else dataclasses.asdict(words) if words.lines else {},
    }


def lyrics_from_record(data: dict[str, Any], duration: float) -> Lyrics:
    """Words that the library keeps, made fit: in order, inside the song, no overlaps; broken lines are left out."""
    lines: list[LyricLine] = []
    for item in data.get("lines", []):
        try:
            words = tuple(LyricWord(float(w["start"]), float(w["end"]), str(w["text"])) for w in item.get("words", []))
            line = LyricLine(float(item["start"]), float(item["end"]), str(item["text"]).strip(), words)
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
        if line.text and 0 <= line.start < line.end and line.start < duration:
            lines.append(line)
    lines.sort(key=lambda line: line.start)
    ends = [*(line.start for line in lines[1:]), duration]
    fit = [fitted(line, end) for line, end in zip(lines, ends, strict=False)]
    return Lyrics(
        tuple(line for line in fit if line.end - line.start >= SHORTEST_LINE_S), str(data.get("language", ""))
    )


def analysis_key(edits: tuple[Correction, ...], files: dict[str, Path], least_drop: float) -> str:
    """What the analysis depends on beside audio, analyser and version; empty for nothing."""
    if not edits and not files and not least_drop:
        return ""
    sounds = {kind: file_sha256(path) for kind, path in files.items()}
    parts = [[corrections.to_json(c) for c in edits], sounds]
    return json.dumps([*parts, least_drop] if least_drop else parts, sort_keys=True)
