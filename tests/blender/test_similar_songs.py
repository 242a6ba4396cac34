# SPDX-License-Identifier: GPL-3.0-or-later
"""Similar songs in the panel: asked of a real library by the worker, and their looks taken over."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import bpy
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "pure"))
import library_songs

pytest.importorskip("chromadb")

from crossfade_addon import preferences, properties
from crossfade_addon.library import questions
from crossfade_addon.library.chroma_store import ChromaStore
from crossfade_addon.library.songs import Song
from crossfade_addon.places import Places
from crossfade_addon.properties import looks
from crossfade_addon.properties.library import MOST_SUGGESTIONS, suggest_songs

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]

OPS: Any = bpy.ops.crossfade  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four heard songs at growing distances from the first, two of them rendered, and one that nobody heard."""
    folder = tmp_path_factory.mktemp("songs") / "library"
    shown = library_songs.song("shown", 125.0).replace(
        history=[
            library_songs.render(1),
            library_songs.render(62, "chill_lofi", mode="single", intensity=1.4, studio=None, actions=None),
        ]
    )
    lost = library_songs.song("lost", 131.0, bass=0.6).replace(
        history=[library_songs.render(5, "/gone/theme.toml", avatar="/gone/me.blend", seed=-3)]
    )
    songs = [library_songs.song("one"), shown, lost, library_songs.song("plain", 93.0, highs=0.9, kick_phase=0.5)]
    ChromaStore(folder).put_all([*songs, Song("never heard", title="Hum")])
    return folder


@pytest.fixture
def settings(library: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return set_up(library, monkeypatch)


def set_up(place: object, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A new file whose song is 'one', with its library there."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    places = Places(library_dir=str(place))
    monkeypatch.setattr(preferences, "places", lambda _context: places)
    settings = bpy.context.scene.crossfade
    settings.song_id = "one"
    return settings


def state() -> Any:
    return bpy.context.window_manager.crossfade_library


def find(library: Path) -> None:
    """What the button leaves behind, without the worker."""
    answer = questions.answer(ChromaStore(library), questions.Question("similar", "one"))
    properties.fill_similar(state(), "one", answer["similar"])


def found() -> dict[str, Any]:
    return {item.song_id: item for item in state().similar}


def test_similar_songs_come_nearest_first_with_reasons_and_finished_files_stay_listed(settings: Any) -> None:
    bpy.context.window_manager.crossfade_job.results.add().label = "TikTok"
    assert OPS.find_similar() == {"FINISHED"}
    assert [item.song_id for item in state().similar] == ["shown", "lost", "plain"]
    item = found()["shown"]
    assert (item.label, round(item.bpm)) == ("An Artist - Title of shown", 125)
    assert "the same tempo (125 beside 124 BPM)" in item.why
    assert json.loads(item.look)["theme"] == "chill_lofi"
    assert found()["plain"].look == ""
    assert state().asked == "one"
    job = bpy.context.window_manager.crossfade_job
    assert job.summary == "Similar songs: 3 of 5 in the library"
    assert [item.label for item in job.results] == ["TikTok"]
    OPS.list_songs()
    assert found() and job.summary == "Songs in the library: 5"


def test_a_look_is_taken_over_and_what_changed_is_said(
    settings: Any, library: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.studio_file = "//mine.blend"
    find(library)
    assert OPS.use_look(song_id="shown") == {"FINISHED"}
    assert (settings.theme, settings.mode, settings.seed, settings.avatar) == ("chill_lofi", "single", 62, "bot")
    assert settings.intensity == pytest.approx(1.4) and settings.studio_file == ""
    said = capfd.readouterr().out
    assert "theme Chill Lo-fi, mode Single, seed 62, intensity 1.4, avatar Bot, studio built-in" in said
    OPS.use_look(song_id="shown")
    assert "the same as before" in capfd.readouterr().out


def test_a_look_whose_files_are_gone_changes_only_what_it_can_and_says_so(
    settings: Any, library: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.avatar, settings.seed = "nova", 9
    find(library)
    OPS.use_look(song_id="lost")
    assert (settings.theme, settings.avatar, settings.seed) == ("sponsor_neon", "nova", 9)
    said = capfd.readouterr().out
    assert "'/gone/theme.toml' is not there any more" in said and "seed: -3 is out of range" in said


def test_a_look_and_the_preferences_go_before_a_settings_file(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(b"RIFF")
    text = 'library = "shared"\n[director]\ntheme = "award_elegant"\nseed = 4\n'
    (tmp_path / "crossfade.toml").write_text(text, encoding="utf-8")
    settings.audio = str(tmp_path / "song.wav")
    assert properties.to_brief(settings.id_data, Places()).theme == "award_elegant"
    looks.use_look(settings, {"theme": "sponsor_neon", "seed": 1})
    brief = properties.to_brief(settings.id_data, Places())
    assert (brief.theme, brief.seed) == ("sponsor_neon", 1)
    assert properties.library_place(settings, Places()) == tmp_path / "shared"
    assert properties.library_place(settings, Places(library_dir="/mine")) == Path("/mine")


@pytest.mark.parametrize(
    "look",
    [
        {"theme": 5, "mode": None, "seed": "x", "intensity": [], "avatar": {"a": 1}, "studio": 3, "actions": 1.5},
        {"theme": "\0", "mode": "mashup; rm", "seed": 2**40, "intensity": float("nan"), "avatar": "../nova"},
        {"seed": True, "intensity": "inf"},
    ],
)
def test_nonsense_in_a_look_changes_nothing(settings: Any, look: dict[str, Any]) -> None:
    before = properties.snapshot(settings)
    changes, problems = looks.use_look(settings, look)
    assert changes == [] and len(problems) == len(look)
    assert properties.snapshot(settings) == before


def test_own_files_of_a_look_are_used_where_they_are(settings: Any, tmp_path: Path) -> None:
    theme, avatar = tmp_path / "mine.toml", tmp_path / "me.blend"
    theme.touch(), avatar.touch()
    look = {"theme": str(theme), "avatar": str(avatar), "studio": str(avatar), "actions": str(tmp_path)}
    changes, problems = looks.use_look(settings, look)
    assert problems == []
    assert changes == ["theme mine.toml", "avatar me.blend", "studio me.blend", f"actions {tmp_path.name}"]
    assert (settings.theme, settings.theme_file, settings.avatar) == ("own", str(theme), "own")
    assert (settings.avatar_file, settings.studio_file, settings.actions_dir) == (*[str(avatar)] * 2, str(tmp_path))


def test_a_song_that_was_never_rendered_has_no_look_to_use(settings: Any, library: Path) -> None:
    find(library)
    with pytest.raises(RuntimeError, match="'An Artist - Title of plain' has no look yet: nothing was rendered"):
        OPS.use_look(song_id="plain")
    with pytest.raises(RuntimeError, match="'nobody' is not among the similar songs"):
        OPS.use_look(song_id="nobody")


def test_the_song_id_is_searched_in_ids_artists_and_titles(settings: Any, library: Path) -> None:
    properties.fill_songs(questions.answer(ChromaStore(library), questions.Question("songs"))["songs"])
    assert [name for name, _ in suggest_songs(settings, bpy.context, "")] == [
        "lost", "never heard", "one", "plain", "shown",
    ]  # fmt: skip
    assert len(list(suggest_songs(settings, bpy.context, settings.song_id))) == 5
    assert list(suggest_songs(settings, bpy.context, "HUM")) == [("never heard", "Hum")]
    assert [name for name, _ in suggest_songs(settings, bpy.context, "title of s")] == ["shown"]
    properties.fill_songs([(f"song {k}", "") for k in range(10_000)])
    assert len(list(suggest_songs(settings, bpy.context, "song"))) == MOST_SUGGESTIONS
    settings.song_id = "an id of my own"
    assert settings.song_id == "an id of my own"


def test_buttons_say_what_they_wait_for(settings: Any) -> None:
    assert OPS.find_similar.poll()
    settings.song_id = " "
    with pytest.raises(RuntimeError, match="Choose an audio file or a song id first"):
        OPS.find_similar()


# --------------------------------------------------------------------------------------------- troubles


def refused(expected: str) -> None:
    with pytest.raises(RuntimeError, match=expected):
        OPS.find_similar()
    assert bpy.context.window_manager.crossfade_job.error
    assert not bpy.context.window_manager.crossfade_job.running


def test_an_unknown_song_is_told_how_it_gets_known(settings: Any) -> None:
    settings.song_id = "nobody"
    refused("'nobody' is not in the library. Analyse it once to add it")


def test_no_library_is_said_and_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(tmp_path / "none", monkeypatch)
    refused("There is no song library in .*Analyse a song to begin one")
    assert not (tmp_path / "none").exists()


def test_a_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        set_up(address, monkeypatch)
        refused(f"library at '{address}' cannot be reached")


def test_without_chromadb_the_message_says_what_is_missing(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chromadb.py").write_text("raise ImportError('No module named chromadb')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    refused("The song library needs the chromadb package")
