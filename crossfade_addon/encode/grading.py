# SPDX-License-Identifier: GPL-3.0-or-later
"""Bloom, colour, vignette and enlargement as FFmpeg filter text.

Everything but the enlargement and the grain works at the render's size, and the blurs at 240 pixels of the
long side, so the look costs little beside the H.264 encoder. Strengths come from :class:`themes.Grade`.
"""

from __future__ import annotations

from ..themes import Grade

BLOOM_SIDE = 240
"""Long side, in pixels, of the small picture that is blurred for the bloom."""
TIGHT_SIGMA, WIDE_SIGMA = 1.5, 7.0
"""Blurs of the glow round a light and of the haze in the air, at ``BLOOM_SIDE``."""
GRAIN = 3
"""Luma noise of the delivered picture in 8-bit steps: it hides the bands of enlarged gradients."""
TO_RGB = "scale=flags=bicubic+accurate_rnd,format=gbrp"
"""Without ``accurate_rnd`` FFmpeg 7.1 leaves the last columns of a 4:2:0 picture black when it makes planar RGB of it
(widths that are no multiple of 16: a stripe on the right of a 9:16 picture)."""
TO_VIDEO_RANGE = "out_color_matrix=bt709:out_range=tv"
TAGS = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"


def grade_filters(grade: Grade, width: int, height: int) -> str:
    """Filters from a decoded render of ``width`` x ``height`` to graded BT.709 video range 4:4:4, same size.

    The thresholds of the two curves keep the blacks black: only what is bright glows. The tight glow takes its
    threshold before the picture is made small, or thin lines would average out and not glow at all.
    """
    steps = [TO_RGB]
    if grade.bloom > 0:
        scale = min(1.0, BLOOM_SIDE / max(width, height))
        small = f"{max(2, round(width * scale))}:{max(2, round(height * scale))}"
        screen = f"blend=all_mode=screen:all_opacity={grade.bloom:g}"
        steps.append(
            f"split=3[sharp][near][far];"
            f"[near]curves=all='0/0 .6/0 1/1',scale={small}:flags=area,gblur=sigma={TIGHT_SIGMA:g}[glow];"
            f"[far]scale={small}:flags=area,curves=all='0/0 .45/0 1/.7',gblur=sigma={WIDE_SIGMA:g}[haze];"
            f"[glow][haze]blend=all_mode=screen,scale={width}:{height}:flags=bicubic[bloom];"
            f"[sharp][bloom]{screen}"
        )
    shifts = (
        ("rs", grade.red_shadows),
        ("bs", grade.blue_shadows),
        ("rm", grade.red_mids),
        ("bm", grade.blue_mids),
    )
    balance = ":".join(f"{name}={value:g}" for name, value in shifts if value)
    if balance:
        steps.append(f"colorbalance={balance}")
    steps.append(f"scale={TO_VIDEO_RANGE},format=yuv444p")
    if (grade.contrast, grade.saturation, grade.gamma) != (1.0, 1.0, 1.0):
        steps.append(f"eq=contrast={grade.contrast:g}:saturation={grade.saturation:g}:gamma={grade.gamma:g}")
    if grade.vignette > 0:
        steps.append(f"vignette=angle={grade.vignette:g}")
    return ",".join(steps)


def enlarge_filters(width: int, height: int, *, with_grain: bool = True) -> str:
    """Filters from the graded picture to the delivered size, 8-bit 4:2:0, square pixels, with fine grain."""
    matrix = f"in_color_matrix=bt709:in_range=tv:{TO_VIDEO_RANGE}"
    grain = f",noise=c0s={GRAIN}:c0f=t" if with_grain else ""
    return f"scale={width}:{height}:flags=lanczos:{matrix},format=yuv420p,setsar=1{grain}"
