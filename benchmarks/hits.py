# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether drops hit, cuts sit on the bar and stops are black, measured on the built shows of whole songs.

usage: hits.py [--songs FOLDER] [--match REGEX] [--theme NAME ...] [--require]

For the demo song and songs of a folder, in every theme: the frames around each drop and in each hard stop are
rendered at 90x160 through a camera that stands still, so that a cut on the drop can neither make nor hide a hit. Light
is the mean luma of such a picture and not a sum over F-curves: only the picture knows how large a lamp is, how layers
add up, what is hidden, and where white clips. Needs bpy.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts"), str(ROOT / "benchmarks")]

import darkroom  # noqa: E402
import frame_measures as measures  # noqa: E402
import numpy as np  # noqa: E402
import proof_of_look  # noqa: E402
import stage_door as door  # noqa: E402

from crossfade_addon import themes, timing  # noqa: E402
from crossfade_addon.timeline import ASPECTS, Timeline  # noqa: E402

DEFAULT_SONGS = ROOT.parent / "shared" / "songs"
DEFAULT_MATCH = "lmms_Impulslogik-Zen|syn_dnb_174|syn_house_pickup_126|fof_internal_degeneration"
"""Three songs with drops, and one that stops hard."""
ASPECT, SIZE, CAMERA = "9:16", (90, 160), "hero"
HALF_S = 0.5
"""What counts as around a drop, at either side; the light of the build is that of the second before it."""
SLACK_FRAMES = 1
ONSET = 0.25
"""Where nothing may flash a rise may take some frames: it begins with the first step of this part of its largest."""
CLEARLY = {True: 1.25, False: 1.05}
"""Least ratio of the light after a drop to that of the half second before it, by whether the theme flashes."""
HIGHER = {True: 1.0, False: 0.97}
"""Least ratio of the light after a drop to that of the build before the breath; gentle titles begin dark."""
ON_DOWNBEAT, LEAST_BEATS = 0.95, 2.0
TOLERANCE_FRAMES = 0.51
"""A cut is on a beat when it is on the frame that is nearest to it."""
BLACK = 1.0
"""Greatest mean luma, of 255, of a frame in a hard stop."""


@dataclass(frozen=True, slots=True)
class Hit:
    """What happens around one drop: ``off`` is in frames from the drop's own, levels are mean luma (0..255)."""

    seconds: float
    off: int
    build: float
    before: float
    after: float
    flashes: bool

    def failures(self) -> list[str]:
        """What of this drop is missed."""
        checks = (
            (abs(self.off) <= SLACK_FRAMES, f"{self.off:+d} frames off"),
            (self.after >= CLEARLY[self.flashes] * self.before, "hardly brighter than just before"),
            (self.after >= HIGHER[self.flashes] * self.build, "darker than the build before"),
        )
        return [f"drop at {self.seconds:.2f} s: {what}" for holds, what in checks if not holds]


@dataclass(slots=True)
class Row:
    """One song in one theme."""

    name: str
    theme: str
    hits: list[Hit] = field(default_factory=list)
    cuts: int = 0
    on_downbeat: int = 0
    nearest_beats: float = float("inf")
    stops: int = 0
    stop_luma: float = 0.0

    def failures(self) -> list[str]:
        """Everything that this show misses."""
        found = [what for hit in self.hits for what in hit.failures()]
        if self.on_downbeat < ON_DOWNBEAT * self.cuts:
            found.append(f"only {self.on_downbeat} of {self.cuts} cuts are on a downbeat")
        if self.nearest_beats < LEAST_BEATS:
            found.append(f"two cuts only {self.nearest_beats:.2f} beats apart")
        if self.stop_luma > BLACK:
            found.append(f"a hard stop has a luma of {self.stop_luma:.1f}")
        return found


def main(argv: Sequence[str]) -> int:
    """Print the table; 1 when something is missed and ``--require`` was given."""
    options = _parser().parse_args(argv)
    songs = [door.demo_audio()]
    if options.songs.is_dir():
        songs += [p for p in sorted(options.songs.glob("*.ogg")) if re.search(options.match, p.stem)]
    rows: list[Row] = []
    for song in songs:
        for theme in options.theme:
            rows.append(measure(song.resolve(), theme))
            _print(rows[-1], first=len(rows) == 1)
    failed = [f"{row.name} in {row.theme}: {what}" for row in rows for what in row.failures()]
    hits = [hit for row in rows for hit in row.hits]
    cuts, on_downbeat = (sum(getattr(row, name) for row in rows) for name in ("cuts", "on_downbeat"))
    door.say(
        f"\n{sum(not hit.failures() for hit in hits)} of {len(hits)} drops hit, {on_downbeat} of {cuts} cuts on a "
        f"downbeat, {sum(row.stops for row in rows)} hard stops"
    )
    for line in failed:
        door.say(f"FAIL  {line}")
    if not failed:
        door.say("PASS  every threshold")
    return 1 if failed and options.require else 0


def measure(song: Path, theme: str) -> Row:
    """Build the show of a song, film its drops and stops, and read its cuts."""
    from crossfade_addon.studio import light_score

    brief = door.brief_for(song, theme, quality="draft")
    script = door.script_of(brief)
    scenes = door.build(script, brief).scenes
    row = Row(song.stem, theme, nearest_beats=float("inf"))
    for aspect in ASPECTS:
        _cuts(row, scenes[aspect], script)
    scene = scenes[ASPECT]
    for marker in scene.timeline_markers:  # a render asks the markers for its camera
        marker.camera = None
    scene.camera = door.set_up(ASPECT, CAMERA, theme)
    flashes = themes.load_theme(theme).flashes
    for t in script.drops():
        row.hits.append(_hit(scene, t, flashes=flashes))
    for start, end in light_score.hard_stop_frames(script, door.FPS):
        last = min(end, scene.frame_end + 1) - 1
        if last >= start:
            row.stops += 1
            for frame in sorted({start, (start + last) // 2, last}):
                row.stop_luma = max(row.stop_luma, float(_film(scene, frame, frame)[0]))
    return row


def _hit(scene: Any, seconds: float, *, flashes: bool) -> Hit:
    at = timing.frame_at(seconds, door.FPS)
    half = int(HALF_S * float(door.FPS))
    first = max(timing.FIRST_FRAME, at - 3 * half)
    light = _film(scene, first, min(at + half, scene.frame_end))
    drop = at - first
    around = max(0, drop - half)
    steps = np.diff(light[around:])
    rise = int(np.argmax(steps))
    while not flashes and rise and steps[rise - 1] >= ONSET * steps.max():
        rise -= 1
    build, before, after = (float(part.mean()) for part in (light[: around or 1], light[around:drop], light[drop:]))
    return Hit(seconds, around + rise + 1 - drop, build, before, after, flashes)


def _film(scene: Any, first: int, last: int) -> np.ndarray:
    """Mean luma of each frame ``first..last``."""
    with tempfile.TemporaryDirectory() as folder:
        pattern = darkroom.film(scene, first, last, SIZE, Path(folder))
        frames = proof_of_look.read_frames(Path(pattern), SIZE, "", SIZE, count=last - first + 1, first=first)
        return np.array([measures.mean_luma(frame) for frame in frames])


def _cuts(row: Row, scene: Any, script: Timeline) -> None:
    """Cuts are the markers of the scene that change its camera."""
    frames = list(_changes(scene))
    beats = script.beats.timestamps
    if len(beats) > 1:
        clock = np.interp([timing.seconds_at(f, door.FPS) for f in frames], beats, np.arange(len(beats)))
        # A cut on a beat stands on the frame nearest to it.
        grain = TOLERANCE_FRAMES / float(door.FPS) * script.beats.bpm / 60
        clock = np.where(np.abs(clock - clock.round()) <= grain, clock.round(), clock)
        row.nearest_beats = min([row.nearest_beats, *(b - a for a, b in pairwise(clock.tolist()))])
    downbeats = np.array([timing.subframe_at(t, door.FPS) for t in script.beats.downbeats])
    if len(downbeats):
        row.cuts += len(frames)
        row.on_downbeat += sum(float(np.abs(downbeats - f).min()) <= TOLERANCE_FRAMES for f in frames)


def _changes(scene: Any) -> Iterator[int]:
    bound = sorted((m for m in scene.timeline_markers if m.camera), key=lambda m: m.frame)
    for before, after in pairwise(bound):
        if after.camera != before.camera:
            yield after.frame


def _print(row: Row, *, first: bool) -> None:
    if first:
        heads = ("drop s", "off", "build", "before", "after")
        door.say(
            f"{'song':<26}{'theme':<16}" + "".join(f"{h:>8}" for h in heads) + f"{'cuts':>7}{'on bar':>8}{'beats':>7}"
        )
    share = f"{100 * row.on_downbeat / row.cuts:.1f}%" if row.cuts else "-"
    nearest = f"{row.nearest_beats:.1f}" if np.isfinite(row.nearest_beats) else "-"
    ends = [f"{row.cuts:>7}{share:>8}{nearest:>7}"]
    lines = [f"{h.seconds:>8.2f}{h.off:>+8d}{h.build:>8.1f}{h.before:>8.1f}{h.after:>8.1f}" for h in row.hits]
    for k, line in enumerate(lines or [f"{'no drop':>8}" + " " * 32]):
        door.say(f"{row.name[:25]:<26}{row.theme:<16}{line}{ends[0] if k == 0 else ''}")
    if row.stops:
        door.say(f"{'':<42}{row.stops} hard stops, brightest frame {row.stop_luma:.2f}")


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--songs", type=Path, default=DEFAULT_SONGS, help="folder with songs (default ../shared/songs)")
    p.add_argument("--match", default=DEFAULT_MATCH, metavar="REGEX", help="which of them")
    p.add_argument("--theme", nargs="+", default=list(themes.BUILT_IN))
    p.add_argument("--require", action="store_true", help="exit code 1 when a threshold fails")
    return p


if __name__ == "__main__":
    # Blender prints a line for every picture, from below Python: the table keeps a door of its own.
    sys.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    code = main(sys.argv[1:])
    door.leave(code)
