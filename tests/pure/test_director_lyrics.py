# SPDX-License-Identifier: GPL-3.0-or-later
"""Lyrics files: LRC with all its habits, SRT and WebVTT."""

import pytest

from crossfade_addon.director.lyrics import parse_lyrics, shifted
from crossfade_addon.errors import BriefError
from crossfade_addon.timeline import LyricLine, Lyrics, LyricWord


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
    assert [(w.text, round(w.start, 6), w.end) for w in earlier.lines[0].words] == [("here", 0.1, 1.0)]
    assert [line.start for line in shifted(lyrics, 0.25).lines] == [0.25, 0.25, 3.25]
    assert shifted(lyrics, 0.0).lines[2] == lyrics.lines[2]
