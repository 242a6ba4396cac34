# SPDX-License-Identifier: GPL-3.0-or-later
"""Bot's colours and light by set: a glossy toy under two coloured rims, everything baked into vertex colours.

Conventions: linear RGB; the place of a colour is in armature space (metres, the DJ faces -Y, picture left is -X).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..themes import Theme
from .meshes import Coat, Flat, Form, Gradient, PaintedLight, Rgb, Shade, mix, scaled, smoothstep


def _unit(x: float, y: float, z: float) -> np.ndarray:
    return np.array((x, y, z)) / np.linalg.norm((x, y, z))


_HIGHLIGHT = _unit(-0.42, -0.62, 0.66)
_LEFT, _LEFT_WRAP = (_unit(-0.85, 0.16, 0.30), _unit(-0.80, -0.50, 0.25))
_RIGHT, _RIGHT_WRAP = (_unit(0.85, 0.16, 0.26), _unit(0.80, -0.50, 0.25))
_TOP = _unit(0.0, 0.55, 0.85)
_CHIN = 1.17
"""Below this height the head's shadow falls on the chest."""


@dataclass(frozen=True, slots=True)
class Look:
    """How Bot is painted on one set.

    ``left`` and ``right`` are rim lights, ``spark`` the light from above and the colour of highlights, ``shell`` the
    head, ``suit`` body and sleeves, ``phones`` headphones and bezel, ``trim`` solid accents. ``glow`` lists the lit
    parts' colours from picture left to right. ``eye`` is the middle of an eye and ``eye_edge`` its rim, ``ink`` the
    outline. ``rim``, ``wrap`` and ``gloss`` scale the rim lights, their soft spill to the front, and highlights, 0..1.
    """

    left: Rgb
    right: Rgb
    spark: Rgb
    shell: Rgb
    suit: Rgb
    phones: Rgb
    trim: Rgb
    glove: Rgb
    glow: tuple[Rgb, Rgb, Rgb]
    eye: Rgb
    eye_edge: Rgb
    blush: Rgb
    ink: Rgb
    rim: float = 0.85
    wrap: float = 0.14
    gloss: float = 0.5

    def sweep(self, x: np.ndarray, reach: float) -> np.ndarray:
        """The glow colours across x, from -``reach`` to ``reach``; (n,) to (n, 3)."""
        t = np.clip(0.5 + 0.5 * x / reach, 0, 1)[:, None]
        left, middle, right = (np.array(c) for c in self.glow)
        return np.where(t < 0.5, left + (middle - left) * 2 * t, middle + (right - middle) * (2 * t - 1))

    def shade(self) -> Shade:
        """Painted light (base, position, normal, each (n, 3)) with a shadow below the chin and a toy's highlights."""
        light = PaintedLight(self.left, self.right, self.spark)

        def shaded(base: np.ndarray, co: np.ndarray, normal: np.ndarray) -> np.ndarray:
            color = light.lit(base, co, normal, rim=0.0, fill=0.70)
            # Rims replace the colour below instead of adding to it: white would swallow them, green turn them grey.
            for rim, soft, hard in ((self.left, _LEFT_WRAP, _LEFT), (self.right, _RIGHT_WRAP, _RIGHT)):
                color += self.wrap * smoothstep(0.4, 1.0, normal @ soft)[:, None] * rim
                amount = self.rim * smoothstep(0.42, 0.92, normal @ hard)[:, None]
                color += (np.array(rim) - color) * amount
            color += 0.22 * self.rim * smoothstep(0.6, 1.0, normal @ _TOP)[:, None] * np.array(self.spark)
            color *= (1 - 0.36 * np.maximum(0.0, -normal[:, 2]))[:, None]
            below = (co[:, 2] < _CHIN) & (np.hypot(co[:, 0], co[:, 1]) < 0.26)
            chin = smoothstep(0.93, _CHIN - 0.05, co[:, 2]) * below * smoothstep(0.3, -0.6, normal[:, 1])
            color *= (1 - 0.55 * chin)[:, None]
            towards = normal @ _HIGHLIGHT
            shine = 0.8 * smoothstep(0.972, 0.990, towards) + 0.2 * smoothstep(0.80, 1.0, towards)
            bright = 0.06 + 0.94 * base.max(axis=1)
            return color + (self.gloss * shine * bright * (1 - chin))[:, None] * np.array(self.spark)

        return shaded

    def coats(self) -> dict[str, Coat]:
        """Every colour of body and face by name; ``glow.L`` and ``glow.R`` are lit parts at either side."""
        return {
            "shell": self.shell,
            "suit": self.suit,
            "suit_deep": scaled(self.suit, 0.45),
            "phones": self.phones,
            "trim": self.trim,
            "boot": self.glove,
            "sleeve.R": self.sleeve_coat(self.left),
            "sleeve.L": self.sleeve_coat(self.right),
            "ink": Flat(self.ink),
            "glow.R": Flat(self.glow[0]),
            "glow.L": Flat(self.glow[2]),
            "tip.R": self._bulb(self.glow[0]),
            "tip.L": self._bulb(self.glow[2]),
            "glow": Gradient(lambda co: self.sweep(co[:, 0], 0.30)),
            "visor": Gradient(self.visor),
            "gleam": Gradient(self._gleam),
        }

    def _bulb(self, color: Rgb) -> Form:
        """A lit ball: whitest in its middle."""

        def of(co: np.ndarray, normal: np.ndarray) -> np.ndarray:
            middle = smoothstep(0.55, 1.0, -normal[:, 1])[:, None]
            return np.array(color) + (1.0 - np.array(color)) * 0.55 * middle

        return Form(of)

    def glove_coat(self, wrist: Sequence[float], axes: np.ndarray, glow: Rgb) -> Form:
        """A hand, shaded in its own axes (columns x, y to the fingers, z out of its back).

        Hands turn over while they play: light of the room baked into them would leave raised palms in the dark.
        """

        def of(co: np.ndarray, normal: np.ndarray) -> np.ndarray:
            along = (co - np.array(wrist)) @ axes[:, 1]
            flat = np.abs(normal @ axes[:, 2])
            cuff = 1 - smoothstep(-0.03, 0.06, along)
            color = np.array(self.glove) * (0.58 + 0.42 * smoothstep(0.0, 0.75, flat))[:, None]
            return color + (np.array(glow) - color) * (0.42 * cuff + 0.20 * (1 - smoothstep(0.0, 0.6, flat)))[:, None]

        return Form(of)

    def sleeve_coat(self, rim: Rgb) -> Form:
        """An arm, lit along both edges: raised, it shows what was its underside."""

        def of(co: np.ndarray, normal: np.ndarray) -> np.ndarray:
            front = np.maximum(0.0, -normal[:, 1])[:, None]
            edge = smoothstep(0.80, 1.0, np.hypot(normal[:, 0], normal[:, 2]))[:, None]
            behind = smoothstep(-0.1, 0.8, normal[:, 1])[:, None]
            color = np.array(self.suit) * (0.35 + 0.85 * front)
            return color + (np.array(rim) - color) * self.rim * (0.62 * edge * (1 - behind) + 0.45 * behind)

        return Form(of)

    def visor(self, co: np.ndarray) -> np.ndarray:
        """Dark glass at positions (n, 3): the room's two colours mirrored at its sides, paler above."""
        x, z = co[:, 0] / 0.28, (co[:, 2] - 1.46) / 0.20
        edge = smoothstep(0.45, 1.05, np.abs(x))[:, None]
        top = smoothstep(0.1, 1.0, z)[:, None]
        side = np.where(x[:, None] < 0, np.array(self.left), np.array(self.right))
        return np.array((0.004, 0.004, 0.009)) + side * (0.09 * edge) + self.sweep(x, 1.0) * (0.05 * top)

    def _gleam(self, co: np.ndarray) -> np.ndarray:
        """The window's reflection on the visor, fading downwards."""
        fade = smoothstep(1.44, 1.62, co[:, 2])[:, None]
        return self.visor(co) + (0.05 + 0.30 * fade) * np.array(mix(self.left, self.spark, 0.5))


def _of_palette(theme: Theme) -> Look:
    c = theme.palette
    return Look(
        left=c["A"],
        right=c["P"],
        spark=c["W"],
        shell=c["head"],
        suit=scaled([v * v / max(c["body"]) for v in c["body"]], 1.9),
        phones=mix(scaled(c["body"], 1.2), c["M"], 0.06),
        trim=c["trim"],
        glove=mix(c["head"], (1.0, 1.0, 1.0), 0.4),
        glow=(c["A"], c["M"], c["P"]),
        eye=mix(c["W"], (1.0, 1.0, 1.0), 0.6),
        eye_edge=mix(c["W"], c["A"], 0.55),
        blush=c["P"],
        ink=scaled(c["floor"], 0.35),
    )


def _award(theme: Theme) -> Look:
    c = theme.palette
    gold = (0.90, 0.44, 0.07)
    return replace(
        _of_palette(theme),
        left=(1.0, 0.70, 0.32),
        right=(0.85, 0.38, 0.09),
        suit=(0.010, 0.008, 0.011),
        phones=(0.05, 0.028, 0.020),
        trim=gold,
        glove=(0.95, 0.9, 0.82),
        glow=((1.0, 0.62, 0.2), (1.0, 0.82, 0.5), (1.0, 0.62, 0.2)),
        eye=(1.0, 0.97, 0.88),
        eye_edge=(1.0, 0.66, 0.24),
        blush=(0.9, 0.3, 0.1),
        ink=(0.006, 0.003, 0.002),
        rim=0.45,
        wrap=0.02,
        shell=mix(c["head"], (1.0, 1.0, 1.0), 0.25),
    )


def _chaos(theme: Theme) -> Look:
    c = theme.palette
    return replace(
        _of_palette(theme),
        suit=(0.055, 0.012, 0.10),
        phones=(0.32, 0.0, 0.12),
        trim=c["gold"],
        glove=mix(c["head"], (1.0, 1.0, 0.9), 0.35),
        glow=(c["gold"], c["gold"], c["B"]),
        eye=(1.0, 1.0, 0.92),
        eye_edge=c["gold"],
        blush=c["A"],
        ink=(0.004, 0.0, 0.008),
        right=(0.30, 0.0, 1.0),
        rim=0.85,
        wrap=0.05,
    )


def _lofi(theme: Theme) -> Look:
    c = theme.palette
    return replace(
        _of_palette(theme),
        left=(0.5, 0.28, 0.75),
        right=(1.0, 0.55, 0.25),
        shell=(0.86, 0.66, 0.54),
        suit=(0.13, 0.065, 0.22),
        phones=(0.10, 0.05, 0.14),
        trim=(0.80, 0.36, 0.16),
        glove=(0.92, 0.78, 0.66),
        glow=((0.75, 0.45, 1.0), (1.0, 0.62, 0.5), (1.0, 0.66, 0.30)),
        eye=c["W"],
        eye_edge=(1.0, 0.55, 0.22),
        blush=(0.9, 0.25, 0.2),
        ink=(0.016, 0.006, 0.018),
        rim=0.6,
        wrap=0.06,
        gloss=0.3,
    )


_LOOKS: dict[str, Callable[[Theme], Look]] = {"award": _award, "chaos": _chaos, "lofi": _lofi}


def look_of(theme: Theme) -> Look:
    """Bot's look on a theme's set; sets without one of their own take it from the palette."""
    return _LOOKS.get(theme.set, _of_palette)(theme)
