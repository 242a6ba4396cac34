# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the FFmpeg program is: the same answer for the command line, the panel and every stage."""

from __future__ import annotations

import shutil
from pathlib import Path

from .errors import ToolMissing

HOW_TO_GET = (
    "Install FFmpeg so that it is on the PATH, or choose the program's file in the preferences (--ffmpeg), "
    "or install the Python package imageio-ffmpeg."
)


def find_ffmpeg(preferred: str = "") -> str:
    """Path of an FFmpeg program: the preferred one, else the one on the PATH, else imageio-ffmpeg's.

    Raises
    ------
    ToolMissing
        When the preferred one does not exist, or there is none at all.
    """
    if preferred:
        found = shutil.which(str(Path(preferred).expanduser())) or shutil.which(preferred)
        if found is None:
            raise ToolMissing(f"FFmpeg '{preferred}' does not exist or is not a program.", hint=HOW_TO_GET)
        return str(Path(found).absolute())
    if found := shutil.which("ffmpeg"):
        return str(Path(found).absolute())
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise ToolMissing("FFmpeg was not found.", hint=HOW_TO_GET) from error
