# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check of the release report can fail: a good file is damaged in just one way, and the report names it.

The checks that are expected to fail are all that may fail. Checks of the decoded pictures are proven in the tests of
the modules that make them.
"""

import dataclasses
import struct

import pytest
from delivered import (
    CLOSED,
    CODED,
    NO_EDITS,
    PACKED,
    TAGGED,
    drained,
    patched,
    recoded,
    remade,
    resounded,
    run,
)

from crossfade_addon.encode import verify as verify_module
from crossfade_addon.encode.platforms import Cover
from crossfade_addon.encode.probe import probe
from crossfade_addon.encode.stream_checks import picture_stream_checks
from crossfade_addon.encode.verify import verify_steps
from crossfade_addon.timeline import LyricLine, Lyrics


@pytest.fixture(scope="module")
def ffmpeg(good_job):
    return good_job[0].ffmpeg


@pytest.fixture(scope="module")
def done(good_job):
    return good_job


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch):
    """The sheet of moments is looked at elsewhere, and the decoded pictures have tests of their own."""

    def nothing(*_arguments):
        yield from ()
        return b""

    def no_version(*_arguments):
        yield from ()
        return ""

    def no_checks(*_arguments):
        yield from ()
        return ()

    monkeypatch.setattr(verify_module, "sheet_steps", nothing)
    monkeypatch.setattr(verify_module, "small_steps", nothing)
    monkeypatch.setattr(verify_module, "version_steps", no_version)
    monkeypatch.setattr(verify_module.pictures, "picture_checks", no_checks)


WITH_EDITS = ("-movflags", "+faststart")


def failed(job, made):
    report = drained(verify_steps(made, job))
    assert all(check.fix for file in report.files for check in file.checks), "every check says what to do"
    return {check.name for file in report.files for check in file.checks if not check.ok}


def replace_platform(job, **changes):
    return dataclasses.replace(job, platforms={"phone": dataclasses.replace(job.platforms["phone"], **changes)})


def corrupt(good, target, handler):
    """Overwrite packets of one track in the middle of the media."""
    raw = bytearray(good.read_bytes())
    kind = raw.index(handler)
    at = raw.index(b"stco", kind)
    count, *_ = struct.unpack_from(">I", raw, at + 8)
    offsets = struct.unpack_from(f">{count}I", raw, at + 12)
    for offset in offsets[count // 3 : count // 2 + 2]:
        raw[offset : offset + 60] = b"\xff" * 60
    target.write_bytes(raw)


def grown(good, target):
    target.write_bytes(good.read_bytes() + b"\0" * 5)


def second_sound(ffmpeg, good, target):
    remade(ffmpeg, good, target, "-map", "0:v", "-map", "0:a", "-map", "0:a")


def late(ffmpeg, good, target, stream):
    """One stream begins 80 ms after the other: an MP4 can say that by an edit list alone."""
    first, second = ("1:v", "0:a") if stream == "v" else ("0:v", "1:a")
    both = ("-i", good, "-itsoffset", "0.08", "-i", good, "-map", first, "-map", second, "-c", "copy")
    run(ffmpeg, *both, *WITH_EDITS, *PACKED, "-f", "mp4", target)


def spike(ffmpeg, good, target):
    """Three milliseconds of a tone at full scale: a peak that hardly changes the loudness."""
    tone = "if(between(t\\,1.02\\,1.023)\\,0.99*sin(2*PI*1000*t)\\,val({}))"
    resounded(ffmpeg, good, target, f"aeval={tone.format(0)}|{tone.format(1)}:c=same")


FAST = ("-movflags", "+negative_cts_offsets", "-use_editlist", "0")
IN_PIECES = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets", "-use_editlist", "0")
OPEN = ("-x264-params", "open-gop=1:scenecut=0:bframes=2")

VIDEO_DAMAGE = {
    "the brand of a QuickTime film": ({"Container"}, lambda f, a, b: patched(a, b, b"ftyp", b"ftypqt  ")),
    "fragments": ({"Container", "Video start"}, lambda f, a, b: remade(f, a, b, container=IN_PIECES)),
    "bytes behind the end": ({"Whole file"}, lambda f, a, b: grown(a, b)),
    "the index at the end": ({"Index first"}, lambda f, a, b: remade(f, a, b, container=FAST)),
    "edit lists": ({"Edit lists"}, lambda f, a, b: remade(f, a, b, container=WITH_EDITS)),
    "a second sound": ({"Streams"}, second_sound),
    "another title": ({"Title tag"}, lambda f, a, b: remade(f, a, b, "-metadata", "title=Another")),
    "MPEG-4 part 2": (
        {"Video codec", "Profile", "Level"},
        lambda f, a, b: remade(f, a, b, "-c:v", "mpeg4", "-q:v", "3", "-g", "30", *TAGGED),
    ),
    "baseline": ({"Profile"}, lambda f, a, b: recoded(f, a, b, "-profile:v", "baseline", "-bf", "0")),
    "too high a level": ({"Level"}, lambda f, a, b: recoded(f, a, b, "-level", "5.1")),
    "4:4:4": (
        {"Pixel format", "Profile"},
        lambda f, a, b: recoded(f, a, b, "-profile:v", "high444", "-pix_fmt", "yuv444p"),
    ),
    "full range": (
        {"Pixel format", "Colour tags"},
        lambda f, a, b: recoded(f, a, b, "-pix_fmt", "yuvj420p", "-color_range", "pc"),
    ),
    "other primaries": ({"Colour tags"}, lambda f, a, b: remade(f, a, b, "-bsf:v", "h264_metadata=colour_primaries=5")),
    "interlaced": ({"Scan"}, lambda f, a, b: recoded(f, a, b, "-x264-params", "interlaced=1:scenecut=0")),
    "wide pixels": (
        {"Pixel shape"},
        lambda f, a, b: remade(f, a, b, "-bsf:v", "h264_metadata=sample_aspect_ratio=4/3"),
    ),
    "another size": ({"Frame size"}, lambda f, a, b: recoded(f, a, b, "-vf", "scale=92:160,setsar=1")),
    "25 frames a second": (
        {"Frames per second", "Frame count"},
        lambda f, a, b: recoded(f, a, b, "-r", "25", "-g", "25", "-frames:v", "50"),
    ),
    "one frame less": (
        {"Frame count", "Video length"},
        lambda f, a, b: recoded(f, a, b, "-vf", "trim=end_frame=59"),
    ),
    "a late picture": ({"Edit lists", "Video start"}, lambda f, a, b: late(f, a, b, "v")),
    "few key frames": ({"Key frames"}, lambda f, a, b: recoded(f, a, b, "-g", "60")),
    "open GOPs": ({"Closed GOPs"}, lambda f, a, b: recoded(f, a, b, "-flags:v", "-cgop", *OPEN)),
    "five B-frames": (
        {"B-frames"},
        lambda f, a, b: recoded(f, a, b, "-bf", "5", "-x264-params", "b-adapt=0:b-pyramid=0:scenecut=0"),
    ),
    "MP3": ({"Audio codec"}, lambda f, a, b: resounded(f, a, b, "anull", "-c:a", "libmp3lame")),
    "44.1 kHz": ({"Sample rate"}, lambda f, a, b: resounded(f, a, b, "anull", "-ar", "44100")),
    "mono": ({"Channels"}, lambda f, a, b: resounded(f, a, b, "pan=mono|c0=FL", "-ac", "1")),
    "a late sound": ({"Edit lists", "Audio start"}, lambda f, a, b: late(f, a, b, "a")),
    "a short sound": ({"Audio length"}, lambda f, a, b: resounded(f, a, b, "atrim=end=1.7")),
    "damaged sound": ({"Sound decodes"}, lambda f, a, b: corrupt(a, b, b"soun")),
    "silence": ({"Sound"}, lambda f, a, b: resounded(f, a, b, "volume=0")),
    "no sound": (
        {"Streams", "Audio codec", "Sample rate", "Channels", "Audio length", "Sound decodes", "Sound"},
        lambda f, a, b: remade(f, a, b, "-an"),
    ),
    "too quiet": ({"Loudness"}, lambda f, a, b: resounded(f, a, b, "volume=-9dB")),
    "a clipped peak": ({"True peak"}, spike),
    "too loud": ({"Loudness", "True peak"}, lambda f, a, b: resounded(f, a, b, "volume=12dB")),
    "a black beginning": (
        {"First picture"},
        lambda f, a, b: recoded(f, a, b, "-vf", "lutyuv=y=16:u=128:v=128:enable='lt(n,3)'"),
    ),
    "no film at all": ({"File"}, lambda f, a, b: b.write_text("hello")),
    "an empty file": ({"File"}, lambda f, a, b: b.write_bytes(b"")),
    "no file": ({"File"}, lambda f, a, b: None),
}
"""Damage to a film: what must fail, and how it is done, from (FFmpeg, good file, target)."""


def test_a_good_job_has_no_failure_and_no_note(done):
    job, made = done
    assert failed(job, made) == set()


@pytest.mark.parametrize("damage", VIDEO_DAMAGE)
def test_damage_to_a_film_is_named_and_nothing_else(done, ffmpeg, tmp_path, damage):
    job, made = done
    expected, harm = VIDEO_DAMAGE[damage]
    target = tmp_path / "damaged.mp4"
    harm(ffmpeg, made["video_phone"], target)
    assert failed(job, {"video_phone": target}) == expected


def test_a_film_that_was_cut_short_is_named(done, tmp_path):
    """Which pictures are lost decides whether those that are left are still evenly spaced."""
    job, made = done
    raw = made["video_phone"].read_bytes()
    (tmp_path / "cut.mp4").write_bytes(raw[: int(len(raw) * 0.6)])
    found = failed(job, {"video_phone": tmp_path / "cut.mp4"})
    assert found - {"Frames per second"} == {
        "Whole file",
        "Frame count",
        "Video length",
        "Audio length",
        "Sound decodes",
    }


LIMITS = {
    "a small limit of bytes": ({"File size"}, {"max_mb": 0.01}),
    "a short limit": ({"Length limit"}, {"max_s": 1.9}),
    "a long minimum": ({"Length limit"}, {"min_s": 3.0}),
    "a rate out of range": ({"Frames per second"}, {"fps_low": 50.0}),
    "a low level": ({"Level"}, {"level": "0.9"}),
    "a small picture rate": ({"Video rate"}, {"max_kbps": 60}),
    "a small sound rate": ({"Audio rate"}, {"audio_kbps": 32}),
    "a short GOP": ({"Key frames"}, {"gop_s": 0.5}),
    "a low ceiling": ({"True peak"}, {"ceiling_dbtp": -9.0}),
    "no sound wanted": ({"Streams", "Sound"}, {"audio": "none"}),
}
"""A platform that wants something else: what must fail, and its values."""


@pytest.mark.parametrize("limit", LIMITS)
def test_a_good_film_fails_a_stricter_platform_by_name(done, monkeypatch, limit):
    job, made = done
    expected, changes = LIMITS[limit]
    strict = replace_platform(job, **changes)
    # the plan stays as it was: only what the platform takes is changed
    plan = dataclasses.replace(job.recipe(job.platforms["phone"]), max_kbps=strict.platforms["phone"].max_kbps)
    monkeypatch.setattr(type(strict), "recipe", lambda _job, _platform: plan)
    assert failed(strict, {"video_phone": made["video_phone"]}) == expected


def test_a_burst_over_the_buffer_fails_though_the_average_is_fine(done, ffmpeg, tmp_path):
    """Five still seconds and one of noise: the average is low, one second is not."""
    job, _ = done
    film = tmp_path / "burst.mp4"
    noise = "color=gray:s=90x160:r=30:d=6,noise=alls=100:allf=t:enable='between(t,3,4)'"
    coded = (*CODED, *CLOSED, *TAGGED, "-c:a", "aac")
    run(ffmpeg, "-f", "lavfi", "-i", noise, "-f", "lavfi", "-i", "sine=d=6", *coded, *NO_EDITS, *PACKED, film)
    info, phone = probe(ffmpeg, film, tmp_path), job.platforms["phone"]
    recipe = dataclasses.replace(job.recipe(phone), max_kbps=round(info.video_kbps) + 50)
    checks = {check.name: check.ok for check in picture_stream_checks(info, phone, recipe)}
    assert checks["Video rate"] and not checks["Peak rate"]
    assert info.peak_kbps > 4 * info.video_kbps


def test_a_short_film_may_empty_the_buffer_that_it_began_with_and_no_more(done, ffmpeg, tmp_path):
    """Four seconds of noise that the encoder holds to its ceiling: their average is over it."""
    job, _ = done
    film, ceiling = tmp_path / "noise.mp4", 600
    noise = "color=gray:s=90x160:r=30:d=4,noise=alls=60:allf=t"
    coded = (*CODED, *CLOSED, *TAGGED, "-maxrate", f"{ceiling}k", "-bufsize", f"{2 * ceiling}k", "-c:a", "aac")
    run(ffmpeg, "-f", "lavfi", "-i", noise, "-f", "lavfi", "-i", "sine=d=4", *coded, *NO_EDITS, *PACKED, film)
    info, phone = probe(ffmpeg, film, tmp_path), job.platforms["phone"]
    plan = dataclasses.replace(job.recipe(phone), start=0.0, end=4.0)
    rates = {}
    for most in (ceiling, ceiling // 2):
        checks = picture_stream_checks(info, phone, dataclasses.replace(plan, max_kbps=most))
        rates[most] = next(check.ok for check in checks if check.name == "Video rate")
    assert info.video_kbps > 1.1 * ceiling
    assert rates == {ceiling: True, ceiling // 2: False}


def test_a_level_too_low_for_the_pictures_is_named(done, ffmpeg, tmp_path):
    """Full HD at 60 frames a second needs 4.2: a file that says 4.0 promises too little work."""
    job, _ = done
    film = tmp_path / "big.mp4"
    big = "color=gray:s=1920x1080:r=60:d=0.1"
    run(ffmpeg, "-f", "lavfi", "-i", big, *CODED, *CLOSED, *TAGGED, "-level", "4.0", *NO_EDITS, film)
    youtube = dataclasses.replace(job.platforms["wide"], width=1920, height=1080, level="4.2")
    recipe = job.recipe(youtube)
    levels = [c for c in picture_stream_checks(probe(ffmpeg, film, tmp_path), youtube, recipe) if c.name == "Level"]
    assert [(check.expected, check.measured, check.ok) for check in levels] == [("4.2 to 4.2", "4.0", False)]


def turned(good, target):
    """The display matrix of the picture's track turned by 90 degrees."""
    upright = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    across = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    # the first matrix of the index is the film's own, the second that of its first track
    patched(good, target, upright, across, nth=1)


def test_a_turned_picture_is_named(done, tmp_path):
    job, made = done
    turned(made["video_phone"], tmp_path / "turned.mp4")
    assert failed(job, {"video_phone": tmp_path / "turned.mp4"}) == {"Rotation"}


VTT = "WEBVTT\n\n00:00:00.200 --> 00:00:00.900\nHands up\n\n00:00:00.900 --> 00:00:01.900\nWe &lt;3 sleep &amp; sing\n"
SRT = "1\n00:00:00,200 --> 00:00:00,900\nHands up\n\n2\n00:00:00,900 --> 00:00:01,900\nWe <3 sleep & sing\n"
LRC = "[ti:Neon]\n[00:00.20]Hands up\n[00:00.90]<00:00.90>We <00:01.10><3 sleep & sing\n"
TEXT_DAMAGE = {
    "good VTT": ("captions", VTT, set()),
    "good SRT": ("captions_srt", SRT, set()),
    "good LRC": ("captions_lrc", LRC, set()),
    "a BOM and CRLF": ("captions", "\ufeff" + VTT.replace("\n", "\r\n"), set()),
    "no header": ("captions", VTT.replace("WEBVTT", "WEBVTX"), {"Caption format", "Caption words"}),
    "a loose <": ("captions", VTT.replace("&lt;3", "<3"), {"Caption format"}),
    "a loose &": ("captions", VTT.replace("&amp;", "&"), {"Caption format"}),
    "an arrow in the text": ("captions", VTT.replace("Hands", "Hands -->"), {"Caption format"}),
    "a blank line in a caption": (
        "captions",
        VTT.replace("We ", "We\n\n"),
        {"Caption format", "Caption words"},
    ),
    "out of order": (
        "captions",
        "WEBVTT\n\n" + "\n\n".join(reversed(VTT.strip().split("\n\n")[1:])) + "\n",
        {"Caption order", "Caption overlap", "Caption words"},
    ),
    "an overlap": ("captions", VTT.replace("00:00:00.900\n", "00:00:01.200\n"), {"Caption overlap"}),
    "behind the end": ("captions", VTT.replace("01.900", "02.900"), {"Caption times"}),
    "ends before it starts": ("captions", VTT.replace("00:00:00.900\n", "00:00:00.100\n"), {"Caption format"}),
    "a lost line": ("captions", VTT.split("\n\n00:00:00.900")[0] + "\n", {"Caption words"}),
    "a changed word": ("captions_srt", SRT.replace("sleep", "slept"), {"Caption words"}),
    "too fast": ("captions", VTT.replace("00:00:01.900", "00:00:01.500"), {"Reading speed"}),
    "a tag in SubRip": ("captions_srt", SRT.replace("sleep", "<sleep>"), {"Caption format"}),
    "numbers that jump": ("captions_srt", SRT.replace("\n2\n", "\n3\n"), {"Caption format"}),
    "a dot for a comma": ("captions_srt", SRT.replace("00,900 -->", "00.900 -->"), {"Caption format", "Caption words"}),
    "a line without time": ("captions_lrc", LRC.replace("[00:00.90]", ""), {"Caption format", "Caption words"}),
    "words out of order": ("captions_lrc", LRC.replace("<00:01.10>", "<00:00.10>"), {"Caption format"}),
    "Latin-1": ("captions", VTT.replace("Hands", "Hände").encode("latin-1"), {"Caption format", "Caption words"}),
    "text that is not UTF-8": ("notes", b"\xff\xfe\x00", {"Text"}),
    "an empty text": ("notes", "  \n", {"Text"}),
}
"""Damage to a text: which file, its content, what must fail."""


@pytest.mark.parametrize("damage", TEXT_DAMAGE)
def test_damage_to_a_text_is_named_and_nothing_else(done, tmp_path, damage):
    key, content, expected = TEXT_DAMAGE[damage]
    path = tmp_path / f"x{ {'captions': '.vtt', 'captions_srt': '.srt', 'captions_lrc': '.lrc'}.get(key, '.txt') }"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert failed(done[0], {key: path}) == expected


def test_a_song_without_words_needs_one_caption(done, tmp_path):
    silent = dataclasses.replace(done[0], timeline=dataclasses.replace(done[0].timeline, lyrics=Lyrics()))
    (tmp_path / "x.vtt").write_text("WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n[Drop]\n")
    assert failed(silent, {"captions": tmp_path / "x.vtt"}) == set()
    (tmp_path / "x.vtt").write_text("WEBVTT\n")
    assert failed(silent, {"captions": tmp_path / "x.vtt"}) == {"Caption words"}


def test_a_line_that_the_clips_edge_cuts_may_be_left_out(done, tmp_path):
    job = done[0]
    lines = (*job.timeline.lyrics.lines, LyricLine(2.45, 2.9, "gone"))
    longer = dataclasses.replace(job, timeline=dataclasses.replace(job.timeline, lyrics=Lyrics(lines)))
    (tmp_path / "x.vtt").write_text(VTT)
    assert failed(longer, {"captions": tmp_path / "x.vtt"}) == set()


def test_what_a_killed_job_left_is_named(done):
    job, made = done
    part = job.renders / "song_phone.mp4.part"
    part.write_bytes(b"x")
    other = job.renders / "other_song.mp4.part"
    other.write_bytes(b"x")
    try:
        assert failed(job, {"captions": made["captions"]}) == {"Leftovers"}
    finally:
        part.unlink()
        other.unlink()


def still(ffmpeg, good, target, *options):
    run(ffmpeg, "-f", "jpeg_pipe", "-i", good, *options, "-f", "image2", "-update", "1", target)


def padded(good, target):
    """A comment of two megabytes after the picture's first marker: the same picture in too many bytes."""
    raw = good.read_bytes()
    comment = b"\xff\xfe\xff\xff" + b" " * 65533
    target.write_bytes(raw[:2] + comment * 32 + raw[2:])


STILL_DAMAGE = {
    "another size": ({"Picture size"}, lambda f, a, b: still(f, a, b, "-vf", "scale=128:72")),
    "a PNG by name of JPEG": ({"Picture format"}, lambda f, a, b: still(f, a, b, "-c:v", "png")),
    "too many bytes": ({"Picture bytes"}, lambda f, a, b: padded(a, b)),
    "black": (
        {"Picture light", "Picture contrast", "Picture sharpness"},
        lambda f, a, b: still(f, a, b, "-vf", "lutrgb=r=0:g=0:b=0"),
    ),
    "white": (
        {"Picture light", "Picture contrast", "Picture sharpness"},
        lambda f, a, b: still(f, a, b, "-vf", "lutrgb=r=255:g=255:b=255"),
    ),
    "faint": (
        {"Picture contrast"},
        lambda f, a, b: still(f, a, b, "-vf", "lutrgb=r=120+val/9:g=120+val/9:b=120+val/9"),
    ),
    "blurred": ({"Picture sharpness"}, lambda f, a, b: still(f, a, b, "-vf", "gblur=sigma=6")),
}
"""Damage to a thumbnail: what must fail, and how it is done, from (FFmpeg, good file, target)."""


@pytest.mark.parametrize("damage", STILL_DAMAGE)
def test_damage_to_a_still_is_named_and_nothing_else(done, ffmpeg, tmp_path, damage):
    job, made = done
    expected, harm = STILL_DAMAGE[damage]
    target = tmp_path / "damaged.jpg"
    harm(ffmpeg, made["thumbnail"], target)
    assert failed(job, {"thumbnail": target}) == expected


def test_a_picture_whose_name_ends_in_a_digit_is_judged_as_one_and_by_its_own_rules(done):
    job, made = done
    covers = (Cover("cover_1x1", 160, 90, 2.0, 160, 90), Cover("thumbnail1", 128, 72, 2.0, 128, 72))
    wide = dataclasses.replace(job.platforms["wide"], covers=(*job.platforms["wide"].covers, *covers))
    other = dataclasses.replace(job, platforms={**job.platforms, "wide": wide})
    assert failed(other, {"cover_1x1": made["thumbnail"]}) == set()
    assert failed(other, {"thumbnail1": made["thumbnail"]}) == {"Picture size"}
    report = drained(verify_steps({"cover_1x1_2": made["thumbnail"]}, other))
    assert report.files[0].label == "Cover 1x1 2"


def test_a_longer_video_than_advised_is_no_failure_and_says_what_happens_to_it(done):
    job, made = done
    short = replace_platform(job, advised_s=1.5, advised_why="it is hidden (their help)")
    report = drained(verify_steps({"video_phone": made["video_phone"]}, short))
    (check,) = [check for check in report.files[0].checks if check.name == "Advised length"]
    assert (check.verdict, check.expected) == ("advice", "at most 1.5 s") and report.passed
    assert "Over 1.5 s it is hidden (their help)" in check.fix
    fits = drained(verify_steps({"video_phone": made["video_phone"]}, replace_platform(job, advised_s=2.0)))
    assert [check.ok for check in fits.files[0].checks if check.name == "Advised length"] == [True]


def test_a_size_beyond_the_platforms_level_is_not_said_to_be_mended_by_encoding_again(done, tmp_path):
    job, made = done
    phone = job.platforms["phone"]
    info = dataclasses.replace(probe(job.ffmpeg, made["video_phone"], tmp_path), width=3840, height=2160)
    (check,) = [c for c in picture_stream_checks(info, phone, job.recipe(phone)) if c.name == "Level"]
    assert (check.ok, check.expected) == (False, "at most 4.2") and "smaller size" in check.fix
