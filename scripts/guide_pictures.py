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
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "window")]
# Before the window's module reads them.
os.environ.update(CROSSFADE_WINDOW="1600x1000", CROSSFADE_OPEN_PANELS="1", CROSSFADE_PICTURES="1")

from blender_window import JOB, SETTINGS, choose_song, opened, press  # noqa: E402


def main(argv: Sequence[str]) -> int:
    """Take all the pictures."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--blender", required=True, help="starts Blender, as CROSSFADE_BLENDER_52 does for the tests")
    p.add_argument("--zip", required=True, type=Path, help="the add-on's zip: its packages are used")
    p.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    options = p.parse_args(argv)
    os.environ["CROSSFADE_ZIP"] = str(options.zip.resolve())
    with (
        tempfile.TemporaryDirectory(prefix="my_songs_") as folder,
        opened(options.blender, Path(folder)) as window,
    ):
        Guide(window, options.out.resolve()).take()
    return 0


class Guide:
    """The guide's steps in a window, each with its picture."""

    def __init__(self, window: Any, out: Path) -> None:
        self.window = window
        self.out = out

    def only(self, *panels: str) -> None:
        """Show these panels of the tab, unfolded, and no others."""
        self.window.ask(
            "from crossfade_addon import registry\n"
            f"wanted = {[f'CROSSFADE_PT_{name}' for name in panels]!r}\n"
            "panels = [c for m in registry.MODULES for c in m.CLASSES if issubclass(c, bpy.types.Panel)]\n"
            "ours = [c for c in panels if getattr(c, 'bl_category', '') == 'Crossfade']\n"
            "for cls in ours[::-1]:\n"
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
        self.window.point(x - 200, y + tall // 2)
        self.window.picture(self.out / f"guide_{name}.png", (x, y + tall - shown, width, shown))

    def whole(self, name: str) -> None:
        """Keep a picture of the window."""
        self.window.picture(self.out / f"guide_{name}.jpg")

    def take(self) -> None:
        """Everything, in the order of the guide."""
        choose_song(self.window, seconds=4.0)
        self.only("make", "song")
        self.sidebar("song", 330)
        self.hear()
        self.only("song", "grid", "sections")
        self.sidebar("grid", 1000)
        press(self.window, "crossfade.preflight('INVOKE_DEFAULT')")
        self.wait(600)
        self.only("make", "preflight")
        self.sidebar("check", 760)
        self.build()
        self.only("show", "preview")
        self.whole("show")
        self.change()
        self.only("show", "changes", "react")
        self.sidebar("changes", 900)
        press(self.window, "crossfade.generate('INVOKE_DEFAULT')")
        self.window.wait_for(f"{JOB}.stage == 'studio' and {JOB}.fraction > 0.3", 300)
        self.only("make")
        self.sidebar("making", 330)
        self.wait(900)
        self.sidebar("done", 760)

    def wait(self, seconds: float) -> None:
        """Until the job that was started is over, without an error."""
        self.window.wait_for(f"not {JOB}.running", seconds)
        if error := self.window.ask(f"answer = {JOB}.error"):
            raise SystemExit(f"guide_pictures: {error}")

    def hear(self) -> None:
        """Let the song be heard."""
        press(self.window, "crossfade.analyse('INVOKE_DEFAULT')")
        self.wait(300)

    def build(self) -> None:
        """Build the show, and look at it in the middle of the drop."""
        press(self.window, "crossfade.build_show('INVOKE_DEFAULT', True)")
        self.window.wait_for("'Crossfade 9:16' in bpy.data.scenes", 60)
        self.window.ask("view_3d()[0].scene.frame_set(530)")

    def change(self) -> None:
        """What an artist might: three changes, a lamp that follows the kick, and another look."""
        self.window.ask(
            "from crossfade_addon.studio import compat\n"
            "bpy.data.objects['CF Booth'].location.x += 0.4\n"
            "bpy.data.materials['CF Platter Ring L'].diffuse_color = (0.1, 1, 0.4, 1)\n"
            "bpy.data.objects['CF Backdrop'].hide_viewport = True\n"
            "lamp = bpy.data.lights.new('Lamp', 'POINT')"
        )
        target = 'bpy.data.lights["Lamp"].energy'
        press(self.window, f"crossfade.react(target={target!r}, signal='kick', low=100, high=900)")
        self.window.ask(f"{SETTINGS}.theme = 'award_elegant'")
        self.hear()
        press(self.window, "crossfade.build_show('INVOKE_DEFAULT', True)")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
