# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw a contact sheet of a finished video: evenly spaced frames in rows, as one picture.

usage: contact_sheet.py VIDEO OUT.jpg [--columns N] [--rows N] [--width PIXELS]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from crossfade_addon.ffmpeg import find_ffmpeg


def main() -> None:
    """Measure the video, then let FFmpeg pick, scale and tile its frames."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--rows", type=int, default=3)
    parser.add_argument("--width", type=int, default=180)
    options = parser.parse_args()
    ffmpeg = find_ffmpeg()
    counted = subprocess.run(
        [ffmpeg, "-i", options.video, "-map", "0:v", "-c", "copy", "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    frames = int(re.findall(r"frame=\s*(\d+)", counted.stderr)[-1])
    step = max(1, frames // (options.columns * options.rows))
    picture = (
        f"select=not(mod(n-{step // 2}\\,{step})),scale={options.width}:-2,"
        f"tile={options.columns}x{options.rows}:padding=4:margin=4"
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [ffmpeg, "-v", "error", "-y", "-i", options.video, "-vf", picture, "-frames:v", "1", "-q:v", "4", options.out],
        check=True,
    )


if __name__ == "__main__":
    main()
