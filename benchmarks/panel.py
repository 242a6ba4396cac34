# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel costs: enabling the add-on, drawing the tab, and a correction of a four-minute song.

::

    python benchmarks/panel.py [--runs 20] [--require]                           # the bpy package
    blender --factory-startup --python benchmarks/panel.py -- [--require]        # the application, with a window

A correction counts from the press of the button until beat markers, the picture in the Image Editor, the small picture
of the panel and every list are new. With a window the tab is drawn by Blender itself, and the time inside each panel's
``draw()`` counts; without one, ``draw()`` writes into a layout that only counts. Printed are the least and the median
on the clock and the median of processor time, in ms. The last is held against the limits: other programs do not count.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import bpy

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "blender")]

SONG_S, BPM = 240.0, 128.0
MOST_MS = {"enable": 50.0, "correct": 100.0, "draw": 2.0}
EDITS = ("x2", "/2", "shift=1", "nudge=10", "bpm=126")


class Cost(NamedTuple):
    """Milliseconds on the clock and of the processor."""

    clock: float
    processor: float


_OPS: Any = bpy.ops


class CountingLayout:
    """Takes whatever a panel draws, and counts it."""

    def __init__(self) -> None:
        self.count = 0

    def __getattr__(self, _name: str) -> Callable[..., CountingLayout]:
        return self._drawn

    def _drawn(self, *_args: Any, **_settings: Any) -> CountingLayout:
        self.count += 1
        return self


def timed(work: Callable[[], object]) -> Cost:
    """What it costs."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return Cost((time.perf_counter() - began) * 1e3, (time.process_time() - used) * 1e3)


def enable(drawn: dict[str, list[Cost]]) -> Cost:
    """Import and register everything, as enabling does; in between, have every later ``draw()`` measured."""

    def load() -> None:
        import crossfade_addon.registry

        assert crossfade_addon.registry.MODULES

    import_cost = timed(load)
    from crossfade_addon import registry

    classes = [cls for module in registry.MODULES for cls in module.CLASSES]
    for cls in (cls for cls in classes if issubclass(cls, bpy.types.Panel)):
        cls.draw = _measured(cls.draw, drawn.setdefault(cls.__name__, []))
    register_cost = timed(registry.register)
    return Cost(import_cost.clock + register_cost.clock, import_cost.processor + register_cost.processor)


def _measured(draw: Callable[[Any, Any], None], found: list[Cost]) -> Callable[[Any, Any], None]:
    def measured(panel: Any, context: Any) -> None:
        found.append(timed(lambda: draw(panel, context)))

    return measured


def prepare(folder: Path) -> Any:
    """A scene with a song of four minutes that was heard, its beats as markers, and its picture."""
    import heard_song

    settings: Any = bpy.context.scene.crossfade
    settings.audio, settings.output_dir = str(folder / "song.wav"), str(folder / "out")
    heard_song.analyse(settings, heard_song.song(SONG_S, BPM))
    settings.grid.show_markers = True
    from crossfade_addon.studio import song_picture

    song_picture.make(settings.song_id)
    return settings


def correct(settings: Any, runs: int) -> list[Cost]:
    """Each correction in turns, and back."""
    found = []
    for number in range(runs):
        edit = EDITS[number % len(EDITS)]
        found.append(timed(lambda edit=edit: _OPS.crossfade.correct_grid(edit=edit)))
    if bpy.app.background:
        from crossfade_addon.director import picture_rows
        from crossfade_addon.properties import grid

        song, levels = grid.corrected(settings), grid.heard_by(settings).levels
        rows = [timed(lambda: picture_rows.draw_rows(song, levels)) for _ in found]
        found = [Cost(a.clock + b.clock, a.processor + b.processor) for a, b in zip(found, rows, strict=True)]
    return found


def draw_counted(runs: int) -> None:
    """Draw every panel into a layout that only counts."""
    context = SimpleNamespace(
        scene=bpy.context.scene,
        window_manager=bpy.context.window_manager,
        preferences=SimpleNamespace(
            addons=bpy.context.preferences.addons,
            system=SimpleNamespace(ui_scale=1.0),  # nothing without a window
            ui_styles=bpy.context.preferences.ui_styles,
        ),
        region=SimpleNamespace(width=300),
    )
    for name in dir(bpy.types):
        cls = getattr(bpy.types, name)
        if name.startswith("CROSSFADE_PT_") and (not hasattr(cls, "poll") or cls.poll(context)):
            for _ in range(runs):
                layout = CountingLayout()
                cls.draw(SimpleNamespace(layout=layout), context)
                if not layout.count:
                    raise SystemExit(f"panel: {name} draws nothing")


def _sidebar() -> tuple[Any, Any, Any]:
    """Window, 3D view and sidebar, which is shown."""
    window: Any = bpy.context.window_manager.windows[0]
    area = max((a for a in window.screen.areas if a.type == "VIEW_3D"), key=lambda a: a.width * a.height)
    area.spaces.active.show_region_ui = True
    return window, area, next(r for r in area.regions if r.type == "UI")


def report(name: str, found: list[Cost], limit: float) -> bool:
    """One line; whether the median is below the limit."""
    middle = statistics.median(cost.processor for cost in found)
    clock = [cost.clock for cost in found]
    mark = "PASS" if middle <= limit else "FAIL"
    sys.stdout.write(
        f"{mark}  {name:<20} clock {min(clock):7.2f} {statistics.median(clock):7.2f}   processor {middle:7.2f}"
        f"   at most {limit:g}\n"
    )
    return middle <= limit


def arguments() -> argparse.Namespace:
    """The command line, in Blender what is after ``--``."""
    given = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:] if bpy.app.background else []
    parser = argparse.ArgumentParser(description="What the panel costs.")
    parser.add_argument("--runs", type=int, default=20, help="of each (default 20)")
    parser.add_argument("--require", action="store_true", help="exit code 1 above a limit")
    return parser.parse_args(given)


def measurements(options: argparse.Namespace) -> Generator[float, None, int]:
    """Everything, and the report: yields the seconds that the window needs for itself, and ends with the exit code."""
    in_window = not bpy.app.background
    yield 1.0
    how = "in a window" if in_window else "without a window"
    sys.stdout.write(f"Blender {bpy.app.version_string} {how}, load {os.getloadavg()[0]:.1f}, ms\n")
    by_panel: dict[str, list[Cost]] = {}
    passed = [report("enable", [enable(by_panel)], MOST_MS["enable"])]
    if in_window:
        _sidebar()
        yield 2.0  # the sidebar has its tabs once it was drawn
    with tempfile.TemporaryDirectory(prefix="crossfade-panel-") as scratch:
        settings = prepare(Path(scratch))
        markers = len(bpy.context.scene.timeline_markers)
        passed.append(report(f"correct, {markers} beats", correct(settings, options.runs), MOST_MS["correct"]))
        if in_window:
            _, area, region = _sidebar()
            region.active_panel_category = "Crossfade"
            for _ in range(options.runs):
                area.tag_redraw()
                yield 0.2
        else:
            draw_counted(options.runs)
    if not by_panel["CROSSFADE_PT_song"]:
        raise SystemExit("panel: the tab was not drawn")
    for name, found in by_panel.items():
        if not found:
            continue  # folded, or not for this song
        passed.append(report(name.removeprefix("CROSSFADE_PT_"), found, MOST_MS["draw"]))
    sys.stdout.flush()
    return 1 if options.require and not all(passed) else 0


def _go_on() -> float:
    """The next measurement, as a timer; ends Blender after the last, which would ask whether to save."""
    try:
        return next(_steps)
    except StopIteration as end:
        code = end.value
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _steps = measurements(arguments())
    if not bpy.app.background:
        bpy.app.timers.register(_go_on, first_interval=0.0)
    else:
        while True:
            try:
                next(_steps)
            except StopIteration as end:
                sys.exit(end.value)
