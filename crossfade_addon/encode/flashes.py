# SPDX-License-Identifier: GPL-3.0-or-later
"""Flash safety by WCAG 2.1, success criterion 2.3.1, on decoded pictures, frame after frame in bounded memory.

Pictures are sRGB, uint8, (n, height, width, 3). A flash is a pair of opposing changes of relative luminance by a tenth
of its maximum or more, the darker state below .80; a red flash is a pair of opposing changes of (R-G-B) x 320 by more
than 20 with R/(R+G+B) >= .8 in either state. A change is followed from one turning point of a pixel to the next,
however many frames it takes. It counts where it covers a quarter of the picture; that is stricter than the criterion,
which allows a quarter of ten degrees of the visual field, and needs no guess about the viewer's screen.

Camera cuts count like everything else, as the criterion does not ask why a picture changes; *strobe* is the same
count without them: what the lights do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]
Values = NDArray[np.float32]
Mask = NDArray[np.bool_]

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""BT.709 weights."""
FLASH_STEP = 0.1
FLASH_DARKER = 0.8
RED_STEP = 20 / 320
SATURATED_RED = 0.8
FLASH_AREA = 0.25
MOST_FLASHES = 3.0
"""Flashes allowed in one second."""
TOGETHER_S = 0.1
"""Pixels that change within this time change together."""
_TO_LINEAR = np.array(
    [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in np.arange(256) / 255], np.float32
)


@dataclass(frozen=True, slots=True)
class Rate:
    """The most flashes in any second, and the second of the film at which that second begins."""

    most: float
    at: float


@dataclass(frozen=True, slots=True)
class Flashes:
    """General flashes, red flashes, and general ones without camera cuts."""

    general: Rate
    red: Rate
    strobe: Rate


class FlashMeter:
    """Counts the flashes of a film that is fed in pieces.

    Parameters
    ----------
    fps : float
        Frames per second.
    cuts : collection of int
        Frames (0 is the film's first) with another camera than the one before.
    """

    def __init__(self, fps: float, *, cuts: Collection[int] = ()) -> None:
        self._fps, self._cuts = fps, frozenset(cuts)
        self._frame = 0
        self._turns = {
            "general": Turns(FLASH_STEP, of_darker=True),
            "red": Turns(RED_STEP, of_darker=False),
            "strobe": Turns(FLASH_STEP, of_darker=True),
        }
        self._counts = {name: Changes(fps) for name in self._turns}

    def feed(self, frames: Pictures) -> None:
        """The next frames, (n, height, width, 3)."""
        for frame in frames:
            rgb = linear(frame)
            bright = luminance_state(rgb)
            states = {"general": bright, "red": red_state(rgb), "strobe": bright}
            for name, (values, fits) in states.items():
                is_cut = name == "strobe" and self._frame in self._cuts
                self._counts[name].add(self._turns[name].step(values, fits, is_cut=is_cut))
            self._frame += 1

    def result(self) -> Flashes:
        """What was counted so far."""
        found = {}
        for name, counts in self._counts.items():
            rates = counts.rates()
            found[name] = Rate(float(rates.max()), float(rates.argmax()) / self._fps) if len(rates) else Rate(0.0, 0.0)
        return Flashes(**found)


def linear(picture: Pictures) -> Values:
    """Linear RGB, 0..1."""
    return _TO_LINEAR[picture]


def relative_luminance(picture: Pictures) -> Values:
    """WCAG relative luminance, 0..1, without the last axis."""
    return linear(picture) @ LUMA


def luminance_state(rgb: Values) -> tuple[Values, Mask]:
    """Relative luminance of linear RGB, and where it is dark enough to be a flash's darker state."""
    values = rgb @ LUMA
    return values, values < FLASH_DARKER


def red_state(rgb: Values) -> tuple[Values, Mask]:
    """How red linear RGB is, 0..1, and where it is saturated red."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    total = red + green + blue
    return np.maximum(red - green - blue, 0), (red >= SATURATED_RED * total) & (total > 0)


@dataclass(slots=True)
class Turns:
    """Follows every pixel from turning point to turning point, frame by frame.

    Parameters
    ----------
    least : float
        The least change that counts.
    of_darker : bool
        Whether the lower state must fit for a change to count, or either of the two.
    """

    least: float
    of_darker: bool
    _state: list[Any] = field(default_factory=list)

    def step(self, values: Values, fits: Mask, *, is_cut: bool = False) -> NDArray[np.int8]:
        """+1 or -1 at each pixel where a change that can be half of a flash is complete in this frame, else 0."""
        if not self._state or is_cut:
            free = np.ones_like(fits)
            self._state = [values, values, fits, fits, free, free]
            return np.zeros(values.shape, np.int8)
        low, high, low_fits, high_fits, upwards, downwards = self._state
        lower, higher = values < low, values > high
        low, low_fits = np.where(lower, values, low), np.where(lower, fits, low_fits)
        high, high_fits = np.where(higher, values, high), np.where(higher, fits, high_fits)
        up = upwards & (values - low >= self.least)
        down = downwards & ~up & (high - values >= self.least)
        counts_up = low_fits if self.of_darker else low_fits | fits
        counts_down = fits if self.of_darker else high_fits | fits
        turned = up | down
        if turned.any():
            # After a change the next one starts from here; until then this way on only moves the turning point.
            low, low_fits = np.where(turned, values, low), np.where(turned, fits, low_fits)
            high, high_fits = np.where(turned, values, high), np.where(turned, fits, high_fits)
            upwards, downwards = np.where(turned, down, upwards), np.where(turned, up, downwards)
        self._state = [low, high, low_fits, high_fits, upwards, downwards]
        return (up & counts_up).astype(np.int8) - (down & counts_down)


class Changes:
    """Counts the moments at which a large part of the picture has changed together.

    A picture that becomes lighter here and darker there at once (a cut) has changed once. When the same quarter
    becomes lighter twice, it has become darker in between, however slowly.
    """

    def __init__(self, fps: float, *, area: float = FLASH_AREA) -> None:
        self._fps, self._area = fps, area
        span = max(1, round(fps * TOGETHER_S))
        self._signs = {sign: _Together(span, area) for sign in (-1, 1)}
        self._frames = 0

    def add(self, steps: NDArray[np.int8]) -> None:
        """What :class:`Turns` found in the next frame."""
        for sign, together in self._signs.items():
            together.add(self._frames, steps == sign)
        self._frames += 1

    def rates(self) -> NDArray[np.float64]:
        """Flashes in the second that begins at each frame, (n,): half the number of changes."""
        weights = np.zeros(self._frames)
        before: tuple[int, NDArray[np.uint8]] | None = None
        events = [(e.frame, sign, e.pixels) for sign, together in self._signs.items() for e in together.events]
        for frame, sign, packed in sorted(events, key=lambda event: event[:2]):
            pixels = np.unpackbits(packed)
            weights[frame] = max(weights[frame], 1)
            if before and before[0] == sign:
                size = self._signs[sign].size
                if (before[1] & pixels).sum() >= self._area * size:
                    weights[frame] = 2
            before = sign, pixels
        sums = np.concatenate(([0.0], np.cumsum(weights)))
        ends = np.minimum(np.arange(self._frames) + max(1, round(self._fps)), self._frames)
        return (sums[ends] - sums[:-1]) / 2


@dataclass(slots=True)
class _Event:
    """A frame and its changed pixels, eight to a byte."""

    frame: int
    pixels: NDArray[np.uint8]


class _Together:
    """Moments at which ``area`` of the picture has changed in one direction within ``span`` frames."""

    def __init__(self, span: int, area: float) -> None:
        self._span, self._area = span, area
        self._window: deque[Mask] = deque(maxlen=span)
        self._newest: Mask | None = None
        self.events: list[_Event] = []
        self.size = 0

    def add(self, frame: int, changed: Mask) -> None:
        self.size = changed.size
        if self._newest is not None and frame - self.events[-1].frame <= self._span:
            # latecomers belong to the change that was just seen
            late = changed & ~self._newest
            if late.any():
                self._newest |= late
                self.events[-1].pixels = np.packbits(self._newest)
                changed = changed & ~late
        self._window.append(changed)
        pixels = np.logical_or.reduce(tuple(self._window))
        if pixels.mean() >= self._area:
            self._newest = pixels
            self.events.append(_Event(frame, np.packbits(pixels)))
            self._window.clear()


# ------------------------------------------------------------------------------------ whole films


def luminance_steps(frames: Pictures, *, cuts: Collection[int] = ()) -> NDArray[np.int8]:
    """+1 or -1 at each pixel and frame in which a change that can be half of a general flash is complete, else 0.

    Changes at the frames ``cuts`` are left out: there the camera changes, not the light.
    """
    turns = Turns(FLASH_STEP, of_darker=True)
    steps = (turns.step(*luminance_state(linear(frame)), is_cut=k in cuts) for k, frame in enumerate(frames))
    return np.stack(tuple(steps))


def red_steps(frames: Pictures) -> NDArray[np.int8]:
    """As :func:`luminance_steps`, for saturated red."""
    turns = Turns(RED_STEP, of_darker=False)
    return np.stack(tuple(turns.step(*red_state(linear(frame))) for frame in frames))


def flash_rates(steps: NDArray[np.int8], fps: float, *, area: float = FLASH_AREA) -> NDArray[np.float64]:
    """Flashes in the second that begins at each frame, (n,), from the steps of a whole film."""
    changes = Changes(fps, area=area)
    for step in steps:
        changes.add(step)
    return changes.rates()
