# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the pictures of docs/guide.md in a real window of Blender on a virtual screen, with the add-on's own packages.

``scripts/guide_pictures.py --blender LAUNCHER --zip ZIP [--out docs/images]``. The demo song is heard, corrected,
built, changed and built again as the guide tells; every picture is taken where the guide shows it. Needs Xvfb, and
ImageMagick's ``import`` where that Blender runs.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "window")]
WIDE, TALL = 1600, 1000


def main(argv: Sequence[str]) -> int:
    """Take all the pictures."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--blender", required=True, help="starts Blender, as CROSSFADE_BLENDER_52 does for the tests")
    p.add_argument("--zip", required=True, type=Path, help="the add-on's zip: its packages are used")
    p.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    options = p.parse_args(argv)
    os.environ.update(
        CROSSFADE_ZIP=str(options.zip.resolve()), CROSSFADE_WINDOW=f"{WIDE}x{TALL}", CROSSFADE_OPEN_PANELS="1"
    )
    from blender_window import BlenderWindow, Display

    with tempfile.TemporaryDirectory() as folder:
        display = Display(Path(folder))
        try:
            window = BlenderWindow(options.blender, Path(folder), display)
            try:
                Guide(window, options.out.resolve()).take()
            finally:
                window.close()
        finally:
            display.close()
    return 0


class Guide:
    """The guide's steps in a window, each with its picture."""

    def __init__(self, window, out: Path) -> None:
        self.window = window
        self.out = out

    def only(self, *panels: str) -> None:
        """Show these panels of the tab, with what is in them, and no others."""
        self.window.ask(
            "from crossfade_addon import registry\n"
            f"wanted = {panels!r}\n"
            "panels = [c for m in registry.MODULES for c in m.CLASSES if issubclass(c, bpy.types.Panel)]\n"
            "ours = [c for c in panels if c.bl_category == 'Crossfade']\n"
            "for cls in ours:\n"
            "    if cls.is_registered:\n"
            "        bpy.utils.unregister_class(cls)\n"
            "for cls in ours:\n"
            "    if cls.bl_idname in wanted:\n"
            "        bpy.utils.register_class(cls)\n"
            "view_3d()[1].tag_redraw()"
        )
        self.window.open_tab()

    def sidebar(self, name: str, height: int) -> None:
        """Keep a picture of the upper part of the sidebar."""
        x, y, width, tall = self.window.ask("r = view_3d()[2]\nanswer = [r.x, r.y, r.width, r.height]")
        shown = min(height, tall)
        self.window.picture(self.out / f"guide_{name}.png", (x, y + tall - shown, width, shown))

    def take(self) -> None:
        """Everything, in the order of the guide."""
        from blender_window import JOB, SETTINGS, choose_song, press

        w = self.window
        choose_song(w, seconds=8.0)
        self.only("CROSSFADE_PT_make", "CROSSFADE_PT_song")
        self.sidebar("song", 420)
        press(w, "crossfade.analyse('INVOKE_DEFAULT')")
        w.wait_for(f"{SETTINGS}.analysis.timeline != '' and not {JOB}.running", 240)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
