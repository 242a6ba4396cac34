# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the FFmpeg program is: the same answer for the command line, the panel and every stage."""

from __future__ import annotations

import importlib.util
import os
import stat
from pathlib import Path

from .errors import ToolMissing

HOW_TO_GET = (
    "Install FFmpeg so that it is on the PATH, choose its file in the preferences (--ffmpeg), "
    "or use the full zip or the Python package imageio-ffmpeg, which bring one."
)
_PACKAGE = "imageio_ffmpeg"


def find_ffmpeg(preferred: str = "") -> str:
    """Path of an FFmpeg program: the preferred one, else the one on the PATH, else imageio-ffmpeg's.

    Raises
    ------
    ToolMissing
        When the preferred one does not exist, or there is none at all.
    """
    found = _named(preferred) if preferred else _which("ffmpeg")
    if found is not None:
        return str(Path(found).absolute())
    if preferred:
        raise ToolMissing(_not_there(preferred), hint=HOW_TO_GET)
    try:
        import imageio_ffmpeg

        _make_runnable(Path(imageio_ffmpeg.__file__).with_name("binaries"))
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError, OSError) as error:
        raise ToolMissing(_not_there(""), hint=HOW_TO_GET) from error


def why_missing(preferred: str = "") -> str:
    """Why :func:`find_ffmpeg` will fail and what to do, else ``""``. Quick: nothing is imported or run."""
    if preferred:
        is_there = _named(preferred) is not None
    else:
        is_there = _which("ffmpeg") is not None or importlib.util.find_spec(_PACKAGE) is not None
    return "" if is_there else f"{_not_there(preferred)} {HOW_TO_GET}"


def _which(name: str) -> str | None:
    import shutil  # with its archive formats it would cost Blender's start two milliseconds

    return shutil.which(name)


def _named(preferred: str) -> str | None:
    return _which(str(Path(preferred).expanduser())) or _which(preferred)


def _not_there(preferred: str) -> str:
    return f"FFmpeg '{preferred}' does not exist or is not a program." if preferred else "FFmpeg was not found."


def _make_runnable(folder: Path) -> None:
    """Let the package's programs be run: Blender unpacks wheels without their permissions."""
    for program in folder.glob("ffmpeg-*"):
        if not os.access(program, os.X_OK):
            program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
