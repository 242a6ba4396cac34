# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether head, hands and decks stay where platforms leave room: every beat, through the evaluated cameras.

usage: framing.py [--songs FOLDER] [--song NAME ...] [--theme NAME ...] [--avatar NAME ...] [--every] [--require]

For the demo song and three others, in every theme, with each built-in avatar and in both aspects: the show is built,
every beat (``--every``: ten times a second as well) is evaluated, and the rule of the running shot is measured by
projecting the DJ's head, hands and decks. Then the cuts: on a downbeat, how near to each other, whether two framings
that follow each other are near-identical, and how far the head moves in the picture's first second. Needs bpy.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import bpy  # noqa: E402  before anything that needs mathutils
import numpy as np  # noqa: E402
import stage_door as door  # noqa: E402

from crossfade_addon import setups, themes, timing  # noqa: E402
from crossfade_addon.studio import avatar, framing, subject  # noqa: E402
from crossfade_addon.timeline import ASPECTS, Timeline  # noqa: E402

SONGS = ("syn_house_pickup_126.ogg", "lmms_DirtyLove.ogg", "syn_pop_76.ogg")
ON_DOWNBEAT, LEAST_BEATS, FIRST_SECOND_PX = 0.95, 2.0, 20.0
TOLERANCE_S = 0.02


@dataclass
class Tally:
    """What was seen of all films."""

    margins: dict[tuple[str, str, str], float] = field(default_factory=lambda: defaultdict(lambda: 9.0))
    where: dict[tuple[str, str, str], str] = field(default_factory=dict)
    moments: int = 0
    broken: int = 0
    cuts: int = 0
    on_downbeat: int = 0
    nearest_beats: float = 99.0
    jumps: list[str] = field(default_factory=list)
    first_second_px: list[tuple[float, str]] = field(default_factory=list)
    pace: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def main(argv: Sequence[str]) -> int:
    """Print the tables; 1 when ``--require`` is given and something fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=Path, default=ROOT.parent / "shared" / "songs", help="folder of the songs")
    parser.add_argument("--song", nargs="*", default=list(SONGS), help="files in it (the demo song is always there)")
    parser.add_argument("--theme", nargs="*", default=list(themes.available()))
    parser.add_argument("--avatar", nargs="*", default=list(avatar.BUILDERS))
    parser.add_argument("--every", action="store_true", help="ten times a second as well as at every beat")
    parser.add_argument("--require", action="store_true", help="exit code 1 when a rule is broken")
    options = parser.parse_args(argv)
    songs = [door.demo_audio(), *(options.songs / name for name in options.song)]
    tally = Tally()
    for song in songs:
        for theme in options.theme:
            brief = door.brief_for(song.resolve(), theme)
            script = door.script_of(brief)
            _cuts(tally, script, theme)
            for name in options.avatar:
                show = door.build(script, brief.replace(avatar=name))
                for aspect, scene in show.scenes.items():
                    _film(tally, scene, script, aspect, f"{song.stem} {theme} {name}", every=options.every)
    code = _report(tally)
    return code if options.require else 0


def _cuts(tally: Tally, script: Timeline, theme: str) -> None:
    beat_s = 60 / script.beats.bpm if script.beats.bpm else 0.5
    starts = [shot.start for shot in script.camera[ASPECTS[0]].shots]
    tally.pace[theme].append(60 * (len(starts) - 1) / script.meta.duration_sec)
    tally.nearest_beats = min([tally.nearest_beats, *((b - a) / beat_s for a, b in pairwise(starts))])
    if script.beats.downbeats:
        downbeats = np.array(script.beats.downbeats)
        tally.cuts += len(starts) - 1
        tally.on_downbeat += sum(float(np.abs(downbeats - t).min()) <= TOLERANCE_S for t in starts[1:])


def _film(tally: Tally, scene: Any, script: Timeline, aspect: str, label: str, *, every: bool) -> None:
    rig = next(ob for ob in bpy.data.objects if ob.type == "ARMATURE")
    plan, duration = script.camera[aspect], script.meta.duration_sec
    for t in _moments(script, every):
        scene.frame_set(timing.frame_at(t, door.FPS))
        at = timing.seconds_at(scene.frame_current, door.FPS)
        shot = next(s for s in reversed(plan.shots) if timing.frame_at(s.start, door.FPS) <= scene.frame_current)
        found = subject.check(scene, rig, aspect, shot.shot)
        tally.moments += 1
        tally.broken += min(found.values()) < 0
        for rule, margin in found.items():
            key = (aspect, shot.shot, rule)
            if margin < tally.margins[key]:
                tally.margins[key], tally.where[key] = margin, f"{label} {at:.2f} s"
    for before, after in pairwise(plan.shots):
        cut = timing.frame_at(after.start, door.FPS)
        pair = [_framing(scene, frame) for frame in (cut - 1, cut)]
        if setups.near_identical(*pair):
            sizes = sorted(setups.size(setup) for setup in pair)
            what = f"{label} {aspect} {after.start:.2f} s {before.shot} > {after.shot}"
            tally.jumps.append(f"{what}: {setups.angle_deg(*pair):.0f} degrees, {sizes[1] / sizes[0]:.2f} times")
    if duration > 1:
        head, pixels = np.array([setups.HEAD]), np.array(framing.SIZES[aspect])
        places = []
        for frame in range(timing.FIRST_FRAME, timing.FIRST_FRAME + 31, 3):
            scene.frame_set(frame)
            corners = head + np.array([[0.3, 0, 0.3], [-0.3, 0, -0.3]])
            places.append(framing.project(subject.view(scene), corners, aspect)[0][0] * pixels)
        path = float(np.linalg.norm(np.diff(places, axis=0), axis=2).sum(axis=0).max())
        tally.first_second_px.append((path, f"{label} {aspect} {plan.shots[0].shot}"))


def _framing(scene: Any, frame: int) -> setups.Setup:
    scene.frame_set(frame)
    pose = subject.view(scene)
    x, y, z = (float(v) for v in pose.position[0])
    return setups.Setup((x, y, z), setups.HEAD, float(pose.lens[0]))


def _moments(script: Timeline, every: bool) -> Iterator[float]:
    last = script.meta.duration_sec - float(1 / door.FPS)
    yield from (t for t in script.beats.timestamps if t <= last)
    if every or not script.beats.timestamps:
        yield from np.arange(0.0, last, 0.1)


def _report(tally: Tally) -> int:
    for aspect in ASPECTS:
        for shot in framing.FRAMING[aspect]:
            rows = {rule: m for (a, s, rule), m in tally.margins.items() if (a, s) == (aspect, shot)}
            words = "  ".join(f"{rule} {margin:+.3f}" for rule, margin in rows.items())
            door.say(f"{aspect:5} {shot:9} {words or 'not in any of these films'}")
            for rule, margin in rows.items():
                if margin < 0:
                    door.say(f"      BROKEN {rule}: {tally.where[aspect, shot, rule]}")
    door.say("")
    for theme, pace in tally.pace.items():
        door.say(f"{theme:16} {np.mean(pace):5.1f} cuts a minute")
    door.say(f"least first second: {min(tally.first_second_px)[0]:.0f} px, {min(tally.first_second_px)[1]}")
    for jump in tally.jumps:
        door.say(f"near-identical: {jump}")
    share = tally.on_downbeat / max(1, tally.cuts)
    limits = (
        (f"rule holds at all of {tally.moments} moments (broken)", tally.broken, tally.broken == 0),
        (f"cuts on a downbeat, of {tally.cuts}", round(share, 4), share >= ON_DOWNBEAT),
        ("least beats between two cuts", round(tally.nearest_beats, 3), tally.nearest_beats >= LEAST_BEATS - 0.05),
        ("near-identical framings that follow each other", len(tally.jumps), not tally.jumps),
        (
            "px the picture moves in the first second, at least",
            round(min(tally.first_second_px)[0]),
            min(tally.first_second_px)[0] >= FIRST_SECOND_PX,
        ),
    )
    for name, value, holds in limits:
        door.say(f"{'PASS' if holds else 'FAIL'}  {name}: {value}")
    return 0 if all(holds for *_, holds in limits) else 1


if __name__ == "__main__":
    code = main(sys.argv[1:])
    door.leave(code)
