# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a finished thumbnail or cover that need its pixels: light, sharpness, and what its title does.

The title is proven from pixels: the scripts in the job folder are drawn again over black, which shows what libass
really covered, fallback fonts and outlines included; then the delivered picture is read where the title should be.

Conventions: levels 0..255; boxes in pixels of the picture, right and bottom are the first pixels outside.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..jobs import Child, Progress, wait
from .platforms import Cover, SafeBox
from .probe import file_url
from .report import Check
from .stills import FONTS, TITLE
from .titles import CAPITALS

STAGE = "verify"
LEAST_SPREAD = 40.0
"""Distance from the darkest to the brightest twentieth below which a picture is flat."""
DARKEST, BRIGHTEST = 18.0, 215.0
MOST_CLIPPED = 0.35
"""Share of pixels that may be pure white."""
LEAST_SHARPNESS = 12.0
"""Variance of the Laplacian at 640 pixels: a blurred picture has less than 5, a rendered one over 60."""
LEAST_CONTRAST = 3.0
"""Contrast of the title's ink with what is round it (WCAG 2.2, large text)."""
LEAST_CAPITALS = 0.035
"""Height of the title's letters as a part of the picture's: 3 pixels of a list's 94."""
_SIDE = 640
_INK = 200
_CHOOSE = "Take another of the three pictures, or make it again with another seed."


@dataclass(frozen=True, slots=True)
class TitleDrawn:
    """What a title covers: the box of everything drawn, the pixels of its ink and of all of it, as booleans.

    ``letters`` is how tall its capitals were meant to be, in pixels.
    """

    box: SafeBox
    ink: Any
    covered: Any
    letters: float


def still_look_checks(
    ffmpeg: str, path: Path, cover: Cover, scripts: Path | None, folder: Path
) -> Generator[Progress, None, tuple[Check, ...]]:
    """Look at one finished picture.

    Parameters
    ----------
    scripts : Path or None
        Folder with the scripts that its title was drawn from; None, or one without a title: the picture has none.
    folder : Path
        Job folder.
    """
    report = Progress(STAGE, 0.0, f"Looking at {path.name}")
    size = cover.width, cover.height
    pixels = yield from _pixels(ffmpeg, ["-f", "jpeg_pipe", "-i", file_url(path)], size, folder / "picture", report)
    if pixels is None:
        fix = "Encode it again."
        return (Check("Picture", "can be decoded", "cannot be decoded", False, fix=fix),)
    checks = list(_light_checks(pixels))
    if scripts is not None and (scripts / TITLE).is_file():
        drawn = yield from title_drawn(ffmpeg, cover, scripts, folder / "title", report)
        checks += _title_checks(pixels, drawn, cover)
    return tuple(checks)


def title_drawn(
    ffmpeg: str, cover: Cover, scripts: Path, folder: Path, report: Progress
) -> Generator[Progress, None, TitleDrawn | None]:
    """Draw a title alone: everything of it in white for its extent, and its ink as it is; None when nothing shows."""
    import numpy as np

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(scripts / TITLE, folder / TITLE)
    if (scripts / FONTS).is_dir():
        shutil.copytree(scripts / FONTS, folder / FONTS)
    size = cover.width, cover.height
    layers = []
    for ground in ("black", "white"):  # what both grounds show alike is covered, dark outlines too
        source = ["-f", "lavfi", "-i", f"color={ground}:size={size[0]}x{size[1]}:rate=1:duration=1,format=rgb24"]
        drawn = yield from _pixels(
            ffmpeg, source, size, folder, report, filters=f"ass={TITLE}:fontsdir={FONTS}", name=f"{ground}.rgb"
        )
        if drawn is None:
            return None
        layers.append(drawn)
    dark, light = layers
    covered = (light.astype(np.int16) - dark).max(axis=2) < 128
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    if not len(rows):
        return None
    box = SafeBox(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    sizes = re.findall(r"\\fs([\d.]+)", (scripts / TITLE).read_text(encoding="utf-8"))
    letters = max(map(float, sizes), default=0.0) * (CAPITALS[1] - CAPITALS[0])
    return TitleDrawn(box, covered & (dark.max(axis=2) >= _INK), covered, letters)


def _light_checks(pixels: Any) -> list[Check]:
    import numpy as np

    luma = _luma(pixels)
    low, high = (float(v) for v in np.percentile(luma, (5, 95)))
    mean, clipped = float(luma.mean()), float((luma >= 253).mean())
    small = _halved(luma)
    inner = small[1:-1, 1:-1]
    laplacian = small[:-2, 1:-1] + small[2:, 1:-1] + small[1:-1, :-2] + small[1:-1, 2:] - 4 * inner
    sharpness = float(laplacian.var())
    return [
        Check(
            "Picture light",
            f"mean {DARKEST:g} to {BRIGHTEST:g}, at most {MOST_CLIPPED:.0%} white",
            f"mean {mean:.0f}, {clipped:.0%} white",
            DARKEST <= mean <= BRIGHTEST and clipped <= MOST_CLIPPED,
            fix=_CHOOSE,
        ),
        Check(
            "Picture contrast",
            f"at least {LEAST_SPREAD:g} levels",
            f"{high - low:.0f} levels",
            high - low >= LEAST_SPREAD,
            fix=_CHOOSE,
        ),
        Check(
            "Picture sharpness",
            f"at least {LEAST_SHARPNESS:g}",
            f"{sharpness:.0f}",
            sharpness >= LEAST_SHARPNESS,
            fix=f"{_CHOOSE} Stills that the studio renders are sharper than frames of a draft.",
        ),
    ]


def _title_checks(pixels: Any, drawn: TitleDrawn | None, cover: Cover) -> list[Check]:
    fix = "Shorten the title (--title), or make the pictures without it (--no-title-overlay)."
    crop = SafeBox(
        (cover.width - cover.crop_width) // 2,
        (cover.height - cover.crop_height) // 2,
        (cover.width + cover.crop_width) // 2,
        (cover.height + cover.crop_height) // 2,
    )
    inside = f"within {_text(crop)}"
    if drawn is None:
        return [Check("Title", inside, "nothing is drawn", False, fix=fix)]
    contrast = _contrast(pixels, drawn)
    tall = drawn.letters / cover.height
    return [
        Check("Title in the crop", inside, _text(drawn.box), drawn.box.within(crop), fix=fix),
        Check(
            "Title stands out",
            f"contrast at least {LEAST_CONTRAST:g}",
            f"{contrast:.1f}",
            contrast >= LEAST_CONTRAST,
            fix="The picture on disk does not show the title as it was set: make the pictures again.",
        ),
        Check(
            "Title size",
            f"letters at least {LEAST_CAPITALS:.1%} of the height",
            f"{tall:.1%}",
            tall >= LEAST_CAPITALS,
            fix=fix,
        ),
    ]


def _contrast(pixels: Any, drawn: TitleDrawn) -> float:
    """Contrast ratio between the delivered picture under the ink and under the outline round it."""
    import numpy as np

    light = _linear(pixels) @ np.array((0.2126, 0.7152, 0.0722), dtype=np.float32)
    ring = drawn.covered & ~drawn.ink
    if not drawn.ink.any() or not ring.any():
        return 1.0
    ink, around = float(np.median(light[drawn.ink])), float(np.percentile(light[ring], 25))
    return (max(ink, around) + 0.05) / (min(ink, around) + 0.05) if ink > around else 1.0


def _pixels(
    ffmpeg: str,
    source: list[str],
    size: tuple[int, int],
    folder: Path,
    report: Progress,
    *,
    filters: str = "null",
    name: str = "picture.rgb",
) -> Generator[Progress, None, Any]:
    """The first picture of a source as (height, width, 3) levels; None when it has none of that size."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    raw = folder / name
    raw.unlink(missing_ok=True)
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-y", *source]
    command += ["-frames:v", "1", "-vf", f"{filters},format=rgb24", "-f", "rawvideo", name]
    try:
        code = yield from wait(Child(command, folder, name="FFmpeg"), lambda: report)
        data = raw.read_bytes() if code == 0 and raw.is_file() else b""
    finally:
        raw.unlink(missing_ok=True)
    if len(data) != size[0] * size[1] * 3:
        return None
    return np.frombuffer(data, dtype=np.uint8).reshape(size[1], size[0], 3)


def _luma(pixels: Any) -> Any:
    import numpy as np

    return pixels.astype(np.float32) @ np.array((0.2126, 0.7152, 0.0722), dtype=np.float32)


def _halved(luma: Any) -> Any:
    """The picture at half its size until its longer side is no longer than that of ``_SIDE`` twice."""
    while max(luma.shape) >= 2 * _SIDE:
        height, width = (side // 2 * 2 for side in luma.shape)
        luma = luma[:height, :width].reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return luma


def _linear(pixels: Any) -> Any:
    import numpy as np

    share = pixels.astype(np.float32) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _text(box: SafeBox) -> str:
    return f"{box.left},{box.top} to {box.right},{box.bottom}"
