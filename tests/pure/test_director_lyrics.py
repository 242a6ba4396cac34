# SPDX-License-Identifier: GPL-3.0-or-later
"""Lyrics files: LRC with all its habits, SRT and WebVTT."""

import pytest

from crossfade_addon.curves import Signals
from crossfade_addon.director.lyrics import (
    decode,
    from_text,
    parse_lyrics,
    parse_taps,
    read_lyrics,
    shifted,
    sung_spans,
)
from crossfade_addon.errors import BriefError
from crossfade_addon.timeline import LyricLine, Lyrics, LyricWord, Section


def times(lyrics):
    return [(round(line.start, 3), round(line.end, 3), line.text) for line in lyrics.lines]


def test_lrc_lines_last_until_the_next_or_six_seconds():
    text = "[ti:Song]\n[00:01.00]One\n[00:03.50] Two \n[01:00.00]Three\n"
    assert times(parse_lyrics(text, ".lrc")) == [(1, 3.5, "One"), (3.5, 9.5, "Two"), (60, 66, "Three")]


def test_an_empty_lrc_line_ends_the_one_before():
    assert times(parse_lyrics("[00:01.00]One\n[00:02.00]\n[00:05.00]Two", "lrc"))[0] == (1, 2, "One")


def test_a_line_may_have_several_times():
    assert times(parse_lyrics("[00:10.00][00:01.00]Hey\n[00:02.00]Now", ".LRC")) == [
        (1, 2, "Hey"),
        (2, 8, "Now"),
        (10, 16, "Hey"),
    ]


def test_a_positive_offset_makes_lyrics_earlier():
    assert times(parse_lyrics("[offset:+500]\n[00:01.00]One", ".lrc"))[0][:2] == (0.5, 6.5)
    assert times(parse_lyrics("[offset:-500]\n[00:01.00]One", ".lrc"))[0][:2] == (1.5, 7.5)


def test_enhanced_lrc_gives_words():
    line = parse_lyrics("[00:01.00]<00:01.00>One <00:01.50>more <00:02.00>time<00:03.00>", ".lrc").lines[0]
    assert line.text == "One more time"
    assert [(w.start, w.end, w.text) for w in line.words] == [(1, 1.5, "One"), (1.5, 2, "more"), (2, 3, "time")]
    assert line.end == 3


def test_srt_and_vtt_are_read():
    srt = "\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i>\r\nyou\r\n\r\n"
    srt += "2\r\n00:01:00,000 --> 00:01:01,000\r\nBye\r\n"
    assert times(parse_lyrics(srt, ".srt")) == [(1, 2.5, "Hello you"), (60, 61, "Bye")]
    vtt = "WEBVTT\n\nNOTE hi\n\nintro\n00:01.000 --> 00:02.500 align:start\n<v Ann>Rock &amp; roll\n"
    assert times(parse_lyrics(vtt, ".vtt")) == [(1, 2.5, "Rock & roll")]


def test_overlapping_cues_are_cut_at_the_next():
    srt = "1\n00:00:01,000 --> 00:00:05,000\nA\n\n2\n00:00:03,000 --> 00:00:06,000\nB\n"
    assert times(parse_lyrics(srt, ".srt")) == [(1, 3, "A"), (3, 6, "B")]


@pytest.mark.parametrize(
    ("text", "suffix", "words"),
    [
        ("[00:01.00]One\n[00:99.00]Two", ".lrc", "line 2"),
        ("[00:01.00]One\n[0a:02.00]Two", ".lrc", "line 2"),
        ("[offset:soon]\n[00:01.00]One", ".lrc", "line 1"),
        ("1\n00:00:01 --> 00:00:02\nA", ".srt", "line 2"),
        ("1\n00:00:03,000 --> 00:00:02,000\nA", ".srt", "line 2"),
        ("just words", ".lrc", "no line with a time"),
        ("", ".srt", "no line with a time"),
        ("[00:01.00]One", ".txt", "not supported"),
    ],
)
def test_broken_lyrics_name_the_line(text, suffix, words):
    with pytest.raises(BriefError, match=words):
        parse_lyrics(text, suffix)


def test_an_offset_moves_lines_and_words_and_drops_what_falls_before_the_song():
    words = (LyricWord(0.0, 0.4, "gone"), LyricWord(0.6, 1.5, "here"))
    lyrics = Lyrics(
        (LyricLine(0.0, 0.4, "gone"), LyricLine(0.0, 1.5, "gone here", words), LyricLine(3.0, 4.0, "later"))
    )
    earlier = shifted(lyrics, -0.5)
    assert [(line.start, line.end) for line in earlier.lines] == [(0.0, 1.0), (2.5, 3.5)]
    said = [(w.text, round(w.start, 6), w.end) for w in earlier.lines[0].words]
    assert said == [("gone", 0.0, 0.02), ("here", 0.1, 1.0)], "the line stays, so its words do"
    assert [line.start for line in shifted(lyrics, 0.25).lines] == [0.25, 0.25, 3.25]
    assert shifted(lyrics, 0.0).lines[2] == lyrics.lines[2]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_unicode_encoding_is_known_with_and_without_a_mark(codec):
    text = "[00:01.00]Übung macht den Meister\n" * 3
    assert decode(text.encode(codec), "a.lrc").removeprefix("\ufeff") == text


def test_old_western_text_is_windows_1252_and_never_fails():
    assert decode("“Für Élise” – 5 €".encode("cp1252"), "a.txt") == "“Für Élise” – 5 €"
    assert decode(b"caf\xe9 \x81\x9d", "a.txt") == "café \x81\x9d"


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, b"ID3\x04" + b"\0" * 600])
def test_what_is_no_text_is_refused_by_name(data):
    with pytest.raises(BriefError, match=r"song\.lrc' is not a text"):
        decode(data, "song.lrc")


def test_text_cut_in_the_middle_of_a_character_is_damaged():
    with pytest.raises(BriefError, match="damaged"):
        decode("\ufeffnight".encode("utf-16-le")[:-1], "a.txt")


def test_webvtt_stamps_become_words_and_keep_the_spaces_of_the_text():
    text = "WEBVTT\n\n00:01.000 --> 00:04.000\nHey <00:02.000>Ju<00:02.500>de <c.x>now</c>\n"
    (line,) = parse_lyrics(text, ".vtt").lines
    assert line.text == "Hey Jude now"
    assert [(w.start, w.end, w.text) for w in line.words] == [(1, 2, "Hey"), (2, 2.5, "Ju"), (2.5, 4, "de now")]


def test_blocks_of_webvtt_that_are_no_cues_are_left_out():
    text = "WEBVTT - my song\nX: y\n\nNOTE\n00:01.000 --> 00:02.000\nno\n\nSTYLE\n::cue{}\n\n"
    text += "00:03.000 --> 00:04.000\nyes\n"
    assert times(parse_lyrics(text, ".vtt")) == [(3, 4, "yes")]


def test_entities_are_decoded_in_webvtt_and_text_in_subrip():
    cue = "00:00:01{}000 --> 00:00:02{}000\n{}\n"
    assert parse_lyrics("WEBVTT\n\n" + cue.format(".", ".", "&lt;3 &amp;amp;"), ".vtt").lines[0].text == "<3 &amp;"
    assert parse_lyrics("1\n" + cue.format(",", ",", "I <3 &amp; {\\an8}<i>you</i>"), ".srt").lines[0].text == (
        "I <3 &amp; you"
    )


def test_subrip_without_empty_lines_between_its_cues_is_read():
    text = "1\n00:00:01,000 --> 00:00:02,000\nOne\n2\n00:00:03,000 --> 00:00:04,000\n99 balloons\n"
    assert times(parse_lyrics(text, ".srt")) == [(1, 2, "One"), (3, 4, "99 balloons")]


def test_voices_that_start_together_are_one_line():
    text = "[00:01.00]<00:01.00>Lead <00:02.00>sings\n[00:01.00](echo)\n[00:04.00]Next"
    assert times(parse_lyrics(text, ".lrc"))[0] == (1, 4, "Lead sings (echo)")
    twice = "[00:01.00]<00:01.00>Same <00:02.00>line\n[00:01.00]Same line\n[00:04.00]Next"
    assert [w.text for w in parse_lyrics(twice, ".lrc").lines[0].words] == ["Same", "line"]


def test_times_of_words_that_step_back_wait_for_the_word_before():
    (line,) = parse_lyrics("[00:01.00]<00:03.00>a <00:02.00>b <00:04.00>c", ".lrc").lines
    assert [w.start for w in line.words] == [3, 3, 4]


def test_hours_are_read_in_every_format():
    assert parse_lyrics("[119:59.50]Late", ".lrc").lines[0].start == 7199.5
    assert parse_lyrics("[01:59:59.50]Late", ".lrc").lines[0].start == 7199.5
    assert parse_lyrics("[00:01:50]Cents", ".lrc").lines[0].start == 1.5
    assert parse_lyrics("1\n01:59:59,500 --> 02:00:00,500\nLate", ".srt").lines[0].start == 7199.5


def test_plain_lines_are_spread_over_the_sung_parts_by_their_length():
    lyrics = from_text("one\n\n  two  two \nthree three three three", 100.0, [(10.0, 20.0), (50.0, 60.0)])
    assert [line.text for line in lyrics.lines] == ["one", "two two", "three three three three"]
    first, second, third = lyrics.lines
    assert (first.start, second.start) == (10.0, pytest.approx(first.end))
    assert second.end <= 20.0 and third.start >= 50.0 and third.end <= 60.0  # none lies across the pause
    assert third.end - third.start > first.end - first.start


def test_without_sung_parts_the_whole_song_is_used_and_no_line_stands_for_ever():
    first, last = from_text("la\nla la", 60.0).lines
    assert first.start == 0.0 and first.end == 6.0
    assert 20.0 <= last.start <= 40.0 and last.end <= 60.0


def test_taps_place_the_lines_and_one_more_ends_the_last():
    taps = parse_taps("# chorus\n1.5\n0:04,25 # here\n\n1:00\n1:02.5\n")
    assert taps == (1.5, 4.25, 60.0, 62.5)
    lyrics = from_text("a\nb\n\nc", 100.0, taps=taps)
    assert times(lyrics) == [(1.5, 4.25, "a"), (4.25, 10.25, "b"), (60, 62.5, "c")]
    assert times(from_text("a\nb\nc", 100.0, taps=taps[:3]))[2] == (60, 66, "c")


@pytest.mark.parametrize(
    ("text", "words"),
    [("1\nsoon", "line 2: 'soon'"), ("2\n1", "line 2: 1 comes before"), ("-1", "line 1"), ("nan", "line 1")],
)
def test_broken_taps_name_the_line(text, words):
    with pytest.raises(BriefError, match=words):
        parse_taps(text)


def test_as_many_taps_as_lines_are_asked_for():
    with pytest.raises(BriefError, match="2 taps for 3 lines"):
        from_text("a\nb\nc", 100.0, taps=(1.0, 2.0))
    with pytest.raises(BriefError, match="no words"):
        from_text(" \n\n", 100.0)


def test_a_text_file_takes_the_taps_beside_it(tmp_path):
    path = tmp_path / "song.txt"
    path.write_bytes("\ufeffEins\r\nZwei\r\n".encode("utf-16-le"))
    lyrics, notice = read_lyrics(path, seconds=30.0, sung=[(12.0, 20.0)])
    assert [line.start for line in lyrics.lines] == [12.0, 16.0] and notice == ""
    (tmp_path / "song.txt.taps").write_text("3\n5\n")
    lyrics, _ = read_lyrics(path, seconds=30.0, offset=0.5)
    assert [(line.start, line.end) for line in lyrics.lines] == [(3.5, 5.5), (5.5, 11.5)]


def test_lines_outside_the_song_are_left_out_and_said(tmp_path):
    path = tmp_path / "song.lrc"
    path.write_text("[00:01.00]in\n[00:09.00]half\n[00:30.00]out")
    lyrics, notice = read_lyrics(path, seconds=10.0)
    assert times(lyrics) == [(1, 7, "in"), (9, 10, "half")]
    assert notice.startswith("1 line lies outside")
    with pytest.raises(BriefError, match="outside the song"):
        read_lyrics(path, seconds=10.0, offset=60.0)


def test_no_word_is_lost_at_an_edge_of_the_song(tmp_path):
    path = tmp_path / "song.lrc"
    path.write_text(
        "[00:00.50]<00:00.50>Hold <00:00.90>the <00:01.80>night<00:03.00>\n"
        "[00:05.00]<00:05.00>and <00:05.50>go<00:06.00>"
    )
    first = read_lyrics(path, seconds=30.0, offset=-1.0)[0].lines[0]
    assert [(w.text, round(w.start, 6)) for w in first.words] == [("Hold", 0.0), ("the", 0.0), ("night", 0.8)]
    assert all(0 <= w.start < w.end <= first.end for w in first.words)
    last = read_lyrics(path, seconds=5.3)[0].lines[-1]
    assert [(w.text, round(w.start, 6), w.end) for w in last.words] == [("and", 5.0, 5.3), ("go", 5.28, 5.3)]


def test_a_lyrics_file_of_absurd_length_is_refused(tmp_path):
    path = tmp_path / "song.txt"
    with path.open("wb") as file:
        file.truncate(9_000_000)
    with pytest.raises(BriefError, match="too long"):
        read_lyrics(path, seconds=10.0)


def test_the_voices_own_signal_says_where_somebody_sings_else_the_types_of_the_parts():
    sections = [Section(0, 10, "intro", 0.2), Section(10, 30, "verse", 0.5), Section(30, 40, "drop", 1.0)]

    class Heard:
        def __init__(self, curves):
            self.sections, self.signals = tuple(sections), Signals(10.0, curves)

    assert sung_spans(Heard({})) == ((10, 30),)
    voice = [0.0] * 120 + [0.8] * 40 + [0.0] * 10 + [0.8] * 30 + [0.0] * 100 + [0.9] * 3 + [0.0] * 97
    assert sung_spans(Heard({"vocals": voice})) == (pytest.approx((12.0, 19.9)),)
    sections[1] = Section(10, 30, "build", 0.5)
    assert sung_spans(Heard({})) == ((10, 30), (30, 40))
