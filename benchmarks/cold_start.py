# SPDX-License-Identifier: GPL-3.0-or-later
"""What Crossfade adds to the start of Blender: the real application with it enabled, and without, in turns.

::

    python benchmarks/cold_start.py --blender PATH [--zip ZIP] [--runs 10] [--window] [--require]

Three settings folders: one as Blender makes it, one with an extension that does nothing, one with Crossfade from its
zip. Each starts once unmeasured, then all in turns; a run is the best of three starts, since whatever else the machine
does only adds to one. Printed are the least, the median, and the median of what each took longer than the first in the
same round, on the clock and in processor time. Unix only.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import build_addon

MOST_MS = 30.0
STARTS_OF_A_RUN = 3
LONGEST_S = 300
QUIT = """
import bpy
def leave():
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.wm.quit_blender()
bpy.app.timers.register(leave, first_interval=0)
"""
NOTHING = (
    'schema_version = "1.0.0"\nid = "nothing"\nversion = "1.0.0"\nname = "Nothing"\ntagline = "Does nothing"\n'
    'maintainer = "Nobody"\ntype = "add-on"\nblender_version_min = "4.2.0"\nlicense = ["SPDX:GPL-3.0-or-later"]\n'
)


class Start:
    """One Blender with a settings folder of its own, and how long each of its starts took, in ms."""

    def __init__(self, name: str, blender: str, folder: Path, *, in_window: bool) -> None:
        self.name = name
        self.clock: list[float] = []
        self.processor: list[float] = []
        self._blender = blender
        home = folder / "home"
        home.mkdir(parents=True)
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "CROSSFADE_", "PYTHON", "BLENDER_USER"))
        }
        self._env = {**kept, "BLENDER_USER_RESOURCES": str(folder), "HOME": str(home), "TMPDIR": str(home)}
        self._arguments = ["--python-exit-code", "1", "--python-expr", QUIT if in_window else "pass"]
        if not in_window:
            self._arguments.insert(0, "-b")

    def install(self, path: Path) -> None:
        """Install and enable an extension."""
        self._run("--command", "extension", "install-file", "-r", "user_default", "--enable", str(path))

    def settle(self) -> None:
        """Write the settings, and start once, so that every cache is there."""
        self._run("-b", "--python-expr", "import bpy; bpy.ops.wm.save_userpref()")
        self._run(*self._arguments)

    def start(self) -> tuple[float, float]:
        """One start, to its end: how long it took on the clock and in processor time."""
        before, began = _processor_ms(), time.perf_counter()
        self._run(*self._arguments)
        return (time.perf_counter() - began) * 1e3, _processor_ms() - before

    def _run(self, *arguments: str) -> None:
        command, said = [self._blender, *arguments], {"capture_output": True, "text": True, "errors": "replace"}
        try:
            done = subprocess.run(command, env=self._env, check=False, timeout=LONGEST_S, **said)
        except subprocess.TimeoutExpired as error:
            raise SystemExit(f"cold_start: Blender did not end within {LONGEST_S} s.") from error
        if done.returncode != 0:
            raise SystemExit(f"cold_start: Blender ended with {done.returncode}:\n{done.stderr[-2000:]}")


def _processor_ms() -> float:
    """Processor time of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1e3


def difference(one: list[float], other: list[float]) -> float:
    """Median of what ``one`` took longer than ``other``, round by round."""
    return statistics.median(a - b for a, b in zip(one, other, strict=True))


def main() -> int:
    """The command line; 1 when ``--require`` is given and Crossfade takes too long."""
    parser = argparse.ArgumentParser(description="What Crossfade adds to the start of Blender.")
    parser.add_argument("--blender", required=True, help="Blender's executable")
    parser.add_argument("--zip", type=Path, help="the zip to install (default: the one in dist/)")
    parser.add_argument("--runs", type=int, default=10, help="rounds (default 10)")
    parser.add_argument("--window", action="store_true", help="with a window, on the display that DISPLAY names")
    parser.add_argument("--require", action="store_true", help=f"exit code 1 above {MOST_MS:g} ms")
    options = parser.parse_args()
    try:
        zip_path = (options.zip or build_addon.find_zip(build_addon.ROOT / "dist")).resolve(strict=True)
    except (build_addon.BuildError, OSError) as error:
        raise SystemExit(f"cold_start: {error}") from error
    with tempfile.TemporaryDirectory(prefix="crossfade-start-") as scratch:
        folder = Path(scratch)
        nothing = folder / "nothing.zip"
        with zipfile.ZipFile(nothing, "w") as archive:
            archive.writestr("blender_manifest.toml", NOTHING)
            archive.writestr("__init__.py", "def register(): pass\ndef unregister(): pass\n")
        names = {"without": None, "nothing": nothing, "crossfade": zip_path}
        starts = {name: Start(name, options.blender, folder / name, in_window=options.window) for name in names}
        for name, path in names.items():
            if path is not None:
                starts[name].install(path)
            starts[name].settle()
        for _ in range(options.runs):
            took: dict[str, list[tuple[float, float]]] = {name: [] for name in starts}
            for name in [*names] * STARTS_OF_A_RUN:
                took[name].append(starts[name].start())
            for name, start in starts.items():
                start.clock.append(min(clock for clock, _ in took[name]))
                start.processor.append(min(processor for _, processor in took[name]))
    without = starts["without"]
    sys.stdout.write(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {options.runs} rounds, ms\n")
    sys.stdout.write(f"{'':<10} {'least':>8} {'clock':>8} {'more':>7} {'processor':>10} {'more':>7}\n")
    for start in starts.values():
        clock, processor = statistics.median(start.clock), statistics.median(start.processor)
        more = difference(start.clock, without.clock), difference(start.processor, without.processor)
        sys.stdout.write(
            f"{start.name:<10} {min(start.clock):8.0f} {clock:8.0f} {more[0]:+7.1f} {processor:10.0f} {more[1]:+7.1f}\n"
        )
    added = difference(starts["crossfade"].clock, without.clock)
    has_passed = added <= MOST_MS
    sys.stdout.write(f"{'PASS' if has_passed else 'FAIL'}: Crossfade adds {added:.1f} ms, at most {MOST_MS:g}\n")
    return 1 if options.require and not has_passed else 0


if __name__ == "__main__":
    sys.exit(main())
