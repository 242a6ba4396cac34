# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an artist's changes survive: random sequences of changes, builds, saves and reloads, then Clear.

``python benchmarks/edits.py [--sequences 200] [--first 0] [--require]``. Each sequence is that of
``tests/blender/edit_world.py``; a failing one is named with its number, so that it can be run alone (``--first N
--sequences 1``). Also says what noticing the changes costs. ``--require`` exits 1 when a sequence fails.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
for entry in (ROOT, ROOT / "tests" / "blender"):
    sys.path.insert(0, str(entry))

import bpy  # noqa: E402
import edit_world as world  # noqa: E402

from crossfade_addon.studio.edits import record  # noqa: E402
from crossfade_addon.studio.edits.collect import collect  # noqa: E402
from crossfade_addon.studio.edits.reading import Reader  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sequences and print how they went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sequences", type=int, default=20, help="how many random sequences")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--seconds", type=float, default=240.0, help="length of the song of which costs are measured")
    parser.add_argument("--require", action="store_true", help="exit 1 when a sequence fails")
    options = parser.parse_args(arguments)
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.first, options.first + options.sequences):
            begun = time.perf_counter()
            try:
                world.run_sequence(number, Path(folder))
                said = "kept"
            except Exception as error:
                failed.append(number)
                said = f"FAILED: {error if isinstance(error, AssertionError) else traceback.format_exc()}"
            say(f"sequence {number:4d}  {time.perf_counter() - begun:6.1f} s  {said}")
        say_cost(options.seconds, Path(folder))
    kept = f"{options.sequences - len(failed)} of {options.sequences}"
    say(f"{kept} sequences kept everything on Blender {bpy.app.version_string}")
    return 1 if failed and options.require else 0


def say_cost(seconds: float, folder: Path) -> None:
    """What a record of a long show and a look through it cost."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    world.build(world.LOOKS[0], folder, seconds=seconds)
    begun = time.perf_counter()
    built = Reader().all()
    read = time.perf_counter() - begun
    record.write(record.Record(built, (), 30.0))
    written = time.perf_counter() - begun
    collect()
    looked = time.perf_counter() - begun - written
    parts = f"{read:.2f} s to read, {written - read:.2f} s to write, {looked:.2f} s to look through"
    say(f"record of {seconds:g} s of song: {parts}")


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
