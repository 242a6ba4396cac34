# SPDX-License-Identifier: GPL-3.0-or-later
"""Every row of ``docs/from-crossfade-club.md``, proven by running it, with painted frames where Blender would be.

The song is heard and everything is made once; what later runs need of the director is what this first one wrote.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import parity_rows
import pytest
from delivered import write_song
from test_pipeline import PaintedStudio

from crossfade_addon import errors, headless, jobs, listening, timeline
from crossfade_addon.brief import Brief
from crossfade_addon.encode.probe import probe
from crossfade_addon.errors import CrossfadeError, PipelineError, StageError, StudioError, ToolMissing
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.jobs import Progress
from crossfade_addon.pipeline import BatchRunner, Pipeline

pytestmark = pytest.mark.usefixtures("quick_ffmpeg")

ROOT = parity_rows.ROOT
VIDEOS = {
    **dict.fromkeys(("tiktok", "reels", "shorts"), (90, 160, "cover")),
    "youtube": (160, 90, "thumbnail"),
}
PLATFORMS = "\n".join(
    f"[{name}]\nwidth = {width}\nheight = {height}\nmin_s = 1\n"
    f'covers = [{{ name = "{picture}", width = {width}, height = {height}, max_mb = 2 }}]\n'
    for name, (width, height, picture) in VIDEOS.items()
)
WORDS = "[00:00.50]one two\n[00:01.60]three four\n"


class Seen(PaintedStudio):
    """Paints frames, and remembers what it was asked for."""

    def steps(self, brief, timeline, theme, ranges, brief_json, moments):
        self.brief, self.ranges, self.theme = brief, ranges, theme
        return (yield from super().steps(brief, timeline, theme, ranges, brief_json, moments))


class Stops:
    """Ends the job where the studio's work would begin."""

    def check(self, brief):
        return ()

    def steps(self, brief, *_others):
        self.brief = brief
        raise StudioError("The graphics driver fell over.", original_error=OSError("no device"), hint="Try again.")
        yield


def nothing(*_arguments):
    """Stands for the library's history, which is another room's."""
    return
    yield


class Made:
    """One whole job: how it was asked for, what it said, and what it left."""

    def __init__(self, folder: Path) -> None:
        self.song = folder / "mashups" / "test.wav"
        self.song.parent.mkdir()
        write_song(self.song)
        self.platforms = folder / "small.toml"
        self.platforms.write_text(PLATFORMS)
        (folder / "words.lrc").write_text(WORDS)
        self.words = folder / "words.lrc"
        self.out = folder / "outputs"
        self.studio = Seen()
        self.reports: list[Progress] = []

    def arguments(self, *more: str) -> list[str]:
        common = ["--audio", str(self.song), "--song-id", "test_song", "--output-dir", str(self.out)]
        return [*common, "--platforms-file", str(self.platforms), "--quality", "draft", *more]

    def brief(self, *more: str) -> Brief:
        parsed = headless.build_parser().parse_args(self.arguments(*more))
        return headless.brief_from(parsed, self.out)

    def show(self, report: Progress) -> None:
        """Remember what was said, and end the job where the checks begin."""
        self.reports.append(report)
        if report.stage == "verify":
            raise errors.Cancelled

    def again(self, folder: Path) -> Path:
        """A copy of the frames, as the output folder of another run."""
        shutil.copytree(self.out / "blender_temp", folder / "out" / "blender_temp")
        return folder / "out"

    def runner(self, **settings: Any) -> BatchRunner:
        common = {"output_dir": self.out, "studio": self.studio, "platforms_file": self.platforms, "quality": "draft"}
        return BatchRunner(self.song, "test_song", **{**common, **settings})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """The song made once, by one command."""
    folder = tmp_path_factory.mktemp("parity")
    made = Made(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSFADE_LIBRARY", str(folder / "library"))
        patch.setattr(listening, "remember", nothing)
        whole = Pipeline(made.brief("--lyrics", str(made.words)), made.studio)
        with pytest.raises(errors.Cancelled):  # all is made; what is checked then has tests of its own
            jobs.drain(whole.steps(), made.show)
        made.paths = whole.outputs.paths
    return made


@pytest.fixture
def heard(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later runs take the director's work from the first one."""

    def listen(brief, _ffmpeg):
        yield Progress("director", 1.0, "The script of the show is written")
        script = made.paths["timeline"]
        if brief.timeline_path != script:
            brief.timeline_path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(script, brief.timeline_path)
        return timeline.load(brief.timeline_path)

    monkeypatch.setattr(listening, "listen", listen)
    monkeypatch.setattr(listening, "remember", nothing)


def test_every_row_has_a_test_and_every_test_a_row() -> None:
    rows, proven = parity_rows.rows(), parity_rows.proven()
    assert len(rows) > 40 and len(set(rows)) == len(rows)
    assert sorted(set(rows) - set(proven)) == []
    assert sorted(set(proven) - set(rows)) == []


# ------------------------------------------------------------------------------------- command line


def without_blender(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a Python without bpy, whatever was imported before."""
    monkeypatch.setitem(sys.modules, "bpy", None)
    for name in [name for name in sys.modules if name.startswith("crossfade_addon.studio")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.seed("cmd-run-batch")
def test_one_command_makes_every_platform(made, heard, tmp_path, capsys):
    studio = Stops()
    code = headless.main(made.arguments("--output-dir", str(tmp_path / "out")), studio=studio)
    assert code == StudioError.exit_code
    assert studio.brief.platforms == ("tiktok", "reels", "shorts", "youtube")
    assert (studio.brief.song_id, studio.brief.theme, studio.brief.mode) == ("test_song", "sponsor_neon", "mashup")
    command = [sys.executable, "-m", "crossfade_addon", "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.split()[0]) == (0, "crossfade")


@pytest.mark.seed("cmd-platforms", "cmd-theme")
def test_platforms_and_theme_are_arguments(made, heard, tmp_path):
    studio = Stops()
    arguments = ["--platforms", "tiktok", "youtube", "--theme", "mashup_chaos", "--output-dir", str(tmp_path / "out")]
    assert headless.main(made.arguments(*arguments), studio=studio) == StudioError.exit_code
    assert (studio.brief.platforms, studio.brief.theme) == (("tiktok", "youtube"), "mashup_chaos")


@pytest.mark.seed("cmd-skip-studio", "cache-raw", "dep-blender", "cfg-resolution", "cfg-video-bitrate")
def test_other_encoder_settings_use_the_frames_that_are_there_and_need_no_blender(
    made, heard, monkeypatch, tmp_path, capsys
):
    without_blender(monkeypatch)
    file = tmp_path / "settings.toml"
    file.write_text('[encoder.platforms.tiktok]\nresolution = [72, 128]\nvideo_bitrate = "150k"\n')
    options = ["--platforms", "tiktok", "--config", str(file), "--no-thumbnail", "--no-captions", "--skip-studio"]
    headless.main(made.arguments(*options, "--output-dir", str(made.again(tmp_path))))
    assert "frames of an earlier run are used" in capsys.readouterr().out
    video = tmp_path / "out" / "renders" / "test_song_tiktok.mp4"
    info = probe(find_ffmpeg(), video, tmp_path / "probe")
    assert (info.width, info.height) == (72, 128)
    # x264 notes in the stream what it was asked for
    assert b"vbv_maxrate=150 " in video.read_bytes()
    assert b"vbv_maxrate=15000 " in made.paths["video_tiktok"].read_bytes()
    with pytest.raises(ToolMissing, match="Blender was not found"):
        Pipeline(made.brief()).studio  # noqa: B018


# ------------------------------------------------------------------------------------------- Python


@pytest.mark.seed("py-import", "py-constructor", "py-modes")
def test_the_runner_takes_what_it_took(made):
    from crossfade_addon.pipeline import BatchRunner

    names = list(inspect.signature(BatchRunner).parameters)
    assert names[:5] == ["audio_path", "song_id", "theme", "mode", "output_dir"]
    brief = BatchRunner(str(made.song), "test_song").brief
    assert (brief.theme, brief.mode, brief.output_dir) == ("sponsor_neon", "mashup", Path("outputs"))
    for mode, theme in (("mashup", "sponsor_neon"), ("single", "sponsor_neon"), ("event", "award_elegant")):
        runner = BatchRunner(str(made.song), "test_song", theme, mode, str(made.out), studio=Stops())
        assert Pipeline(runner.brief, runner.studio).brief.mode == mode
    with pytest.raises(CrossfadeError, match="Unknown mode 'solo'"):
        BatchRunner(str(made.song), "x", mode="solo", output_dir=made.out, studio=Stops()).run()


@pytest.mark.seed("py-run", "py-no-extras", "py-skip-studio", "py-selective", "py-returns")
def test_run_takes_what_it_took_and_gives_back_paths_by_name(made, heard, tmp_path):
    names = list(inspect.signature(BatchRunner.run).parameters)
    assert names[1:5] == ["platforms", "with_captions", "with_thumbnail", "skip_studio"]
    assert {"timeline", "raw_video", "thumbnail", *(f"video_{name}" for name in VIDEOS)} <= set(made.paths)
    assert all(isinstance(path, Path) and path.exists() for path in made.paths.values())
    out = made.again(tmp_path)
    runner = made.runner(output_dir=out, studio=Stops())
    assert (runner.brief.with_captions, runner.brief.with_thumbnail, runner.brief.skip_studio) == (True, True, False)
    some = runner.run(["youtube"], False, False, True)
    assert some["report"] == out / "reports" / "test_song.json"
    assert some["video_youtube"] == out / "renders" / "test_song_youtube.mp4"
    assert sorted(path.name for path in (out / "renders").glob("*.[mj]p[4g]")) == ["test_song_youtube.mp4"]


@pytest.mark.seed("py-output-dir")
def test_everything_goes_to_the_folder_that_is_named(made, heard, tmp_path):
    with pytest.raises(StudioError):
        made.runner(output_dir=str(tmp_path / "custom_outputs"), studio=Stops()).run()
    assert (tmp_path / "custom_outputs" / "timeline" / "test_song.json").is_file()


@pytest.mark.seed("py-parallel-encoding")
def test_platforms_of_one_recipe_are_one_encode(made):
    with pytest.raises(TypeError, match="parallel_encoding"):
        made.runner().run(parallel_encoding=True)  # type: ignore[call-arg]
    tall = [made.paths[f"video_{name}"] for name in ("tiktok", "reels", "shorts")]
    assert len({path.read_bytes() for path in tall}) == 1
    assert made.paths["video_youtube"].read_bytes() != tall[0].read_bytes()


# ---------------------------------------------------------------------------------- what comes out


@pytest.mark.seed("pipe-stages")
def test_the_stages_follow_each_other(made):
    assert list(dict.fromkeys(report.stage for report in made.reports)) == ["director", "studio", "encode", "verify"]


@pytest.mark.seed("out-timeline", "out-vtt", "out-thumb")
def test_timeline_captions_and_thumbnail_have_the_names_they_had(made):
    script = json.loads((made.out / "timeline" / "test_song.json").read_text("utf-8"))
    assert script["meta"]["song_id"] == "test_song"
    assert (made.out / "renders" / "test_song.vtt").read_text("utf-8").startswith("WEBVTT")
    assert (made.out / "renders" / "test_song_thumb.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert made.paths["thumbnail"] == made.out / "renders" / "test_song_thumb.jpg"


@pytest.mark.seed("out-raw")
def test_the_raw_video_is_a_folder_of_numbered_frames(made):
    assert made.paths["raw_video"] in (made.paths["raw_video_9x16"], made.paths["raw_video_16x9"])
    for aspect, shape in (("9x16", "9:16"), ("16x9", "16:9")):
        folder = made.out / "blender_temp" / "test_song" / aspect
        assert made.paths[f"raw_video_{aspect}"] == folder
        assert len(list(folder.glob("frame_*.jpg"))) == made.studio.ranges[shape].count


@pytest.mark.seed("out-tiktok", "out-reels", "out-shorts", "out-youtube")
@pytest.mark.parametrize("name", VIDEOS)
def test_videos_have_the_names_and_shapes_they_had(made, name, tmp_path):
    path = made.out / "renders" / f"test_song_{name}.mp4"
    assert made.paths[f"video_{name}"] == path
    info = probe(find_ffmpeg(), path, tmp_path)
    assert (info.width, info.height, info.video_codec) == (*VIDEOS[name][:2], "h264")


# ------------------------------------------------------------------------------------------- errors


@pytest.mark.seed("err-import", "err-stage", "err-pipeline")
def test_a_failed_stage_is_an_error_with_its_name_and_cause(made, heard, tmp_path):
    from crossfade_addon.errors import PipelineError, StageError

    with pytest.raises(StageError) as caught:
        made.runner(studio=Stops(), output_dir=tmp_path / "out").run()
    assert caught.value.stage == "studio" and isinstance(caught.value.original_error, OSError)
    assert str(caught.value) == "The graphics driver fell over. Try again."
    with pytest.raises(PipelineError):
        made.runner(studio=Stops(), output_dir=tmp_path / "out").run()
    for wrong in ({"theme": "disco"}, {"ffmpeg": "/nowhere/ffmpeg"}):
        with pytest.raises(CrossfadeError):
            made.runner(studio=Stops(), output_dir=tmp_path / "out", **wrong).run()


# ----------------------------------------------------------------------------------------- settings


def configured(made: Made, tmp_path: Path, text: str, *more: str) -> Brief:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    return made.brief("--config", str(file), *more)


@pytest.mark.seed("cfg-file")
def test_settings_come_from_a_file_beside_the_song_and_yaml_is_pointed_the_way(made, heard, tmp_path, capsys):
    folder = tmp_path / "music"
    folder.mkdir()
    shutil.copy(made.song, folder / "song.wav")
    (folder / "crossfade.toml").write_text('[director]\ntheme = "chill_lofi"\n')
    studio = Stops()
    arguments = ["--audio", str(folder / "song.wav"), "--quality", "draft", "--output-dir", str(tmp_path / "out")]
    assert headless.main(arguments, studio=studio) == StudioError.exit_code
    assert studio.brief.theme == "chill_lofi"
    assert f"note: Settings of '{folder / 'crossfade.toml'}' are used" in capsys.readouterr().out
    (tmp_path / "config.yaml").write_text("studio:\n  fps: 30\n")
    assert headless.main([*arguments, "--config", str(tmp_path / "config.yaml")], studio=studio) == 2
    assert "docs/configuration.md" in capsys.readouterr().err


@pytest.mark.seed("cfg-default-theme", "cfg-fps")
def test_theme_and_frame_rate_of_the_file_reach_the_render(made, heard, tmp_path):
    studio = Stops()
    text = '[director]\ndefault_theme = "award_elegant"\n[studio]\nfps = 25\n'
    brief = configured(made, tmp_path, text, "--output-dir", str(tmp_path / "out"))
    with pytest.raises(StudioError):
        jobs.drain(Pipeline(brief, studio).steps())
    assert (studio.brief.theme, studio.brief.fps) == ("award_elegant", 25)


@pytest.mark.seed("cfg-drop-threshold")
def test_the_drop_threshold_decides_drops(made, tmp_path):
    from test_director_structure import club_song
    from test_director_structure import heard as features_of

    from crossfade_addon.director.moments import find_drops
    from crossfade_addon.director.structure import measure_bars

    bars = measure_bars(*features_of(club_song()))
    found = {}
    for value in (0, 0.2, 0.9):
        brief = configured(made, tmp_path, f"[director]\ndrop_energy_threshold = {value}\n")
        found[value] = find_drops(bars, brief.drop_energy_threshold)
    assert made.brief().drop_energy_threshold == 0
    assert (found[0], found[0.2], found[0.9]) == ([24], [24], [])


# --------------------------------------------------------------------------------- speed and reuse


@pytest.mark.seed("cache-timeline", "dep-mixer", "trb-song-not-found")
def test_a_song_that_nobody_knew_is_heard_and_remembered_for_the_next_run(made, monkeypatch, tmp_path):
    library = made.out.parent / "library"
    monkeypatch.setenv("CROSSFADE_LIBRARY", str(library))
    script = made.paths["timeline"].read_bytes()
    again = Pipeline(made.brief("--lyrics", str(made.words), "--output-dir", str(tmp_path / "out"), "--require-known"))
    said: list[str] = []
    jobs.drain(again.direct(), lambda report: said.append(report.message))
    assert "'test_song' is in the library: its analysis is used." in said
    assert again.brief.timeline_path.read_bytes() == script
    unknown = again.brief.replace(song_id="stranger")
    with pytest.raises(errors.SongNotFound, match="'stranger'") as caught:
        jobs.drain(Pipeline(unknown).direct())
    assert "python -m mixer analyze stranger" in caught.value.hint and caught.value.exit_code == 3


# --------------------------------------------------------------------------------------- around it


@pytest.mark.seed("mixer-flow")
def test_mixers_library_is_an_argument_and_used_for_an_unknown_id(made, tmp_path):
    chromadb = pytest.importorskip("chromadb")
    folder = tmp_path / "chroma_db"
    with chromadb.PersistentClient(path=str(folder)) as client:
        songs = client.create_collection("tiki_library", embedding_function=None)
        songs.add(ids=["song_a_x_auto"], embeddings=[[0.1] * 3], metadatas=[{"title": "A x Auto", "bpm": 120.0}])
    from crossfade_addon.library.stores import MemoryStore
    from crossfade_addon.worker import Reporter, recall

    brief = made.brief("--mixer", str(folder), "--song-id", "song_a_x_auto", "--require-known")
    found = recall(brief, MemoryStore(), Reporter(tmp_path))
    assert found is not None and found.title == "A x Auto"


@pytest.mark.seed("dep-chromadb")
def test_without_chromadb_songs_are_not_remembered_and_that_is_said(made, monkeypatch, tmp_path):
    from crossfade_addon import worker
    from crossfade_addon.library import chroma_store
    from crossfade_addon.library.stores import MemoryStore

    def missing(*_arguments, **_options):
        raise ToolMissing("The package chromadb is not installed.")

    monkeypatch.setattr(chroma_store, "ChromaStore", missing)
    reporter = worker.Reporter(tmp_path)
    brief = made.brief().replace(library_dir=tmp_path)
    assert isinstance(worker.open_store(brief, reporter), MemoryStore)
    assert "will not be remembered" in (tmp_path / "progress.jsonl").read_text("utf-8")


@pytest.mark.seed("test-unit", "test-integration")
def test_the_rings_of_tests_can_be_named():
    names = ["tests/pure/test_pipeline.py", "tests/installed/test_installed.py", "tests/window/test_panel.py"]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(name in done.stdout for name in names)


@pytest.mark.seed("see-also")
def test_what_the_guide_points_to_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", parity_rows.GUIDE.read_text("utf-8"))
    assert len(links) >= 5
    assert [link for link in links if not (parity_rows.GUIDE.parent / link).is_file()] == []


# ------------------------------------------------------------------------------ when something is wrong


@pytest.mark.seed("trb-ffmpeg-not-found", "dep-ffmpeg")
def test_a_missing_ffmpeg_is_said_with_how_to_get_it_before_anything_starts(made, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    code = headless.main(made.arguments("--output-dir", str(tmp_path / "out")), studio=Stops())
    said = capsys.readouterr().err
    assert code == ToolMissing.exit_code == 7
    assert "FFmpeg was not found." in said and "Install FFmpeg" in said
    assert not (tmp_path / "out" / "timeline").exists()


@pytest.mark.seed("trb-blender-not-found")
def test_a_missing_blender_is_said_with_where_it_could_be(made, monkeypatch, tmp_path, capsys):
    without_blender(monkeypatch)
    code = headless.main(made.arguments("--output-dir", str(tmp_path / "out")))
    said = capsys.readouterr().err
    assert code == 7 and "Blender was not found" in said and "blender -c crossfade" in said


@pytest.mark.seed("trb-missing-assets")
@pytest.mark.parametrize("option", ["--avatar", "--studio"])
def test_a_missing_file_of_ones_own_is_named_before_anything_starts(made, tmp_path, capsys, option):
    missing = str(tmp_path / "gone.blend")
    code = headless.main(made.arguments(option, missing, "--output-dir", str(tmp_path / "out")), studio=Stops())
    assert code == 2 and missing in capsys.readouterr().err
    assert not (tmp_path / "out" / "timeline").exists()


def test_errors_of_every_stage_say_which_one_it_was():
    kinds = (errors.DirectorError, errors.StudioError, errors.EncodeError, errors.VerifyError)
    assert [kind("x").stage for kind in kinds] == ["director", "studio", "encode", "verify"]
    assert all(issubclass(kind, StageError) and issubclass(kind, PipelineError) for kind in kinds)
