# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof of the look, on rendered and graded frames: brightness, clipping, separation, colours, flashes.

usage: proof_of_look.py [--theme NAME ...] [--aspect 9:16 16:9] [--audio SONG] [--avatar NAME] [--no-film] [--require]

For each theme: twelve moments in both aspects at 270 pixels, and every frame of the song at 90 pixels. Near-black
frames are those with a mean luma under 8 of 255 outside the blackouts that the script asks for. Flashes are counted by
WCAG 2.3.1 (``frame_measures.py``), cuts of the camera included; ``strobe`` is the same without cuts: what the
lights do.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts"), str(ROOT / "benchmarks")]

import darkroom  # noqa: E402
import frame_measures as measures  # noqa: E402
import stage_door as door  # noqa: E402

from crossfade_addon import themes, timing  # noqa: E402
from crossfade_addon.encode import grading  # noqa: E402
from crossfade_addon.ffmpeg import find_ffmpeg  # noqa: E402
from crossfade_addon.timeline import ASPECTS, Timeline  # noqa: E402

STILL_SIDE, FILM_SIDE = 270, 90
NEAR_BLACK = 8.0
MOST_CLIPPED = 0.05
LEAST_CONTRAST = 12.0
"""CIE76 difference that half of the DJ's outline has from what is behind it, at the least."""
LEAST_DISTANCE = 0.35
"""Jensen-Shannon distance between the colours of two themes."""
STROBE_FREE = 1.0
"""Flashes in one second that the lights of a theme without flashes may reach: one breath and its end."""
BREATH_S = 0.35
"""How much longer than its cue a blackout may look, at either side."""


@dataclass(slots=True)
class Look:
    """What was measured of one theme."""

    theme: str
    flashes_allowed: bool
    darkest: float = 255.0
    near_black: list[str] = field(default_factory=list)
    clipped: float = 0.0
    clipped_at: str = ""
    contrasts: list[float] = field(default_factory=list)
    weakest_at: str = ""
    histogram: Any = None
    halves: float = 0.0
    flashes: float = 0.0
    flashes_at: str = ""
    strobe: float = 0.0
    strobe_at: str = ""
    reds: float = 0.0
    reds_at: str = ""

    @property
    def contrast(self) -> float:
        """Of the moment in which the DJ stands out least."""
        return min(self.contrasts, default=0.0)


def main(argv: Sequence[str]) -> int:
    """Print the tables; 1 when something is missed and ``--require`` was given."""
    options = _parser().parse_args(argv)
    audio = options.audio.resolve() if options.audio else door.demo_audio()
    looks = []
    with tempfile.TemporaryDirectory() as folder:
        for theme in options.theme:
            looks.append(measure(audio, theme, options, Path(folder)))
            door.say(f"{theme} measured")
    held = _report(looks, filmed=not options.no_film)
    return 0 if held or not options.require else 1


def measure(audio: Path, theme: str, options: argparse.Namespace, work: Path) -> Look:
    """Everything about one theme."""
    brief = door.brief_for(audio, theme, seed=options.seed, avatar=options.avatar)
    script = door.script_of(brief)
    built = door.build(script, brief)
    look = Look(theme, themes.load_theme(theme).flashes)
    stills: dict[str, list[np.ndarray]] = {}
    for aspect in options.aspect:
        stills[aspect] = _stills(look, built.scenes[aspect], aspect, script, work)
    everything = [picture for pictures in stills.values() for picture in pictures]
    look.histogram = measures.color_histogram(everything)
    look.halves = measures.histogram_distance(
        measures.color_histogram(everything[::2]), measures.color_histogram(everything[1::2])
    )
    for aspect in () if options.no_film else options.aspect:
        _film(look, built.scenes[aspect], aspect, script, work)
    return look


# ------------------------------------------------------------------------------------------- stills


def _stills(look: Look, scene: Any, aspect: str, script: Timeline, work: Path) -> list[np.ndarray]:
    size = darkroom.size_of(aspect, STILL_SIDE)
    moments = darkroom.key_moments(script)
    mask_scene = _mask_scene(scene)
    shots, masks = [], []
    for k, moment in enumerate(moments):
        shots.append(door.shoot(scene, moment.seconds, size, work / f"still_{k}.png"))
        mask_scene.frame_set(scene.frame_current)
        mask_scene.camera = scene.camera
        masks.append(darkroom.snap(mask_scene, size, work / f"mask_{k}.png"))
    _forget(mask_scene)
    pictures = list(read_frames(work / "still_%d.png", size, look.theme, size, count=len(shots)))
    silhouettes = read_frames(work / "mask_%d.png", size, "", size, count=len(masks))
    for moment, picture, silhouette in zip(moments, pictures, silhouettes, strict=True):
        where = f"{moment.label} in {aspect}"
        _judge(look, picture, moment.seconds, where, script)
        edges = measures.edge_contrasts(picture, silhouette[..., 0] > 127)
        if len(edges):
            if float(np.median(edges)) < look.contrast or not look.contrasts:
                look.weakest_at = where
            look.contrasts.append(float(np.median(edges)))
    return pictures


def _mask_scene(like: Any) -> Any:
    """The same moment with the DJ white and all that is painted (so: solid) black."""
    import bpy

    subject = set(bpy.data.collections["CF DJ"].all_objects)
    solid = [ob for ob in like.objects if ob.type == "MESH" and ob.data.color_attributes]
    for ob in solid:
        ob.color = (1, 1, 1, 1) if ob in subject else (0, 0, 0, 1)
    scene = darkroom.scene_of(
        "Mask", [*solid, *(ob for ob in subject if ob.type != "MESH")], like, background=(0, 0, 0)
    )
    scene.display.shading.color_type = "OBJECT"
    scene.display.render_aa = "OFF"
    return scene


def _forget(scene: Any) -> None:
    import bpy

    world = scene.world
    bpy.data.scenes.remove(scene)
    bpy.data.worlds.remove(world)


def _judge(look: Look, picture: np.ndarray, seconds: float, where: str, script: Timeline) -> None:
    if not is_blackout(script, seconds):
        luma = measures.mean_luma(picture)
        look.darkest = min(look.darkest, luma)
        if luma < NEAR_BLACK:
            look.near_black.append(where)
    clipped = measures.clipped_share(picture)
    if clipped > look.clipped:
        look.clipped, look.clipped_at = clipped, where


def is_blackout(script: Timeline, seconds: float) -> bool:
    """Whether the script wants darkness: in the breath before a drop, after a hard stop, and as the last fade ends."""
    from crossfade_addon.studio import light_score

    cues = [(c.t - BREATH_S, c.t + c.duration) for c in script.lighting.cues if c.look == "blackout"]
    stops = [(timing.seconds_at(a, door.FPS), timing.seconds_at(b, door.FPS))
             for a, b in light_score.hard_stop_frames(script, door.FPS)]  # fmt: skip
    ends = [(script.meta.duration_sec - 1.0, script.meta.duration_sec + 1.0)]
    return any(a <= seconds < b for a, b in (*cues, *stops, *ends))


# --------------------------------------------------------------------------------------------- film


def _film(look: Look, scene: Any, aspect: str, script: Timeline, work: Path) -> None:
    """Every frame of the song, small: the grade is done at the size that its bloom is made for."""
    size = darkroom.size_of(aspect, FILM_SIDE)
    longest = grading.BLOOM_SIDE / max(size)
    graded = (round(size[0] * longest) // 2 * 2, round(size[1] * longest) // 2 * 2)
    pattern = darkroom.film(scene, scene.frame_start, scene.frame_end, size, work / "film")
    count = scene.frame_end - scene.frame_start + 1
    frames = np.stack(list(read_frames(Path(pattern), size, look.theme, graded, count=count, first=scene.frame_start)))
    for k, frame in enumerate(frames):
        seconds = k / float(door.FPS)
        _judge(look, frame, seconds, f"{seconds:.2f} s in {aspect}", script)
    cuts = [timing.frame_at(shot.start, door.FPS) - timing.FIRST_FRAME for shot in script.camera[aspect].shots]
    for kind, steps in (
        ("flashes", measures.luminance_steps(frames)),
        ("strobe", measures.luminance_steps(frames, cuts=cuts)),
        ("reds", measures.red_steps(frames)),
    ):
        rates = measures.flash_rates(steps, float(door.FPS))
        if rates.max() > getattr(look, kind):
            setattr(look, kind, float(rates.max()))
            setattr(look, f"{kind}_at", f"{rates.argmax() / float(door.FPS):.1f} s in {aspect}")


def read_frames(
    pattern: Path, size: tuple[int, int], theme: str, graded: tuple[int, int], *, count: int, first: int = 0
) -> list[np.ndarray]:
    """Frames of a numbered sequence, graded at the size ``graded`` by the encoder's filters (raw without a theme)."""
    steps = "null"
    if theme:
        grade = grading.grade_filters(themes.load_theme(theme).grade, *graded)
        back = f"scale={size[0]}:{size[1]}:flags=area:in_color_matrix=bt709:in_range=tv"
        steps = f"scale={graded[0]}:{graded[1]}:flags=bicubic,{grade},{back}"
    command = [find_ffmpeg(), "-v", "error", "-start_number", str(first), "-i", str(pattern)]
    command += ["-frames:v", str(count), "-vf", f"{steps},format=rgb24", "-f", "rawvideo", "-"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    frames = np.frombuffer(data, np.uint8).reshape(-1, size[1], size[0], 3)
    if len(frames) != count:
        raise SystemExit(f"proof_of_look: {len(frames)} of {count} frames of {pattern} could be read")
    return list(frames)


# ------------------------------------------------------------------------------------------- report


def _report(looks: Sequence[Look], *, filmed: bool) -> bool:
    heads = (("darkest", 9), ("black", 7), ("clipped", 9), ("contrast", 10), ("own dist", 10))
    heads += (("flashes", 9), ("strobe", 8), ("red", 6))
    door.say(f"\n{'':<16}" + "".join(f"{head:>{width}}" for head, width in heads))
    for o in looks:
        door.say(
            f"{o.theme:<16}{o.darkest:>9.1f}{len(o.near_black):>7}{100 * o.clipped:>8.2f}%{o.contrast:>10.1f}"
            f"{o.halves:>10.2f}{o.flashes:>9.1f}{o.strobe:>8.1f}{o.reds:>6.1f}"
        )
    for o in looks:
        door.say(f"{o.theme}: least contrast at {o.weakest_at}; most clipped at {o.clipped_at or 'no moment'};")
        when = {"flashes": o.flashes_at, "strobe": o.strobe_at, "red": o.reds_at}
        door.say("    most " + "; ".join(f"{kind} from {at or 'no moment'}" for kind, at in when.items()))
        if o.near_black:
            door.say(f"    near-black: {', '.join(o.near_black[:6])}{' ...' if len(o.near_black) > 6 else ''}")
    pairs = {
        f"{a.theme} / {b.theme}": measures.histogram_distance(a.histogram, b.histogram)
        for a, b in itertools.combinations(looks, 2)
    }
    door.say("\ncolours apart:")
    for name, distance in pairs.items():
        door.say(f"  {name:<34}{distance:.2f}")
    limits = [
        ("near-black frames, at most", sum(len(o.near_black) for o in looks), 0, False),
        ("clipped share, at most", max(o.clipped for o in looks), MOST_CLIPPED, False),
        ("contrast of the outline, at least", min(o.contrast for o in looks), LEAST_CONTRAST, True),
    ]
    if pairs:
        limits.append(("colours of two themes apart, at least", min(pairs.values()), LEAST_DISTANCE, True))
    if filmed:
        limits += [
            ("flashes a second, at most", max(o.flashes for o in looks), measures.MOST_FLASHES, False),
            ("red flashes a second, at most", max(o.reds for o in looks), 0, False),
        ]
        still = [o.strobe for o in looks if not o.flashes_allowed]
        if still:
            limits.append(("flashes where none may strobe, at most", max(still), STROBE_FREE, False))
    door.say("")
    held = True
    for name, value, limit, at_least in limits:
        good = value >= limit if at_least else value <= limit
        held = held and good
        door.say(f"{'PASS' if good else 'FAIL'}  {name:<40}{limit:>8g}{value:>9.2f}")
    return held


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--theme", nargs="+", default=list(themes.BUILT_IN))
    p.add_argument("--aspect", nargs="+", default=list(ASPECTS), choices=ASPECTS)
    p.add_argument("--audio", type=Path, help="the song (default: the demo song)")
    p.add_argument("--avatar", default="", help="a built-in avatar instead of the theme's own")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--no-film", action="store_true", help="stills only: nothing is said about flashes")
    p.add_argument("--require", action="store_true", help="exit code 1 when a limit is missed")
    return p


if __name__ == "__main__":
    code = main(sys.argv[1:])
    door.leave(code)
