# SPDX-License-Identifier: GPL-3.0-or-later
"""The grid editor without a window: corrections show at once, stay with the song, and are taken back one by one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import heard_song
import numpy as np
import pytest

from crossfade_addon import listening, preferences, properties, registry
from crossfade_addon.director import corrected_grid, corrections
from crossfade_addon.errors import LibraryError
from crossfade_addon.places import Places
from crossfade_addon.properties import grid, keeping
from crossfade_addon.studio import beat_markers, ownership, song_picture
from crossfade_addon.studio.edits import markers

pytestmark = pytest.mark.blender

OPS: Any = bpy.ops.crossfade  # type: ignore[attr-defined]


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    registry.register()
    yield
    registry.unregister()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    monkeypatch.setattr(preferences, "places", lambda _context: Places(library_dir=str(tmp_path / "library")))
    s = bpy.context.scene.crossfade
    s.audio, s.output_dir = str(tmp_path / "song.wav"), str(tmp_path / "out")
    heard_song.analyse(s, heard_song.song())
    return s


def texts(settings: Any) -> list[str]:
    return [item.text for item in settings.grid.corrections]


def sections(settings: Any) -> list[tuple[float, str]]:
    return [(round(s.start, 3), s.section_type) for s in settings.analysis.sections]


def brief_grid(settings: Any) -> tuple[str, ...]:
    return properties.to_brief(settings.id_data, Places()).grid


# ---------------------------------------------------------------------------------------- the grid


def test_a_song_at_half_its_tempo_is_fixed_by_one_press(settings: Any) -> None:
    assert OPS.correct_grid(edit="x2") == {"FINISHED"}
    assert settings.analysis.bpm == pytest.approx(240)
    assert settings.analysis.bars == 40
    assert brief_grid(settings) == ("x2",)
    assert OPS.correct_grid(edit="/2") == {"FINISHED"}
    assert settings.analysis.bpm == pytest.approx(120) and texts(settings) == []
    assert brief_grid(settings) == ("reset",)  # the library may have the other by now


def test_a_script_older_than_the_corrections_must_be_written_again(settings: Any) -> None:
    assert properties.is_script_current(settings)
    OPS.correct_grid(edit="nudge=10")
    assert not properties.is_script_current(settings)
    with pytest.raises(RuntimeError, match="Settings have changed"):
        OPS.build_show()
    OPS.remove_correction(index=0)
    assert properties.is_script_current(settings)


def test_the_bar_begins_at_the_playhead_whatever_the_frame_rate(settings: Any) -> None:
    scene = bpy.context.scene
    scene.render.fps = 25
    scene.frame_set(1 + round(8.5 * 25))  # the second beat of a bar
    OPS.bar_here()
    assert texts(settings) == [f"bar={round(8.5 * 25) / 25:g}"]
    assert 8.5 in grid.corrected(settings).beats.downbeats
    scene.frame_set(2000)
    with pytest.raises(RuntimeError, match="Move it into the song"):
        OPS.bar_here()


def test_a_section_can_be_corrected_alone(settings: Any) -> None:
    settings.grid.part, settings.grid.section_index = "section", 1
    OPS.correct_grid(edit="x2")
    assert texts(settings) == ["x2@8-16"]
    steps = np.diff(grid.corrected(settings).beats.timestamps)
    assert steps[:15] == pytest.approx(0.5) and steps[16:31] == pytest.approx(0.25)
    assert [r.bpm for r in settings.grid.regions] == pytest.approx([120, 240, 120, 120])
    settings.grid.part = "after"
    bpy.context.scene.frame_set(1 + 24 * 30)
    bpy.context.scene.render.fps = 30
    OPS.correct_grid(edit="shift=1")
    assert texts(settings)[-1].startswith("shift=1@") and texts(settings)[-1].endswith("-")


def test_tempo_and_meter_are_set_by_their_fields_and_by_what_else_was_heard(settings: Any) -> None:
    settings.grid.bpm = 90
    assert texts(settings) == ["bpm=90"] and settings.analysis.bpm == pytest.approx(90)
    settings.grid.meter = 3
    assert texts(settings) == ["bpm=90", "meter=3"]
    assert np.diff(grid.corrected(settings).beats.downbeats) == pytest.approx(2.0)
    assert [round(t.bpm) for t in settings.grid.tempi] == [120, 240, 80]
    OPS.correct_grid(edit="bpm=80")
    assert settings.grid.bpm == pytest.approx(80)


def test_a_correction_that_cannot_be_changes_nothing_and_says_why(settings: Any) -> None:
    before = sections(settings), texts(settings)
    with pytest.raises(RuntimeError, match="too few for a tempo"):
        OPS.correct_grid(edit="tap=1,1,1,1")
    with pytest.raises(RuntimeError, match="Unknown grid correction"):
        OPS.correct_grid(edit="faster")
    assert (sections(settings), texts(settings)) == before and brief_grid(settings) == ()


def test_one_correction_is_taken_back_and_the_others_are_made_from_what_was_heard(settings: Any) -> None:
    for edit in ("x2", "nudge=20", "shift=1"):
        OPS.correct_grid(edit=edit)
    OPS.remove_correction(index=0)
    assert texts(settings) == ["nudge=20", "shift=1"]
    beats = grid.corrected(settings).beats
    assert beats.bpm == pytest.approx(120) and beats.timestamps[1] == pytest.approx(0.52)
    OPS.correct_grid(edit="reset")
    assert grid.corrected(settings).beats == heard_song.song().beats


def test_a_new_song_has_no_corrections_until_it_is_heard(settings: Any) -> None:
    OPS.correct_grid(edit="x2")
    settings.song_id = "another"
    assert brief_grid(settings) == ()
    with pytest.raises(RuntimeError, match="Analyse the song first"):
        OPS.correct_grid(edit="x2")
    settings.song_id = "song"
    assert brief_grid(settings) == ("x2",)


def test_corrections_live_in_the_file(settings: Any, tmp_path: Path) -> None:
    OPS.correct_grid(edit="x2")
    settings.analysis.sections[1].section_type = "verse"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "film.blend"))
    again = bpy.context.scene.crossfade
    assert texts(again) == ["x2", "call=12,verse"]
    OPS.correct_grid(edit="/2")
    assert again.analysis.bpm == pytest.approx(120) and sections(again)[1] == (8.0, "verse")


@pytest.mark.parametrize("damage", ["", "not packed", "c-rlk"])
def test_a_damaged_note_in_the_file_says_what_to_do(settings: Any, damage: str) -> None:
    settings.grid.heard = damage
    with pytest.raises(RuntimeError, match=r"Analyse (it again|the song)"):
        OPS.correct_grid(edit="x2")


def test_a_correction_in_the_file_that_is_none_is_left_out(settings: Any) -> None:
    OPS.correct_grid(edit="x2")
    settings.grid.corrections.add().text = "rm -rf"
    OPS.correct_grid(edit="nudge=5")
    assert texts(settings) == ["x2", "nudge=5"]


# ------------------------------------------------------------------------------- sections and moments


def test_sections_are_called_moved_split_and_merged(settings: Any) -> None:
    listed = settings.analysis.sections
    listed[1].section_type = "chorus"
    listed[2].start = 17.7
    assert sections(settings)[1:3] == [(8.0, "chorus"), (18.0, "drop")]
    bpy.context.scene.frame_set(1 + 28 * 24)
    OPS.split_section()
    assert len(listed) == 6 and sections(settings)[4] == (28.0, "break")
    with pytest.raises(RuntimeError, match="A section begins or ends right there"):
        OPS.split_section()
    settings.grid.section_index = 4
    OPS.merge_section()
    assert sections(settings) == [(0.0, "intro"), (8.0, "chorus"), (18.0, "drop"), (24.0, "break"), (28.0, "outro")]
    assert texts(settings) == ["call=12,chorus", "move=16,17.7", "split=28", "merge=32"]
    settings.grid.section_index = 4
    with pytest.raises(RuntimeError, match="is the last one"):
        OPS.merge_section()


def test_a_moment_is_switched_off_and_on(settings: Any) -> None:
    drop = settings.grid.moments[1]
    assert (drop.event_type, drop.use) == ("drop", True) and drop.reason
    drop.use = False
    assert grid.corrected(settings).drops() == () and texts(settings) == ["off=16,drop"]
    assert [m.use for m in settings.grid.moments] == [True, False, True, True]
    settings.grid.moments[1].use = True
    assert grid.corrected(settings).drops() == (16.0,) and texts(settings) == []


def test_go_to_moves_the_playhead(settings: Any) -> None:
    settings.grid.section_index = 2
    OPS.go_to(what="section")
    assert bpy.context.scene.frame_current == 1 + 16 * 24


def test_a_list_of_a_song_that_was_never_heard_here_is_only_a_list(settings: Any) -> None:
    settings.grid.heard = ""
    settings.analysis.sections[1].section_type = "verse"
    assert texts(settings) == [] and bpy.context.window_manager.crossfade_job.error == ""


def test_what_a_field_cannot_take_is_said_and_the_field_shows_what_is(settings: Any) -> None:
    settings.analysis.sections[1].start = 90.0
    assert "the song ends at 40 s" in bpy.context.window_manager.crossfade_job.error
    assert sections(settings)[1] == (8.0, "build") and texts(settings) == []


# ------------------------------------------------------------------------------- markers and picture


def marks(scene: Any) -> list[tuple[str, int]]:
    return sorted(((m.name, m.frame) for m in scene.timeline_markers), key=lambda m: (m[1], m[0]))


def test_beats_are_markers_by_bar_and_beat_and_go_again_without_the_users(settings: Any) -> None:
    scene = bpy.context.scene
    scene.timeline_markers.new("mine", frame=13)
    scene.timeline_markers.new("1.1", frame=2)
    settings.grid.show_markers = True
    named = dict(marks(scene))
    assert len(named) == 81 and (named["1.2"], named["2.1"]) == (13, 49)
    OPS.correct_grid(edit="shift=1")
    assert (marks(scene)[0][1] - 1, dict(marks(scene))["1.1"]) == (0, 13) or dict(marks(scene))["1.1"] == 13
    assert dict(marks(scene))["0.1"] == 1
    next(m for m in scene.timeline_markers if m.name == "5.1").name = "chorus!"
    settings.grid.show_markers = False
    assert marks(scene) == [("1.1", 2), ("mine", 13), ("chorus!", 205)]


def test_markers_of_beats_are_no_changes_of_the_artists(settings: Any) -> None:
    scene = bpy.context.scene
    scene.timeline_markers.new("mine", frame=7)
    settings.grid.show_markers = True
    assert [m["name"] for m in markers.read(scene).values()] == ["mine"]


def picture_of(image: Any) -> np.ndarray:
    pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(image.size[1], image.size[0], 4)


def test_the_picture_is_drawn_anew_and_saved_and_goes_with_clear(settings: Any, tmp_path: Path) -> None:
    OPS.show_picture()
    image = song_picture.find("song")
    assert image.name.startswith("CF ") and tuple(image.size) == (2000, 568) and not image.is_dirty
    before = picture_of(image)
    settings.analysis.sections[1].section_type = "verse"
    assert (picture_of(image) != before).mean() > 0.01 and not image.is_dirty
    after = picture_of(image)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "film.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "film.blend"))
    assert (picture_of(song_picture.find("song")) == after).all()
    bpy.context.scene.crossfade.grid.show_markers = True
    OPS.clear_show()
    assert song_picture.find("song") is None and marks(bpy.context.scene) == []
    assert not any(ownership.is_ours(image) for image in bpy.data.images)


def test_a_section_of_an_unknown_kind_is_shown_as_a_verse(settings: Any) -> None:
    song = heard_song.song()
    odd = dataclasses.replace(song.audio.sections[0], section_type="skit")
    audio = dataclasses.replace(song.audio, sections=(odd, *song.audio.sections[1:]))
    heard_song.analyse(settings, dataclasses.replace(song, audio=audio))
    assert sections(settings)[0] == (0.0, "verse")


def test_beats_before_the_first_bar_count_from_nothing() -> None:
    beats = heard_song.song().beats
    shifted = corrections.parse("shift=1")
    names = beat_markers.names(corrected_grid.apply(beats, [shifted], 40.0))
    assert names[:6] == ["0.1", "1.1", "1.2", "1.3", "1.4", "2.1"]


# ---------------------------------------------------------------------------------------- the library


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, tuple[str, ...]]]]:
    """As in a window: what is brought into the library, without one and without waiting."""
    brought: list[tuple[str, tuple[str, ...]]] = []

    def keep(_place: Path | None, song_id: str, given: tuple[str, ...], _folder: Path) -> Iterator[Any]:
        yield "starting"
        if "nudge=99" in given:
            raise LibraryError("The library is in use.")
        brought.append((song_id, given))
        return True

    monkeypatch.setattr(listening, "keep_corrections", keep)
    monkeypatch.setattr(keeping, "has_timers", lambda: True)
    monkeypatch.setattr(keeping, "WAIT_S", 0.0)
    yield brought
    keeping.finish()


def work() -> None:
    for _ in range(10):
        if keeping._tick() is None:
            return
    raise AssertionError("the work does not end")


def test_corrections_reach_the_library_after_the_last_one_and_after_undo(settings: Any, kept: list) -> None:
    heard_song.analyse(settings, heard_song.song(), "shift=1")
    OPS.correct_grid(edit="x2")
    OPS.correct_grid(edit="nudge=10")
    work()
    assert kept == [("song", ("shift=1", "x2", "nudge=10"))]
    settings.grid.corrections.remove(2)  # as undo does, which tells nobody
    keeping.after_undo()
    work()
    assert kept[1:] == [("song", ("shift=1", "x2"))]
    keeping.after_undo()
    assert not keeping._wishes


def test_corrections_wait_for_a_job_and_reach_the_library_when_blender_ends(settings: Any, kept: list) -> None:
    job: Any = bpy.context.window_manager.crossfade_job
    OPS.correct_grid(edit="x2")
    job.running = True
    try:
        assert keeping._tick() is not None and keeping._tick() is not None and kept == []
    finally:
        job.running = False
    keeping.finish()
    assert kept == [("song", ("x2",))]


def test_a_library_that_cannot_be_had_is_said_once(settings: Any, kept: list) -> None:
    job: Any = bpy.context.window_manager.crossfade_job
    job.notices.clear()
    for edit in ("nudge=99", "x2"):
        OPS.correct_grid(edit=edit)
        work()
    assert ["not in the library yet" in notice.text for notice in job.notices] == [True]
    assert kept == []
