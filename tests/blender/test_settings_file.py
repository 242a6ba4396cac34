# SPDX-License-Identifier: GPL-3.0-or-later
"""``crossfade.toml`` beside the panel's song: it counts where the user set nothing, and the panel says so."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import pytest
import scripted_song

from crossfade_addon import properties
from crossfade_addon.brief import Brief
from crossfade_addon.errors import BriefError
from crossfade_addon.places import Places
from crossfade_addon.properties import config_file
from crossfade_addon.studio import show

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]

OPS: Any = bpy.ops.crossfade  # type: ignore[attr-defined]


@pytest.fixture
def song(tmp_path: Path) -> Path:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    path = tmp_path / "song.wav"
    path.write_bytes(b"x")
    return path


def write(song: Path, text: str) -> None:
    (song.parent / "crossfade.toml").write_text(text)


def brief(places: Places | None = None) -> Brief:
    return properties.to_brief(bpy.context.scene, places or Places())


def test_a_panel_that_nobody_touched_asks_for_what_a_brief_is_by_default(song: Path) -> None:
    bpy.context.scene.crossfade.audio = str(song)
    plain = Brief(song, "song", ("tiktok", "reels", "shorts", "youtube"))
    assert brief().replace(output_dir=plain.output_dir) == plain


def test_the_file_counts_where_nothing_is_set_and_the_panel_names_what_comes_from_it(song: Path) -> None:
    write(
        song,
        'output_dir = "videos"\nplatforms = ["tiktok"]\n[director]\ntheme = "chill_lofi"\nseed = 7\n'
        'clip = "10-20"\n[studio]\nfps = 25\nquality = "final"\nrender_timeout_sec = 60\n',
    )
    s = bpy.context.scene.crossfade
    s.quality = "draft"
    s.audio = str(song)
    assert config_file.used(s) == (*("platforms", "theme", "fps", "seed", "clip", "output_dir", "render_timeout_sec"),)
    made = brief()
    assert (made.theme, made.seed, made.fps, made.platforms) == ("chill_lofi", 7, Fraction(25), ("tiktok",))
    assert (made.quality, made.clip, made.render_timeout_sec) == ("draft", (10.0, 20.0), 60.0)
    assert made.output_dir == song.parent / "videos" == properties.output_folder(s, Places())
    assert made.config_file == song.parent / "crossfade.toml"
    s.seed, s.platforms, s.part, s.output_dir = 1, {"youtube"}, "whole", str(song.parent / "mine")
    made = brief()
    assert (made.seed, made.platforms, made.clip, made.whole_song) == (1, ("youtube",), None, True)
    assert made.output_dir == song.parent / "mine"
    assert "seed" not in config_file.used(s)
    s.use_config = False
    assert (brief().theme, brief().config_file) == ("sponsor_neon", None)


def test_preferences_that_are_set_go_before_the_file(song: Path) -> None:
    write(song, 'library = "songs"\n[director]\nanalyser = "librosa"\n')
    bpy.context.scene.crossfade.audio = str(song)
    assert (brief().analyser, brief().library_dir) == ("librosa", song.parent / "songs")
    chosen = brief(Places(library_dir="/mine", analyser="crossfade"))
    assert (chosen.analyser, chosen.library_dir) == ("crossfade", Path("/mine"))


def test_a_wrong_file_is_said_in_the_panel_and_stops_the_job(song: Path) -> None:
    write(song, "[studio]\nfsp = 30\n")
    s = bpy.context.scene.crossfade
    s.audio = str(song)
    assert "line 2" in s.config.error and "fps" in s.config.error
    with pytest.raises(BriefError, match="fsp"):
        brief()
    write(song, "[studio]\nfps = 50\n")
    assert brief().fps == 50 and not s.config.error


def test_a_changed_file_asks_for_a_new_analysis(song: Path) -> None:
    s = bpy.context.scene.crossfade
    s.audio = str(song)
    brief()
    before = properties.script_key(s)
    write(song, '[encoder]\nencoder = "auto"\n')
    brief()
    assert properties.script_key(s) == before
    write(song, "[director]\nseed = 3\n")
    brief()
    assert properties.script_key(s) != before


def test_what_was_never_set_stays_so_in_the_scenes_of_a_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = scripted_song.set_up(tmp_path, monkeypatch)
    assert not settings.is_property_set("seed")
    OPS.build_show()
    built = show.find()
    assert built is not None
    for scene in built.scenes.values():
        assert not scene.crossfade.is_property_set("seed") and scene.crossfade.quality == "draft"
    first, second = (scene.crossfade for scene in built.scenes.values())
    first.seed = 4
    assert second.is_property_set("seed") and second.seed == 4
    assert not second.is_property_set("theme")
