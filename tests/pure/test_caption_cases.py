# SPDX-License-Identifier: GPL-3.0-or-later
"""Forty lyrics that break other programs: each is read right, written right, read back, and drawn inside its zone.

With CROSSFADE_PICTURES=folder the drawn ones are kept there as PNG, to be looked at.
"""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from drawn_captions import ffmpegs, ink_box, pictures

from crossfade_addon.director.lyrics import decode, parse_lyrics
from crossfade_addon.encode import captions, word_captions
from crossfade_addon.encode.fonts import caption_fonts
from crossfade_addon.encode.platforms import SafeBox, load_platforms, strict_of
from crossfade_addon.timeline import Clip

PLATFORMS = load_platforms()
PHONES = [PLATFORMS[name] for name in ("tiktok", "reels", "shorts")]
ZONES = strict_of(PHONES)
SCALE = 1 if os.environ.get("CROSSFADE_PICTURES") else 3
"""The rules are the same in every size; a third of it is drawn much faster."""
SIZE = (1080 // SCALE, 1920 // SCALE)
DRAWN_ZONES = tuple(SafeBox(z.left // SCALE, z.top // SCALE, z.right // SCALE, z.bottom // SCALE) for z in ZONES)
WHOLE = Clip(0.0, 8000.0, "")


@dataclass(frozen=True)
class Case:
    """A file's bytes, what it must be read as (start, end, text), and what the picture lacks of it."""

    name: str
    data: bytes
    suffix: str
    lines: tuple[tuple[float, float, str], ...]
    missing: str = ""
    style: str = "pop"
    words: tuple[str, ...] = field(default=())


def lrc(name: str, *texts: str, style: str = "pop", missing: str = "") -> Case:
    """Lines three seconds apart, without word times."""
    rows = [f"[{3 * k // 60:02d}:{3 * k % 60:02d}.00]{text}" for k, text in enumerate(texts)]
    data = "\n".join([*rows, f"[00:{3 * len(texts):02d}.00]"]).encode()
    return Case(name, data, ".lrc", tuple((3 * k, 3 * k + 3, t) for k, t in enumerate(texts)), missing, style)


def sung(name: str, text: str, style: str = "pop") -> Case:
    """One line of words half a second apart (spaces between them are kept as they are in the text)."""
    parts = re.findall(r"\s*\S+", text)
    stamps = "".join(re.sub(r"^(\s*)", rf"\g<1><00:{0.5 * k:05.2f}>", part, count=1) for k, part in enumerate(parts))
    end = 0.5 * len(parts)
    data = f"[00:00.00]{stamps}<00:{end:05.2f}>".encode()
    return Case(name, data, ".lrc", ((0.0, end, text),), style=style, words=tuple(text.split()))


def srt(name: str, text: str, *lines: tuple[float, float, str], codec: str = "utf-8", suffix: str = ".srt") -> Case:
    return Case(name, text.encode(codec), suffix, lines)


SRT_TWO = "1\n00:00:01,000 --> 00:00:02,500\n{}\n\n2\n00:00:04,000 --> 00:00:05,000\n{}\n"

CASES = (
    # how long
    lrc("one letter", "I"),
    lrc("60-character word", "Pneumonoultramicroscopicsilicovolcanoconiosisfloccinaucinihi"),
    lrc(
        "very long line",
        "Every light in the city is burning for you tonight and nobody sleeps before the morning comes " * 3,
    ),
    lrc("all capitals", "WE WILL WAKE THE WHOLE WORLD WITH WWWWW"),
    lrc("seven short lines", "Go", "Go now", "Stop", "Hey", "Ho", "Oh", "La la"),
    srt(
        "two hours",
        SRT_TWO.format("early", "later").replace("00:00:04", "01:59:04").replace("00:00:05", "01:59:05"),
        (1, 2.5, "early"),
        (7144, 7145, "later"),
    ),
    # symbols
    lrc("arrow", "left --> right"),
    lrc("heart of signs", "I <3 you"),
    lrc("ampersand", "Rock & roll &amp; soul"),
    lrc("quotes", "“Don't” she said, 'don\"t'"),
    lrc("braces", r"a {\fs900} b {i} {\an8} c"),
    lrc("backslashes", r"one\Ntwo \h three\\four \n"),
    lrc("markup", "<b>bold</b> <i>not</i> </v>"),
    lrc("brackets and stamps", "sing [00:99] and <00:aa>"),
    lrc("per cent and signs", "100 % $9 #1 @home a/b a|b ^_^ ~ `"),
    lrc("notes and stars", "♪ la la ♫ ★ → ♥"),
    # order and time
    srt(
        "overlapping",
        "1\n00:00:01,000 --> 00:00:05,000\nlead\n\n2\n00:00:03,000 --> 00:00:06,000\necho\n",
        (1, 3, "lead"),
        (3, 6, "echo"),
    ),
    srt(
        "two voices at once",
        "1\n00:00:01,000 --> 00:00:02,000\nlead\n\n2\n00:00:01,000 --> 00:00:03,000\n(echo)\n",
        (1, 3, "lead (echo)"),
    ),
    Case(
        "out of order",
        b"[00:09.00]last\n[00:01.00]first\n[00:05.00]middle",
        ".lrc",
        ((1, 5, "first"), (5, 9, "middle"), (9, 15, "last")),
    ),
    Case(
        "same line twice",
        b"[00:01.00][00:07.00]again\n[00:04.00]between",
        ".lrc",
        ((1, 4, "again"), (4, 7, "between"), (7, 13, "again")),
    ),
    # bytes
    srt("byte order mark", "\ufeff" + SRT_TWO.format("a", "b"), (1, 2.5, "a"), (4, 5, "b")),
    srt("CRLF", SRT_TWO.format("a", "b").replace("\n", "\r\n"), (1, 2.5, "a"), (4, 5, "b")),
    srt("lone CR", SRT_TWO.format("a", "b").replace("\n", "\r"), (1, 2.5, "a"), (4, 5, "b")),
    srt("Latin-1", SRT_TWO.format("Für Élise", "niño"), (1, 2.5, "Für Élise"), (4, 5, "niño"), codec="latin-1"),
    srt("Windows-1252", SRT_TWO.format("“ça va”…", "5 €"), (1, 2.5, "“ça va”…"), (4, 5, "5 €"), codec="cp1252"),
    srt("UTF-16", SRT_TWO.format("Ünïcode", "夜"), (1, 2.5, "Ünïcode"), (4, 5, "夜"), codec="utf-16"),
    # scripts
    lrc("Japanese", "夜の街が光る、君の声が聞こえる「もっと」ギターのソロを弾いて", "トーキョー・ナイト"),
    lrc("Chinese", "今夜我们一起跳舞直到天亮，谁也不想回家", "繁體中文：讓我們一起飛翔"),
    lrc("Korean", "밤하늘의 별처럼 빛나는 너를 사랑해 영원히"),
    lrc("Arabic", "يا حبيبي تعال معي نرقص حتى الصباح", "الحب ١٢٣ و 456 نجوم!", style="line"),
    sung("Arabic words", "يا حبيبي تعال معي نرقص 24 ساعة"),
    sung("Hebrew words", "שלום עולם 2026 אני אוהב Tel Aviv מאוד!", style="karaoke"),
    lrc("Hindi", "तुम ही हो मेरी ज़िंदगी की रोशनी, क्षितिज के पार", "श्रीकृष्ण द्वार"),
    lrc("Thai", "คืนนี้เราจะเต้นรำด้วยกันจนถึงเช้าที่ริมทะเลใต้แสงดาว", "กี่ปี่ผู้ใหญ่ น้ำ"),
    lrc("Greek, Cyrillic, Vietnamese", "Σ' αγαπώ, Ωραία", "Ще не вмерла слава — ЩЁ", "Nếu ngày mai không còn"),
    lrc(
        "more scripts",
        "আমি তোমাকে ভালোবাসি",
        "ਮੈਂ ਤੈਨੂੰ ਪਿਆਰ ਕਰਦਾ ਹਾਂ",
        "உன்னை காதலிக்கிறேன்",
        "నిన్ను ప్రేమిస్తున్నాను",
        "მიყვარხარ Սիրում եմ",
    ),
    lrc("southern scripts", "હું તને પ્રેમ કરું છું", "ನಾನು ನಿನ್ನನ್ನು ಪ್ರೀತಿಸುತ್ತೇನೆ", "ഞാൻ നിന്നെ സ്നേഹിക്കുന്നു"),
    lrc("eastern scripts", "ଓଡ଼ିଆ ଗୀତ ଗାଅ", "මම ඔයාට ආදරෙයි", "ខ្ញុំស្រឡាញ់អ្នកជារៀងរហូត", "ຂ້ອຍຮັກເຈົ້າຕະຫຼອດໄປ"),
    lrc("more eastern scripts", "မင်းကိုချစ်တယ် အမြဲတမ်း", "እወድሃለሁ ለዘላለም", "नौरु अरूबा रूप रुई", "আরু ૹ રૂપ"),
    sung("Persian and Urdu words", "دوستت دارم کوچه پیچ گل میں تم سے پیار کرتا ہوں"),
    lrc("emoji", "fire 🔥🔥 party 🎉 ❤️ 👩🏽‍🎤 🇩🇪 1️⃣"),
    lrc("mixed scripts", "Привет 世界 שלום hello नमस्ते 🎵"),
    lrc("combining marks", "e\u0301 a\u0308 n\u0303 Z\u0335\u0301\u0302 o\u0302\u0301"),
    lrc("unknown letters", "we 𝓭𝓪𝓷𝓬𝓮 ꧁ᬅ꧂ now", missing="꧁ᬅ꧂"),
    sung("Japanese syllables", "よ る の ま ち", style="karaoke"),
    sung("karaoke", "Hold the night until the morning light comes home", style="karaoke"),
    srt(
        "WebVTT with everything",
        "WEBVTT title\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:a\n\nNOTE a --> b is not here\n\nid-1\n"
        "00:01.000 --> 00:03.000 align:start position:10%\n<v Ann>Rock <c.loud>&amp;</c> <00:02.000>roll &lt;3\n\n"
        "00:04.000 --> 00:05.000\n<ruby>漢<rt>かん</rt></ruby> &nbsp;<lang en>ok</lang>\n",
        (1, 3, "Rock & roll <3"),
        (4, 5, "漢 ok"),
        suffix=".vtt",
    ),
)


def read(case: Case):
    return parse_lyrics(decode(case.data, case.name), case.suffix)


def facts(lyrics):
    return [(round(line.start, 3), round(line.end, 3), line.text) for line in lyrics.lines]


by_name = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_there_are_at_least_forty_cases():
    assert len({case.name for case in CASES}) >= 40


@by_name
def test_the_file_is_read_right(case):
    expected = [(start, end, " ".join(text.split())) for start, end, text in case.lines]
    longest = [
        (start, min(end, start + 6.0) if case.suffix == ".lrc" and not case.words else end, text)
        for start, end, text in expected
    ]
    lyrics = read(case)
    assert facts(lyrics) == longest
    if case.words:
        assert [(word.start, word.text) for word in lyrics.lines[0].words] == [
            (0.5 * k, text) for k, text in enumerate(case.words)
        ]


@by_name
@pytest.mark.parametrize("suffix", [".vtt", ".srt", ".lrc"])
def test_what_is_written_is_read_back_with_every_letter(case, suffix):
    lyrics = read(case)
    written = {
        ".vtt": lambda: captions.vtt(lyrics, WHOLE, ()),
        ".srt": lambda: captions.srt(lyrics, WHOLE, ()),
        ".lrc": lambda: captions.lrc(lyrics, WHOLE),
    }[suffix]()
    again = parse_lyrics(written, suffix)
    said, kept = ("".join(line.text for line in found.lines).replace(" ", "") for found in (lyrics, again))
    assert kept == (said.replace("-->", "→") if suffix == ".srt" else said)
    assert abs(again.lines[0].start - lyrics.lines[0].start) < 0.011


@by_name
def test_captions_keep_the_rules_of_reading(case):
    for row in (captions.TALL_COLUMNS, captions.WIDE_COLUMNS):
        cues = captions.cues(read(case), WHOLE, (), row=row)
        assert cues
        for cue, following in zip(cues, [*cues[1:], None], strict=True):
            rows = cue.text.split("\n")
            assert len(rows) <= 2 and all(rows)
            assert max(map(captions.phrases.columns, rows)) <= row
            assert 0.05 <= cue.end - cue.start <= 7.0 + 1e-6
            assert following is None or cue.end <= following.start + 1e-9


def moments(drawn):
    """A time at which every caption is complete, and one in which it is still coming up."""
    return [t for one in drawn[:4] for t in (one.start + 0.05, max(one.start, one.end - 0.12))]


@by_name
def test_ink_stays_inside_the_strict_zone_of_every_phone(case, tmp_path):
    lyrics = read(case)
    look = word_captions.Look(*SIZE, DRAWN_ZONES, case.style)
    drawn = word_captions.boxes(lyrics, WHOLE, look)
    assert set(word_captions.missing(lyrics, WHOLE)) == set(case.missing)
    script = word_captions.ass(lyrics, WHOLE, look)
    for ffmpeg in ffmpegs():
        shots = pictures(script, tmp_path, SIZE, moments(drawn), ffmpeg)
        for index, shot in enumerate(shots):
            box, planned = ink_box(shot), drawn[index // 2].box
            assert any(planned.within(zone) for zone in DRAWN_ZONES)
            if index % 2:
                assert box is not None, "nothing is drawn"
            if box is not None:
                assert box.within(planned), f"{box} leaves {planned}"
    keep(script, case, moments(drawn)[1::2], tmp_path)


def keep(script, case, times, folder: Path) -> None:
    """A picture of each caption for the eye, when asked for."""
    if not os.environ.get("CROSSFADE_PICTURES"):
        return
    out = Path(os.environ["CROSSFADE_PICTURES"])
    out.mkdir(parents=True, exist_ok=True)
    zone = ZONES[0]
    boxes = ",".join(f"drawbox={z.left}:{z.top}:{z.width}:{z.height}:white@0.3:2" for z in ZONES)
    for ffmpeg in ffmpegs():
        for index, t in enumerate(times):
            version = "old" if ffmpeg == ffmpegs()[0] else "new"
            path = out / f"{CASES.index(case):02d}_{index}_{version}.png"
            graph = f"color=c=0x301848:s=1080x1920:d=1,format=yuv444p,setpts={t}/TB,ass=captions.ass:fontsdir=fonts"
            graph += f",{boxes},crop=860:320:80:{zone.top - 20},scale=430:-2"
            command = [ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", graph, "-frames:v", "1", str(path)]
            subprocess.run(command, cwd=folder, check=True)


def test_the_fonts_have_their_licences_beside_them_and_say_so_themselves():
    folder = caption_fonts().fonts[0].path.parent
    licence = (folder / "Noto-LICENSE.txt").read_text(encoding="utf-8")
    for font in caption_fonts().fonts[1:]:
        assert font.family in licence
        assert "SIL Open Font License".encode("utf-16-be") in font.path.read_bytes()
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence


def test_every_style_draws_a_case_of_every_direction(tmp_path):
    for name in ("Arabic words", "karaoke"):
        case = next(case for case in CASES if case.name == name)
        for style in word_captions.STYLES:
            case = dataclasses.replace(case, style=style)
            look = word_captions.Look(*SIZE, DRAWN_ZONES, style)
            drawn = word_captions.boxes(read(case), WHOLE, look)
            shots = pictures(word_captions.ass(read(case), WHOLE, look), tmp_path, SIZE, moments(drawn))
            assert all(ink_box(shot).within(one.box) for shot, one in zip(shots[1::2], drawn, strict=False))


@pytest.mark.parametrize("ffmpeg", range(2))
def test_chinese_characters_take_the_shapes_of_the_songs_language(tmp_path, ffmpeg):
    if ffmpeg >= len(ffmpegs()):
        pytest.skip("only one FFmpeg here")
    drawn = {}
    for name, line in {"ja": "直骨の", "zh": "直骨们", "ko": "直骨은", "": "直骨們"}.items():
        lyrics = parse_lyrics(f"[00:00.00]直骨\n[00:03.00]\n[00:07.00]{line}", ".lrc")
        script = word_captions.ass(lyrics, WHOLE, word_captions.Look(*SIZE, DRAWN_ZONES, "line"))
        assert (f"Language: {name}\n" in script) == bool(name)
        drawn[name] = pictures(script, tmp_path / name, SIZE, [1.5], ffmpegs()[ffmpeg])[0]
    assert (drawn["ja"] != drawn["zh"]).any()
    assert (drawn["ja"] == drawn[""]).all()
