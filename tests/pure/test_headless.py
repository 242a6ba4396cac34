# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: what it says and which exit code it gives, without Blender."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from crossfade_addon import errors, headless, listening
from crossfade_addon.jobs import Progress
from crossfade_addon.pipeline import Outputs


class NoStudio:
    """Stands where Blender would be; reaching it means validation let something through."""

    def check(self, brief):
        return ()

    def steps(self, *_arguments):
        raise AssertionError("the studio was reached")
        yield


def run(capsys, *argv: str) -> tuple[int, str, str]:
    code = headless.main(argv, studio=NoStudio())
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def song(tmp_path) -> str:
    path = tmp_path / "song.wav"
    path.write_bytes(b"this is not audio at all")
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "--audio"),
        (["--audio", "/nowhere/x.wav"], "/nowhere/x.wav"),
        (["--audio", "SONG", "--song-id", "../../x"], "../../x"),
        (["--audio", "SONG", "--platforms", "vine"], "vine"),
        (["--audio", "SONG", "--theme", "disco"], "disco"),
        (["--audio", "SONG", "--clip", "9-3"], "9-3"),
        (["--audio", "SONG", "--analyser", "guess"], "crossfade, librosa"),
        (["--audio", "SONG", "--bogus"], "--bogus"),
        (["--audio", "SONG", "--seed", "x"], "--seed"),
        (["--audio", "SONG", "--avatar", "me.blend"], "me.blend"),
        (["--audio", "SONG", "--studio", "club.blend"], "club.blend"),
        (["--audio", "SONG", "--actions", "no/moves"], "no/moves"),
        (["--audio", "SONG", "--fps", "soon"], "soon"),
        (["--audio", "SONG", "--clip", "vine=3-9"], "vine"),
        (["--audio", "SONG", "--platforms-file", "/nowhere/mine.toml"], "/nowhere/mine.toml"),
        (["--audio", "SONG", "--caption-style", "bounce"], "bounce"),
        (["--audio", "SONG", "--encoder", "gpu"], "x264, hardware, auto"),
        (["--audio", "SONG", "--loudness", "loud"], "gain, limit, as-is"),
        (["--audio", "SONG", "--lyrics-offset", "late"], "late"),
        (["--audio", "SONG", "--render", "4:3=a.mp4"], "4:3=a.mp4"),
        (["--audio", "SONG", "--render", "9:16=/nowhere/a.mp4"], "/nowhere/a.mp4"),
    ],
)
def test_bad_arguments_are_one_clear_line_and_exit_code_2(capsys, song, tmp_path, arguments, named):
    arguments = [song if a == "SONG" else a for a in arguments]
    code, out, err = run(capsys, *arguments, "--output-dir", str(tmp_path / "out"))
    assert code == 2
    assert named in err
    assert err.startswith("crossfade: error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err + out
    assert not list((tmp_path / "out").rglob("*")) if (tmp_path / "out").exists() else True


def test_missing_ffmpeg_is_exit_code_7(capsys, song, tmp_path):
    code, _, err = run(
        capsys, "--audio", song, "--output-dir", str(tmp_path / "out"), "--ffmpeg", str(tmp_path / "no-ffmpeg")
    )
    assert code == 7
    assert "no-ffmpeg" in err


def test_version_is_printed(capsys):
    code, out, _ = run(capsys, "--version")
    assert (code, out.split()[0]) == (0, "crossfade")


def test_every_error_class_has_the_documented_exit_code():
    documented = {
        errors.BriefError: 2,
        errors.DirectorError: 3,
        errors.LibraryError: 3,
        errors.StudioError: 4,
        errors.EncodeError: 5,
        errors.VerifyError: 6,
        errors.ToolMissing: 7,
        errors.FileMissing: 2,
        errors.BatchError: 8,
        errors.Cancelled: 130,
    }
    assert {kind: kind.exit_code for kind in documented} == documented


def test_song_id_is_suggested_from_the_file_name(tmp_path):
    options = headless.build_parser().parse_args(["--audio", "/music/My Song (Final).wav"])
    assert headless.brief_from(options, tmp_path).song_id == "my_song_final"


def test_an_explicit_song_id_is_never_changed(tmp_path):
    options = headless.build_parser().parse_args(["--audio", "a.wav", "--song-id", "../../x"])
    assert headless.brief_from(options, tmp_path).song_id == "../../x"


def test_every_delivery_setting_reaches_the_brief_and_the_worker(tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text('[square]\nlike = "reels"\nlabel = "Square"\nwidth = 1080\nheight = 1080\nfit = "crop"\n')
    arguments = ["--audio", "a.wav", "--platforms-file", str(own), "--clip", "5-9", "--clip", "square=1-2"]
    arguments += ["--lyrics-offset", "-0.25", "--caption-style", "karaoke", "--encoder", "auto", "--loudness", "limit"]
    arguments += ["--render", "9:16=tall.mp4", "--no-grade"]
    brief = headless.brief_from(headless.build_parser().parse_args(arguments), tmp_path)
    assert brief.platforms == ("tiktok", "reels", "shorts", "youtube", "square")
    assert (brief.clip, brief.clips) == ((5.0, 9.0), (("square", 1.0, 2.0),))
    assert (brief.lyrics_offset, brief.caption_style, brief.encoder) == (-0.25, "karaoke", "auto")
    assert (brief.loudness, brief.renders, brief.with_grade) == ("limit", (("9:16", Path("tall.mp4")),), False)
    written = json.loads(json.dumps(listening.brief_to_json(brief)))
    assert listening.brief_from_json(written) == brief
    for name in ("platforms_file", "clips", "renders", "lyrics_offset", "caption_style", "with_grade"):
        written.pop(name)  # a show that an older version built
    plain = headless.brief_from(headless.build_parser().parse_args(["--audio", "a.wav"]), tmp_path)
    old = listening.brief_from_json(written)
    assert (old.clips, old.renders, old.caption_style) == (plain.clips, plain.renders, plain.caption_style)


def test_json_output_is_one_object_a_line():
    out = io.StringIO()
    console = headless.Console(out, as_json=True)
    console.show(Progress("studio", 0.25, "Rendering", 12.34))
    console.finish(Outputs({"video_tiktok": Path("/x/y.mp4")}))
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert lines[0] == {"stage": "studio", "fraction": 0.25, "message": "Rendering", "eta_s": 12.3, "notice": False}
    assert lines[1]["outputs"] == {"video_tiktok": "/x/y.mp4"}


def test_plain_output_says_stage_percent_and_time_left_without_flooding():
    out = io.StringIO()
    console = headless.Console(out, as_json=False)
    for i in range(1001):
        console.show(Progress("studio", i / 1000, f"Rendering {i}/1000", (1000 - i) / 10))
    text = out.getvalue()
    assert 10 <= text.count("\n") <= 12
    assert "[2/4] Studio" in text
    assert "left" in text
    assert text.splitlines()[-1].split()[2] == "100%"


def test_notices_are_always_shown():
    out = io.StringIO()
    console = headless.Console(out, as_json=False)
    console.show(Progress("studio", 0.5, "a"))
    console.show(Progress("studio", 0.5, "EEVEE is slow here", notice=True))
    assert "note: EEVEE is slow here" in out.getvalue()
