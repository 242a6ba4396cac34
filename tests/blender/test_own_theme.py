# SPDX-License-Identifier: GPL-3.0-or-later
"""A theme from the user's own file builds a show in its colours, with either avatar."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy
import pytest
from show_fixtures import make_timeline

from crossfade_addon.brief import Brief
from crossfade_addon.studio import compat, paint, show
from crossfade_addon.themes import AVATARS, load_theme
from crossfade_addon.timeline import ASPECTS, CameraPlan, Shot

pytestmark = pytest.mark.blender

EXAMPLE = Path(__file__).parents[2] / "docs" / "example_theme.toml"


@pytest.mark.parametrize("avatar", AVATARS)
def test_the_example_theme_builds_a_show_in_its_own_colors(avatar: str) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    theme = load_theme(str(EXAMPLE))
    script = replace(make_timeline(), camera=dict.fromkeys(ASPECTS, CameraPlan(shots=(Shot(0.0, 24.0, "hero"),))))
    brief = Brief(audio=Path("/none.wav"), song_id="x", platforms=(), theme=str(EXAMPLE), avatar=avatar)
    built = show.build(script, theme, brief)
    assert show.is_current(built, show.show_key(script, theme, brief))
    assert tuple(built.scenes["9:16"].world.color) == pytest.approx(theme.palette["bg1"], abs=1e-6)
    edge = bpy.data.objects["CF RiserEdge"]
    resting = edge.color if compat.IS_5_0 else edge.active_material.diffuse_color  # the other one is animated
    assert tuple(resting[:3]) == pytest.approx(theme.palette["A"], abs=1e-6)
    if avatar == "nova":
        body = bpy.data.objects["CF Avatar_Body"].data.color_attributes[paint.ATTRIBUTE].data
        hair = paint.linear(theme.avatar["hair"])
        assert any(tuple(corner.color[:3]) == pytest.approx(hair, abs=0.01) for corner in body)
