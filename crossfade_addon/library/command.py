# SPDX-License-Identifier: GPL-3.0-or-later
"""The library's own command line, for people and scripts.

Standard output carries the answer (text, or JSON with ``--json``); errors go to standard error as one line. Exit
codes are those of :mod:`..errors`: 0, 2 for bad arguments, 3 when the library or a song cannot be read or is not sound,
7 when chromadb is missing, 130 when cancelled.
"""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import command_line
from ..command_line import Parser
from ..errors import LibraryError
from ..names import json_text, shown
from ..timing import clock
from . import backup, mixer
from .chroma_store import ChromaStore
from .places import default_library, server_of
from .questions import check_place, name_of
from .songs import Facts, Song, facts_of, look_arguments, look_of

PROG = "python -m crossfade_addon.library"
Answer = dict[str, Any] | list[Any]


def run(argv: Sequence[str]) -> int:
    """Run the command and return its exit code; errors are printed, never raised."""
    return command_line.run(_run, argv)


def _run(argv: Sequence[str]) -> int:
    options = _parser().parse_args(list(argv))
    place = options.library or default_library()
    answer, lines, code = options.action(options, place)
    if options.json:
        sys.stdout.write(json_text(answer, indent=1) + "\n")
    else:
        sys.stdout.writelines(shown(line) + "\n" for line in lines)
    sys.stdout.flush()
    return code


def _parser() -> argparse.ArgumentParser:
    p = Parser(prog=PROG, description="Look into the song library, and keep it well.", allow_abbrev=False)
    p.add_argument("--library", metavar="DIR|URL", help="its folder, or http://HOST:PORT of a server")
    p.add_argument("--json", action="store_true", help="print the answer as JSON")
    verbs = p.add_subparsers(metavar="VERB", required=True, parser_class=Parser)

    def verb(name: str, action: Callable[..., Any], what: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=what, description=what, allow_abbrev=False)
        added.set_defaults(action=action)
        return added

    listed = verb("list", _list, "all songs")
    listed.add_argument("text", nargs="?", default="", help="only those with this text in id, title or artist")
    verb("show", _show, "one song: what is known of it, and what was rendered").add_argument("song_id")
    similar = verb("similar", _similar, "songs that feel like one, nearest first, and why")
    similar.add_argument("song_id")
    similar.add_argument("-n", type=int, default=10, help="how many (default 10)")
    verb("look", _look, "theme, seed, intensity and avatar of a song's newest show").add_argument("song_id")
    verb("forget", _forget, "take songs out of the library").add_argument("song_id", nargs="+")
    verb("check", _check, "whether every song is whole and found; exit code 3 when not")
    verb("repair", _repair, "make a damaged library anew from its records")
    verb("backup", _backup, "write the whole library to a file").add_argument("file", type=Path)
    restored = verb("restore", _restore, "make the library what a backup holds, whole or not at all")
    restored.add_argument("file", type=Path)
    verb("export", _export, "write every song as a line of JSON").add_argument("file", type=Path)
    imported = verb("import", _import, "add the songs of an export, or of Mixer's library")
    source = imported.add_mutually_exclusive_group(required=True)
    source.add_argument("file", nargs="?", type=Path, help="a file that export wrote")
    source.add_argument("--mixer", metavar="DIR", type=Path, help="Mixer's ChromaDB folder, which is only read")
    return p


# --------------------------------------------------------------------------------------------- verbs


def _list(options: argparse.Namespace, place: Path | str) -> tuple[Answer, list[str], int]:
    wanted = options.text.casefold()
    songs = [
        facts
        for facts in _open(place).facts()
        if any(wanted in text.casefold() for text in (facts.song_id, facts.title, facts.artist))
    ]
    lines = [_row(facts) for facts in songs] or ["No songs."]
    return [dataclasses.asdict(facts) for facts in songs], lines, 0


def _row(facts: Facts) -> str:
    tempo = f"{facts.bpm:6.1f} BPM" if facts.bpm > 0 else f"{'-':>10}"
    return f"{facts.song_id:<32} {clock(facts.duration_sec):>8} {tempo}  {facts.key:<9} {name_of(facts)}".rstrip()


def _show(options: argparse.Namespace, place: Path | str) -> tuple[Answer, list[str], int]:
    song = _open(place).get(options.song_id)
    answer = {
        **dataclasses.asdict(facts_of(song)),
        "analyser": song.analyser,
        "director_version": song.director_version,
        "grid_edits": song.grid_edits,
        "stems": song.stems,
        "sections": song.sections,
        "lyrics": song.lyrics,
        "hints": song.hints,
        "history": song.history,
    }
    try:
        return answer, _description(song), 0
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise LibraryError(f"The record of '{song.song_id}' is damaged: {error}.", hint="Analyse it again.") from error


def _description(song: Song) -> list[str]:
    lines = [_row(facts_of(song))]
    if song.analysis:
        lines.append(f"  heard by {song.analyser or 'an unknown analyser'} {song.director_version}".rstrip())
    else:
        lines.append("  not analysed yet" + (f"; known from {song.hints['source']}" if "source" in song.hints else ""))
    lines += [f"  {name}: {value}" for name, value in (("ISRC", song.isrc), ("audio", song.audio_sha256[:16])) if value]
    if song.grid_edits:
        lines.append(f"  corrections of the grid: {len(song.grid_edits)}")
    lines += [f"  {kind} stem: {path}" for kind, path in song.stems.items()]
    for part in song.sections:
        level = f"{part.get('energy_level', 0):.2f}"
        lines.append(f"  {clock(part['start_time']):>8}  {part.get('section_type', ''):<8} {level}")
    if song.lyrics.get("lines"):
        lines.append(f"  {len(song.lyrics['lines'])} lines of lyrics")
    for render in song.history:
        brief = render.get("brief", {})
        verdict = "passed" if render.get("passed") else f"{len(render.get('problems', []))} problems"
        made = ", ".join(render.get("outputs", {}))
        lines.append(f"  {str(render.get('at', ''))[:16]}  {brief.get('theme', '')}, {verdict}: {made}")
    return lines


def _similar(options: argparse.Namespace, place: Path | str) -> tuple[Answer, list[str], int]:
    found = _open(place).similar(options.song_id, options.n)
    lines = [f"{s.distance:6.2f}  {s.song_id:<32} {'; '.join(s.why)}" for s in found] or ["No similar songs."]
    return [dataclasses.asdict(s) for s in found], lines, 0


def _look(options: argparse.Namespace, place: Path | str) -> tuple[Answer, list[str], int]:
    look = look_of(_open(place).get(options.song_id))
    given = [f"{option} {shlex.quote(value)}" for option, value in look_arguments(look)]
    return look, [" ".join(given)], 0


def _forget(options: argparse.Namespace, place: Path | str) -> tuple[Answer, list[str], int]:
    store = _open(place)
    with store.held():
        for name in options.song_id:
            store.get(name)
        for name in dict.fromkeys(options.song_id):
            store.remove(name)
    return {"forgotten": options.song_id}, [f"Forgotten: {name}." for name in options.song_id], 0


def _check(options: argparse.Namespace, place: Path | str) -> tuple[Answer, list[str], int]:
    store = _open(place, is_trusted=True)
    with store.held():
        problems, count = store.check(), len(store.ids())
    lines = [f"{problem}." for problem in problems] or [f"All {count} songs are whole and found."]
    return {"songs": count, "problems": list(problems)}, lines, LibraryError.exit_code if problems else 0


def _repair(options: argparse.Namespace, place: Path | str) -> tuple[Answer, list[str], int]:
    count, lost = backup.repair(_folder(place))
    lines = [*(f"Lost: {what}" for what in lost), f"The library was made anew: {count} songs."]
    return {"songs": count, "lost": list(lost)}, lines, LibraryError.exit_code if lost else 0


def _backup(options: argparse.Namespace, place: Path | str) -> tuple[Answer, list[str], int]:
    count = backup.back_up(_open(place), options.file)
    return {"songs": count, "file": str(options.file)}, [f"{count} songs are in '{options.file}'."], 0


def _restore(options: argparse.Namespace, place: Path | str) -> tuple[Answer, list[str], int]:
    count = backup.restore(_folder(place), options.file)
    return {"songs": count}, [f"The library holds the {count} songs of '{options.file}'."], 0


def _export(options: argparse.Namespace, place: Path | str) -> tuple[Answer, list[str], int]:
    count = backup.export_lines(_open(place), options.file)
    return {"songs": count, "file": str(options.file)}, [f"{count} songs are in '{options.file}'."], 0


def _import(options: argparse.Namespace, place: Path | str) -> tuple[Answer, list[str], int]:
    if options.mixer is None:
        count = backup.import_lines(_open(place, make=True), options.file)
        return {"songs": count}, [f"{count} songs were imported."], 0
    songs = mixer.read_library(options.mixer)
    store = _open(place, make=True)
    with store.held():
        known = set(store.ids())
        new = [song for song in songs if song.song_id not in known]
        store.put_all(new)
    kept = len(songs) - len(new)
    more = f" {kept} are in the library already and were left as they are." if kept else ""
    return {"songs": len(new), "kept": kept}, [f"{len(new)} songs of Mixer were imported.{more}"], 0


def _open(place: Path | str, *, make: bool = False, is_trusted: bool = False) -> ChromaStore:
    """The library; one that is not there is an error unless it is to be made."""
    if not make:
        check_place(place)
    return ChromaStore(place, is_trusted=is_trusted)


def _folder(place: Path | str) -> Path:
    if address := server_of(place):
        raise LibraryError(
            f"The library at '{address}' can only be replaced where it is.",
            hint="Do it with the server's folder while the server is stopped, or use import.",
        )
    return Path(place)
