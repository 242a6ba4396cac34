# SPDX-License-Identifier: GPL-3.0-or-later
"""``crossfade.toml``: what it may hold, what goes before it, and what it says when something is wrong."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from crossfade_addon import headless, options
from crossfade_addon.brief import Brief, check_brief
from crossfade_addon.encode.platforms import load_platforms
from crossfade_addon.errors import BriefError
from crossfade_addon.listening import brief_from_json, brief_to_json
from crossfade_addon.pipeline import BatchRunner

GUIDE = Path(__file__).parents[2] / "docs" / "configuration.md"
SEEDS = """
[director]
default_theme = "chill_lofi"
drop_energy_threshold = 0.2

[studio]
render_timeout_sec = 600
fps = 24

[encoder.platforms.tiktok]
resolution = [720, 1280]
video_bitrate = "5M"
"""
"""The first Crossfade Club's configuration, as TOML."""


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "music" / "song.wav"
    path.parent.mkdir()
    path.write_bytes(b"x")
    return path


def brief(song: Path, *arguments: str) -> Brief:
    parsed = headless.build_parser().parse_args(["--audio", str(song), *arguments])
    return headless.brief_from(parsed, song.parent)


def write(song: Path, text: str) -> Path:
    path = song.parent / "crossfade.toml"
    path.write_text(text, encoding="utf-8")
    return path


def error(song: Path, text: str, *arguments: str) -> str:
    write(song, text)
    with pytest.raises(BriefError) as caught:
        brief(song, *arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ------------------------------------------------------------------------------------------- order


def test_the_first_crossfade_clubs_settings_reach_the_brief(song):
    path = write(song, SEEDS)
    made = brief(song)
    assert (made.theme, made.drop_energy_threshold, made.render_timeout_sec) == ("chill_lofi", 0.2, 600.0)
    assert (made.fps, made.config_file) == (Fraction(24), path)
    known = load_platforms(made.platforms_file, made.platform_changes)
    assert (known["tiktok"].width, known["tiktok"].height, known["tiktok"].max_kbps) == (720, 1280, 5000)
    assert known["reels"] == load_platforms()["reels"]
    assert brief_from_json(brief_to_json(made)) == made
    checked = check_brief(made.replace(output_dir=song.parent / "out"), known_platforms=made.platforms)
    assert checked.fps == Fraction(24)


def test_arguments_go_before_the_file_and_the_file_before_the_defaults(song):
    write(song, SEEDS + "[encoder]\ncaptions = false\ngrade = false\n")
    made = brief(song, "--theme", "mashup_chaos", "--fps", "30", "--captions")
    assert (made.theme, made.fps, made.with_captions) == ("mashup_chaos", Fraction(30), True)
    assert (made.with_grade, made.render_timeout_sec, made.seed) == (False, 600.0, 1)


def test_without_a_file_and_with_no_config_everything_is_as_by_default(song):
    plain = Brief(song, "song", tuple(load_platforms()))
    assert brief(song) == plain
    write(song, SEEDS)
    assert brief(song, "--no-config") == plain


def test_only_the_songs_own_folder_is_looked_in(song):
    (song.parent.parent / "crossfade.toml").write_text(SEEDS)
    assert brief(song).config_file is None


def test_a_named_file_goes_instead_of_the_one_beside_the_song(song, tmp_path):
    write(song, SEEDS)
    other = tmp_path / "label.toml"
    other.write_text("[director]\nseed = 9\n")
    made = brief(song, "--config", str(other))
    assert (made.seed, made.theme, made.config_file) == (9, "sponsor_neon", other)
    with pytest.raises(BriefError, match=r"nowhere\.toml"):
        brief(song, "--config", str(tmp_path / "nowhere.toml"))
    with pytest.raises(BriefError, match="--no-config"):
        brief(song, "--config", str(other), "--no-config")


@pytest.mark.parametrize(
    ("held", "arguments", "fields"),
    [
        ('clip = "1-2"', ["--whole-song"], {"clip": None, "whole_song": True}),
        ("whole_song = true", ["--clip", "3-9"], {"clip": (3.0, 9.0), "whole_song": False}),
        ('clip = ["1-2", "tiktok=1-3"]', ["--clip", "3-9"], {"clip": (3.0, 9.0), "clips": ()}),
        ('clip = "1-2"', ["--no-whole-song"], {"clip": (1.0, 2.0), "whole_song": False}),
        ('transcribe = "small"', ["--lyrics", "w.lrc"], {"transcribe": "", "lyrics": Path("w.lrc")}),
    ],
)
def test_what_is_given_sets_aside_what_the_file_says_of_the_same_thing(song, held, arguments, fields):
    write(song, f"[director]\n{held}\n")
    made = brief(song, *arguments)
    assert {name: getattr(made, name) for name in fields} == fields


def test_paths_are_relative_to_the_file_and_names_stay_names(song):
    folder = song.parent
    for name in ("words.lrc", "mine.toml", "tall.mp4"):
        (folder / name).write_text('[square]\nlike = "reels"\nlabel = "S"\n')
    (folder / "stems").mkdir()
    write(
        song,
        'platforms_file = "mine.toml"\noutput_dir = "../videos"\nlibrary = "songs"\n'
        '[director]\nlyrics = "words.lrc"\nstems = "stems"\ntheme = "award_elegant"\ntranscribe = "./model"\n'
        '[studio]\navatar = "me.blend"\nrender = "9:16=tall.mp4"\n',
    )
    made = brief(song)
    assert made.platforms_file == folder / "mine.toml" and "square" in made.platforms
    assert (made.output_dir, made.library_dir) == (folder / "../videos", folder / "songs")
    assert made.transcribe == str(folder / "model")
    assert (made.lyrics, made.stems, made.theme) == (folder / "words.lrc", folder / "stems", "award_elegant")
    assert (made.avatar, made.renders) == (str(folder / "me.blend"), (("9:16", folder / "tall.mp4"),))


def test_the_python_door_follows_the_same_order(song):
    write(song, SEEDS)
    runner = BatchRunner(song, "x", output_dir=song.parent / "out", fps=Fraction(30))
    assert (runner.brief.theme, runner.brief.fps, runner.brief.render_timeout_sec) == (
        "chill_lofi",
        Fraction(30),
        600.0,
    )
    assert BatchRunner(song, "x", "mashup_chaos").brief.theme == "mashup_chaos"
    assert BatchRunner(song, "x", config=False).brief == Brief(song, "x", tuple(load_platforms()))


# ------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[studio]\n\nfsp = 30\n", ("'fsp'", "line 3", "'fps' under [studio]")),
        ("fps = 30\n", ("'fps'", "line 1", "wrong place", "under [studio]")),
        ("[direktor]\nseed = 1\n", ("'direktor'", "line 1", "[director]")),
        ("[director]\nthemes = 1\n", ("'themes'", "line 2", "'theme' under [director]")),
        ("[director]\nqqqq = 1\n", ("'qqqq'", "line 2", "docs/configuration.md")),
        ('[director]\nseed = "one"\n', ("'seed'", "line 2", "whole number")),
        ("[director]\nseed = true\n", ("'seed'", "whole number")),
        ("[encoder]\ncaptions = 0\n", ("'captions'", "line 2", "true or false")),
        ("[studio]\nfps = 5\n", ("'fps'", "line 2", "10 to 120")),
        ("[studio]\nrender_timeout_sec = -1\n", ("'render_timeout_sec'", "line 2", "out of range")),
        ("[studio]\nrender_timeout_sec = nan\n", ("'render_timeout_sec'", "out of range")),
        ("[director]\ndrop_energy_threshold = 2\n", ("'drop_energy_threshold'", "0 to 1")),
        ('[director]\ntheme = "chill_lofy"\n', ("'theme'", "line 2", "chill_lofi")),
        ('[studio]\nquality = "finall"\n', ("'quality'", "line 2", "Did you mean 'final'?")),
        ('[director]\ntheme = "chill_lofi"\ndefault_theme = "chill_lofi"\n', ("'default_theme'", "line 3", "twice")),
        ('[director]\nlyrics = "gone.lrc"\n', ("'lyrics'", "line 2", "gone.lrc")),
        ('mixer = "gone"\n', ("'mixer'", "line 1", "gone")),
        ('[director]\nclip = "9-3"\n', ("'clip'", "line 2", "9-3")),
        ('platforms = ["tictoc"]\n', ("'tictoc'", "line 1", "Did you mean 'tiktok'?")),
        ("[encoder.platforms.tictok]\nresolution = [720, 1280]\n", ("'tictok'", "line 1", "'tiktok'")),
        ("[encoder.platforms.tiktok]\nbitrate = 5\n", ("'bitrate'", "line 2", "video_bitrate")),
        ('[encoder.platforms.tiktok]\nvideo_bitrate = "fast"\n', ("'video_bitrate'", "line 2", '"5M"')),
        ('[encoder.platforms.tiktok]\nvideo_bitrate = "5k"\n', ("max_kbps", "100 to 200000", "line 1")),
        ("[encoder.platforms.tiktok]\nresolution = 720\n", ("'resolution'", "line 2", "[width, height]")),
        ("[encoder.platforms.tiktok]\nresolution = [721, 1280]\n", ("721x1280", "odd", "line 1")),
        ('[encoder]\nplatforms = ["tiktok"]\n', ("'platforms'", "line 2", "top of the file")),
        ("[encoder.platforms]\ntiktok = 5\n", ("'tiktok'", "line 2", "[encoder.platforms.tiktok]")),
        ("[studio\n", ("line 1", "TOML")),
        ("director: {default_theme: sponsor_neon}\n", ("line 1", "TOML")),
        ("seed = 1\nseed = 2\n", ("line 2",)),
        ("a = " + "[" * 5000, ("cannot be read",)),
        ("#" + "x" * 1_000_001, ("megabyte",)),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_remedy(song, text, said):
    message = error(song, text)
    for part in (*said, "crossfade.toml"):
        assert part in message, message


def test_a_file_that_is_no_text_is_an_error(song):
    (song.parent / "crossfade.toml").write_bytes(b"\xff\xfe\x00seed")
    with pytest.raises(BriefError, match="cannot be read"):
        brief(song)


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ('ffmpeg = "./evil.sh"\n', "--ffmpeg"),
        ('[studio]\nblender_executable = "./evil.sh"\n', "--blender-executable"),
        ('library = "http://elsewhere:8000"\n', "--library"),
    ],
)
def test_a_file_that_only_lies_beside_the_song_names_no_programs_and_no_servers(song, text, argument):
    message = error(song, text)
    assert argument in message and "line" in message
    made = brief(song, "--config", str(song.parent / "crossfade.toml"))
    said = {made.ffmpeg, made.blender_executable, str(made.library_dir)}
    assert said & {str(song.parent / "evil.sh"), str(Path("http://elsewhere:8000"))}


def test_programs_are_relative_to_a_named_file_and_plain_names_are_looked_for_on_the_path(song, tmp_path):
    other = tmp_path / "label.toml"
    other.write_text('ffmpeg = "tools/ffmpeg"\n[studio]\nblender_executable = "blender"\n')
    made = brief(song, "--config", str(other))
    assert (made.ffmpeg, made.blender_executable) == (str(tmp_path / "tools/ffmpeg"), "blender")


def test_a_wrong_file_is_one_line_and_exit_code_2_at_the_command_line(song, capsys):
    write(song, "[studio]\nfsp = 30\n")
    assert headless.main(["--audio", str(song)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("crossfade: error: ") and said.count("\n") == 1


# --------------------------------------------------------------------------------- platforms, guide


def test_a_resolution_that_is_the_platforms_own_keeps_its_zones_and_covers():
    same = load_platforms(None, [("tiktok", "width", 1080), ("tiktok", "height", 1920)])["tiktok"]
    assert same == load_platforms()["tiktok"]
    other = load_platforms(None, [("tiktok", "width", 720), ("tiktok", "height", 1280)])["tiktok"]
    assert other.strict != same.strict and all(box.right <= 720 and box.bottom <= 1280 for box in other.strict)


@pytest.mark.parametrize(("text", "kbps"), [('"5M"', 5000), ('"5000k"', 5000), ("5000000", 5000), ('"2.5m"', 2500)])
def test_bitrates_are_read_as_ffmpeg_writes_them(song, text, kbps):
    write(song, f"[encoder.platforms.reels]\nvideo_bitrate = {text}\n")
    assert brief(song).platform_changes == (("reels", "max_kbps", kbps),)


def test_every_setting_of_the_file_is_an_argument_and_a_field_of_the_brief():
    actions = {action.dest: action for action in headless.build_parser()._actions}
    for setting in options.SETTINGS:
        assert actions[setting.name].default is None
        assert setting.field in Brief.__dataclass_fields__
        assert setting.table in options.TABLES


def test_the_guide_lists_every_key_in_its_table():
    rows = re.findall(r"^\| `(\w+)` \| (?:`\[(\w+)\]`|top) \| ([^|]+) \|", GUIDE.read_text("utf-8"), re.MULTILINE)
    assert {(name, table, kind.strip()) for name, table, kind in rows} == {
        (s.name, s.table, s.kind) for s in options.SETTINGS
    }


def test_the_guides_example_is_a_file_that_works(song):
    example = re.search(r"```toml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert example is not None
    write(song, example[1])
    made = brief(song)
    assert made.config_file is not None and made.platform_changes
