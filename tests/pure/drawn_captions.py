# SPDX-License-Identifier: GPL-3.0-or-later
"""What libass really draws of a caption script, judged by pixels."""

from __future__ import annotations

import functools
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from crossfade_addon.encode.fonts import caption_fonts
from crossfade_addon.encode.platforms import SafeBox
from crossfade_addon.errors import CrossfadeError
from crossfade_addon.ffmpeg import find_ffmpeg

GROUND = 128
VISIBLE = 8
"""Change of a grey level that counts as ink."""


@functools.cache
def ffmpegs() -> tuple[str, ...]:
    """Every FFmpeg of this machine: that of the PATH (an old one on Debian 12) and the package's (a new one)."""
    found = []
    try:
        found.append(find_ffmpeg())
    except CrossfadeError:
        pytest.skip("no FFmpeg")
    try:
        import imageio_ffmpeg

        found.append(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        pass
    return tuple(dict.fromkeys(found))


def pictures(script: str, folder: Path, size: tuple[int, int], times: list[float], ffmpeg: str = "") -> np.ndarray:
    """Grey pictures (len(times), height, width) of a script over plain grey at some moments (seconds)."""
    width, height = size
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "captions.ass").write_text(script, encoding="utf-8")
    fonts = folder / "fonts"
    fonts.mkdir(exist_ok=True)
    for font in caption_fonts().fonts:
        if f"{font.family}," in script or f"\\fn{font.family}" in script:
            target = fonts / font.path.name
            if not target.exists():
                shutil.copyfile(font.path, target)
    moments = "+".join(f"eq(N\\,{index})*{t}" for index, t in enumerate(times))
    source = f"color=c=0x808080:s={width}x{height}:r=25:d={len(times) / 25},format=yuv444p,setpts=({moments})/TB"
    graph = f"{source},ass=captions.ass:fontsdir=fonts,format=gray"
    command = [ffmpeg or ffmpegs()[0], "-v", "error", "-nostdin", "-f", "lavfi", "-i", graph]
    command += ["-frames:v", str(len(times)), "-fps_mode", "passthrough", "-f", "rawvideo", "-"]
    raw = subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout
    assert len(raw) == len(times) * width * height
    return np.frombuffer(raw, np.uint8).reshape(len(times), height, width)


def ink_box(picture: np.ndarray) -> SafeBox | None:
    """The rectangle of everything that differs from the ground, or None."""
    ground = int(picture[0, 0])
    lit = np.abs(picture.astype(np.int16) - ground) > VISIBLE
    rows, cols = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    return SafeBox(int(cols[0]), int(rows[0]), int(cols[-1]) + 1, int(rows[-1]) + 1) if len(rows) else None
