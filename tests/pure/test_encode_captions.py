# SPDX-License-Identifier: GPL-3.0-or-later
"""Caption files and burned captions; the safe box is judged by the pixels that libass draws."""

import html
import re

import pytest

from crossfade_addon.encode import phrases, writing
from crossfade_addon.encode.caption_place import FACES, place
from crossfade_addon.encode.caption_reader import caption_checks
from crossfade_addon.encode.captions import cues, lrc, srt, vtt
from crossfade_addon.encode.fonts import caption_fonts, load_font
from crossfade_addon.encode.platforms import SafeBox, default_box, load_platforms, strict_of
from crossfade_addon.encode.word_captions import DEFAULT_ACCENT, STYLES, Look, ass, boxes, missing
from crossfade_addon.errors import EncodeError
from crossfade_addon.timeline import Clip, LyricLine, Lyrics, LyricWord, Section

WHOLE = Clip(0.0, 100.0, "")
PLATFORMS = load_platforms()
PHONES = strict_of(PLATFORMS[name] for name in ("tiktok", "reels", "shorts"))
SIZE = (1080, 1920)


def lines(*rows):
    return Lyrics(tuple(LyricLine(*row) for row in rows))


def timed(text, start=1.0, step=0.4):
    words = [LyricWord(start + step * k, start + step * (k + 0.9), word) for k, word in enumerate(text.split())]
    return LyricLine(start, words[-1].end, text, tuple(words))


def script(lyrics, clip=WHOLE, style="line", zones=PHONES, size=SIZE):
    return ass(lyrics, clip, Look(*size, zones, style))


def dialogues(text):
    """Events of the text itself; its halo is behind it."""
    return [line for line in text.splitlines() if line.startswith("Dialogue: 1")]


def shown(dialogue):
    r"""Text of an event without overrides: \N as |, escaped braces as themselves."""
    text = dialogue.split(",", 9)[9].replace(r"\{", "\1").replace(r"\}", "\2")
    return re.sub(r"\{[^}]*\}", "", text).replace(r"\N", "|").replace("\1", "{").replace("\2", "}")


def test_vtt_text_survives_escaping():
    said = "I <3 you & <b>me</b> --> now"
    text = vtt(lines((1.0, 4.0, said)), WHOLE, ())
    header, cue = text.rstrip("\n").split("\n\n")
    times, content = cue.split("\n")
    assert header == "WEBVTT"
    assert times == "00:00:01.000 --> 00:00:04.000"
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
    assert dialogues(script(lyrics, clip))[1].startswith("Dialogue: 1,0:00:04.00,0:00:05.00")


def test_a_song_without_words_names_its_sections():
    sections = (Section(0, 8, "intro", 0.2), Section(8, 16, "build", 0.6), Section(16, 32, "drop", 1.0))
    text = vtt(Lyrics(), Clip(4.0, 30.0, ""), sections)
    assert "00:00:00.000 --> 00:00:04.000\n[Intro music]" in text
    assert "00:00:04.000 --> 00:00:08.000\n[Music builds]" in text
    assert "00:00:12.000 --> 00:00:16.000\n[Drop]" in text


def test_srt_numbers_its_cues_and_holds_no_stray_arrow():
    text = srt(lines((1, 2, "a --> b"), (3661.5, 3663, "c")), Clip(0, 4000, ""), ())
    assert text.count("-->") == 2
    assert "2\n01:01:01,500 --> 01:01:03,000\nc" in text


def test_overlapping_lines_never_share_the_place():
    events = dialogues(script(lines((1.0, 5.0, "first"), (3.0, 6.0, "second"))))
    assert ",0:00:01.00,0:00:03.00," in events[0]
    assert ",0:00:03.00,0:00:06.00," in events[1]


def test_braces_and_backslashes_are_drawn_not_obeyed():
    event = dialogues(script(lines((1.0, 2.0, r"a {\fs900} b\Nc"))))[0]
    assert shown(event).replace("\u2060", "") == r"a {\fs900} b\Nc"


def test_popping_words_come_when_they_are_sung_and_stay_to_the_end():
    line = timed("Every word of this line is shown exactly once tonight", step=0.3)
    events = dialogues(script(Lyrics((line,)), style="pop"))
    assert [shown(event) for event in events] == line.text.split()
    starts = [event.split(",")[1] for event in events]
    assert starts == [f"0:00:0{word.start:.2f}" for word in line.words]
    for drawn in boxes(Lyrics((line,)), WHOLE, Look(*SIZE, PHONES, "pop")):
        ends = {event.split(",")[2] for event in events if shown(event) in drawn.text.split()}
        assert ends == {f"0:00:0{drawn.end:.2f}"}


def test_a_karaoke_line_stands_from_its_start_and_fills_as_it_is_sung():
    line = LyricLine(1.0, 4.0, "one two", (LyricWord(1.5, 2.0, "one"), LyricWord(2.5, 3.25, "two")))
    (event,) = dialogues(script(Lyrics((line,)), style="karaoke"))
    assert event.startswith("Dialogue: 1,0:00:01.00,0:00:04.00")
    assert r"{\k50}{\kf50}one" in event
    assert r"{\k50} {\kf75}two" in event or r"{\k50}{\kf75} two" in event or r"{\k50} {\kf75}" in event


@pytest.mark.parametrize("style", STYLES)
def test_without_word_times_no_word_is_coloured(style):
    event = dialogues(script(lines((1.0, 3.0, "nobody knows when")), style=style))[0]
    assert r"\k" not in event and r"\1c" not in event


def test_characters_that_no_font_has_are_left_out_and_named():
    lyrics = lines((1.0, 3.0, "fire 𓀀 up ᬅ"))
    assert shown(dialogues(script(lyrics))[0]) == "fire up"
    assert missing(lyrics, WHOLE) == ("𓀀", "ᬅ")
    assert not dialogues(script(lines((1.0, 2.0, "ᬅᬅ"))))
    assert missing(lines((1.0, 3.0, "Ärger, привет, 夜 🔥 ❤️ 👩🏽‍🎤 ‪ok‬")), WHOLE) == ()


def test_each_script_gets_its_font():
    families = [(font.family, text) for font, text in caption_fonts().runs("Hey 夜、מה नम!")]
    assert families == [
        ("Inter", "Hey "),
        ("Crossfade CJK", "夜、"),
        ("Crossfade Hebrew", "מה "),
        ("Crossfade Devanagari", "नम!"),
    ]


def test_all_fonts_have_one_size_of_letters_and_line():
    first, *others = caption_fonts().fonts
    assert len(others) >= 8
    for font in others:
        assert font.cell / font.units_per_em == pytest.approx(first.cell / first.units_per_em, rel=1e-3)
        assert font.ascent == pytest.approx(first.ascent, rel=1e-3)


def test_captions_of_phones_stand_over_the_face_and_of_wide_pictures_under_it():
    tall = place(1080, 1920, PHONES)
    assert tall.band[1] <= FACES[0] * 1920 and tall.band[0] >= 288
    assert tall.middle - tall.room / 2 >= 120 and tall.middle + tall.room / 2 <= 888
    assert tall.middle == 540
    wide = place(1920, 1080, (default_box(1920, 1080),))
    assert wide.band[0] >= FACES[1] * 1080


def test_a_picture_without_room_for_captions_is_named():
    with pytest.raises(EncodeError, match="200x400"):
        place(200, 400, (SafeBox(10, 10, 30, 390),))


@pytest.mark.parametrize("name", list(PLATFORMS))
def test_no_box_leaves_the_zone_of_any_platform(name):
    platform = PLATFORMS[name]
    long = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz! " + "MMMM WWWW " * 9 + "الحب ἂ ﷺ Ế"
    lyrics = Lyrics((timed(long), LyricLine(90.0, 93.0, "A" * 90)))
    for style in STYLES:
        drawn = boxes(lyrics, WHOLE, Look(platform.width, platform.height, strict_of([platform]), style))
        assert drawn
        assert all(any(one.box.within(zone) for zone in platform.strict) for one in drawn)


def test_lines_are_parted_at_pauses_and_rows_are_of_equal_length():
    text = "Hold the night until it ends, dance with me until the morning, never let the music stop"
    found = cues(lines((0.0, 6.0, text)), WHOLE, (), row=28)
    assert [cue.text.replace("\n", " ") for cue in found] == [
        "Hold the night until it ends,",
        "dance with me until the morning,",
        "never let the music stop",
    ] or all(len(cue.text.split("\n")) <= 2 for cue in found)
    for cue in found:
        rows = [len(row) for row in cue.text.split("\n")]
        assert max(rows) <= 28
        assert len(rows) == 1 or min(rows) >= 0.5 * max(rows)
    assert found[0].start == 0.0 and found[-1].end == pytest.approx(6.0)


def test_a_short_line_stays_until_it_can_be_read_but_never_into_the_next():
    alone, *_ = cues(lines((1.0, 1.2, "Hey!"), (5.0, 6.0, "Later")), WHOLE, ())
    assert alone.end == pytest.approx(1.0 + phrases.READABLE_S)
    first, second = cues(lines((1.0, 1.2, "A line of thirty-five letters here"), (2.0, 3.0, "Next one")), WHOLE, ())
    assert first.end == pytest.approx(2.0 - 0.08)
    assert second.start == 2.0


def test_lines_too_short_to_read_share_a_caption():
    found = cues(lines((1.0, 1.4, "Go"), (1.4, 1.9, "Go now"), (9.0, 10.0, "Rest")), WHOLE, ())
    assert [cue.text for cue in found] == ["Go\nGo now", "Rest"]


def test_no_caption_stands_longer_than_seven_seconds_after_its_last_word():
    (cue,) = cues(lines((1.0, 60.0, "Ooh")), WHOLE, ())
    assert cue.end == pytest.approx(8.0)


def test_words_with_useless_times_still_leave_time_to_read():
    words = tuple(LyricWord(1.0, 1.0, f"word{k}") for k in range(30))
    found = cues(Lyrics((LyricLine(1.0, 9.0, " ".join(w.text for w in words), words),)), WHOLE, (), row=28)
    assert " ".join(cue.text.replace("\n", " ") for cue in found).split() == [w.text for w in words]
    assert all(cue.end - cue.start > 0.5 for cue in found)


def test_syllables_keep_their_word_whole():
    parts = ("Hal", "le", "lu", "jah")
    words = tuple(LyricWord(1 + k * 0.5, 1.5 + k * 0.5, part) for k, part in enumerate(parts))
    lyrics = Lyrics((LyricLine(1.0, 3.0, "Hallelujah", words),))
    assert cues(lyrics, WHOLE, ())[0].text == "Hallelujah"
    assert [shown(event) for event in dialogues(script(lyrics, style="pop"))] == list(parts)


def test_lrc_keeps_word_times_of_the_clip_and_ends_lines_before_pauses():
    text = lrc(
        Lyrics((timed("One two", start=11.0, step=1.0), LyricLine(20.0, 21.0, "[Last] <3"))), Clip(10.0, 30.0, "")
    )
    assert text.split("\n")[:2] == ["[00:01.00]<00:01.00>One <00:02.00>two<00:02.90>", "[00:02.90]"]
    assert "[00:10.00][Last] <" in text


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (10.0, 11.5, "[00:00.00]<00:00.00>One <00:01.00>two<00:01.50>"),
        (11.5, 20.0, "[00:00.00]<00:00.00>two <00:00.50>three <00:01.50>four<00:02.40>"),
    ],
)
def test_lrc_of_a_line_that_the_clip_cuts_has_the_words_sung_in_it_in_order(start, end, expected):
    clip = Clip(start, end, "")
    lyrics = Lyrics((timed("One two three four", start=10.0, step=1.0),))
    text = lrc(lyrics, clip)
    assert text.split("\n")[0] == expected
    checks = caption_checks(text.encode(), ".lrc", lyrics, clip)
    assert all(check.ok for check in checks), [check.measured for check in checks]


SYLLABLES = (LyricWord(0.0, 0.0, "one"), LyricWord(0.0, 1.0, "two"), LyricWord(3.0, 3.0, "three"))


@pytest.mark.parametrize(
    "line",
    [
        LyricLine(1.0, 3.0, "24 hours", (LyricWord(1.0, 2.0, "twenty-four"), LyricWord(2.0, 3.0, "hours"))),
        LyricLine(1.0, 3.0, "hold me until", (LyricWord(1.0, 2.0, "hold"),)),
        LyricLine(0.0, 3.0, "one two three", SYLLABLES),
    ],
    ids=["other words", "lost words", "words without length"],
)
def test_captions_say_the_lines_text_whatever_its_words_are(line):
    lyrics, clip = Lyrics((line,)), Clip(0.0, 3.0, "")
    files = {".vtt": vtt(lyrics, clip, ()), ".srt": srt(lyrics, clip, ()), ".lrc": lrc(lyrics, clip)}
    for suffix, written in files.items():
        checks = caption_checks(written.encode(), suffix, lyrics, clip)
        assert all(check.ok for check in checks), (suffix, written)
    assert [one.text for one in boxes(lyrics, clip, Look(1080, 1920, PHONES))] == [line.text]


def test_words_of_both_directions_stand_where_the_bidirectional_algorithm_puts_them():
    def order(text):
        row = tuple(phrases.Token(0, 1, word) for word in text.split())
        turned = writing.is_right_to_left(text)
        return [token.text for token, _ in writing.visual_order(row, right_to_left=turned)]

    assert order("one two") == ["one", "two"]
    assert order("א ב ג") == ["ג", "ב", "א"]
    assert order("א one two ב") == ["ב", "one", "two", "א"]
    assert order("א 12 34 ב") == ["ב", "34", "12", "א"]
    assert order("one א ב two") == ["one", "ב", "א", "two"]
    assert order("one א 7 two") == ["one", "7", "א", "two"]


def test_arabic_is_measured_joined():
    assert writing.joined_forms("سلام") == "ﺳﻼﻡ"
    assert writing.joined_forms("بيت") == "ﺑﻴﺖ"
    assert writing.joined_forms("دار") == "ﺩﺍﺭ"
    assert writing.joined_forms("abc") == "abc"


def test_the_accent_is_the_words_colour_while_it_is_sung():
    event = dialogues(ass(Lyrics((timed("now"),)), WHOLE, Look(*SIZE, PHONES, "pop", DEFAULT_ACCENT)))[0]
    colour = re.search(r"\\1c&H(..)(..)(..)&", event)
    blue, green, red = (int(part, 16) for part in colour.groups())
    assert blue > green > red > 0


def test_a_damaged_font_is_named(tmp_path):
    path = tmp_path / "broken.ttf"
    path.write_bytes(b"\x00\x01\x00\x00\x00\x09rest")
    with pytest.raises(EncodeError, match=r"broken\.ttf"):
        load_font(path)
