# SPDX-License-Identifier: GPL-3.0-or-later
"""General MIDI: a small file writer and a renderer that calls the ``fluidsynth`` program.

Conventions: times in seconds from the first sample; channels 0-15, channel 9 is drums; samples mono float32.
"""

from __future__ import annotations

import struct
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .piece import SAMPLE_RATE

DRUM_CHANNEL = 9
TICKS_PER_SECOND = 1000
"""The player of fluidsynth counts whole milliseconds, so finer ticks would not be heard."""

LATENCY = 110 / SAMPLE_RATE
"""Seconds from a note's tick to its sound: measured 4.6 ms (spread 1.4 ms, the 64-sample block of the synthesiser)
for the first sample and 5.2 ms (TimGM6mb) or 6.3 ms (FluidR3) for a tenth of the peak of kick, snare and sticks."""

MODULATION, VOLUME, EXPRESSION, SUSTAIN = 1, 7, 11, 64


class RenderError(RuntimeError):
    """fluidsynth gave no sound."""


@dataclass(frozen=True, slots=True)
class Note:
    """``start`` and ``length`` in seconds, ``key`` 0-127 (60 is middle C), ``velocity`` 1-127."""

    start: float
    length: float
    channel: int
    key: int
    velocity: int


@dataclass(slots=True)
class Performance:
    """What is played: ``programs`` maps channels to GM programs 0-127, ``controls`` are
    (seconds, channel, controller, value)."""

    notes: list[Note] = field(default_factory=list)
    programs: dict[int, int] = field(default_factory=dict)
    controls: list[tuple[float, int, int, int]] = field(default_factory=list)

    def only(self, channels: Iterable[int]) -> Performance:
        """The same performance with only ``channels`` playing."""
        kept = set(channels)
        return Performance(
            [n for n in self.notes if n.channel in kept],
            {c: p for c, p in self.programs.items() if c in kept},
            [c for c in self.controls if c[1] in kept],
        )


def variable_length(number: int) -> bytes:
    """``number`` (0 or more) in the 7-bit groups of a MIDI file."""
    groups = [number & 127]
    number >>= 7
    while number:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes(reversed(groups))


def midi_bytes(performance: Performance) -> bytes:
    """A format 0 Standard MIDI File at a steady tempo of 120 where one tick is one millisecond."""
    events: list[tuple[int, int, bytes]] = []
    for channel, program in performance.programs.items():
        events.append((0, 0, bytes([0xC0 | channel, program])))
    for start, channel, controller, value in performance.controls:
        tick = max(0, round(start * TICKS_PER_SECOND))
        events.append((tick, 1, bytes([0xB0 | channel, controller, max(0, min(127, value))])))
    for note in without_overlaps(performance.notes):
        first = max(0, round(note.start * TICKS_PER_SECOND))
        last = max(first + 5, round((note.start + note.length) * TICKS_PER_SECOND))
        velocity = max(1, min(127, note.velocity))
        events.append((first, 3, bytes([0x90 | note.channel, note.key, velocity])))
        events.append((last, 2, bytes([0x80 | note.channel, note.key, 0])))
    events.sort(key=lambda event: event[:2])
    track = bytearray(b"\x00\xff\x51\x03" + (500_000).to_bytes(3, "big"))
    now = 0
    for tick, _, message in events:
        track += variable_length(tick - now) + message
        now = tick
    track += b"\x00\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS_PER_SECOND // 2)
    return header + b"MTrk" + struct.pack(">I", len(track)) + bytes(track)


def without_overlaps(notes: Iterable[Note]) -> list[Note]:
    """Notes of one key and channel shortened to end where the next begins: a note-off stops every one of them."""
    by_key: dict[tuple[int, int], list[Note]] = {}
    for note in sorted(notes, key=lambda n: n.start):
        by_key.setdefault((note.channel, note.key), []).append(note)
    out: list[Note] = []
    for line in by_key.values():
        for note, following in zip(line, [*line[1:], None], strict=True):
            if following is not None and following.start - note.start < 0.004:
                continue
            room = following.start - note.start - 0.002 if following is not None else note.length
            out.append(Note(note.start, min(note.length, room), note.channel, note.key, note.velocity))
    return out


def render(
    performance: Performance,
    soundfont: Path,
    seconds: float,
    options: Mapping[str, str | float | int] | None = None,
) -> NDArray[np.float32]:
    """(seconds x SAMPLE_RATE,) mono, the synthesiser's latency taken out. ``options`` are fluidsynth settings
    (``synth.gain`` and others). Raises ``RenderError``."""
    settings: dict[str, str | float | int] = {
        "synth.gain": 0.5,
        "synth.reverb.active": 0,
        "synth.chorus.active": 0,
        "synth.dynamic-sample-loading": 1,
        "synth.polyphony": 160,
        "synth.cpu-cores": 1,
    }
    settings |= options or {}
    with tempfile.TemporaryDirectory() as folder:
        midi, raw = Path(folder, "song.mid"), Path(folder, "song.raw")
        midi.write_bytes(midi_bytes(performance))
        command = ["fluidsynth", "-q", "-ni", "-r", str(SAMPLE_RATE), "-O", "float", "-T", "raw", "-F", str(raw)]
        for key, value in settings.items():
            command += ["-o", f"{key}={value}"]
        done = subprocess.run([*command, str(soundfont), str(midi)], capture_output=True, check=False, timeout=300)
        if not raw.exists() or not raw.stat().st_size:
            raise RenderError(done.stderr.decode("utf-8", "replace")[-300:])
        stereo = np.fromfile(raw, "<f4")
    mono = stereo[: len(stereo) // 2 * 2].reshape(-1, 2).mean(1)
    out = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    heard = mono[round(LATENCY * SAMPLE_RATE) :][: len(out)]
    out[: len(heard)] = heard
    return out
