# SPDX-License-Identifier: GPL-3.0-or-later
"""Stems: the separated tracks of a song, found by their names, each driving the signals it knows best.

Conventions: a stem begins where the song begins. ``kick`` drives the kick; ``drums`` kick, snare and hats (the
kick only when there is no kick stem); ``bass`` the bass; ``vocals`` and ``other`` signals of their own. What has
no stem is heard in the mix.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DirectorError
from ..timeline import Signals
from .decode import decode
from .features import extract
from .signals import pack, stem_signals

KINDS = ("drums", "kick", "bass", "vocals", "other")
"""In this order they are heard: a kick stem knows better than the drums."""
LENGTH_TOLERANCE_S = 0.5
_WORDS = {
    "drums": ("drums", "drum"),
    "kick": ("kick", "kicks", "kickdrum", "bassdrum"),
    "bass": ("bass",),
    "vocals": ("vocals", "vocal", "vox", "voice", "acapella", "acappella"),
    "other": ("other", "others", "rest"),
}
_SUFFIXES = frozenset((".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".wma", ".mp4"))


def find_stems(folder: Path, song: Path) -> tuple[dict[str, Path], list[str]]:
    """The stems in a folder by kind, and what should be said about the other sound files in it.

    A file is a stem when a word of its name says so: ``kick.wav``, ``Song - Bass.flac``, ``01_VOCALS.mp3``. Words
    that all the names share are the song's title and do not count. The song itself may lie in the same folder.
    """
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES and p.is_file() and p != song)
    words = {path: _words(path.stem) for path in files}
    shared = set.intersection(*map(set, words.values())) if len(files) > 1 else set()
    found: dict[str, list[Path]] = {}
    notices = []
    for path in files:
        kinds = _kinds([word for word in words[path] if word not in shared])
        if len(kinds) == 1:
            found.setdefault(kinds[0], []).append(path)
        elif kinds:
            notices.append(f"Stem '{path.name}' could be {' or '.join(kinds)}: it is not used. Rename it.")
        else:
            notices.append(f"'{path.name}' is not named like a stem ({', '.join(KINDS)}): it is not used.")
    for kind, paths in found.items():
        if len(paths) > 1:
            names = " and ".join(f"'{p.name}'" for p in paths)
            notices.append(f"{names} are both called {kind}: neither is used. Keep one of them.")
    if not files:
        notices.append(f"There is no sound file in the stems folder '{folder}': the mix is used alone.")
    return {kind: found[kind][0] for kind in KINDS if len(found.get(kind, ())) == 1}, notices


def _words(name: str) -> list[str]:
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    text = re.sub(r"\b(kick|bass)[\W_]+drum\b", "kick", re.sub(r"[\W_]+", " ", text))
    return text.split()


def _kinds(words: Sequence[str]) -> list[str]:
    return [kind for kind in KINDS if any(word in _WORDS[kind] for word in words)]


def hear_stems(
    stems: Mapping[str, Path],
    duration: float,
    ffmpeg: str,
    folder: Path,
    notice: Callable[[str], None],
) -> dict[str, NDArray[np.float64]]:
    """The curves that the stems drive, one stem at a time so that memory stays small.

    Parameters
    ----------
    stems : mapping
        Files by kind. One that cannot be used is said aloud through ``notice`` and left to the mix.
    duration : float
        Seconds of the song; stems of another length are cut or continued by silence.
    """
    curves: dict[str, NDArray[np.float64]] = {}
    for kind in KINDS:
        path = stems.get(kind)
        if path is None:
            continue
        if not path.is_file():
            notice(f"The {kind} stem '{path}' is not there any more: the mix is used for it.")
            continue
        try:
            decoded = decode(path, ffmpeg, folder)
        except DirectorError as error:
            notice(f"The {kind} stem cannot be used, the mix is: {error.message}")
            continue
        for remark in decoded.notices:
            notice(f"The {kind} stem: {remark}")
        off = decoded.duration_sec - duration
        if abs(off) > LENGTH_TOLERANCE_S:
            longer, mend = ("longer", "its end is cut") if off > 0 else ("shorter", "silence follows it")
            notice(f"The {kind} stem is {abs(off):.1f} s {longer} than the song: {mend}.")
        length = round(duration * decoded.sample_rate)
        curves.update(stem_signals(kind, extract(decoded.samples, length=length), duration))
    return curves


def with_stems(signals: Signals, curves: Mapping[str, NDArray[np.float64]]) -> Signals:
    """The signals of the mix, with those that stems drive replaced or added."""
    driven = pack(dict(curves)).values
    return Signals(signals.rate_hz, {**signals.values, **driven})
