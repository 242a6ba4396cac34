# SPDX-License-Identifier: GPL-3.0-or-later
"""The LED wall as meshes: dark panel, the parts of every pattern family, a pixel mask in front, a bezel.

A part is a mesh on a channel of its own; only the family that plays is ever visible. World space, metres.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import led_shapes, led_text
from .led_shapes import Box, Polygon, clipped, is_within
from .meshes import PLAIN, Coat, Flat, MeshBuilder, Rgb, mix, regular
from .paint import Channel
from .stage_model import Stage

GROUP = "LED Wall"
TITLE_PIECES = 10
"""Groups of letters that move on their own."""
_PANEL, _PARTS, _MASK, _QUIET, _BEZEL = 0.03, 0.0, -0.03, -0.045, -0.06
"""Depths of the layers, from the wall's plane."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One screen, or several that share a picture: where its middle is, how it leans, and its outlines.

    ``outlines`` are convex, (x, z) about the middle, before the lean (``turn``, radians, clockwise as the audience
    sees it). ``text`` is the box (x, z, width, height) of the title; no text where it is None.
    """

    x: float
    z: float
    half_x: float
    half_z: float
    outlines: tuple[Polygon, ...]
    turn: float = 0.0
    text: tuple[float, float, float, float] | None = None

    def placed(self, points: Polygon) -> list[tuple[float, float]]:
        """Points of this frame in the wall's plane."""
        c, s = math.cos(self.turn), math.sin(self.turn)
        return [(self.x + x * c + z * s, self.z - x * s + z * c) for x, z in points]


@dataclass(frozen=True, slots=True)
class Design:
    """A wall in a set: its frames at depth ``y``, the shape of its rings and its colours.

    ``quiet`` is the outline that stays dark behind the DJ's head, in the wall's plane, and ``quiet_coat`` its colour
    (the panel's if None).
    ``rest`` is what an unlit part looks like, ``gain`` how bright a lit one may get. Letters stand ``text_y`` from the
    wall's plane, in front of the pixels: they must be read on a phone. ``accents`` (left, middle, right) replace the
    theme's.
    """

    frames: tuple[Frame, ...]
    y: float
    ring_sides: int = 40
    ring_turn: float = math.pi / 2
    panel: Rgb = (0.003, 0.005, 0.013)
    mask: Rgb = (0.001, 0.002, 0.005)
    bezel: Rgb = (0.02, 0.025, 0.04)
    bezel_width: float = 0.12
    quiet: Polygon = ()
    quiet_coat: Coat | None = None
    rest: Rgb = (0.0, 0.0, 0.0)
    gain: float = 1.0
    text_y: float = -0.05
    accents: tuple[Rgb, Rgb, Rgb] | None = None

    def color(self, stage: Stage, hue: float) -> Rgb:
        """Colour from left (0) over the middle (.5) to right (1)."""
        if self.accents is None:
            return stage.accent(hue)
        left, middle, right = self.accents
        return mix(left, middle, hue * 2) if hue < 0.5 else mix(middle, right, hue * 2 - 1)


@dataclass(frozen=True, slots=True)
class WallPart:
    """A part of a pattern: its channel, its family, its place among its equals, and the object that may move.

    ``place`` is 0 in the middle and 1 at the side for the spectrum, and counts the bars beside a title from 1 (letters
    have 0); ``rest`` is where the object stands; letters with ``runs`` may scroll.
    """

    channel: Channel
    object: Any
    family: str
    index: int
    count: int
    hue: float
    place: float
    rest: tuple[float, float, float]
    frame: Frame
    size: float
    runs: bool = False


@dataclass(frozen=True, slots=True)
class LedWall:
    """All parts of a built wall."""

    design: Design
    parts: tuple[WallPart, ...]

    @property
    def families(self) -> tuple[str, ...]:
        """What it can show, in the theme's order: no text where nobody could read it."""
        return tuple(dict.fromkeys(part.family for part in self.parts))


def box_frame(
    x: float, z: float, half_x: float, half_z: float, *, turn: float = 0.0, text: tuple | None = None
) -> Frame:
    """A rectangular screen."""
    outline = ((-half_x, -half_z), (half_x, -half_z), (half_x, half_z), (-half_x, half_z))
    return Frame(x, z, half_x, half_z, (outline,), turn, text)


def build_wall(stage: Stage, design: Design, *, title: str, artist: str) -> LedWall:
    """Build the wall with the families that the theme allows; text only where the fonts have letters for it."""
    shift = stage.theme.wall.shift
    size = stage.theme.wall.size
    builder = _Builder(stage, design, (shift[0], design.y + shift[1], shift[2]), size)
    builder.cabinet()
    for family in stage.theme.wall.families:
        if family == "text":
            lines = [line for line in map(led_text.readable, (title, artist)) if line]
            if lines:
                builder.text(*lines)
        elif family == "spectrum":
            builder.spectrum()
        else:
            builder.pattern(family)
    return LedWall(design, tuple(builder.parts))


class _Builder:
    def __init__(self, stage: Stage, design: Design, place: tuple[float, float, float], size: float) -> None:
        self.stage = stage
        self.design = design
        self.place = place
        self.size = size
        self.parts: list[WallPart] = []

    # --------------------------------------------------------------------------------------- cabinet

    def cabinet(self) -> None:
        """Panel, pixel mask, quiet centre and bezel: painted, so that no light can put them out."""
        panel, mask, bezel = MeshBuilder(), MeshBuilder(), MeshBuilder()
        for frame in self.design.frames:
            for outline in frame.outlines:
                panel.polygon(frame.placed(outline), _PANEL, Flat(self.design.panel))
                self._mask(mask, frame, outline)
                wider = _grown(outline, self.design.bezel_width)
                bezel.band(frame.placed(wider), frame.placed(outline), _BEZEL, Flat(self.design.bezel))
        if self.design.quiet:
            bezel.polygon(self.design.quiet, _QUIET, self.design.quiet_coat or Flat(self.design.panel))
        for name, builder in (("WallPanel", panel), ("WallMask", mask), ("WallBezel", bezel)):
            self._scaled(builder)
            self.stage.paint(name, builder, self.place, group=GROUP)

    def _mask(self, builder: MeshBuilder, frame: Frame, outline: Polygon) -> None:
        wall, coat = self.stage.theme.wall, Flat(self.design.mask)
        pitch = wall.pitch
        if wall.pixels == "dot":
            self._dots(builder, frame, outline, coat)
            return
        gap = 0.19 * pitch
        reach_x, reach_z = frame.half_x + pitch, frame.half_z + pitch
        for k in range(-int(reach_z / pitch), int(reach_z / pitch) + 1):
            z = k * pitch
            strip = ((-reach_x, z), (reach_x, z), (reach_x, z + gap), (-reach_x, z + gap))
            self._cut(builder, frame, outline, strip, _MASK, coat)
        if wall.pixels == "line":
            return
        for k in range(-int(reach_x / pitch), int(reach_x / pitch) + 1):
            x = k * pitch
            strip = ((x, -reach_z), (x + gap, -reach_z), (x + gap, reach_z), (x, reach_z))
            self._cut(builder, frame, outline, strip, _MASK - 0.002, coat)

    def _dots(self, builder: MeshBuilder, frame: Frame, outline: Polygon, coat: Coat) -> None:
        """Round holes: what lies between a square cell and the octagon in it."""
        pitch = self.stage.theme.wall.pitch
        half, cut = pitch / 2, pitch / 2 * 0.414
        edge = [(half, cut), (cut, half), (-cut, half), (-half, cut)]
        edge += [(-x, -z) for x, z in edge]
        corners = [(half, half), (-half, half), (-half, -half), (half, -half)]
        cell = [*regular(8, 0.44 * pitch, turn=math.pi / 8), *edge, *corners]
        sides = [(k, 8 + k, *((16 + k // 2,) if k % 2 == 0 else ()), 8 + (k + 1) % 8, (k + 1) % 8) for k in range(8)]
        for i in range(-int(frame.half_x / pitch) - 1, int(frame.half_x / pitch) + 2):
            for j in range(-int(frame.half_z / pitch) - 1, int(frame.half_z / pitch) + 2):
                points = [(i * pitch + x, j * pitch + z) for x, z in cell]
                if is_within(points[16:], outline):
                    builder.add([(x, _MASK, z) for x, z in frame.placed(points)], sides, coat)
                    continue
                for side in sides:
                    self._cut(builder, frame, outline, [points[k] for k in side], _MASK, coat)

    def _cut(
        self, builder: MeshBuilder, frame: Frame, outline: Polygon, polygon: Polygon, y: float, coat: Coat = PLAIN
    ) -> None:
        rest = clipped(polygon, outline)
        if rest:
            builder.polygon(frame.placed(rest), y, coat)

    def _scaled(self, builder: MeshBuilder) -> None:
        """A wall of another size grows about its first frame's foot."""
        if self.size == 1.0:
            return
        frame = self.design.frames[0]
        foot = frame.z - frame.half_z
        builder.vertices = [
            (frame.x + (x - frame.x) * self.size, y, foot + (z - foot) * self.size) for x, y, z in builder.vertices
        ]

    # ----------------------------------------------------------------------------------------- parts

    def pattern(self, family: str) -> None:
        """Static parts: their light is all that changes."""
        builders: list[MeshBuilder] = []
        hues: list[float] = []
        for number, frame in enumerate(self.design.frames):
            rng = self.stage.random(f"wall {family} {number}")
            for index, part in enumerate(led_shapes.pattern(family, self._box(frame), rng)):
                if index == len(builders):
                    builders.append(MeshBuilder())
                    hues.append(part.hue)
                for outline in frame.outlines:
                    for polygon in part.polygons:
                        self._cut(builders[index], frame, outline, polygon, _PARTS)
        for index, (builder, hue) in enumerate(zip(builders, hues, strict=True)):
            if builder.faces:
                self._part(builder, family, index, len(builders), hue)

    def spectrum(self) -> None:
        """Columns that grow from their foot."""
        found = [
            (frame, *column)
            for frame in self.design.frames
            for column in led_shapes.columns(self._box(frame), frame.outlines)
        ]
        for index, (frame, part, foot, place) in enumerate(found):
            builder = MeshBuilder()
            for polygon in part.polygons:
                middle = (polygon[0][0] + polygon[1][0]) / 2
                builder.polygon([(x - middle, z) for x, z in polygon])
                self._part(
                    builder, "spectrum", index, len(found), part.hue, at=(middle, foot), frame=frame, place=place
                )

    def text(self, title: str, artist: str = "") -> None:
        """The title in pieces where the wall is one picture, whole on each screen otherwise; the artist below."""
        frames = [frame for frame in self.design.frames if frame.text is not None]
        alone = len(frames) == 1
        found: list[tuple[Frame, led_text.Glyph, float, float, bool]] = []
        for frame in frames:
            x, z, width, height = frame.text or (0.0, 0.0, 1.0, 1.0)
            share = 0.70 if artist else 1.0
            above = z + height / 2 * (1 - share)
            pieces = led_text.glyphs(title, width, height * share, pieces=TITLE_PIECES if alone else 1)
            found += [(frame, glyph, x, above, alone) for glyph in pieces]
            below = led_text.glyphs(artist, width, height * 0.17, pieces=1, wrap=False)
            found += [(frame, glyph, x, z - height * 0.41, False) for glyph in below]
        for index, (frame, glyph, x, z, runs) in enumerate(found):
            builder = MeshBuilder()
            for polygon in glyph.polygons:
                builder.polygon(polygon)
            hue = min(1.0, max(0.0, 0.5 + glyph.x / (frame.text or (0, 0, 1, 0))[2]))
            at = (x + glyph.x, z + glyph.z)
            self._part(builder, "text", index, len(found), hue, at=at, frame=frame, runs=runs)

        self._beside_the_title(len(found))

    def _beside_the_title(self, letters: int) -> None:
        """Where the picture has wings, bars on them keep the beat while the middle shows letters."""
        frame = self.design.frames[0]
        wings = frame.outlines[1:]
        bars = led_shapes.pattern("bars", self._box(frame), self.stage.random("wall title"))
        for index, bar in enumerate(bars):
            builder = MeshBuilder()
            for outline in wings:
                for polygon in bar.polygons:
                    self._cut(builder, frame, outline, polygon, _PARTS)
            if builder.faces:
                self._part(builder, "text", letters + index, letters + len(bars), bar.hue, place=1.0 + index // 2)

    def _part(
        self,
        builder: MeshBuilder,
        family: str,
        index: int,
        count: int,
        hue: float,
        *,
        at: tuple[float, float] | None = None,
        frame: Frame | None = None,
        place: float = 0.0,
        runs: bool = False,
    ) -> None:
        stage, name = self.stage, f"Wall{family.title()}{index}"
        channel = stage.palette.channel(name, self.design.color(stage, hue))
        frame = frame or self.design.frames[0]
        spot = self.place
        if at is None:
            self._scaled(builder)
        else:
            ((x, z),) = frame.placed([at])
            first = self.design.frames[0]
            foot = first.z - first.half_z
            x, z = first.x + (x - first.x) * self.size, foot + (z - foot) * self.size
            depth = self.design.text_y if family == "text" else _PARTS
            spot = (self.place[0] + x, self.place[1] + depth, self.place[2] + z)
        ob = channel.add(builder.plain(stage.shop.group(GROUP), name, spot))
        if at is not None:
            ob.rotation_euler = (0.0, frame.turn, 0.0)
            ob.scale = (self.size, 1.0, self.size)
        stage.objects.append(ob)
        stage.mirror_collection.objects.link(ob)
        self.parts.append(WallPart(channel, ob, family, index, count, hue, place, spot, frame, self.size, runs))

    def _box(self, frame: Frame) -> Box:
        design = self.design
        corner = max(math.hypot(x, z) for outline in frame.outlines for x, z in outline)
        reach = corner / math.cos(math.pi / design.ring_sides)

        def ring(radius: float) -> Polygon:
            return regular(design.ring_sides, radius, turn=design.ring_turn)

        return Box(frame.half_x, frame.half_z, ring, reach)


def _grown(outline: Polygon, width: float) -> list[tuple[float, float]]:
    """A convex outline pushed outwards by about ``width`` metres."""
    cx = sum(p[0] for p in outline) / len(outline)
    cz = sum(p[1] for p in outline) / len(outline)
    grown: Sequence[tuple[float, float]] = outline
    points = []
    for x, z in grown:
        length = math.hypot(x - cx, z - cz) or 1.0
        points.append((x + (x - cx) / length * width * 1.2, z + (z - cz) / length * width * 1.2))
    return points
