# SPDX-License-Identifier: GPL-3.0-or-later
"""Caption files and burned captions; the safe box is judged by the pixels that libass draws."""

import html
import re
import subprocess

import pytest

from crossfade_addon.encode.captions import ass, lrc, srt, vtt
from crossfade_addon.encode.fonts import bundled_font, load_font
from crossfade_addon.encode.platforms import load_platforms, strict_of
from crossfade_addon.errors import CrossfadeError, EncodeError
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.timeline import Clip, LyricLine, Lyrics, LyricWord, Section

WHOLE = Clip(0.0, 100.0, "")
PHONE = load_platforms()["tiktok"]


def lines(*rows):
    return Lyrics(tuple(LyricLine(*row) for row in rows))


def script(lyrics, clip=WHOLE, platform=PHONE):
    return ass(
        lyrics, clip, width=platform.width, height=platform.height, safe=strict_of([platform])[0], font=bundled_font()
    )


def dialogues(text):
    return [line for line in text.splitlines() if line.startswith("Dialogue:")]


def shown(dialogue):
    r"""Text of an event without overrides: \N as |, escaped braces as themselves."""
    text = dialogue.split(",", 9)[9].replace(r"\{", "\1").replace(r"\}", "\2")
    return re.sub(r"\{[^}]*\}", "", text).replace(r"\N", "|").replace("\1", "{").replace("\2", "}")


def test_vtt_text_survives_escaping():
    said = "I <3 you & <b>me</b> --> now"
    text = vtt(lines((1.0, 2.0, said)), WHOLE, ())
    header, cue = text.rstrip("\n").split("\n\n")
    times, content = cue.split("\n")
    assert header == "WEBVTT"
    assert times == "00:00:01.000 --> 00:00:02.000"
    assert html.unescape(content) == said
    assert "-->" not in content and "<" not in content


def test_a_line_break_in_a_lyric_never_ends_its_cue():
    text = vtt(lines((1.0, 2.0, "one\n\n two\r\nthree")), WHOLE, ())
    assert text.endswith("one two three\n")


def test_captions_count_from_the_clip_and_stop_at_its_edges():
    lyrics = lines((5.0, 9.0, "before"), (9.5, 12.0, "across"), (14.0, 15.0, "inside"), (19.0, 25.0, "over"))
    clip = Clip(10.0, 20.0, "")
    text = vtt(lyrics, clip, ())
    assert "before" not in text
    assert "00:00:00.000 --> 00:00:02.000\nacross" in text
    assert "00:00:04.000 --> 00:00:05.000\ninside" in text
    assert "00:00:09.000 --> 00:00:10.000\nover" in text
    assert "00:00:04,000 --> 00:00:05,000\ninside" in srt(lyrics, clip, ())
    assert "[00:04.00]inside" in lrc(lyrics, clip)
    assert dialogues(script(lyrics, clip))[1].startswith("Dialogue: 0,0:00:04.00,0:00:05.00")


def test_a_song_without_words_names_its_sections():
    sections = (Section(0, 8, "intro", 0.2), Section(8, 16, "build", 0.6), Section(16, 32, "drop", 1.0))
    text = vtt(Lyrics(), Clip(4.0, 30.0, ""), sections)
    assert "00:00:00.000 --> 00:00:04.000\n[Intro music]" in text
    assert "00:00:04.000 --> 00:00:08.000\n[Music builds]" in text
    assert "00:00:12.000 --> 00:00:16.000\n[Drop]" in text


def test_srt_numbers_its_cues_and_holds_no_stray_arrow():
    text = srt(lines((1, 2, "a --> b"), (3661.5, 3662, "c")), Clip(0, 4000, ""), ())
    assert text.count("-->") == 2
    assert "2\n01:01:01,500 --> 01:01:02,000\nc" in text


def test_overlapping_lines_never_share_the_place():
    events = dialogues(script(lines((1.0, 5.0, "first"), (3.0, 6.0, "second"))))
    assert ",0:00:01.00,0:00:03.00," in events[0]
    assert ",0:00:03.00,0:00:06.00," in events[1]


def test_braces_and_backslashes_are_drawn_not_obeyed():
    event = dialogues(script(lines((1.0, 2.0, r"a {\fs900} b\Nc"))))[0]
    assert shown(event).replace("\u2060", "") == r"a {\fs900} b\Nc"


def test_every_word_is_shown_once_and_lights_up_when_it_is_sung():
    words = tuple(LyricWord(1 + 0.3 * i, 1.2 + 0.3 * i, f"word{i}") for i in range(12))
    lyrics = Lyrics((LyricLine(1.0, 6.0, " ".join(w.text for w in words), words),))
    events = dialogues(script(lyrics))
    assert re.findall(r"word\d+", " ".join(shown(e) for e in events)) == [w.text for w in words]
    assert all(shown(e).count("|") <= 1 for e in events)
    first = events[0]
    third = first[first.index(r"\t(600,") :]
    assert third[: third.index("word") + 5].endswith("word2")


def test_pictographs_that_the_font_lacks_are_left_out():
    assert shown(dialogues(script(lines((1.0, 2.0, "fire 🔥 up 🎵"))))[0]) == "fire up"
    assert not dialogues(script(lines((1.0, 2.0, "🎵🎵"))))


def test_a_damaged_font_is_named(tmp_path):
    path = tmp_path / "broken.ttf"
    path.write_bytes(b"\x00\x01\x00\x00\x00\x09rest")
    with pytest.raises(EncodeError, match=r"broken\.ttf"):
        load_font(path)


def drawn_box(ffmpeg, folder, text, width, height, seconds):
    """Bounding box (left, top, right, bottom; exclusive) of what an ASS script changes on grey."""
    (folder / "c.ass").write_text(text, encoding="utf-8")
    fonts = folder / "fonts"
    fonts.mkdir(exist_ok=True)
    font = bundled_font().path
    (fonts / font.name).write_bytes(font.read_bytes())
    source = f"color=c=gray:s={width}x{height}:r=10:d=0.1,setpts=PTS+{seconds}/TB,ass=c.ass:fontsdir=fonts,format=gray"
    command = [ffmpeg, "-v", "error", "-nostdin", "-f", "lavfi", "-i", source, "-frames:v", "1"]
    command += ["-f", "rawvideo", "-"]
    raw = subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout
    assert len(raw) == width * height
    rows = [raw[y * width : (y + 1) * width] for y in range(height)]
    ground = raw[0]
    lit = [y for y, row in enumerate(rows) if any(abs(v - ground) > 6 for v in row)]
    columns = [x for y in lit for x in range(width) if abs(rows[y][x] - ground) > 6]
    return (min(columns), lit[0], max(columns) + 1, lit[-1] + 1) if lit else None


LONG_TEXTS = [
    "Wow",
    "MMMM WWWW MMMM WWWW MMMM WWWW MMMM WWWW MMMM",
    "Every light in the city is burning for you tonight and nobody sleeps before the morning comes around",
    "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz!",
    "A" * 90,
    "Ще не вмерла і слава, і воля — 夜の街が光る",
]


@pytest.mark.parametrize("text", LONG_TEXTS)
@pytest.mark.parametrize("name", ["tiktok", "youtube"])
def test_burned_captions_stay_inside_the_safe_box(tmp_path, text, name):
    try:
        ffmpeg = find_ffmpeg()
    except CrossfadeError:
        pytest.skip("no FFmpeg")
    platform = load_platforms()[name]
    lyrics = lines((1.0, 3.0, text))
    safe = strict_of([platform])[0]
    content = script(lyrics, platform=platform)
    assert dialogues(content)
    box = drawn_box(ffmpeg, tmp_path, content, platform.width, platform.height, 1.2)
    assert box is not None
    assert box[0] >= safe.left and box[1] >= safe.top
    assert box[2] <= safe.right and box[3] <= safe.bottom


def test_measured_widths_agree_with_what_libass_draws(tmp_path):
    try:
        ffmpeg = find_ffmpeg()
    except CrossfadeError:
        pytest.skip("no FFmpeg")
    text = "Hold the night"
    box = drawn_box(ffmpeg, tmp_path, script(lines((1.0, 3.0, text))), 1080, 1920, 1.5)
    expected = bundled_font().width(text, 90)
    assert abs((box[2] - box[0]) - expected) < 0.06 * expected  # outline, side bearings and kerning
    assert abs((box[0] + box[2]) / 2 - (120 + 780) / 2) < 6
