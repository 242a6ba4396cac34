# SPDX-License-Identifier: GPL-3.0-or-later
"""The encode and verify stages from end to end, on small frames whose every value is known.

Frame n is a flat grey of level ``60 + n``; the song clicks at every half second.
"""

import dataclasses
import struct
import subprocess
import time
import wave
import zlib
from fractions import Fraction

import pytest

from crossfade_addon.encode.frames import FrameSequence
from crossfade_addon.encode.platforms import SafeBox, load_platforms
from crossfade_addon.encode.probe import probe
from crossfade_addon.encode.run import EncodeJob, encode_steps
from crossfade_addon.encode.verify import verify
from crossfade_addon.errors import CrossfadeError, EncodeError
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.themes import Grade
from crossfade_addon.timeline import (
    Audio,
    Beats,
    Clip,
    Event,
    LyricLine,
    Lyrics,
    Meta,
    Section,
    Timeline,
)

FPS = Fraction(30)
SONG_S = 3.0
AWKWARD = 'it\'s a [show]: 50%20d; "q", %04d 🎵'
RATE = 48000


@pytest.fixture(scope="module")
def ffmpeg():
    try:
        return find_ffmpeg()
    except CrossfadeError:
        pytest.skip("no FFmpeg")


def png(width, height, colour):
    """A flat RGB picture as PNG bytes."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + bytes(colour) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write_frames(folder, width, height, count, colour_of):
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        (folder / f"frame_{number:04d}.png").write_bytes(png(width, height, colour_of(number)))
    return FrameSequence(folder, 1, count, FPS, width, height, suffix=".png")


def write_clicks(path):
    """One-millisecond clicks at every half second, 44.1 kHz mono: neither rate nor layout of the result."""
    samples = [0] * int(44100 * SONG_S)
    for start in range(0, len(samples), 22050):
        samples[start : start + 44] = [16000] * 44
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 44100, 0, "NONE", ""))
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


def platform(name, aspect="9:16", **changes):
    width, height = (180, 320) if aspect == "9:16" else (320, 180)
    like = load_platforms()["tiktok"]
    size = {"aspect": aspect, "min_s": 0.0, "width": width, "height": height, "max_mb": 50}
    size |= {"audio_kbps": 128, "max_kbps": 4000}
    zone = SafeBox(8, 8, 170, 170)
    made = dataclasses.replace(like, name=name, label=name, strict=(zone,), organic=zone, covers=(), **size)
    return dataclasses.replace(made, **changes)


def make_job(folder, ffmpeg, *, lyrics=True, clip=(1.0, 2.0), platforms=None, count=90):
    folder.mkdir(exist_ok=True)
    audio = folder / f"song {AWKWARD}.wav"
    write_clicks(audio)
    frames = {
        "9:16": write_frames(folder / f"tall {AWKWARD}", 90, 160, count, lambda n: (60 + n,) * 3),
        "16:9": write_frames(folder / f"wide {AWKWARD}", 160, 90, count, lambda n: (255, 0, 0)),
    }
    text = (LyricLine(1.1, 1.6, "Hands {up} & <go> 🎵"),) if lyrics else ()
    timeline = Timeline(
        meta=Meta("song", 'It\'s 100%: a "song"', "Ärtist", "single", "t", 1, SONG_S, 120, "", ""),
        audio=Audio(str(audio), (Section(0.0, SONG_S, "drop", 1.0),)),
        beats=Beats(),
        events=(Event(1.2, "drop", "high", "", ""), Event(0.2, "drop", "low", "", "")),
        lyrics=Lyrics(text),
        clips={name: Clip(*clip, "") for name in ("phone", "twin")},
    )
    chosen = platforms or (platform("phone"), platform("twin"), platform("wide", "16:9", captions="sidecar"))
    return EncodeJob(
        timeline=timeline,
        platforms={p.name: p for p in chosen},
        frames=frames,
        audio=audio,
        output_dir=folder / f"out {AWKWARD}",
        song_id="song",
        grade=Grade(bloom=0.0, vignette=0.0),
        ffmpeg=ffmpeg,
        fps=FPS,
        work=folder / f"work {AWKWARD}",
    )


def drain(job):
    steps, seen = encode_steps(job), []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return end.value, seen


@pytest.fixture(scope="module")
def done(tmp_path_factory, ffmpeg):
    job = make_job(tmp_path_factory.mktemp("encode") / AWKWARD, ffmpeg)
    return job, *drain(job)


def planes(ffmpeg, path, frame, width, height):
    """Mean Y, U and V of one frame, straight from the decoder."""
    command = [ffmpeg, "-v", "error", "-i", f"file:{path}", "-vf", f"select=eq(n\\,{frame})", "-frames:v", "1"]
    raw = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=True).stdout
    size = width * height
    parts = raw[:size], raw[size : size * 5 // 4], raw[size * 5 // 4 :]
    return [sum(part) / len(part) for part in parts]


def click_times(ffmpeg, path):
    command = [ffmpeg, "-v", "error", "-i", f"file:{path}", "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    samples = struct.unpack(f"<{len(raw) // 2}h", raw)
    times, index, limit = [], 0, max(map(abs, samples)) / 2
    while index < len(samples):
        if abs(samples[index]) > limit:
            times.append(index / RATE)
            index += RATE // 4
        index += 1
    return times


def leftovers(job):
    return [path.name for path in job.renders.iterdir()] if job.renders.is_dir() else []


def test_every_deliverable_is_made_in_names_full_of_traps(done):
    job, made, _ = done
    keys = ["video_phone", "video_twin", "video_wide"]
    keys += ["thumbnail", "thumbnail_2", "thumbnail_3", "cover", "cover_2"]  # two moments in one second
    keys += ["captions", "captions_srt", "captions_lrc"]
    keys += [f"captions_{name}_{form}" for name in ("phone", "twin") for form in ("srt", "vtt")]  # for their part
    assert list(made) == [*keys, "description"]  # too short for chapters
    assert sorted(leftovers(job)) == sorted(path.name for path in made.values())
    assert all(path.stat().st_size > 0 for path in made.values())


def test_a_video_has_exactly_its_frames_and_starts_at_zero(done, tmp_path):
    job, made, _ = done
    info = probe(job.ffmpeg, made["video_phone"], tmp_path)
    assert (info.frame_count, info.fps) == (30, Fraction(30))
    assert (info.video_start, info.audio_start, info.duration) == (0.0, 0.0, 1.0)
    assert abs(info.audio_duration - 1.0) < 1 / 30
    assert (info.width, info.height, info.pix_fmt) == (180, 320, "yuv420p")
    assert (info.video_codec, info.profile, info.audio_codec) == ("h264", "High", "aac")
    assert (info.sample_rate, info.channels) == (48000, 2)
    assert (info.colour_range, info.colour_space, info.primaries, info.transfer) == ("tv", "bt709", "bt709", "bt709")
    assert (info.faststart, info.edit_lists) == (True, 0)
    assert probe(job.ffmpeg, made["video_wide"], tmp_path).frame_count == 90


def test_platforms_with_one_recipe_share_one_encode(done):
    job, made, _ = done
    assert made["video_phone"].read_bytes() == made["video_twin"].read_bytes()
    assert len(list((job.work / "encode").glob("video_*"))) == 2


def test_a_clip_shows_the_frames_of_its_own_part_of_the_song(done):
    """Frame 31 shows second 1.0: grey 91 of 255 is luma 16 + 91 * 219 / 255."""
    job, made, _ = done
    for index in (0, 29):
        luma, u, v = planes(job.ffmpeg, made["video_phone"], index, 180, 320)
        assert luma == pytest.approx(16 + (60 + 31 + index) * 219 / 255, abs=1.5)
        assert (u, v) == pytest.approx((128, 128), abs=1)


def test_colours_are_converted_by_the_matrix_the_tags_name(done):
    """BT.709 red in video range is Y 63, U 102, V 240; BT.601 would give 81, 90, 240."""
    job, made, _ = done
    assert planes(job.ffmpeg, made["video_wide"], 45, 320, 180) == pytest.approx((63, 102, 240), abs=2)


def test_beats_are_heard_on_their_frames(done):
    job, made, _ = done
    assert click_times(job.ffmpeg, made["video_wide"])[-5:] == pytest.approx([0.5, 1.0, 1.5, 2.0, 2.5], abs=0.002)
    assert click_times(job.ffmpeg, made["video_phone"])[-1] == pytest.approx(0.5, abs=0.002)


def test_captions_belong_to_the_video_that_takes_them(done):
    _, made, _ = done
    assert "00:00:01.100 --> 00:00:02.100\nHands {up} &amp; &lt;go&gt; 🎵" in made["captions"].read_text("utf-8")


def test_stills_show_the_strongest_drop(done, tmp_path):
    """Drop at 1.2 s, a quarter second later is frame 1 + 43.5, so 44 or 45: grey 104 or 105."""
    job, made, _ = done
    thumb, cover = (probe(job.ffmpeg, made[key], tmp_path) for key in ("thumbnail", "cover"))
    assert (thumb.width, thumb.height, cover.width, cover.height) == (1280, 720, 1080, 1920)
    command = [job.ffmpeg, "-v", "error", "-f", "jpeg_pipe", "-i", f"file:{made['cover']}", "-vf", "format=gray"]
    raw = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=True).stdout
    assert sum(raw) / len(raw) == pytest.approx(104.5, abs=2.5)


def test_progress_only_grows_and_ends_at_one(done):
    fractions = [report.fraction for report in done[2]]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {report.stage for report in done[2]} == {"encode"}


def failed_checks(job, made, key="video_phone"):
    report = verify({key: made}, job)
    return {check.name for file in report.files for check in file.checks if check.verdict == "fail"}


def wrong(job, folder, *options):
    path = folder / "wrong.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=s=180x320:r=30:d=1,format=yuv420p"]
    sound = ["-f", "lavfi", "-i", "sine=r=48000:d=1"]
    command = [job.ffmpeg, "-v", "error", "-y", *source, *sound, "-c:v", "libx264", "-preset", "ultrafast", *options]
    subprocess.run([*command, str(path)], check=True)
    return path


def test_verification_catches_files_that_are_wrong(done, tmp_path):
    job, _, _ = done
    found = failed_checks(job, wrong(job, tmp_path, "-s", "90x160", "-r", "25", "-ac", "1", "-profile:v", "baseline"))
    assert {"Frame size", "Frames per second", "Frame count", "Channels", "Profile", "Colour tags"} <= found
    assert {"Index first", "Edit lists"} <= found
    assert "File" in failed_checks(job, tmp_path / "gone.mp4")
    assert "Frame count" in failed_checks(job, wrong(job, tmp_path, "-frames:v", "29"))
    assert "First picture" in failed_checks(job, wrong(job, tmp_path, "-vf", "lutyuv=y=16"))
    assert "Key frames" in failed_checks(job, wrong(job, tmp_path, "-t", "1.5", "-g", "90", "-vf", "tpad=stop=60"))


def test_verification_catches_a_file_over_the_platforms_limits(done):
    job, made, _ = done
    strict = dataclasses.replace(job, platforms={"phone": platform("phone", max_mb=0.001, max_s=0.5)})
    assert {"File size", "Length limit"} <= failed_checks(strict, made["video_phone"])


def test_a_file_that_is_no_video_is_reported_not_raised(done, tmp_path):
    path = tmp_path / "text.mp4"
    path.write_text("hello")
    assert failed_checks(done[0], path) == {"File"}


def test_a_missing_frame_stops_the_job_before_anything_is_written(ffmpeg, tmp_path):
    job = make_job(tmp_path, ffmpeg)
    job.frames["9:16"].path(40).unlink()
    with pytest.raises(EncodeError, match="frame_0040"):
        drain(job)
    assert leftovers(job) == []


def test_a_damaged_frame_or_song_leaves_no_part_behind(ffmpeg, tmp_path):
    job = make_job(tmp_path, ffmpeg, platforms=(platform("phone"),))
    frame = job.frames["9:16"].path(40)
    whole = frame.read_bytes()
    frame.write_bytes(whole[:-20])
    with pytest.raises(EncodeError, match="damaged"):
        drain(job)
    assert leftovers(job) == []
    frame.write_bytes(whole)
    job.audio.write_bytes(b"not a song")
    with pytest.raises(EncodeError, match="Audio"):
        drain(job)
    assert leftovers(job) == []


def test_an_encoder_that_fails_is_quoted_and_leaves_no_part_behind(ffmpeg, tmp_path):
    job = make_job(tmp_path, ffmpeg, platforms=(platform("phone", width=179),))
    with pytest.raises(EncodeError, match=r"Video for phone failed: width not divisible") as caught:
        drain(job)
    assert caught.value.hint
    assert leftovers(job) == []


def test_cancelling_in_the_middle_leaves_nothing(ffmpeg, tmp_path):
    job = make_job(tmp_path, ffmpeg, clip=(0.0, 3.0), platforms=(platform("phone", width=1080, height=1920),))
    steps = encode_steps(job)
    next(report for report in steps if leftovers(job))
    assert leftovers(job) == ["song_phone.mp4.part"]
    steps.close()
    assert leftovers(job) == []


def test_a_killed_run_is_swept_and_finished_videos_are_replaced_whole(ffmpeg, tmp_path):
    job = make_job(tmp_path, ffmpeg, lyrics=False, platforms=(platform("phone"),))
    job.renders.mkdir(parents=True)
    for name in ("song.srt", "song.lrc"):  # of an earlier run that had lyrics
        (job.renders / name).write_text("old words")
    (job.renders / "song_phone.mp4.part").write_bytes(b"x")
    (job.renders / "other_song.mp4.part").write_bytes(b"x")
    made, _ = drain(job)
    assert "captions_srt" not in made
    assert not list(job.renders.glob("song.srt")) and not list(job.renders.glob("song.lrc"))
    assert "[Drop]" in made["captions"].read_text()
    assert [name for name in leftovers(job) if name.endswith(".part")] == ["other_song.mp4.part"]


def test_a_song_whose_name_begins_anothers_leaves_alone_what_the_other_is_writing(ffmpeg, tmp_path):
    jobs = []
    for song_id in ("love_me", "love"):
        job = make_job(tmp_path / song_id, ffmpeg, lyrics=False, platforms=(platform("phone"),))
        jobs.append(dataclasses.replace(job, song_id=song_id, output_dir=tmp_path / "shared", with_thumbnail=False))
    longer, shorter = jobs
    running = encode_steps(longer)
    next(report for report in running if leftovers(longer))
    made, _ = drain(shorter)
    assert made["video_phone"].is_file() and "love_me_phone.mp4.part" in leftovers(longer)
    (folder,) = [file for file in verify({"captions": made["captions"]}, shorter).files if file.key == "folder"]
    assert folder.passed
    for _ in running:
        time.sleep(0.001)
    assert longer.video_path("phone").is_file()


def test_burned_captions_stay_in_the_job_folder_and_what_they_lack_is_said(ffmpeg, tmp_path):
    job = make_job(tmp_path, ffmpeg, platforms=(platform("phone"),))
    said = LyricLine(1.1, 1.9, "夜 \U00013000 go")
    job = dataclasses.replace(job, timeline=dataclasses.replace(job.timeline, lyrics=Lyrics((said,))))
    _, reports = drain(job)
    (script,) = job.work.rglob("captions.ass")
    assert r"{\fnCrossfade CJK}夜" in script.read_text("utf-8")
    assert {path.name for path in (script.parent / "fonts").iterdir()} == {"Inter-Bold.otf", "CrossfadeCJK-Bold.otf"}
    assert [r.message for r in reports if r.notice and "U+13000" in r.message]


def test_frames_of_another_rate_or_aspect_are_refused(ffmpeg, tmp_path):
    job = make_job(tmp_path, ffmpeg)
    slow = dataclasses.replace(
        job, frames={**job.frames, "9:16": dataclasses.replace(job.frames["9:16"], fps=Fraction(24))}
    )
    with pytest.raises(EncodeError, match="24"):
        drain(slow)
    with pytest.raises(EncodeError, match="9:16"):
        drain(dataclasses.replace(job, frames={"16:9": job.frames["16:9"]}))
