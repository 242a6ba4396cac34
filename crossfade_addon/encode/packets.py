# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets: when each piece of a stream is shown and how large it is, from the text of FFmpeg's framecrc writer.

Conventions: times in units of the stream's time base, sizes in bytes, rates in kb/s, results in seconds.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Generator
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise

_LINES_A_STEP = 10_000
"""Lines that are read in about 20 ms."""
PEAK_S = 1
"""The rate's peak is looked for in spans of this length, s."""


@dataclass(frozen=True, slots=True)
class Packets:
    """Packets of one stream in order of presentation; starts and lengths in units of ``base`` seconds.

    ``keys`` are the starts of the key frames. ``open_gops`` counts those that are followed in the file by a
    picture that is shown before them; ``b_frames`` is the longest run of pictures that are.
    """

    base: Fraction
    starts: tuple[int, ...]
    sizes: tuple[int, ...]
    last_length: int
    keys: tuple[int, ...]
    open_gops: int
    b_frames: int

    def start(self) -> float:
        """Start of the first packet."""
        return float(self.starts[0] * self.base) if self.starts else 0.0

    def duration(self) -> float:
        """From the first packet's start to the last one's end."""
        return float(self._length() * self.base)

    def rate(self) -> Fraction:
        """Packets a second; 0 when they are not evenly spaced."""
        steps = {b - a for a, b in pairwise(self.starts)} or {self.last_length}
        return 1 / (steps.pop() * self.base) if len(steps) == 1 and self.starts and 0 not in steps else Fraction(0)

    def gop(self) -> float:
        """Longest distance of key frames, the end counted as one."""
        edges = [*self.keys, self.starts[-1] + self.last_length] if self.starts else []
        return float(max((b - a for a, b in pairwise(edges)), default=0) * self.base)

    def kbps(self) -> float:
        """Average rate."""
        seconds = self.duration()
        return sum(self.sizes) * 8 / 1000 / seconds if seconds > 0 else 0.0

    def peak_kbps(self) -> float:
        """Highest rate of any :data:`PEAK_S`; the average of what is shorter."""
        span = int(PEAK_S / self.base)
        if self._length() <= span:
            return self.kbps()
        sums = [0, *accumulate(self.sizes)]
        most = max(
            sums[bisect_left(self.starts, start + span)] - sums[index] for index, start in enumerate(self.starts)
        )
        return most * 8 / 1000 / PEAK_S

    def _length(self) -> int:
        return self.starts[-1] + self.last_length - self.starts[0] if self.starts else 0


def read_packets(text: str) -> Generator[None, None, dict[str, Packets]]:
    """Packets by kind of stream (``video``, ``audio``), read a few thousand lines a step.

    A line is ``stream, dts, pts, duration, size, checksum``, and ``F=0x0`` follows when it is no key frame.
    """
    bases: dict[str, Fraction] = {}
    kinds: dict[str, str] = {}
    rows: dict[str, list[tuple[int, int, int, bool]]] = {}
    for number, line in enumerate(text.splitlines()):
        if number % _LINES_A_STEP == _LINES_A_STEP - 1:
            yield
        if line.startswith("#"):
            if head := re.match(r"#(tb|media_type) (\d+): (\S+)", line):
                if head[1] == "tb":
                    bases[head[2]] = Fraction(head[3])
                else:
                    kinds[head[2]] = head[3]
            continue
        fields = [field.strip() for field in line.split(",")]
        if len(fields) >= 6:
            is_key = "F=0x0" not in fields[6:]
            rows.setdefault(fields[0], []).append((int(fields[2]), int(fields[3]), int(fields[4]), is_key))
    return {kinds.get(stream, ""): _packets(bases[stream], found) for stream, found in rows.items()}


def _packets(base: Fraction, rows: list[tuple[int, int, int, bool]]) -> Packets:
    """``rows`` are (start, length, size, is key) in the order of the file."""
    open_gops, run, b_frames = 0, 0, 0
    highest = key = None
    is_open = False
    for start, _, _, is_key in rows:
        run = run + 1 if highest is not None and start < highest else 0
        b_frames = max(b_frames, run)
        highest = start if highest is None else max(highest, start)
        if is_key:
            key, is_open = start, False
        elif key is not None and start < key and not is_open:
            open_gops, is_open = open_gops + 1, True
    rows = sorted(rows)
    return Packets(
        base=base,
        starts=tuple(row[0] for row in rows),
        sizes=tuple(row[2] for row in rows),
        last_length=rows[-1][1],
        keys=tuple(row[0] for row in rows if row[3]),
        open_gops=open_gops,
        b_frames=b_frames,
    )
