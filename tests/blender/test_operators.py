# SPDX-License-Identifier: GPL-3.0-or-later
"""What the buttons do, pressed without a window."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import pytest
import scripted_song

import crossfade_addon
from crossfade_addon import preferences, properties, registry
from crossfade_addon.brief import RENDER_SCALE, Brief
from crossfade_addon.errors import BriefError
from crossfade_addon.jobs import Progress
from crossfade_addon.operators import _job, generate
from crossfade_addon.places import Places
from crossfade_addon.studio import ownership, show

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]

OPS: Any = bpy.ops.crossfade  # type: ignore[attr-defined]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return scripted_song.set_up(tmp_path, monkeypatch)


def owned() -> dict[str, int]:
    return {
        kind: sum(ownership.is_ours(block) for block in getattr(bpy.data, kind))
        for kind in ("scenes", "collections", "objects", "meshes", "actions", "materials", "cameras", "worlds")
    }


def scene(aspect: str) -> Any:
    return bpy.data.scenes[f"Crossfade {aspect}"]


# ---------------------------------------------------------------------------------------- registering


def test_registering_loads_no_more_than_drawing_needs() -> None:
    code = (
        "import sys, bpy\n"
        "for name in ('json', 'numpy', 'shutil', 'traceback'):\n"
        "    sys.modules.pop(name, None)\n"
        "before = set(sys.modules)\n"
        "from crossfade_addon import registry\n"
        "registry.register()\n"
        "print('LOADED', *(set(sys.modules) - before))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for line in done.stdout.splitlines() if line.startswith("LOADED") for name in line.split()[1:]}
    assert loaded & {"json", "numpy", "shutil", "traceback"} == set()
    parts = {name.removeprefix("crossfade_addon.") for name in loaded}
    assert {part for part in parts if part.startswith("studio.")} == {"studio.compat", "studio.ownership"}
    assert (
        parts & {"pipeline", "brief", "config", "encode", "jobs", "library", "options", "timeline", "timing"} == set()
    )


def test_properties_are_no_text_that_blender_has_to_evaluate_while_it_starts() -> None:
    for cls in (cls for module in registry.MODULES for cls in module.CLASSES):
        written = {
            name: value for name, value in vars(cls).get("__annotations__", {}).items() if "Property" in str(value)
        }
        assert not [name for name, value in written.items() if isinstance(value, str)], cls


def test_registering_again_leaves_nothing_behind() -> None:
    handlers = {name: len(getattr(bpy.app.handlers, name)) for name in ("render_init", "render_write", "load_post")}
    registry.unregister()
    assert not hasattr(bpy.types.Scene, "crossfade")
    assert not hasattr(bpy.types, "CROSSFADE_PT_make")
    crossfade_addon.register()
    crossfade_addon.unregister()
    registry.register()
    assert {name: len(getattr(bpy.app.handlers, name)) for name in handlers} == handlers


def test_a_failing_registration_takes_back_what_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.unregister()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(registry.handlers, "attach", lambda: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                registry.register()
            assert not hasattr(bpy.types.Scene, "crossfade")
            assert not hasattr(bpy.types, "CROSSFADE_OT_generate")
    finally:
        registry.register()


def test_every_property_and_operator_says_what_it_does() -> None:
    groups = [cls for cls in properties.CLASSES if cls is not properties.CrossfadeAnalysis]
    for group in (*groups, properties.CrossfadeAnalysis, preferences.CrossfadePreferences):
        for prop in group.bl_rna.properties:
            name = prop.identifier
            if name in ("rna_type", "name", "bl_idname"):
                continue
            assert prop.description or prop.type == "POINTER", f"{group.__name__}.{name}"
    for name in dir(OPS):
        assert getattr(OPS, name).get_rna_type().description, name


# ------------------------------------------------------------------------------------------- settings


def test_a_song_id_is_suggested_until_the_user_chooses_one(settings: Any) -> None:
    settings.song_id = settings.suggested_id
    settings.audio = "/music/Ünder Pressure (Live).wav"
    assert settings.song_id == "ünder_pressure_live"
    settings.song_id = "mine"
    settings.audio = "/music/other.wav"
    assert settings.song_id == "mine"


def test_a_level_sets_the_intensity_and_shows_which_one_it_is() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    s = bpy.context.scene.crossfade
    assert s.level == "normal"
    s.level = "wild"
    assert s.intensity == pytest.approx(1.4)
    s.intensity = 0.5
    assert s.level == "calm"
    s.intensity = 0.77
    assert s.level == "own"
    s.level = "own"
    assert s.intensity == pytest.approx(0.77)


def test_brief_has_what_the_panel_shows(tmp_path: Path) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    s = bpy.context.scene.crossfade
    s.audio, s.lyrics = "//song.wav", "//words.lrc"
    s.avatar, s.avatar_file, s.studio_file, s.actions_dir = "own", "//me.blend", "//club.blend", "//moves/"
    s.theme, s.mode, s.quality, s.engine = "chill_lofi", "event", "final", "eevee"
    s.platforms = {"youtube", "tiktok"}
    s.seed, s.intensity, s.fps = 7, 0.7, "29.97"
    s.part, s.clip_start, s.clip_end = "clip", 10.1, 20.5
    s.title, s.artist = "T", "A"
    s.with_captions = s.with_thumbnail = s.with_grade = False
    s.lyrics_offset, s.caption_style, s.encoder, s.loudness = -0.25, "karaoke", "auto", "as-is"
    s.movie_tall, s.movie_wide = "", "//wide.mp4"
    brief = properties.to_brief(bpy.context.scene, Places("/bin/ffmpeg", "/lib/songs", "/elsewhere", "librosa"))
    assert brief == Brief(
        audio=tmp_path / "song.wav",
        song_id="song",
        platforms=("tiktok", "youtube"),
        theme="chill_lofi",
        mode="event",
        output_dir=tmp_path / "outputs",
        quality="final",
        engine="eevee",
        fps=Fraction(30000, 1001),
        seed=7,
        intensity=0.7,
        clip=(10.1, 20.5),
        with_captions=False,
        with_thumbnail=False,
        with_grade=False,
        caption_style="karaoke",
        encoder="auto",
        loudness="as-is",
        renders=(("16:9", tmp_path / "wide.mp4"),),
        lyrics_offset=-0.25,
        lyrics=tmp_path / "words.lrc",
        avatar=str(tmp_path / "me.blend"),
        studio=tmp_path / "club.blend",
        actions=tmp_path / "moves",
        title="T",
        artist="A",
        library_dir=Path("/lib/songs"),
        analyser="librosa",
        ffmpeg="/bin/ffmpeg",
    )


def test_an_unsaved_file_writes_to_the_preferred_folder_or_home(settings: Any) -> None:
    settings.output_dir = "//outputs"
    assert properties.to_brief(settings.id_data, Places(output_dir="/shows")).output_dir == Path("/shows")
    assert properties.to_brief(settings.id_data, Places()).output_dir == Path.home() / "outputs"


def test_an_empty_part_of_the_song_is_refused(settings: Any) -> None:
    settings.part, settings.clip_start, settings.clip_end = "clip", 20, 10
    with pytest.raises(BriefError, match="shorter than half a second"):
        properties.to_brief(settings.id_data, Places())


def test_own_theme_file_is_used_by_path(settings: Any) -> None:
    settings.theme, settings.theme_file = "own", "/themes/mine.toml"
    assert properties.to_brief(settings.id_data, Places()).theme == "/themes/mine.toml"


def test_own_platforms_are_listed_chosen_and_the_same_in_all_scenes(settings: Any, tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text('[square]\nlike = "reels"\nlabel = "Square"\n[loop]\nlike = "tiktok"\nlabel = "Loop"\n')
    settings.platforms = {"youtube"}
    settings.platforms_file = str(own)
    assert [(item.platform, item.label, item.wanted) for item in settings.own_platforms] == [
        ("square", "Square", True),
        ("loop", "Loop", True),
    ]
    settings.own_platforms[1].wanted = False
    brief = properties.to_brief(settings.id_data, Places())
    assert (brief.platforms, brief.platforms_file) == (("youtube", "square"), own)
    properties.share(properties.snapshot(settings), [settings.id_data, bpy.data.scenes.new("Other")])
    settings.own_platforms[0].wanted = False
    other = bpy.data.scenes["Other"].crossfade
    assert properties.chosen_platforms(other) == properties.chosen_platforms(settings) == ("youtube",)
    own.write_text("[square]\nlike = 3\n")
    settings.platforms_file = str(own)
    assert "square" in settings.platforms_error and not settings.own_platforms
    settings.platforms_file = ""
    assert settings.platforms_error == ""


def test_avatar_is_the_themes_a_built_in_one_or_a_file_that_is_chosen(settings: Any) -> None:
    assert properties.to_brief(settings.id_data, Places()).avatar == ""
    settings.avatar = "bot"
    assert properties.to_brief(settings.id_data, Places()).avatar == "bot"
    settings.avatar = "own"
    with pytest.raises(BriefError, match="No avatar file is chosen"):
        properties.to_brief(settings.id_data, Places())


# ------------------------------------------------------------------------------------- build and clear


def test_build_show_makes_two_scenes_ready_for_render_animation(settings: Any, tmp_path: Path) -> None:
    assert OPS.build_show() == {"FINISHED"}
    assert bpy.context.window.scene == scene("9:16")
    for aspect, folder, size in (("9:16", "9x16", (1080, 1920)), ("16:9", "16x9", (1920, 1080))):
        render = scene(aspect).render
        assert (render.resolution_x, render.resolution_y) == tuple(n * RENDER_SCALE["draft"] for n in size)
        expected = tmp_path / "out" / "blender_temp" / "song" / folder / "frame_00003.jpg"
        assert Path(render.frame_path(frame=3)) == expected
        assert (scene(aspect).frame_start, scene(aspect).frame_end) == (1, scripted_song.CLIP_FRAMES)


def test_building_twice_keeps_the_artists_changes(settings: Any) -> None:
    OPS.build_show()
    before = owned()
    ob = next(o for o in scene("9:16").objects if ownership.is_ours(o) and o.type == "MESH")
    ob.location.x = 12.5
    scene("9:16").frame_end = 5
    assert OPS.build_show() == {"FINISHED"}
    assert owned() == before
    assert ob.location.x == 12.5
    assert scene("9:16").frame_end == 5


def test_building_with_other_platforms_keeps_the_show_but_renders_what_they_need(settings: Any) -> None:
    OPS.build_show()
    scene("16:9").frame_end = 3
    scene("16:9").crossfade.platforms = {"youtube"}
    OPS.build_show()
    assert scene("16:9").frame_end == scripted_song.CLIP_FRAMES
    recalled = show.recalled(scene("16:9"))
    assert recalled is not None
    assert '"youtube"' in recalled[1] and '"tiktok"' not in recalled[1]


def test_building_after_another_analysis_replaces_the_show_and_its_frames(settings: Any, tmp_path: Path) -> None:
    OPS.build_show()
    before = owned()
    stale = tmp_path / "out" / "blender_temp" / "song" / "9x16" / "frame_00001.png"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"old")
    now = bpy.context.window.scene.crossfade
    now.seed = 5
    assert not OPS.build_show.poll()
    scripted_song.analyse(now, theme="other")
    assert OPS.build_show() == {"FINISHED"}
    assert owned() == before
    assert not stale.exists()
    assert [s.name for s in bpy.data.scenes if ownership.is_ours(s)] == ["Crossfade 16:9", "Crossfade 9:16"]
    assert bpy.context.window.scene.crossfade.seed == 5


def test_settings_are_the_same_in_all_scenes_of_a_show(settings: Any) -> None:
    bpy.data.scenes.new("Elsewhere")
    OPS.build_show()
    scene("16:9").crossfade.title = "Changed"
    assert scene("9:16").crossfade.title == "Changed"
    titles = {s.name: s.crossfade.title for s in list[Any](bpy.data.scenes)}
    assert (titles["Scene"], titles["Elsewhere"]) == ("Changed", "")
    assert len(scene("9:16").crossfade.analysis.sections) == len(settings.analysis.sections) > 0


def test_clear_removes_only_what_is_ours(settings: Any) -> None:
    mine = bpy.data.objects.new("CF Mine", None)
    bpy.context.scene.collection.objects.link(mine)
    names = {kind: {b.name for b in getattr(bpy.data, kind)} for kind in owned()}
    OPS.build_show()
    bpy.context.window.scene.crossfade.title = "Kept"
    assert sum(owned().values()) > 50
    assert OPS.clear_show() == {"FINISHED"}
    assert {kind: {b.name for b in getattr(bpy.data, kind)} for kind in names} == names
    assert bpy.context.window.scene.name == "Scene"
    assert bpy.context.scene.crossfade.title == "Kept"


# ------------------------------------------------------------------------------------------ grey buttons


def test_buttons_are_grey_until_they_can_work() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    names = ("generate", "analyse", "build_show", "clear_show", "render_encode", "cancel", "encode_frames", "view_show")
    assert not any(getattr(OPS, name).poll() for name in names)
    bpy.context.scene.crossfade.audio = "/song.wav"
    assert OPS.generate.poll() and OPS.analyse.poll()
    assert not OPS.build_show.poll()
    bpy.context.scene.crossfade.platforms = set()
    assert not OPS.generate.poll()


def test_a_grey_button_says_why() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with pytest.raises(RuntimeError, match="Choose an audio file first"):
        OPS.generate()
    with pytest.raises(RuntimeError, match="Analyse the song first"):
        OPS.build_show()


# --------------------------------------------------------------------------------------------------- jobs


def test_a_wrong_setting_is_a_report_and_stays_in_the_panel(settings: Any) -> None:
    settings.audio = "/nowhere/song.wav"
    with pytest.raises(RuntimeError, match="does not exist"):
        OPS.generate()
    state = bpy.context.window_manager.crossfade_job
    assert "does not exist" in state.error
    assert not state.running and _job.running() is None


def test_a_job_that_breaks_frees_its_place(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []

    def steps() -> Generator[Progress, None, None]:
        try:
            yield Progress("studio", 0.5, "half")
            raise ValueError("a bug")
        finally:
            closed.append(True)

    from crossfade_addon.pipeline import Outputs

    monkeypatch.setattr(generate.CROSSFADE_OT_generate, "job", lambda _self, _c: _job.Job("Test", steps(), Outputs()))
    with pytest.raises(RuntimeError, match="Internal error: ValueError: a bug"):
        OPS.generate()
    state = bpy.context.window_manager.crossfade_job
    assert closed and not state.running and _job.running() is None
    assert state.fraction == 0.5


def test_nothing_else_starts_while_a_job_runs(settings: Any) -> None:
    from crossfade_addon.pipeline import Outputs

    _job.start(_job.Job("Test", (p for p in ()), Outputs()))
    try:
        assert not OPS.generate.poll()
        assert not OPS.build_show.poll()
        assert OPS.cancel() == {"FINISHED"}
        job = _job.running()
        assert job is not None and job.stop_requested
    finally:
        _job.end()


def test_render_and_encode_makes_the_videos_of_the_show_that_stands(settings: Any, tmp_path: Path) -> None:
    settings.platforms = {"tiktok"}
    OPS.build_show()
    # eight frames are no video for TikTok, and too little to measure a loudness; nothing else may be wrong with it
    with pytest.raises(RuntimeError, match=r"2 checks failed: .*Length limit is 0\.3 s.* Sound is"):
        OPS.render_encode()
    state = bpy.context.window_manager.crossfade_job
    assert [r.label for r in state.results if r.path.endswith(".mp4")] == ["TikTok"]
    assert all(Path(r.path).is_file() for r in state.results)
    assert (tmp_path / "out" / "renders" / "song_tiktok.mp4").stat().st_size > 1000
    assert "kept as it is" in "".join(n.text for n in state.notices)


def test_render_and_encode_refuses_when_the_script_is_another(settings: Any) -> None:
    OPS.build_show()
    scripted_song.analyse(bpy.context.window.scene.crossfade, theme="other")
    with pytest.raises(RuntimeError, match="written anew"):
        OPS.render_encode()


def test_a_scene_of_the_user_with_settings_is_never_taken_for_ours(settings: Any) -> None:
    assert not ownership.is_ours(settings.id_data)
    OPS.build_show()
    assert "Scene" in bpy.data.scenes
