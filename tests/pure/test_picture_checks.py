# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of decoded pictures: each names its own damage on a film painted or cut for it, and no other."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from fractions import Fraction

import numpy as np
import pytest

from crossfade_addon.encode import caption_job, caption_proof, continuity, flashes, pictures
from crossfade_addon.encode.frames import FrameSequence
from crossfade_addon.encode.platforms import SafeBox, load_platforms
from crossfade_addon.encode.run import EncodeJob, encode_steps
from crossfade_addon.errors import CrossfadeError
from crossfade_addon.ffmpeg import find_ffmpeg
from crossfade_addon.jobs import drain
from crossfade_addon.themes import Grade
from crossfade_addon.timeline import (
    Audio,
    Beats,
    Clip,
    Event,
    LightCue,
    LightingPlan,
    LyricLine,
    Lyrics,
    Meta,
    Section,
    Timeline,
)

pytestmark = pytest.mark.pure

FPS = Fraction(30)
SECONDS = 4.0
DARK, BRIGHT, RED = (40, 40, 40), (200, 200, 200), (230, 0, 0)


@pytest.fixture(scope="module")
def ffmpeg():
    try:
        return find_ffmpeg()
    except CrossfadeError:
        pytest.skip("no FFmpeg")


def strobe(hz: float, *, share: float = 1.0, first=DARK, second=BRIGHT, seconds: float = 3.0) -> np.ndarray:
    """A picture of which a share of the columns goes from one colour to another and back, so often a second."""
    n = int(seconds * 30)
    film = np.empty((n, 20, 40, 3), np.uint8)
    film[:] = first
    for k in range(n):
        if int(2 * hz * k / 30) % 2:
            film[k, :, : round(40 * share)] = second
    return film


def flicker(film: np.ndarray, cuts: tuple[int, ...] = (), at_once: int = 7) -> flashes.Flashes:
    meter = flashes.FlashMeter(30.0, cuts=cuts)
    for first in range(0, len(film), at_once):
        meter.feed(film[first : first + at_once])
    return meter.result()


def failed(checks) -> set[str]:
    return {check.name for check in checks if check.verdict == "fail"}


# ------------------------------------------------------------------------------------------- flashes


def test_five_flashes_a_second_fail_and_two_and_a_half_pass():
    assert failed(pictures.flash_checks(flicker(strobe(5)), is_calm=False)) == {"Flashes"}
    assert not failed(pictures.flash_checks(flicker(strobe(2.5)), is_calm=False))


def test_flashes_of_a_small_part_pass_and_saturated_red_ones_fail():
    assert not failed(pictures.flash_checks(flicker(strobe(5, share=0.2)), is_calm=False))
    found = flicker(strobe(5, first=(0, 0, 0), second=RED))
    assert "Red flashes" in failed(pictures.flash_checks(found, is_calm=False))


def test_slow_fades_pass_and_cuts_count_for_flashes_but_not_for_strobe():
    fade = np.empty((90, 20, 40, 3), np.uint8)
    fade[:] = (127 + 100 * np.sin(np.arange(90) / 14)).astype(np.uint8)[:, None, None, None]
    assert flicker(fade).general.most <= 1
    cut = strobe(5)
    edges = tuple(k for k in range(1, len(cut)) if (cut[k] != cut[k - 1]).any())
    found = flicker(cut, edges)
    assert found.general.most == 5 and found.strobe.most == 0


def test_pieces_of_any_length_count_the_same():
    film = strobe(3.5, share=0.6)
    assert flicker(film, at_once=1) == flicker(film, at_once=13) == flicker(film, at_once=len(film))


def test_strobe_is_advice_where_nothing_may_flash():
    checks = {c.name: c.verdict for c in pictures.flash_checks(flicker(strobe(2)), is_calm=True)}
    assert checks["Strobe"] == "advice"
    assert "Strobe" not in {c.name for c in pictures.flash_checks(flicker(strobe(2)), is_calm=False)}


# ---------------------------------------------------------------------------------------------- flow


def moving(n: int = 120, *, calm: bool = False) -> np.ndarray:
    """A film in which something is always on its way; noise like the encoder's grain on top."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[0:90, 0:160]
    film = np.empty((n, 90, 160, 3), np.uint8)
    for k in range(n):
        wave = 90 + 60 * np.sin((columns + (0.8 if calm else 3.0) * k) / 11) * np.cos(rows / 9)
        film[k] = np.clip(wave, 0, 255)[..., None]
    return np.clip(film + rng.normal(0, 0.15, film.shape), 0, 255).astype(np.uint8)


def flow(film: np.ndarray) -> continuity.Flow:
    meter = continuity.FlowMeter()
    for first in range(0, len(film), 9):
        meter.feed(film[first : first + 9])
    return meter.result()


def song(**changes) -> Timeline:
    plain = Timeline(
        meta=Meta("song", "A song", "Somebody", "single", "sponsor_neon", 1, 60.0, 120, "0" * 64, ""),
        audio=Audio("song.wav", (Section(0.0, 60.0, "drop", 1.0),)),
        beats=Beats(),
    )
    return dataclasses.replace(plain, **changes)


def recipe_of(count: int, start: float = 10.0):
    clip = Clip(start, start + count / 30, "")
    job = EncodeJob(song(clips={"tiktok": clip}), {}, {}, None, None, "s", Grade(), "", FPS, None)  # type: ignore[arg-type]
    return job.recipe(load_platforms()["tiktok"])


def flow_failures(film: np.ndarray, timeline: Timeline) -> set[str]:
    return failed(pictures.flow_checks(flow(film), timeline, recipe_of(len(film))))


@pytest.mark.parametrize("calm", [False, True])
def test_a_moving_film_is_neither_black_nor_frozen_nor_repeated(calm):
    assert not flow_failures(moving(calm=calm), song())


def test_a_black_gap_is_found_unless_the_script_wants_it():
    film = moving()
    film[40:52] = 0
    assert "Black pictures" in flow_failures(film, song())
    lights = LightingPlan(cues=(LightCue(10 + 40 / 30, 0.4, "blackout", 0.03),))
    assert not flow_failures(film, song(lighting=lights))
    stops = (Event(10 + 39 / 30, "hard_stop", "high", "", ""), Event(10 + 52 / 30, "hard_start", "high", "", ""))
    assert not flow_failures(film, song(events=stops))


def test_a_frozen_second_is_found_with_its_moment():
    film = moving()
    film[60:90] = film[60]
    checks = pictures.flow_checks(flow(film), song(), recipe_of(len(film)))
    assert failed(checks) == {"Frozen picture"}
    assert "0:02.0" in next(c.measured for c in checks if c.name == "Frozen picture")


def test_one_picture_lost_and_another_shown_twice_is_found_though_the_count_is_right():
    film = moving()
    film[30:99] = film[31:100].copy()  # number 30 is lost
    film[99] = film[98]
    assert flow_failures(film, song()) == {"Repeated pictures"}


def test_uneven_times_are_found():
    times = tuple(k / 30 + (0.02 if k >= 50 else 0) for k in range(100))
    odd = continuity.uneven(times, FPS)
    assert odd == (50,)
    checks = pictures.flow_checks(flow(moving(100)), song(), recipe_of(100), uneven=odd)
    assert failed(checks) == {"Repeated pictures"}


# ------------------------------------------------------------------------------- captions, whole files

ZONE = SafeBox(30, 60, 240, 320)


def captioned_job(folder, ffmpeg) -> EncodeJob:
    """Four seconds of a moving picture with two captions, on two platforms that share the file."""
    frames = folder / "frames"
    frames.mkdir(parents=True)
    source = f"testsrc2=s=270x480:r=30:d={SECONDS},hue=s=0.3,eq=brightness=-0.1"
    command = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", source, "-q:v", "2", str(frames / "frame_%04d.jpg")]
    subprocess.run(command, check=True)
    audio = folder / "song.wav"
    tone = ["-f", "lavfi", "-i", f"sine=f=220:d={SECONDS}", str(audio)]
    subprocess.run([ffmpeg, "-v", "error", *tone], check=True)
    lines = (LyricLine(0.5, 1.8, "Hands up"), LyricLine(2.0, 3.6, "We own the night"))
    whole = Clip(0.0, SECONDS, "")
    meta = dataclasses.replace(song().meta, duration_sec=SECONDS)
    timeline = song(meta=meta, lyrics=Lyrics(lines), clips={"phone": whole, "twin": whole})
    like = dataclasses.replace(
        load_platforms()["tiktok"], width=270, height=480, strict=(ZONE,), organic=ZONE, min_s=1.0
    )
    platforms = {n: dataclasses.replace(like, name=n, label=n.title()) for n in ("phone", "twin")}
    return EncodeJob(
        timeline=timeline,
        platforms=platforms,
        frames={"9:16": FrameSequence(frames, 1, 120, FPS, 270, 480)},
        audio=audio,
        output_dir=folder / "out",
        song_id="song",
        grade=Grade(bloom=0.0, vignette=0.0),
        ffmpeg=ffmpeg,
        fps=FPS,
        work=folder / "work",
        with_thumbnail=False,
    )


@pytest.fixture(scope="module")
def captioned(tmp_path_factory, ffmpeg):
    job = captioned_job(tmp_path_factory.mktemp("captioned"), ffmpeg)
    made = drain(encode_steps(job))
    return job, made["video_phone"]


def checks_of(job, path, folder, platform="phone"):
    wanted = job.platforms[platform]
    return drain(pictures.picture_checks(path, job.recipe(wanted), wanted, job, folder))


def test_a_good_file_passes_everything_that_can_be_measured_on_it(captioned, tmp_path):
    job, path = captioned
    checks = checks_of(job, path, tmp_path)
    assert not failed(checks), [(c.name, c.measured) for c in checks if c.verdict == "fail"]
    names = {check.name for check in checks}
    assert {"Decoding", "Sync", "Flashes", "Black pictures", "Captions drawn", "Captions in safe zone"} <= names
    assert {c.name for c in checks if c.verdict == "advice"} == {"Sync"}  # a steady tone has no beat
    assert not list(tmp_path.rglob("*.rgb")) and not list(tmp_path.rglob("*.f32"))


def test_closing_the_checks_at_any_step_leaves_none_of_their_large_files(captioned, tmp_path):
    job, path = captioned
    phone = job.platforms["phone"]
    for wanted, folder in (("Watching", "a"), ("Watching", "b"), ("Looking at", "c"), ("captions", "d")):
        steps = pictures.picture_checks(path, job.recipe(phone), phone, job, tmp_path / folder)
        next(report for report in steps if wanted in report.message)
        if folder == "b":  # when there is something to leave
            next(report for report in steps if list((tmp_path / folder).glob("*.rgb")))
        steps.close()
        left = {file.name for file in (tmp_path / folder).rglob("*") if file.is_file()}
        assert left <= {"stdout.txt", "stderr.txt"}, wanted  # of FFmpeg, for whoever looks into a failure


def redrawn(job, path, target, change):
    """The captions of the good file drawn from another script over the same frames; the job keeps the good one."""
    script = next((job.work / "encode").rglob("captions.ass"))
    other = script.with_name("other.ass")
    other.write_text(change(script.read_text(encoding="utf-8")), encoding="utf-8")
    frames = job.frames["9:16"]
    command = [job.ffmpeg, "-v", "error", "-y", "-framerate", "30", "-i", frames.pattern(), "-i", str(path)]
    command += ["-map", "0:v", "-map", "1:a", "-vf", f"ass={other.name}:fontsdir=fonts,format=yuv420p", "-c:a", "copy"]
    command += ["-c:v", "libx264", "-crf", "18", "-colorspace", "bt709", "-color_range", "tv", str(target)]
    subprocess.run(command, check=True, cwd=script.parent)
    return other


def with_script(job, other, work):
    """The job as if this script had been burned."""
    folder = work / "encode" / "video_1"
    folder.mkdir(parents=True)
    (folder / "captions.ass").write_text(other.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "fonts").symlink_to(other.parent / "fonts")
    return dataclasses.replace(job, work=work)


def down(text: str) -> str:
    """Everything near the lower edge: under the buttons."""
    return re.sub(r"\\pos\(([\d.]+),([\d.]+)\)", lambda m: f"\\pos({m[1]},{380 + 0.2 * float(m[2]):g})", text)


def test_a_caption_under_the_buttons_of_one_of_the_platforms_is_named(captioned, tmp_path):
    job, path = captioned
    other = redrawn(job, path, tmp_path / "low.mp4", down)
    low = with_script(job, other, tmp_path / "work")
    checks = {c.name: c for c in checks_of(low, tmp_path / "low.mp4", tmp_path / "checks")}
    assert failed(checks.values()) == {"Captions in safe zone"}
    assert "Phone, Twin" in checks["Captions in safe zone"].measured
    assert "Hands up" in checks["Captions in safe zone"].measured
    wide = dataclasses.replace(job.platforms["twin"], strict=(SafeBox(0, 0, 270, 480),))
    one = dataclasses.replace(low, platforms={**low.platforms, "twin": wide})
    told = {c.name: c for c in checks_of(one, tmp_path / "low.mp4", tmp_path / "checks")}["Captions in safe zone"]
    assert told.verdict == "fail" and "Twin," not in told.measured and "of Phone, first" in told.measured


def test_captions_that_are_not_where_the_script_says_or_not_there_at_all_are_named(captioned, tmp_path):
    job, path = captioned
    redrawn(job, path, tmp_path / "moved.mp4", down)
    assert "Captions drawn" in failed(checks_of(job, tmp_path / "moved.mp4", tmp_path / "a"))
    redrawn(job, path, tmp_path / "none.mp4", lambda text: text.split("Dialogue:")[0])
    assert "Captions drawn" in failed(checks_of(job, tmp_path / "none.mp4", tmp_path / "b"))


def test_letters_that_are_small_or_faint_are_named(captioned, tmp_path):
    job, path = captioned

    def tiny(text: str) -> str:
        return re.sub(r"\\pos", r"\\fscx18\\fscy18\\pos", re.sub(r"\\t\([^)]*\)|\\fsc[xy]\d+", "", text))

    def faint(text: str) -> str:
        """Light grey letters with an outline that is nearly as light."""
        grey = re.sub(r"\\[1-4]?c&H[0-9A-Fa-f]+&?", "", text)
        return re.sub(r"(Style: [^,]*,[^,]*,[^,]*),[^,]*,[^,]*,[^,]*,", r"\1,&H00C8C8C8,&H00C8C8C8,&H00A8A8A8,", grey)

    for name, change, wanted in (("tiny", tiny, "Caption letters"), ("faint", faint, "Caption contrast")):
        other = redrawn(job, path, tmp_path / f"{name}.mp4", change)
        changed = with_script(job, other, tmp_path / name)
        assert wanted in failed(checks_of(changed, tmp_path / f"{name}.mp4", tmp_path / f"{name}_checks")), name


def test_a_cut_file_and_a_damaged_one_do_not_decode_without_complaint(captioned, tmp_path):
    job, path = captioned
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20_000] = np.random.default_rng(1).bytes(20_000)
    (tmp_path / "hurt.mp4").write_bytes(data)
    assert "Decoding" in failed(checks_of(job, tmp_path / "hurt.mp4", tmp_path / "a"))
    (tmp_path / "short.mp4").write_bytes(path.read_bytes()[: middle // 2])
    assert "Decoding" in failed(checks_of(job, tmp_path / "short.mp4", tmp_path / "b"))
    (tmp_path / "none.mp4").write_bytes(b"nothing of the kind")
    assert failed(checks_of(job, tmp_path / "none.mp4", tmp_path / "c")) == {"Decoding"}


def test_a_lost_script_is_said_and_no_failure(captioned, tmp_path):
    job, path = captioned
    lost = dataclasses.replace(job, work=tmp_path / "empty")
    checks = {c.name: c.verdict for c in checks_of(lost, path, tmp_path / "a")}
    assert checks["Captions drawn"] == "advice" and "fail" not in checks.values()


@pytest.mark.parametrize(
    "line",
    [
        LyricLine(0.2, 1.03, "it ends as the clip begins"),
        LyricLine(2.98, 3.9, "it begins as the clip ends"),
        LyricLine(1.2, 2.8, "\u0f56\u0f7c\u0f51\u0f0b\u0f66\u0f90\u0f51"),
    ],
    ids=["before", "after", "tibetan"],
)
def test_a_clip_in_which_no_word_can_be_drawn_passes_and_that_is_said(captioned, tmp_path, line):
    job = captioned[0]
    clips = dict.fromkeys(("phone", "twin"), Clip(1.0, 3.0, ""))
    timeline = dataclasses.replace(job.timeline, lyrics=Lyrics((line,)), clips=clips)
    job = dataclasses.replace(job, timeline=timeline, output_dir=tmp_path / "out", work=tmp_path / "work")
    notices = []
    made = drain(encode_steps(job), lambda report: notices.append(report.message) if report.notice else None)
    assert any("No words are drawn for Phone, Twin" in notice for notice in notices)
    checks = {check.name: check for check in checks_of(job, made["video_phone"], tmp_path / "checks")}
    assert not failed(checks.values())
    assert checks["Captions drawn"].measured == "none: there is nothing to draw"


def test_platforms_whose_zones_leave_no_common_room_get_captioned_videos_of_their_own(captioned, tmp_path):
    job = captioned[0]
    low = dataclasses.replace(job.platforms["twin"], strict=(SafeBox(30, 340, 240, 470),))
    third = dataclasses.replace(low, name="third", label="Third", strict=(SafeBox(20, 330, 250, 475),))
    platforms = {"phone": job.platforms["phone"], "twin": low, "third": third}
    timeline = dataclasses.replace(job.timeline, clips=dict.fromkeys(platforms, Clip(0.0, SECONDS, "")))
    changes = {"timeline": timeline, "platforms": platforms, "output_dir": tmp_path / "out", "work": tmp_path / "work"}
    job = dataclasses.replace(job, **changes)
    groups = [[platform.name for platform in group] for group in job.recipes().values()]
    assert groups == [["phone"], ["twin", "third"]]
    silent = dataclasses.replace(job, with_captions=False)
    assert len(silent.recipes()) == 1, "without captions the zones do not matter"
    made = drain(encode_steps(job))
    for name in platforms:
        found = checks_of(job, made[f"video_{name}"], tmp_path / name, platform=name)
        assert not failed(found), [(c.name, c.measured) for c in found if c.verdict == "fail"]


def test_rows_say_how_many_captions_were_looked_at_and_all_are_measured_by_their_layout(
    captioned, tmp_path, monkeypatch
):
    job, path = captioned
    every = caption_proof.sample_moments
    monkeypatch.setattr(caption_proof, "sample_moments", lambda script, recipe: every(script, recipe)[:1])
    checks = {check.name: check for check in checks_of(job, path, tmp_path / "a")}
    assert not failed(checks.values())
    assert checks["Captions drawn"].measured == "1 of 1 captions that were looked at, of 2"
    assert checks["Captions in safe zone"].measured == "all 2 of 2 captions by their layout, 1 by their ink"
    first, second = caption_job.boxes(job, job.recipe(job.platforms["phone"]))
    low = (first, dataclasses.replace(second, box=SafeBox(60, 400, 200, 470)))
    monkeypatch.setattr(caption_job, "boxes", lambda *_: low)
    checks = {check.name: check for check in checks_of(job, path, tmp_path / "b")}
    assert failed(checks.values()) == {"Captions in safe zone"}
    told = checks["Captions in safe zone"].measured
    assert told.startswith("1 of 2 captions reach under the buttons of Phone, Twin") and "We own" in told


@pytest.mark.parametrize(
    ("change", "first"),
    [
        (lambda text: text.replace("0.50,0:00:02.00", "0.50,0:00:00.70"), "Hands up"),  # a fifth of a second
        (lambda text: text.replace("0:00:03.60", "0:00:02.50"), "We own"),  # sixteen letters in half a second
    ],
)
def test_captions_that_are_too_short_to_be_read_are_advised_against(captioned, tmp_path, change, first):
    job, path = captioned
    other = tmp_path / "other.ass"
    other.write_text(change(next((job.work / "encode").rglob("captions.ass")).read_text(encoding="utf-8")))
    checks = checks_of(with_script(job, other, tmp_path / "work"), path, tmp_path / "checks")
    (reading,) = (check for check in checks if check.name == "Caption reading time")
    assert reading.verdict == "advice" and first in reading.measured and "1 of 2" in reading.measured


def test_words_and_layers_of_one_caption_are_one_screen_with_its_words_once():
    script = "\n".join(
        [
            r"Dialogue: 0,0:00:01.00,0:00:03.00,Halo,,0,0,0,,{\pos(1,2)}Hands up",
            r"Dialogue: 1,0:00:01.00,0:00:03.00,Text,,0,0,0,,{\pos(1,2)}Hands",
            r"Dialogue: 1,0:00:01.50,0:00:03.00,Text,,0,0,0,,{\pos(9,2)}up",
            r"Dialogue: 0,0:00:03.00,1:00:04.00,Text,,0,0,0,,now, then",
        ]
    )
    assert caption_proof.screens(script) == ((1.0, 3.0, "Hands up"), (3.0, 3604.0, "now, then"))
