# SPDX-License-Identifier: GPL-3.0-or-later
"""What the builders of the stage hand to the lights: lamps (channels with a role) and moving parts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..themes import Theme
from .meshes import MeshBuilder, PaintedLight, Rgb, Shade, mix
from .ownership import Workshop
from .paint import Channel, Palette

GROUPS: dict[str, str] = {
    "beam_top": "Beams",
    "beam_floor": "Beams",
    "flare": "Beams",
    "laser": "Lasers",
    "haze": "Haze",
    "confetti": "Confetti",
    "spark": "Confetti",
    "spark_glow": "Confetti",
    "glitter": "Confetti",
    "firefly": "Lights",
    "meteor": "Confetti",
    "stick": "Crowd",
}
"""Collections of lamps by role; all others are ``Lights``."""
SET_GROUP = "Set"


@dataclass(frozen=True, slots=True)
class Lamp:
    """A light channel and its place in the show.

    ``role`` names the formula that drives it, ``index`` of ``count`` its place among its equals,
    ``side`` is -1 (left), 1 (right) or 0, for strings of bulbs their turn; ``rgb`` and ``alpha`` are its
    full-energy look.
    """

    channel: Channel
    role: str
    rgb: Rgb
    alpha: float
    index: int = 0
    count: int = 1
    side: int = 0


@dataclass(frozen=True, slots=True)
class Mover:
    """An object that moves: ``rest`` is its resting direction, position or scale, as its role needs."""

    object: Any
    role: str
    index: int = 0
    count: int = 1
    side: int = 0
    rest: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(slots=True)
class Stage:
    """A built stage: everything that the lights, the avatar and the scene need to know of it.

    ``mirror_collection`` is instanced upside down below the floor: link objects to it to reflect them.
    ``painted`` are the objects with baked colours, which no channel can darken; ``void`` is a hidden black
    room around everything that replaces them (and the world) when a hard stop leaves nothing. ``wall`` is the
    :class:`led_wall.LedWall`, which shows ``title`` and ``artist``.
    """

    shop: Workshop
    palette: Palette
    theme: Theme
    light: PaintedLight
    mirror_collection: Any
    seed: int
    title: str = ""
    artist: str = ""
    lamps: list[Lamp] = field(default_factory=list)
    movers: list[Mover] = field(default_factory=list)
    painted: list[Any] = field(default_factory=list)
    void: Any = None
    wall: Any = None
    objects: list[Any] = field(default_factory=list)

    @property
    def colors(self) -> dict[str, Rgb]:
        """The theme's palette, linear RGB."""
        return self.theme.palette

    def accent(self, place: float) -> Rgb:
        """Accent colour from left (0) over the middle (.5) to right (1).

        Three stops, because a straight blend of cyan and pink turns grey halfway.
        """
        place = min(1.0, max(0.0, place))
        a, m, p = self.colors["A"], self.colors["M"], self.colors["P"]
        return mix(a, m, place * 2) if place < 0.5 else mix(m, p, place * 2 - 1)

    def side_color(self, side: int) -> Rgb:
        """A on the left, P on the right."""
        return self.colors["A"] if side < 0 else self.colors["P"]

    def random(self, what: str) -> random.Random:
        """Random numbers of their own for each part, so that changing one part leaves the others alone."""
        return random.Random(f"{self.seed}/{what}")

    def lamp(
        self,
        role: str,
        name: str,
        rgb: Sequence[float],
        alpha: float = 1.0,
        *,
        index: int = 0,
        count: int = 1,
        side: int = 0,
    ) -> Channel:
        """The channel ``name``, registered with the lights on first use."""
        known = name in self.palette.channels
        channel = self.palette.channel(name, rgb, alpha)
        if not known:
            r, g, b = (float(c) for c in rgb)
            self.lamps.append(Lamp(channel, role, (r, g, b), alpha, index, count, side))
        return channel

    def show(
        self,
        name: str,
        builder: MeshBuilder,
        channel: Channel,
        location: Sequence[float] = (0, 0, 0),
        *,
        mirror: bool = False,
        group: str = "",
    ) -> Any:
        """Make the builder's mesh an object on a channel, in the collection of the lamp's role or in ``group``."""
        role = next((lamp.role for lamp in self.lamps if lamp.channel is channel), "")
        shop = self.shop.group(group or GROUPS.get(role, "Lights"))
        return self._placed(channel.add(builder.plain(shop, name, location)), mirror)

    def paint(
        self,
        name: str,
        builder: MeshBuilder,
        location: Sequence[float] = (0, 0, 0),
        *,
        shade: Shade | None = None,
        mirror: bool = False,
        group: str = SET_GROUP,
    ) -> Any:
        """Make the builder's mesh an object with painted light (the props' light by default)."""
        ob = builder.baked(self.shop.group(group), name, shade or self.light.prop, location)
        self.painted.append(ob)
        return self._placed(ob, mirror)

    def move(
        self,
        ob: Any,
        role: str,
        *,
        index: int = 0,
        count: int = 1,
        side: int = 0,
        rest: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> Any:
        """Register a moving object. It must be alone on its channel: one action holds light and motion."""
        self.movers.append(Mover(ob, role, index, count, side, rest))
        return ob

    def _placed(self, ob: Any, mirror: bool) -> Any:
        self.objects.append(ob)
        if mirror:
            self.mirror_collection.objects.link(ob)
        return ob
