# SPDX-License-Identifier: GPL-3.0-or-later
"""Photograph a release report in headless Chromium, as a phone and as a desktop show it, light and dark.

``scripts/report_picture.py REPORT.html [--out docs/images/report.jpg] [--sheet FOLDER]``: the desktop's first screens,
light, beside the phone's, dark, as one JPEG; ``--sheet`` also keeps all four whole pages as PNG, to be looked at.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from crossfade_addon.ffmpeg import find_ffmpeg  # noqa: E402

WIDTHS = {"phone": 360, "desktop": 1100}
TALL = {"phone": 4200, "desktop": 3000}
SHOWN = 1180
"""Height of both in the joined picture."""
NAMES = ("chromium", "chromium-browser", "google-chrome")
# a browser that neither looks anything up nor writes outside its own folder
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def browser() -> str:
    """The browser's program.

    Raises
    ------
    SystemExit
        When there is none.
    """
    for name in NAMES:
        if path := shutil.which(name):
            return path
    raise SystemExit("report_picture: Chromium is needed, for example from Debian's package 'chromium'")


def photograph(page: Path, target: Path, *, width: int, height: int, is_dark: bool) -> None:
    """One picture of a page, from its top on."""
    with tempfile.TemporaryDirectory() as profile:
        theme = f"--blink-settings=preferredColorScheme={0 if is_dark else 1}"
        place = (f"--user-data-dir={profile}", f"--window-size={width},{height}", f"--screenshot={target}")
        command = [browser(), *QUIET, theme, *place, page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


def join(desktop: Path, phone: Path, target: Path) -> None:
    """Both beside each other, cut to one height."""
    cut = f"crop=iw:{SHOWN}:0:0"
    graph = f"[0]{cut},pad=iw+24:ih:0:0:gray[a];[1]{cut}[b];[a][b]hstack"
    command = [find_ffmpeg(), "-v", "error", "-y", "-i", str(desktop), "-i", str(phone), "-filter_complex", graph]
    subprocess.run([*command, "-frames:v", "1", "-q:v", "4", "-update", "1", str(target)], check=True)


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("report", type=Path, help="the report's HTML file")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "report.jpg")
    parser.add_argument("--sheet", type=Path, help="folder for the four whole pages")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photograph(args.report, folder / "d.png", width=WIDTHS["desktop"], height=SHOWN, is_dark=False)
        photograph(args.report, folder / "p.png", width=WIDTHS["phone"], height=SHOWN, is_dark=True)
        args.out.parent.mkdir(parents=True, exist_ok=True)
        join(folder / "d.png", folder / "p.png", args.out)
    if args.sheet:
        args.sheet.mkdir(parents=True, exist_ok=True)
        for device, width in WIDTHS.items():
            for is_dark in (False, True):
                target = (args.sheet / f"{device}_{'dark' if is_dark else 'light'}.png").resolve()
                photograph(args.report, target, width=width, height=TALL[device], is_dark=is_dark)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
