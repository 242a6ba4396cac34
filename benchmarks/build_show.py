# SPDX-License-Identifier: GPL-3.0-or-later
"""What a show of four dense minutes costs: to build, to step through, and to render beside one cube.

usage: build_show.py [--theme NAME ...] [--runs N] [--frames N] [--no-render] [--quality final] [--require]

The song is made up (``dense_song.py``), so nothing is analysed. Of every time the least over the runs counts (noise
only ever adds); processor seconds stand beside the wall's, for machines that do other things too. The bare scene holds
one cube under the same settings, and is rendered in turns with the stage.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts"), str(ROOT / "benchmarks")]

import darkroom  # noqa: E402
import dense_song  # noqa: E402
import stage_door as door  # noqa: E402

from crossfade_addon import director, themes, timing  # noqa: E402
from crossfade_addon.encode import platforms  # noqa: E402

BUILD_S = 2.0
OBJECTS = 250
TRIANGLES = 80_000
FRAME_SET_MS = 8.0
RENDER_RATIO = 2.0
SIZE = (1080, 1920)
MOMENTS = ("verse+4bar", "build-1bar", "drop+1b", "drop2+3bar", "break+2bar", "bridge+1bar")
"""Where frames are rendered: the whole of a show in six pictures, the heaviest among them."""


@dataclass(slots=True)
class Cost:
    """One theme's numbers; times are the least over the runs."""

    theme: str
    build_s: float = 0.0
    build_cpu_s: float = 0.0
    curves: int = 0
    keys: int = 0
    drivers: int = 0
    objects: int = 0
    triangles: int = 0
    step_ms: float = 0.0
    step_95_ms: float = 0.0
    stage_s: list[float] = field(default_factory=list)
    bare_s: list[float] = field(default_factory=list)
    stage_cpu_s: float = 0.0
    bare_cpu_s: float = 0.0

    @property
    def ratio(self) -> float:
        """Stage over bare scene, all moments together (wall)."""
        return sum(self.stage_s) / sum(self.bare_s) if self.bare_s else 0.0

    @property
    def worst_ratio(self) -> float:
        """Stage over bare scene at the heaviest moment."""
        return max((a / b for a, b in zip(self.stage_s, self.bare_s, strict=True)), default=0.0)

    @property
    def cpu_ratio(self) -> float:
        """As :attr:`ratio`, in processor seconds."""
        return self.stage_cpu_s / self.bare_cpu_s if self.bare_cpu_s else 0.0


def main(argv: Sequence[str]) -> int:
    """Print the tables; 1 when a limit is missed and ``--require`` was given."""
    options = _parser().parse_args(argv)
    costs = [measure(theme, options) for theme in options.theme]
    held = _report(costs, rendered=not options.no_render)
    return 0 if held or not options.require else 1


def measure(theme: str, options: argparse.Namespace) -> Cost:
    """Build a theme's show several times, then count, step and render the last one."""
    import bpy

    from crossfade_addon.studio import show

    cost = Cost(theme)
    brief = door.brief_for(Path("/dense.wav"), theme, quality=options.quality, avatar=options.avatar)
    rows = {name: dataclasses.asdict(row) for name, row in platforms.load_platforms().items()}
    facts = director.SongFacts("Dense", "Nobody", "0" * 64)
    analysis, lyrics = dense_song.dense_analysis(), dense_song.dense_lyrics()
    walls, cpus, built, script = [], [], None, None
    for _ in range(options.runs):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        with _clock() as used:
            script = director.direct(analysis, facts, brief, themes.load_theme(theme), lyrics, rows)
            built = show.build(script, themes.load_theme(theme), brief)
        walls.append(used()[0])
        cpus.append(used()[1])
    cost.build_s, cost.build_cpu_s = min(walls), min(cpus)
    scene = built.scenes["9:16"]
    cost.curves, cost.keys, cost.drivers = count_curves()
    cost.objects = len(set().union(*(set(s.objects) for s in built.scenes.values())))
    cost.triangles = count_triangles(scene)
    steps = step_times(scene, options.frames, options.runs)
    cost.step_ms, cost.step_95_ms = sum(steps) / len(steps), sorted(steps)[int(0.95 * (len(steps) - 1))]
    if not options.no_render:
        render_times(scene, [door.moment(text, script) for text in MOMENTS], options.runs, cost)
    return cost


def count_curves() -> tuple[int, int, int]:
    """F-curves and their keys in the file (actions and strip influences), and drivers.

    Raises
    ------
    SystemExit
        A driver needs Python: it would die where scripts may not run.
    """
    import bpy

    curves = [curve for action in bpy.data.actions for curve in _curves_of(action)]
    drivers = 0
    for blocks in (bpy.data.objects, bpy.data.meshes, bpy.data.materials, bpy.data.shape_keys, bpy.data.cameras):
        for animation in (block.animation_data for block in blocks):
            if animation is None:
                continue
            curves += [c for track in animation.nla_tracks for strip in track.strips for c in strip.fcurves]
            drivers += len(animation.drivers)
            if any(c.driver.type == "SCRIPTED" for c in animation.drivers):
                raise SystemExit(f"build_show: {animation.id_data.name} has a driver with a Python expression")
    return len(curves), sum(len(curve.keyframe_points) for curve in curves), drivers


def _curves_of(action: Any) -> Iterator[Any]:
    if not hasattr(action, "layers"):
        yield from action.fcurves
        return
    for layer in action.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                yield from bag.fcurves


def count_triangles(scene: Any) -> int:
    """Triangles of every mesh of the scene with its modifiers; what is instanced counts once."""
    depsgraph = scene.view_layers[0].depsgraph
    depsgraph.update()
    instanced = {ob for empty in scene.objects if empty.instance_collection for ob in empty.instance_collection.objects}
    total = 0
    for ob in {*scene.objects, *instanced}:
        if ob.type == "MESH":
            evaluated = ob.evaluated_get(depsgraph)
            mesh = evaluated.to_mesh()
            total += sum(len(polygon.vertices) - 2 for polygon in mesh.polygons)
            evaluated.to_mesh_clear()
    return total


def step_times(scene: Any, count: int, runs: int) -> list[float]:
    """Milliseconds of ``frame_set`` on so many frames, spread over the scene; of each the least of the runs."""
    span = scene.frame_end - scene.frame_start
    frames = [scene.frame_start + round((k + 0.5) / count * span) for k in range(count)]
    least = [float("inf")] * count
    scene.frame_set(scene.frame_start)
    for _ in range(runs):
        for k, frame in enumerate(frames):
            started = time.perf_counter()
            scene.frame_set(frame)
            least[k] = min(least[k], 1000 * (time.perf_counter() - started))
    return least


def render_times(scene: Any, moments: Sequence[float], runs: int, cost: Cost) -> None:
    """Workbench seconds of stage and cube, in turns; packing the file, which costs both the same, is left out."""
    bare = bare_scene(scene)
    for seconds in moments:
        scene.frame_set(timing.frame_at(seconds, door.FPS))
        ours, theirs = [], []
        for turn in range(runs + 1):
            for shown, used in ((scene, ours), (bare, theirs)):
                spent = _render(shown)
                if turn:  # the first builds shaders and uploads meshes
                    used.append(spent)
        cost.stage_s.append(min(wall for wall, _ in ours))
        cost.bare_s.append(min(wall for wall, _ in theirs))
        cost.stage_cpu_s += min(cpu for _, cpu in ours)
        cost.bare_cpu_s += min(cpu for _, cpu in theirs)


def bare_scene(like: Any) -> Any:
    """A scene of one cube under a camera, with another scene's world, view, shading and size."""
    import bpy

    scene = bpy.data.scenes.new("Bare")
    scene.world = like.world
    darkroom.copy_look(like, scene)
    mesh = bpy.data.meshes.new("Cube")
    corners = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    mesh.from_pydata(corners, [], sides)
    scene.collection.objects.link(bpy.data.objects.new("Cube", mesh))
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0, -8, 0), (1.5708, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    return scene


def _render(scene: Any) -> tuple[float, float]:
    import bpy

    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.resolution_percentage = 100
    with _clock() as used:
        bpy.ops.render.render(scene=scene.name)
    return used()


class _clock:
    """Wall and processor seconds of a block."""

    def __enter__(self) -> Callable[[], tuple[float, float]]:
        self._start = (time.perf_counter(), time.process_time())
        self._end = self._start
        return lambda: (self._end[0] - self._start[0], self._end[1] - self._start[1])

    def __exit__(self, *_: object) -> None:
        self._end = (time.perf_counter(), time.process_time())


def _report(costs: Sequence[Cost], *, rendered: bool) -> bool:
    heads = ("build s", "CPU s", "curves", "keys", "drivers", "objects", "triangles", "step ms", "95 % ms")
    door.say(f"{'':<16}" + "".join(f"{head:>10}" for head in heads))
    for c in costs:
        door.say(
            f"{c.theme:<16}{c.build_s:>10.2f}{c.build_cpu_s:>10.2f}{c.curves:>10}{c.keys:>10}{c.drivers:>10}"
            f"{c.objects:>10}{c.triangles:>10}{c.step_ms:>10.2f}{c.step_95_ms:>10.2f}"
        )
    if rendered:
        door.say(f"\n{'stage / cube':<16}{'ratio':>10}{'CPU':>10}{'worst':>10}  seconds at " + ", ".join(MOMENTS))
        for c in costs:
            pairs = "  ".join(f"{a:.2f}/{b:.2f}" for a, b in zip(c.stage_s, c.bare_s, strict=True))
            door.say(f"{c.theme:<16}{c.ratio:>10.2f}{c.cpu_ratio:>10.2f}{c.worst_ratio:>10.2f}  {pairs}")
    limits = [
        ("build s", max(c.build_s for c in costs), BUILD_S),
        ("objects", max(c.objects for c in costs), OBJECTS),
        ("triangles", max(c.triangles for c in costs), TRIANGLES),
        ("frame_set ms, mean", max(c.step_ms for c in costs), FRAME_SET_MS),
        ("frame_set ms, 95 %", max(c.step_95_ms for c in costs), FRAME_SET_MS),
    ]
    if rendered:
        limits.append(("Workbench stage / cube", max(c.ratio for c in costs), RENDER_RATIO))
    cores = os.cpu_count() or 1
    door.say(
        f"\n{cores} cores, load {os.getloadavg()[0]:.1f} (with more load than cores, times of the wall are too long)"
    )
    for name, value, limit in limits:
        door.say(f"{'PASS' if value <= limit else 'FAIL'}  {name + ', at most':<34}{limit:>8g}{value:>10.2f}")
    return all(value <= limit for _, value, limit in limits)


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--theme", nargs="+", default=list(themes.BUILT_IN))
    p.add_argument("--avatar", default="", help="a built-in avatar instead of the theme's own")
    p.add_argument("--runs", type=int, default=3, help="of each measurement (default 3)")
    p.add_argument("--frames", type=int, default=200, help="frames to step to (default 200)")
    p.add_argument("--quality", default="final", help="final smooths edges, draft does not (default final)")
    p.add_argument("--no-render", action="store_true", help="leave the renders out")
    p.add_argument("--require", action="store_true", help="exit code 1 when a limit is missed")
    return p


if __name__ == "__main__":
    code = main(sys.argv[1:])
    door.leave(code)
