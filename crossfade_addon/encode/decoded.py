# SPDX-License-Identifier: GPL-3.0-or-later
"""A delivered video, decoded once for all checks: small pictures, sound, times, and what FFmpeg complained of.

Pictures are sRGB, uint8, (height, width, 3), the shorter side ``SHORT_SIDE`` pixels; sound is mono float32 at
``SOUND_RATE``, its first sample at second 0 of the file, so that sound that starts late is late here too.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..jobs import Child, Progress, wait
from .probe import file_url

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STAGE = "verify"
SHORT_SIDE = 90
SOUND_RATE = 22_050
MOST_COMPLAINTS = 5
_FRAMES, _STILLS, _SOUND, _PACKETS = "frames.rgb", "stills.rgb", "sound.f32", "packets.txt"


@dataclass(frozen=True, slots=True)
class Decoded:
    """What came out of the file.

    ``packets`` is how many coded pictures the file holds and ``times`` their seconds on the screen, in order; a file
    that is whole has as many decoded ones (``count``). ``complaints`` are the decoder's lines about damage.
    """

    folder: Path
    width: int
    height: int
    count: int
    packets: int
    times: tuple[float, ...]
    complaints: tuple[str, ...]

    def pictures(self, at_once: int) -> Iterator[NDArray[np.uint8]]:
        """All pictures, at most so many at a time: (n, height, width, 3)."""
        import numpy as np

        size = self.width * self.height * 3
        with (self.folder / _FRAMES).open("rb") as file:
            for first in range(0, self.count, at_once):
                n = min(at_once, self.count - first)
                yield np.frombuffer(file.read(n * size), np.uint8).reshape(n, self.height, self.width, 3)

    def stills(self) -> Path:
        """The larger pictures that were asked for, one after the other as raw RGB."""
        return self.folder / _STILLS

    def sound(self) -> NDArray[np.float32]:
        """The whole sound; empty when the file has none."""
        import numpy as np

        path = self.folder / _SOUND
        return np.fromfile(path, np.float32) if path.is_file() else np.zeros(0, np.float32)

    def discard(self) -> None:
        """Remove the decoded files, which are large."""
        _discard(self.folder)


def _discard(folder: Path) -> None:
    for name in (_FRAMES, _STILLS, _SOUND, _PACKETS):
        (folder / name).unlink(missing_ok=True)


def decoded_mb(width: int, height: int, count: int, seconds: float) -> float:
    """Size in MB (10^6 bytes) of what a video of so many pictures is decoded to."""
    across, down = small_size(width, height)
    return (across * down * 3 * count + 4 * SOUND_RATE * seconds) / 1e6


def small_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the decoded pictures of a video."""
    scale = SHORT_SIDE / min(width, height)
    return max(2, round(width * scale)), max(2, round(height * scale))


def decode_command(
    ffmpeg: str,
    path: Path,
    size: tuple[int, int],
    *,
    has_sound: bool,
    stills: tuple[int, ...] = (),
    still_size: tuple[int, int] = (0, 0),
) -> list[str]:
    """The one command, to be run in the folder that takes its files.

    ``stills`` are pictures (0 is the first) that are wanted larger as well.
    """
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-y", "-copyts"]
    command += ["-i", file_url(path), "-map", "0:v:0", "-vf", to_rgb(*size), "-fps_mode", "passthrough"]
    command += ["-f", "rawvideo", _FRAMES]
    if stills:
        command += ["-map", "0:v:0", "-vf", f"{only(stills)},{to_rgb(*still_size)}", "-fps_mode", "passthrough"]
        command += ["-f", "rawvideo", _STILLS]
    command += ["-map", "0:v:0", "-c:v", "copy", "-f", "framecrc", _PACKETS]
    if has_sound:
        mono = f"aresample={SOUND_RATE}:async=1:first_pts=0,aformat=sample_fmts=flt:channel_layouts=mono"
        command += ["-map", "0:a:0", "-af", mono, "-f", "f32le", _SOUND]
    return command


def to_rgb(width: int, height: int) -> str:
    """Filters from BT.709 video to small RGB pictures."""
    scale = f"scale={width}:{height}:flags=area:in_color_matrix=bt709:in_range=tv:out_range=pc"
    return f"{scale},format=rgb24"


def only(pictures: tuple[int, ...]) -> str:
    """The filter that lets only these pictures (0 is the first) pass."""
    chosen = "+".join(f"eq(n\\,{number})" for number in pictures)
    return f"select={chosen}"


def decode_steps(
    ffmpeg: str,
    path: Path,
    size: tuple[int, int],
    folder: Path,
    *,
    expected: int,
    has_sound: bool = True,
    stills: tuple[int, ...] = (),
    still_size: tuple[int, int] = (0, 0),
) -> Generator[Progress, None, Decoded]:
    """Decode a video; ``expected`` pictures are a whole file (for the progress). Damage is reported, never raised.

    Whoever gets the result discards it; steps that do not come so far leave nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _discard(folder)
    bytes_each = size[0] * size[1] * 3
    pictures = folder / _FRAMES

    def look() -> Progress:
        done = pictures.stat().st_size / bytes_each if pictures.is_file() else 0
        return Progress(STAGE, min(1.0, done / max(1, expected)), f"Watching {path.name}")

    command = decode_command(ffmpeg, path, size, has_sound=has_sound, stills=stills, still_size=still_size)
    child = Child(command, folder, name="FFmpeg")
    try:
        code = yield from wait(child, look)
    except BaseException:
        _discard(folder)
        raise
    complaints = [_plain(line) for line in child.stderr_tail().splitlines() if line.strip()]
    if code != 0:
        complaints.append(f"FFmpeg ended with code {code}")
    count = pictures.stat().st_size // bytes_each if pictures.is_file() else 0
    times = _times(folder / _PACKETS)
    return Decoded(folder, *size, count, len(times), times, tuple(dict.fromkeys(complaints))[:MOST_COMPLAINTS])


def _times(packets: Path) -> tuple[float, ...]:
    """Seconds of presentation of the coded pictures, from framecrc's ``stream, dts, pts, duration, size, checksum``."""
    if not packets.is_file():
        return ()
    base, found = Fraction(1), []
    for line in packets.read_text(encoding="utf-8", errors="replace").splitlines():
        if head := re.match(r"#tb 0: (\d+)/(\d+)", line):
            base = Fraction(int(head[1]), int(head[2]))
        elif not line.startswith("#") and len(fields := line.split(",")) >= 6:
            found.append(int(fields[2]))
    return tuple(float(pts * base) for pts in sorted(found))


def _plain(line: str) -> str:
    """A line of FFmpeg without the addresses in it, so that the same complaint reads the same."""
    return re.sub(r" @ 0x[0-9a-f]+", "", line).strip()[:200]
