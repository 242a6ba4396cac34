# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender on a virtual display, driven from outside: snippets, simulated clicks, pictures of the screen."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crossfade_addon.demo_song import write_demo

SIZE = tuple(int(side) for side in os.environ.get("CROSSFADE_WINDOW", "1600x900").split("x"))
START_S = 120
ANSWER_S = 60
DRAW_S = 2.5
SETTLE_S = 1.0
ROOT = Path(__file__).resolve().parents[2]
JOB = "bpy.context.window_manager.crossfade_job"
SETTINGS = "bpy.context.window_manager.windows[0].scene.crossfade"


class Display:
    """A virtual screen."""

    def __init__(self, folder: Path) -> None:
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"]
        with (folder / "xvfb.txt").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as pipe:
            self.name = f":{pipe.readline().strip()}"

    def close(self) -> None:
        """Switch it off."""
        self._process.terminate()
        self._process.wait()


class BlenderWindow:
    """Blender with the add-on enabled, in a settings folder of its own.

    Parameters
    ----------
    launcher : str
        Starts Blender, or the program named by ``BLENDER_APP_COMMAND`` beside it.
    folder : Path
        Scratch folder; also where the add-on is copied to.
    has_addon : bool
        Whether it is: else the test installs it.
    """

    def __init__(self, launcher: str, folder: Path, display: Display, *, has_addon: bool = True) -> None:
        self.launcher = launcher
        self.folder = folder
        user = folder / "user"
        if has_addon:
            shutil.copytree(
                ROOT / "crossfade_addon",
                user / "scripts" / "addons" / "crossfade_addon",
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        self.env = {
            **os.environ,
            "DISPLAY": display.name,
            "HOME": str(folder),
            "BLENDER_USER_RESOURCES": str(user),
            "CROSSFADE_WINDOW_TEST": str(folder),
            "CROSSFADE_LIBRARY": str(folder / "library"),
            **({} if has_addon else {"CROSSFADE_BARE": "1"}),
        }
        command = [launcher, "--factory-startup", "--enable-event-simulate", "--window-geometry", "0", "0"]
        command += [str(SIZE[0]), str(SIZE[1]), "--python", str(Path(__file__).with_name("driver.py"))]
        self.log = folder / "blender.txt"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=self.env, cwd=folder, start_new_session=True
            )
        self._asked = 0
        self.ask("", timeout=START_S)
        if has_addon:
            self.open_tab()

    def ask(self, snippet: str, timeout: float = ANSWER_S) -> Any:
        """Run Python in Blender's main thread and return its ``answer``."""
        number, self._asked = self._asked, self._asked + 1
        part = self.folder / "ask.part"
        part.write_text(snippet, encoding="utf-8")
        part.replace(self.folder / f"ask_{number}.py")
        path = self.folder / f"answer_{number}.json"
        until = time.monotonic() + timeout
        while not path.is_file():
            if self._process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"Blender does not answer:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.05)
        reply = json.loads(path.read_text(encoding="utf-8"))
        assert "error" not in reply, reply["error"]
        return reply["answer"]

    def wait_for(self, expression: str, timeout: float) -> Any:
        """Ask until an expression is true."""
        until = time.monotonic() + timeout
        while not (value := self.ask(f"answer = {expression}")):
            assert time.monotonic() < until, f"never true: {expression}\n{self.log.read_text(errors='replace')[-3000:]}"
            time.sleep(0.2)
        return value

    def open_tab(self) -> None:
        """Show the sidebar with the tab Crossfade."""
        self.ask("view_3d()[1].spaces.active.show_region_ui = True")
        time.sleep(1)
        self.ask("_, area, region = view_3d()\nregion.active_panel_category = 'Crossfade'\narea.tag_redraw()")
        time.sleep(1)

    def click(self, x: int, y: int) -> None:
        """Press and release the left button, in pixels of the window from its lower left corner."""
        self.point(x, y)
        time.sleep(0.4)
        self._simulate("LEFTMOUSE", "PRESS", x, y)
        self._simulate("LEFTMOUSE", "RELEASE", x, y)

    def button(self, call: str) -> tuple[int, int]:
        """Where the button of the sidebar is that makes this call of ours, for example ``analyse()``.

        It is looked for with the pointer, from the top.
        """
        self.ask(f"look_for_button({'bpy.ops.crossfade.' + call!r}, columns=5, step=10)")
        self.wait_for("len(found)", 180)
        place = self.ask("answer = found[0]")
        assert place, f"no button for {call} in the sidebar"
        return place[0], place[1]

    def point(self, x: int, y: int) -> None:
        """Move the pointer there."""
        self._simulate("MOUSEMOVE", "NOTHING", x, y)

    def _simulate(self, kind: str, value: str, x: int, y: int, **more: bool | str) -> None:
        window = "bpy.context.window_manager.windows[0]"
        given = "".join(f", {name}={one!r}" for name, one in more.items())
        self.ask(f"{window}.event_simulate(type='{kind}', value='{value}', x={x}, y={y}{given})")

    def key(self, kind: str, text: str = "", **held: bool) -> None:
        """Press and release a key over the 3D view; ``text`` is what it types, ``held``: ctrl, shift, alt."""
        x, y = self.ask("a = view_3d()[1]\nanswer = [a.x + a.width // 3, a.y + a.height // 2]")
        self.point(x, y)
        self._simulate(kind, "PRESS", x, y, **({"unicode": text} if text else {}), **held)
        self._simulate(kind, "RELEASE", x, y, **held)
        time.sleep(0.3)

    def shortcut(self, key: str, operator: str) -> None:
        """Let a key call an operator of ours in the 3D view, as a user may set it in the preferences."""
        self.ask(
            "maps = bpy.context.window_manager.keyconfigs.addon.keymaps\n"
            "keys = maps.new(name='3D View', space_type='VIEW_3D').keymap_items\n"
            f"keys.new({operator!r}, {key!r}, 'PRESS')"
        )

    def undo(self) -> None:
        """Ctrl Z."""
        self.key("Z", ctrl=True)

    def redo(self) -> None:
        """Shift Ctrl Z."""
        self.key("Z", ctrl=True, shift=True)

    def click_sidebar(self, below_top: int) -> None:
        """Click in the middle of the sidebar, so many pixels below its upper edge."""
        left, width, top = self.ask("r = view_3d()[2]\nanswer = [r.x, r.width, r.y + r.height]")
        self.click(left + width // 2 - 20, top - below_top)

    def picture(self, path: Path, part: tuple[int, int, int, int] | None = None) -> None:
        """Save the screen, once Blender has drawn what changed (in software that takes a second).

        The whole screen is saved only where ``CROSSFADE_PICTURES`` keeps it.
        ``part`` is (x, y, width, height) in pixels of the window, y from its lower edge.
        """
        if part is None and "CROSSFADE_PICTURES" not in os.environ:
            time.sleep(SETTLE_S)  # nobody will look at it
            return
        time.sleep(DRAW_S)
        path.parent.mkdir(parents=True, exist_ok=True)
        crop = []
        if part:
            x, y, width, height = part
            crop = ["-crop", f"{width}x{height}+{x}+{SIZE[1] - y - height}", "+repage"]
        subprocess.run(
            [self.launcher, "-window", "root", *crop, str(path)],
            env={**self.env, "BLENDER_APP_COMMAND": "import"},
            check=True,
            timeout=60,
        )

    def children(self) -> list[str]:
        """Command lines of the processes that work for this Blender's jobs."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and str(self.folder).encode() in (entry / "environ").read_bytes():
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if any(word in line for word in ("worker.py", "render_child", "ffmpeg ")):
                        found.append(line)
        return found

    def close(self) -> None:
        """End Blender and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@contextlib.contextmanager
def opened(launcher: str, folder: Path, *, has_addon: bool = True) -> Iterator[BlenderWindow]:
    """A Blender on a screen of its own; both end with the context."""
    display = Display(folder)
    try:
        window = BlenderWindow(launcher, folder, display, has_addon=has_addon)
        try:
            yield window
        finally:
            window.close()
    finally:
        display.close()


def choose_song(blender: BlenderWindow, *, seconds: float) -> Path:
    """A saved file beside the demo song, for TikTok and YouTube, from the drop on; returns the output folder."""
    song = write_demo(blender.folder)
    blender.ask(
        f"bpy.ops.wm.save_as_mainfile(filepath={str(blender.folder / 'film.blend')!r})\n"
        f"s = {SETTINGS}\n"
        f"s.audio, s.lyrics = '//{song.audio.name}', '//{song.lyrics.name}'\n"
        f"s.platforms, s.quality, s.part = {{'tiktok', 'youtube'}}, 'draft', 'clip'\n"
        f"s.clip_start, s.clip_end = 16.0, {16.0 + seconds}\n"
        "view_3d()[1].tag_redraw()"
    )
    time.sleep(0.5)
    return blender.folder / "outputs"


def press(blender: BlenderWindow, call: str) -> None:
    """Call an operator as if a button of the sidebar was pressed."""
    where = "with bpy.context.temp_override(window=view_3d()[0], area=view_3d()[1], region=view_3d()[2]):"
    blender.ask(f"{where}\n    bpy.ops.{call}")


def slowdown() -> float:
    """How many programs share one core of this machine: limits of time are for a machine of our own."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
