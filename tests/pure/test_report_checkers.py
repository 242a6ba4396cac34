# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's checkers agree with ours: ffprobe field by field, FFmpeg's trace of the boxes, loudnorm's meter."""

import json
import re
import shutil
import subprocess
from fractions import Fraction
from itertools import pairwise

import pytest
from delivered import CLOSED, CODED, drained, recoded, run

from crossfade_addon.encode.boxes import read_layout
from crossfade_addon.encode.caption_reader import read_captions
from crossfade_addon.encode.probe import probe
from crossfade_addon.encode.sound_checks import sound_steps
from crossfade_addon.jobs import Progress

FFPROBE = shutil.which("ffprobe")
needs_ffprobe = pytest.mark.skipif(FFPROBE is None, reason="no ffprobe on the PATH")


@pytest.fixture(scope="module")
def ffmpeg(good_job):
    return good_job[0].ffmpeg


@pytest.fixture(scope="module")
def films(tmp_path_factory, ffmpeg, good_job):
    """A delivered film and others that differ in what is measured."""
    folder = tmp_path_factory.mktemp("films")
    made = good_job[1]
    good = made["video_phone"]
    odd, open_gops, plain = folder / "odd.mp4", folder / "open.mp4", folder / "plain.mp4"
    recoded(ffmpeg, good, odd, "-profile:v", "main", "-level", "3.1", "-vf", "scale=100:140,setsar=4/3", "-r", "24")
    recoded(ffmpeg, good, open_gops, "-flags:v", "-cgop", "-x264-params", "open-gop=1:interlaced=1:scenecut=0")
    run(ffmpeg, "-f", "lavfi", "-i", "testsrc2=s=64x48:r=30000/1001:d=1.5", "-c:v", "libx264", "-bf", "0", plain)
    return {"good": good, "wide": made["video_wide"], "odd": odd, "open": open_gops, "plain": plain}


NAMES = ("good", "wide", "odd", "open", "plain")


def asked(path, *what):
    """What ffprobe says. With the demuxer's own time stamps, as a player without edit lists sees them."""
    command = [FFPROBE, "-v", "error", "-of", "json", *what, f"file:{path}"]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


@needs_ffprobe
@pytest.mark.parametrize("name", NAMES)
def test_ffprobe_agrees_with_every_field(films, ffmpeg, tmp_path, name):
    path = films[name]
    info, data = probe(ffmpeg, path, tmp_path), asked(path, "-show_format", "-show_streams", "-count_packets")
    video = next(stream for stream in data["streams"] if stream["codec_type"] == "video")
    assert (info.video_codec, info.profile, info.pix_fmt) == (video["codec_name"], video["profile"], video["pix_fmt"])
    assert (info.width, info.height) == (video["width"], video["height"])
    assert info.fps == Fraction(video["avg_frame_rate"])
    assert info.frame_count == int(video["nb_read_packets"]) == int(video["nb_frames"])
    assert info.sar == video.get("sample_aspect_ratio", "1:1")
    assert (info.scan == "progressive") == (video["field_order"] == "progressive")
    names = ("color_range", "color_space", "color_primaries", "color_transfer")
    tags = [video.get(name, "").replace("unknown", "") for name in names]
    assert [info.colour_range, info.colour_space, info.primaries, info.transfer] == tags
    assert info.duration == pytest.approx(float(video["duration"]), abs=0.001)
    assert info.video_start == pytest.approx(float(video["start_time"]), abs=0.001)
    assert info.video_kbps == pytest.approx(int(video["bit_rate"]) / 1000, rel=0.01)
    assert info.size_bytes == int(data["format"]["size"])
    assert info.container == data["format"]["format_name"]
    assert list(info.streams) == [stream["codec_type"] for stream in data["streams"]]
    sounds = [stream for stream in data["streams"] if stream["codec_type"] == "audio"]
    assert bool(sounds) == bool(info.audio_codec)
    for sound in sounds:
        assert (info.audio_codec, info.audio_profile) == (sound["codec_name"], sound["profile"])
        assert (info.sample_rate, info.channels) == (int(sound["sample_rate"]), sound["channels"])
        assert info.audio_duration == pytest.approx(float(sound["duration"]), abs=0.001)
        assert info.audio_start == pytest.approx(float(sound["start_time"]), abs=0.001)
        assert info.audio_kbps == pytest.approx(int(sound["bit_rate"]) / 1000, rel=0.02)


@needs_ffprobe
@pytest.mark.parametrize("name", NAMES)
def test_ffprobe_agrees_with_our_walk_through_the_boxes(films, name):
    layout = read_layout(films[name])
    data = asked(films[name], "-show_format", "-show_streams")
    video = next(stream for stream in data["streams"] if stream["codec_type"] == "video")
    track = layout.of("vide")
    assert track.level == video["level"] == track.sps.level
    assert (track.width, track.height) == (video["width"], video["height"]) == (track.sps.width, track.sps.height)
    assert {66: "Constrained Baseline", 77: "Main", 100: "High"}[track.profile] == video["profile"]
    assert track.samples == int(video["nb_frames"])
    assert track.codec == video["codec_tag_string"]
    assert layout.brand == data["format"]["tags"]["major_brand"]
    assert "".join((*layout.brands,)) == data["format"]["tags"]["compatible_brands"]
    assert layout.tags.get("title") == data["format"]["tags"].get("title")
    assert (track.sps.progressive, track.sps.chroma, track.sps.bits) == (video["field_order"] == "progressive", 1, 8)


@needs_ffprobe
@pytest.mark.parametrize("name", NAMES)
def test_ffprobe_agrees_where_key_frames_are_and_which_are_closed(films, ffmpeg, tmp_path, name):
    """Every frame decoded by ffprobe: an I-frame that is no clean start is followed by B-frames from before it."""
    info = probe(ffmpeg, films[name], tmp_path)
    packets = asked(films[name], "-select_streams", "v", "-show_packets")["packets"]
    keys = sorted(float(p["pts_time"]) for p in packets if "K" in p["flags"])
    edges = [*keys, info.duration + info.video_start]
    assert info.gop_s == pytest.approx(max(b - a for a, b in pairwise(edges)), abs=0.001)
    assert len(info.layout.of("vide").sync_samples) in (0, len(keys))
    frames = asked(films[name], "-select_streams", "v", "-show_frames", "-show_entries", "frame=pict_type")["frames"]
    kinds = "".join(frame["pict_type"] for frame in frames)
    assert info.b_frames == max((len(run_) for run_ in re.findall("B+", kinds)), default=0)
    assert info.open_gops == 0 or name == "open"
    assert info.layout.of("vide").all_idr is (name != "open")


@pytest.mark.parametrize("name", NAMES)
def test_ffmpegs_trace_of_the_file_shows_the_same_boxes(films, ffmpeg, name):
    """FFmpeg's reader logs every box it meets, with its parent and size."""
    command = [ffmpeg, "-hide_banner", "-v", "trace", "-i", f"file:{films[name]}"]
    text = subprocess.run(command, capture_output=True, check=False).stderr.decode(errors="replace")
    met = re.findall(r"type:'(\w{4})' parent:'(\w{4}|)' sz: (\d+)", text.replace("'root'", "''"))
    kinds = [kind for kind, _, _ in met]
    layout = read_layout(films[name])
    assert kinds.index("ftyp") == 0
    assert layout.faststart == (kinds.index("moov") < kinds.index("mdat"))
    assert sum(track.edits for track in layout.tracks) == kinds.count("elst")
    assert len(layout.tracks) == kinds.count("trak")
    assert layout.fragmented == ("moof" in kinds)


def measured(ffmpeg, path, folder):
    return drained(sound_steps(ffmpeg, path, folder, lambda: Progress("verify", 0.0, "")))


@pytest.mark.parametrize("gain", [0, -12, 9])
def test_another_meter_hears_the_same_loudness_in_the_aac(films, ffmpeg, tmp_path, gain):
    """loudnorm measures with a meter of its own (libebur128's, not the filter we use)."""
    film = tmp_path / "x.mp4"
    run(ffmpeg, "-i", films["wide"], "-c:v", "copy", "-af", f"volume={gain}dB", "-c:a", "aac", "-b:a", "256k", film)
    command = [ffmpeg, "-hide_banner", "-nostats", "-i", film, "-af", "loudnorm=print_format=json", "-f", "null", "-"]
    text = subprocess.run(command, capture_output=True, check=True).stderr.decode()
    other, _ = json.JSONDecoder().raw_decode(text[text.rindex("{") :])
    ours = measured(ffmpeg, film, tmp_path)
    assert ours.lufs == pytest.approx(float(other["input_i"]), abs=0.15)
    assert ours.true_peak_db == pytest.approx(float(other["input_tp"]), abs=0.15)


def test_the_curve_is_what_a_tone_of_known_level_gives(ffmpeg, tmp_path):
    """A stereo sine of 997 Hz at -20 dBFS peak has -20 LUFS, momentary and short-term (EBU Tech 3341, case 1)."""
    film = tmp_path / "tone.mp4"
    tone = "aevalsrc=0.1*sin(2*PI*997*t)|0.1*sin(2*PI*997*t):s=48000:d=5"
    run(ffmpeg, "-f", "lavfi", "-i", tone, "-c:a", "aac", "-b:a", "256k", film)
    sound = measured(ffmpeg, film, tmp_path)
    assert sound.lufs == pytest.approx(-20.0, abs=0.1)
    assert -20.1 <= sound.true_peak_db <= -19.0, "AAC may add some tenths, where the tone begins"
    steady = [point for point in sound.curve if 3.2 < point[0] < 4.8]
    assert len(steady) == pytest.approx(16, abs=1)
    assert all(m == pytest.approx(-20.0, abs=0.1) and s == pytest.approx(-20.0, abs=0.1) for _, m, s in steady)


@pytest.mark.parametrize("suffix", [".vtt", ".srt"])
def test_ffmpegs_own_caption_readers_see_the_same_captions(films, ffmpeg, tmp_path, suffix):
    """FFmpeg reads the file and writes it as SubRip; times and words must be those that our reader saw."""
    source = films["good"].with_name(f"song{suffix}")
    run(ffmpeg, "-i", source, "-c:s", "srt", tmp_path / "out.srt")
    ours = read_captions(source.read_bytes(), suffix)
    theirs = read_captions((tmp_path / "out.srt").read_bytes(), ".srt")
    assert ours.problems == () and ours.cues
    assert [(c.start, c.end) for c in ours.cues] == [(c.start, c.end) for c in theirs.cues]

    def plain(text):
        return re.sub(r"[^\w]", "", re.sub(r"\{[^}]*\}", "", text))

    assert [plain(c.text) for c in ours.cues] == [plain(c.text) for c in theirs.cues]


def test_a_picture_set_is_read_bit_by_bit(ffmpeg, tmp_path):
    """Sequence parameters with everything in them that our reader must step over."""
    film = tmp_path / "x.mp4"
    exotic = "nal-hrd=vbr:vbv-maxrate=900:vbv-bufsize=900:cqm=jvt:sar=7/5:fullrange=on:colorprim=bt470bg:pic-struct=1"
    source = ("-f", "lavfi", "-i", "testsrc2=s=130x94:r=24000/1001:d=1")
    run(
        ffmpeg,
        *source,
        *CODED,
        *CLOSED,
        "-x264-params",
        exotic,
        "-profile:v",
        "high422",
        "-pix_fmt",
        "yuv422p10le",
        film,
    )
    sps = read_layout(film).of("vide").sps
    assert (sps.width, sps.height, sps.chroma, sps.bits) == (130, 94, 2, 10)
    assert (sps.sar, sps.full_range, sps.colour[0], sps.reorder) == ((7, 5), True, 5, 2)


def test_no_cut_or_flipped_byte_of_an_index_raises(films, tmp_path):
    """A damaged index gives some answer, quickly: 200 damaged copies of one film."""
    import random

    raw, rng = films["good"].read_bytes(), random.Random("boxes")
    index = raw.index(b"mdat")
    for number in range(200):
        harmed = bytearray(raw[: rng.randrange(index)] if number % 4 == 0 else raw)
        for _ in range(rng.randrange(1, 9)):
            if harmed:
                harmed[rng.randrange(min(index, len(harmed)))] = rng.choice((0, 1, 0x7F, 0xFF, rng.randrange(256)))
        path = tmp_path / "harmed.mp4"
        path.write_bytes(harmed)
        read_layout(path)
