# SPDX-License-Identifier: GPL-3.0-or-later
"""How cleanly the DJ plays whole songs: bob on the beat, joints within limits, hands on the gear.

``python benchmarks/performance.py [--songs DIR] [--match REGEX] [--intensity wild] [--require]``. Builds the DJ of
the demo song and of songs of a folder, evaluates every frame, and prints a table; ``--require`` exits 1 when a
threshold fails.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
for entry in (ROOT, ROOT / "scripts", ROOT / "benchmarks"):
    sys.path.insert(0, str(entry))

import motion  # noqa: E402
import numpy as np  # noqa: E402
import stage_door as door  # noqa: E402

from crossfade_addon import themes, timing  # noqa: E402
from crossfade_addon.brief_values import parse_intensity  # noqa: E402
from crossfade_addon.timeline import Timeline  # noqa: E402

FPS = Fraction(30)
DEFAULT_SONGS = ROOT.parent / "shared" / "songs"
DEFAULT_MATCH = "syn_dnb_174|syn_trap_140|lmms_Skiessi-Onion"
BOB_MEDIAN_S, BOB_95_S = 0.020, 0.040
FINGER_M = (0.0, 0.006)
SLIP_DEG, KNOB_M, BUILD_S = 4.0, 0.010, 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of one song."""

    name: str
    values: dict[str, float]
    notes: tuple[str, ...]

    def failures(self) -> list[str]:
        """Thresholds that this song misses."""
        v = self.values
        checks = (
            (v["bob50"] <= BOB_MEDIAN_S * 1000, "bob median"),
            (v["bob95"] <= BOB_95_S * 1000, "bob 95 %"),
            (v["joints"] <= 1.0, "joint limit"),
            (v["wrist"] <= motion.WRIST_LIMIT, "wrist limit"),
            (v["pops"] == 0, "pops"),
            (v["short"] <= motion.REACH_LIMIT * 1000, "reach"),
            (FINGER_M[0] * 1000 <= v["tip-"] and v["tip+"] <= FINGER_M[1] * 1000, "fingertip on platter"),
            (v["slip"] <= SLIP_DEG, "fingertip slips"),
            (v["knob"] <= KNOB_M * 1000, "hand on knob"),
            (v["build"] <= BUILD_S, "build time"),
        )
        return [what for holds, what in checks if not holds]


def main(argv: Sequence[str]) -> int:
    """Print the table; 1 when something fails and ``--require`` was given."""
    options = _parser().parse_args(argv)
    songs = [door.demo_audio()]
    if options.songs.is_dir():
        songs += [p for p in sorted(options.songs.glob("*.ogg")) if re.search(options.match, p.stem)]
    rows = []
    for song in songs:
        rows.append(measure(song, options))
        _print(rows[-1], first=len(rows) == 1)
    failed = [f"{row.name}: {what}" for row in rows for what in row.failures()]
    door.say("")
    for line in failed:
        door.say(f"FAIL  {line}")
    if not failed:
        door.say("PASS  every threshold")
    return 1 if failed and options.require else 0


def measure(song: Path, options: argparse.Namespace) -> Row:
    """Build the DJ alone in an empty scene and evaluate her whole performance."""
    import bpy

    from crossfade_addon.studio import actions, avatar, gear, ownership, paint, perform
    from crossfade_addon.studio.performance_plan import plan_gestures

    brief = door.brief_for(song, options.theme, intensity=parse_intensity(options.intensity))
    script: Timeline = door.script_of(brief)
    theme = themes.load_theme(options.theme)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    collection = ownership.tag(bpy.data.collections.new("CF Stage"), "collection")
    scene.collection.children.link(collection)
    shop = ownership.Workshop(collection)
    root = shop.object("DJ")
    dj = avatar.build_avatar(options.avatar, shop, theme, scene, root)
    decks = gear.build_gear(shop, theme, paint.Palette(shop), root)
    started = time.process_time()
    made = actions.make_actions(shop, dj.rig)
    perform.perform(dj, decks, made, script, FPS, intensity=brief.intensity, temper=theme.soft)
    build = time.process_time() - started
    gestures = plan_gestures(script)
    last = timing.frame_count(script.meta.duration_sec, FPS)
    # Two samples a frame: whole frames for the steps, all of them for the bob.
    positions = np.arange(2, 2 * last + 1) / 2
    started = time.perf_counter()
    everything = motion.record(scene, dj.rig, decks, positions.tolist())
    per_frame = (time.perf_counter() - started) / len(positions)
    whole = motion.Recording(
        positions[::2], everything.names, everything.parents, everything.bones[::2], everything.gear
    )
    steps = motion.joint_steps(whole, FPS)
    worst = motion.over_limits(steps)
    kind, (part, at) = max(worst.items(), key=lambda item: item[1][0])
    found = motion.pops(steps, whole.positions, gestures, FPS)
    bob = _bob(everything, script, gestures)
    tips = motion.fingertip_gaps(scene, dj.rig, decks, gestures, FPS)
    knob = motion.knob_gaps(scene, dj.rig, decks, gestures, FPS)
    short = {side: gaps.max() for side, gaps in motion.shortfall(whole).items()}
    gap_at = {side: int(gaps.argmax()) for side, gaps in motion.shortfall(whole).items()}
    side = max(short, key=lambda s: short[s])
    notes = (
        f"{kind} {part:.2f} at {timing.seconds_at(float(whole.positions[at]), FPS):.2f} s",
        f"reach {side} at {timing.seconds_at(float(whole.positions[gap_at[side]]), FPS):.2f} s",
        *(f"pop {name} at {t:.2f} s" for name, t in found[: options.pops]),
        *_true_bob(song, everything, script, gestures),
    )
    values = {
        "bpm": script.beats.bpm,
        "frames": float(last),
        "strips": float(sum(len(t.strips) for t in dj.rig.animation_data.nla_tracks)),
        "bob50": float(np.median(bob)) * 1000 if len(bob) else 0.0,
        "bob95": float(np.percentile(bob, 95)) * 1000 if len(bob) else 0.0,
        "joints": part,
        "wrist": max(float(w.max()) for w in motion.wrist_steps(whole, FPS).values()),
        "pops": float(len(found)),
        "short": float(short[side]) * 1000,
        "tip-": float(tips[:, 0].min()) * 1000 if len(tips) else 0.0,
        "tip+": float(tips[:, 0].max()) * 1000 if len(tips) else 0.0,
        "slip": float(np.ptp(tips[:, 2])) if len(tips) else 0.0,
        "knob": float(knob.max()) * 1000 if len(knob) else 0.0,
        "build": build,
        "eval": per_frame * 1000,
    }
    return Row(song.stem, values, notes)


def _bob(recording: motion.Recording, script: Timeline, gestures: Sequence[Any], beats: Sequence[float] = ()) -> Any:
    heights = recording.bone("hips")[:, 2, 3]
    seconds = np.array([timing.seconds_at(p, FPS) for p in recording.positions.tolist()])
    beats = beats or script.beats.timestamps
    if len(beats) < 2:
        return np.zeros(0)
    return motion.bob_errors(heights, seconds, beats, [(g.start, g.end) for g in gestures])


def _true_bob(song: Path, recording: motion.Recording, script: Timeline, gestures: Sequence[Any]) -> list[str]:
    """The same against the song's true beats, where they are known: hearing and dancing together."""
    truth = song.with_suffix(".json")
    if not truth.is_file():
        return []
    bob = _bob(recording, script, gestures, json.loads(truth.read_text(encoding="utf-8"))["beats"])
    return [f"true beats {np.median(bob) * 1000:.0f}/{np.percentile(bob, 95) * 1000:.0f} ms"] if len(bob) else []


_COLUMNS = (
    ("bpm", "bpm", 6, 0),
    ("frames", "frames", 7, 0),
    ("strips", "strips", 7, 0),
    ("bob50", "bob50ms", 8, 1),
    ("bob95", "bob95ms", 8, 1),
    ("joints", "joints", 7, 2),
    ("wrist", "wrist m", 8, 3),
    ("pops", "pops", 5, 0),
    ("short", "short mm", 9, 1),
    ("tip-", "tip mm", 7, 1),
    ("tip+", "..mm", 6, 1),
    ("slip", "slip", 6, 1),
    ("knob", "knob mm", 8, 1),
    ("build", "build s", 8, 2),
    ("eval", "eval ms", 8, 2),
)


def _print(row: Row, *, first: bool) -> None:
    if first:
        door.say(f"{'song':<24}" + "".join(f"{title:>{width}}" for _, title, width, _ in _COLUMNS))
    door.say(f"{row.name[:23]:<24}" + "".join(f"{row.values[key]:>{w}.{digits}f}" for key, _, w, digits in _COLUMNS))
    door.say("    " + "; ".join(row.notes))


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description="How cleanly the DJ plays whole songs.")
    p.add_argument("--songs", type=Path, default=DEFAULT_SONGS, help="folder with songs (default ../shared/songs)")
    p.add_argument("--match", default=DEFAULT_MATCH, metavar="REGEX", help="which of them")
    p.add_argument("--theme", default="sponsor_neon")
    p.add_argument("--avatar", default="nova")
    p.add_argument("--intensity", default="normal", help="calm, normal, wild or a number")
    p.add_argument("--pops", type=int, default=4, help="how many pops to name")
    p.add_argument("--require", action="store_true", help="exit code 1 when a threshold fails")
    return p


if __name__ == "__main__":
    status = main(sys.argv[1:])
    door.leave(status)
