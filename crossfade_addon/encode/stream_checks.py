# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a video file's container and of its video stream, without decoding (seconds, pixels, kb/s, megabytes)."""

from __future__ import annotations

from .command import Recipe
from .h264 import Sps, least_level, level_name, level_number
from .platforms import Platform
from .probe import MediaInfo
from .report import AGAIN, Check
from .sound_checks import near

BUFFER_S = 2.0
"""How long the encoder's rate control may overdraw its ceiling (``-bufsize`` over ``-maxrate``)."""
B_FRAMES = 2
"""Pictures in a row that refer to later ones, as YouTube recommends."""
BT709 = (1, 1, 1)
_BRANDS = frozenset({"isom", "iso2", "iso4", "iso5", "iso6", "avc1", "mp41", "mp42"})
_SHORTER = "Choose a shorter part of the song (--clip), or a lower quality."
_SMALLER = "Choose a smaller size or a lower frame rate (--fps): the platform takes no more than that level allows."
_RENDER = "Render the missing frames and encode again."


def container_checks(info: MediaInfo, platform: Platform, recipe: Recipe, title: str) -> list[Check]:
    """MP4, whole, index first, no edit lists, the right streams, size and tags."""
    layout, megabytes = info.layout, info.size_bytes / 1e6
    is_mp4 = layout.brand in _BRANDS and not layout.fragmented
    kind = f"{layout.brand or info.container or 'unknown'}{', in fragments' if layout.fragmented else ''}"
    streams = ("video",) if platform.audio == "none" else ("video", "audio")
    found = layout.tags.get("title", "")
    lost = "The file was cut short or grew afterwards. " + AGAIN
    return [
        Check("Container", "MP4 in one piece", kind, is_mp4, fix=AGAIN),
        Check("Whole file", "ends with its last box", "yes" if layout.whole else "no", layout.whole, fix=lost),
        Check("Index first", "moov before mdat", "yes" if info.faststart else "no", info.faststart, fix=AGAIN),
        _equal("Edit lists", "0", str(info.edit_lists)),
        _equal("Streams", ", ".join(streams), ", ".join(info.streams)),
        Check("Title tag", title or "none", found or "none", found == title, fix=AGAIN),
        Check(
            "File size",
            f"at most {platform.max_mb:g} MB",
            f"{megabytes:.1f} MB",
            megabytes <= platform.max_mb,
            fix=_SHORTER,
        ),
    ]


def picture_stream_checks(info: MediaInfo, platform: Platform, recipe: Recipe) -> list[Check]:
    """Codec, profile, level, format, colours, size, rate, count, times and key frames."""
    track = info.layout.of("vide")
    sps = track.sps if track else None
    colours = " ".join(tag or "none" for tag in (info.colour_range, info.colour_space, info.primaries, info.transfer))
    is_flat = info.scan in ("progressive", "") and (sps is None or sps.progressive)
    frame_s = float(1 / recipe.fps)
    rate_ok = info.fps == recipe.fps and platform.fps_low <= float(recipe.fps) <= platform.fps_high
    rate = f"{recipe.fps}, within {platform.fps_low:g} to {platform.fps_high:g}"
    gop_ok = info.gop_s <= platform.gop_s + frame_s
    is_closed = info.open_gops == 0 and (track is None or track.all_idr is not False)
    other_rate = f"Render at a frame rate from {platform.fps_low:g} to {platform.fps_high:g} (--fps)."
    return [
        _equal("Video codec", platform.codec, info.video_codec or "none"),
        _equal("Profile", platform.profile.capitalize(), info.profile or "none"),
        _level_check(info, platform, recipe),
        _equal("Pixel format", "yuv420p", info.pix_fmt or "none"),
        Check(
            "Colour tags",
            "tv bt709 bt709 bt709",
            colours,
            colours == "tv bt709 bt709 bt709" and _is_tagged(sps),
            fix=AGAIN,
        ),
        Check(
            "Scan", "progressive", info.scan or "progressive", is_flat, fix="Switch interlacing off and encode again."
        ),
        _equal("Pixel shape", "1:1", info.sar or "1:1"),
        Check(
            "Rotation",
            "none",
            "turned" if track and track.rotated else "none",
            not (track and track.rotated),
            fix=AGAIN,
        ),
        _equal("Frame size", f"{platform.width}x{platform.height}", f"{info.width}x{info.height}"),
        Check("Frames per second", rate, str(info.fps) if info.fps else "uneven", rate_ok, fix=f"{AGAIN} {other_rate}"),
        Check(
            "Frame count",
            str(recipe.frame_count),
            str(info.frame_count),
            info.frame_count == recipe.frame_count,
            fix=_RENDER,
        ),
        near("Video start", 0.0, info.video_start, 0.001, AGAIN),
        near("Video length", recipe.seconds, info.duration, frame_s / 2, _RENDER),
        Check("Key frames", f"at most {platform.gop_s:g} s apart", f"{info.gop_s:.3f} s", gop_ok, fix=AGAIN),
        Check("Closed GOPs", "every key frame is an IDR", "yes" if is_closed else "no", is_closed, fix=AGAIN),
        Check("B-frames", f"at most {B_FRAMES}", str(info.b_frames), info.b_frames <= B_FRAMES, fix=AGAIN),
        *_rate_checks(info, recipe),
        *_length_checks(info, platform),
    ]


def _level_check(info: MediaInfo, platform: Platform, recipe: Recipe) -> Check:
    track = info.layout.of("vide")
    least = least_level(info.width, info.height, info.fps or recipe.fps)
    most = level_number(platform.level)
    # the lowest levels are for pictures smaller than any platform's; what needs no more than 3.0 may say less
    low = level_number(least) if least != "3.0" else 0
    level = track.level if track else 0
    said = level_name(level) if level else "none"
    if low > most:
        return Check("Level", f"at most {platform.level}", said, False, fix=_SMALLER)
    fits = low <= level <= most and level > 0
    return Check("Level", f"{least} to {platform.level}" if low else f"at most {platform.level}", said, fits, fix=AGAIN)


def _rate_checks(info: MediaInfo, recipe: Recipe) -> list[Check]:
    peak = recipe.max_kbps * (1 + BUFFER_S)
    # a film begins with a full buffer: a short one may empty it on top of the ceiling
    average = recipe.max_kbps * (1 + BUFFER_S / max(recipe.seconds, BUFFER_S))
    return [
        Check(
            "Video rate",
            f"at most {average:.0f} kb/s on average",
            f"{info.video_kbps:.0f} kb/s",
            info.video_kbps <= average,
            fix=AGAIN,
        ),
        Check(
            "Peak rate",
            f"at most {peak:.0f} kb/s in any second",
            f"{info.peak_kbps:.0f} kb/s",
            info.peak_kbps <= peak,
            fix=AGAIN,
        ),
    ]


def _length_checks(info: MediaInfo, platform: Platform) -> list[Check]:
    limit = f"{platform.min_s:g} to {platform.max_s:g} s"
    # a clip's edges move to frame edges, so that it may miss the limit by less than a frame
    slack = float(1 / info.fps) if info.fps else 0.0
    fits = platform.min_s - slack <= info.duration <= platform.max_s + 1e-6
    found = f"{info.duration:.1f} s"
    checks = [Check("Length limit", limit, found, fits, fix="Choose another part of the song (--clip).")]
    if platform.advised_s:
        why = f"Over {platform.advised_s:g} s {platform.advised_why}. Choose a shorter part (--clip), or accept it."
        is_short = not platform.too_long(info.duration)
        advised = f"at most {platform.advised_s:g} s"
        checks.append(Check("Advised length", advised, found, is_short, advice=True, fix=why))
    return checks


def _is_tagged(sps: Sps | None) -> bool:
    return sps is None or (sps.colour == BT709 and sps.full_range is False)


def _equal(name: str, expected: str, measured: str) -> Check:
    return Check(name, expected, measured, expected == measured, fix=AGAIN)
