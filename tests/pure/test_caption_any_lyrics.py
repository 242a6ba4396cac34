# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that hold for any lyrics at all: random lines of any script, with times that make no sense."""

import random
from itertools import pairwise

import pytest

from crossfade_addon.encode import captions, phrases, word_captions
from crossfade_addon.encode.platforms import load_platforms, strict_of
from crossfade_addon.timeline import Clip, LyricLine, Lyrics, LyricWord

ZONES = strict_of(load_platforms()[name] for name in ("tiktok", "reels", "shorts"))
POOLS = (
    "abc ABC w'!?.,-()<>&{}\\",
    "夜の街、。「」光るアー",
    "שלום עולם 123",
    "الحب يا لا سلام١٢٣",
    "नमस्ते क्षि ज़िं",
    "คืนนี้เรากี่น้ำ",
    "🔥🎵❤️👩🏽‍🎤🇩🇪",
    "\u0301\u0335\u200d\u200f\u202e\ufe0f\u2060\x00\x07\n\t ",
    "ᬅ\U00013000𝓐ﬁ½",
    "안녕하세요 ",
)


def text(rng, length):
    return "".join(
        "".join(rng.choices(rng.choice(POOLS), k=rng.randint(1, 8))) + rng.choice(("", " ")) for _ in range(length)
    )


def any_lyrics(rng):
    lines, t = [], 0.0
    for _ in range(rng.randint(1, 6)):
        t += rng.choice((0, 0.01, 0.3, 2, 10)) * rng.random()
        said, words, at = text(rng, rng.choice((0, 1, 3, 8, 30))), [], t
        if rng.random() < 0.5:
            for word in said.split() if rng.random() < 0.8 else [text(rng, 1) for _ in range(3)]:
                end = at + rng.choice((0, 0.01, 0.3)) * rng.random()
                words.append(LyricWord(at, end, word))
                at = end
        lines.append(LyricLine(t, t + rng.choice((0.0, 0.02, 0.5, 3, 40)) * rng.random(), said, tuple(words)))
    rng.shuffle(lines)
    return Lyrics(tuple(lines))


@pytest.mark.parametrize("seed", range(60))
def test_any_lyrics_keep_the_rules(seed):
    rng = random.Random(f"{seed}/captions")
    lyrics, start = any_lyrics(rng), rng.random() * 3
    clip = Clip(start, start + rng.choice((0.2, 3, 60)), "")
    look = word_captions.Look(1080, 1920, ZONES, rng.choice(word_captions.STYLES))
    word_captions.ass(lyrics, clip, look)
    drawn = word_captions.boxes(lyrics, clip, look)
    assert all(any(one.box.within(zone) for zone in ZONES) for one in drawn)
    assert all(0 <= one.start < one.end <= clip.duration + 1e-6 for one in drawn)
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(drawn))
    for row in (captions.TALL_COLUMNS, captions.WIDE_COLUMNS):
        cues = captions.cues(lyrics, clip, (), row=row)
        rows = [part for cue in cues for part in cue.text.split("\n")]
        assert all(part.strip() and phrases.columns(part) <= row for part in rows)
        assert all(len(cue.text.split("\n")) <= 2 for cue in cues)
        assert all(a.end <= b.start + 1e-9 for a, b in pairwise(cues))
    assert captions.vtt(lyrics, clip, ()).count("-->") == len(captions.cues(lyrics, clip, ()))
