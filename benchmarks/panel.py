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
from collections.abc import Callable, Iterator
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
_enabled: list[Cost] = []
"""In a window: it was enabled before the tab could be drawn."""


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


def enable() -> Cost:
    """Import and register everything, as enabling does."""

    def work() -> None:
        import crossfade_addon

        crossfade_addon.register()

    return timed(work)


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


def panels() -> Iterator[Any]:
    """The tab's panels."""
    for name in dir(bpy.types):
        cls = getattr(bpy.types, name)
        if name.startswith("CROSSFADE_PT_"):
            yield cls


def draw(runs: int) -> dict[str, list[Cost]]:
    """Milliseconds in ``draw()``, by panel."""
    return _draw_in_window(runs) if not bpy.app.background else _draw_counted(runs)


def _draw_counted(runs: int) -> dict[str, list[Cost]]:
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
    found: dict[str, list[Cost]] = {}
    for cls in panels():
        if hasattr(cls, "poll") and not cls.poll(context):
            continue
        for _ in range(runs):
            layout = CountingLayout()
            found.setdefault(cls.__name__, []).append(
                timed(lambda cls=cls, layout=layout: cls.draw(SimpleNamespace(layout=layout), context))
            )
            if not layout.count:
                raise SystemExit(f"panel: {cls.__name__} draws nothing")
    return found


def _draw_in_window(runs: int) -> dict[str, list[Cost]]:
    found: dict[str, list[Cost]] = {}
    for cls in panels():
        inner = cls.draw

        def outer(panel: Any, context: Any, inner: Any = inner, name: str = cls.__name__) -> None:
            found.setdefault(name, []).append(timed(lambda: inner(panel, context)))

        cls.draw = outer
    window, area, region = _sidebar()
    region.active_panel_category = "Crossfade"
    with bpy.context.temp_override(window=window, area=area, region=region):
        for _ in range(runs):
            region.tag_redraw()
            _OPS.wm.redraw_timer(type="DRAW_WIN", iterations=1)
    if "CROSSFADE_PT_song" not in found:
        raise SystemExit("panel: the tab was not drawn")
    return found


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


def main(argv: list[str]) -> int:
    """The command line; 1 when ``--require`` is given and something takes too long."""
    parser = argparse.ArgumentParser(description="What the panel costs.")
    parser.add_argument("--runs", type=int, default=20, help="of each (default 20)")
    parser.add_argument("--require", action="store_true", help="exit code 1 above a limit")
    options = parser.parse_args(argv)
    how = "without a window" if bpy.app.background else "in a window"
    sys.stdout.write(f"Blender {bpy.app.version_string} {how}, load {os.getloadavg()[0]:.1f}, ms\n")
    passed = [report("enable", _enabled or [enable()], MOST_MS["enable"])]
    with tempfile.TemporaryDirectory(prefix="crossfade-panel-") as scratch:
        settings = prepare(Path(scratch))
        markers = len(bpy.context.scene.timeline_markers)
        passed.append(report(f"correct, {markers} beats", correct(settings, options.runs), MOST_MS["correct"]))
        by_panel = draw(options.runs)
    for name, found in by_panel.items():
        passed.append(report(name.removeprefix("CROSSFADE_PT_"), found, MOST_MS["draw"]))
    sys.stdout.flush()
    return 1 if options.require and not all(passed) else 0


def _enable_in_window() -> None:
    """As a timer: the window is there by then. The sidebar has its tabs once it was drawn."""
    _enabled.append(enable())
    _sidebar()
    bpy.app.timers.register(_in_window, first_interval=2.0)


def _in_window() -> None:
    """The measurements, as a timer. Ends Blender, which would ask whether to save."""
    code = 1
    try:
        code = main(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else [])
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    if bpy.app.background:
        sys.exit(main(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]))
    bpy.app.timers.register(_enable_in_window, first_interval=1.0)
