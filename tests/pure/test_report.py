# SPDX-License-Identifier: GPL-3.0-or-later
"""The release report as data, as JSON and as a page; results of an earlier run; that every check is proven to fail."""

import dataclasses
import hashlib
import html.parser
import json
import re
import shutil
import time
from pathlib import Path

import pytest
from delivered import drained

from crossfade_addon.encode import verify as verify_module
from crossfade_addon.encode.evidence import choose_moments, thin
from crossfade_addon.encode.report import Check, Evidence, FileReport, Report, kept_steps, read_report, to_json
from crossfade_addon.encode.report_page import to_html
from crossfade_addon.encode.verify import keep_steps, verify, verify_steps, write_report
from crossfade_addon.timeline import Clip, Event, Section

TESTS = Path(__file__).resolve().parents[1]
VOID = {"meta", "img", "br", "line", "path"}


@pytest.fixture(scope="module")
def ffmpeg(good_job):
    return good_job[0].ffmpeg


@pytest.fixture(scope="module")
def done(good_job):
    job, made = good_job
    return job, made, drained(verify_steps(made, job, (("Theme", "<neon>"), ("Empty", ""))))


class Page(html.parser.HTMLParser):
    """The text and the attributes of a page whose tags must be balanced."""

    def __init__(self, text):
        super().__init__()
        self.open, self.words, self.links = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def one(key="video_x", ok=True, advice=False, path="renders/x.mp4", sha="a" * 64, **changes):
    check = Check("True peak", "at most -1 dBTP", "0.3 dBTP", ok, advice, "Encode it again.")
    values = {"label": "Phone", "sha256": sha, "size_bytes": 5, "facts": ("90x160",), "rules": ("a help page",)}
    return FileReport(key, Path("/out") / path, (("Sound", (check,)),), **{**values, **changes})


def test_a_report_survives_its_json(done):
    job, _, report = done
    text = to_json(report)
    path = job.work / "again.json"
    path.write_text(text)
    again = read_report(path, job.output_dir)
    assert to_json(again) == text
    assert again.files == report.files
    assert again.passed


def test_the_json_names_files_without_anybodys_folders(done):
    job, made, report = done
    data = json.loads(to_json(report))
    assert data["schema"] == 2 and data["passed"] is True
    assert str(job.output_dir) not in to_json(report) and str(job.output_dir) not in to_html(report)
    first = data["files"][0]
    assert first["file"] == "renders/song_phone.mp4"
    assert first["sha256"] == hashlib.sha256(made["video_phone"].read_bytes()).hexdigest()
    assert {"group", "name", "verdict", "expected", "measured", "ok", "advice", "fix"} == set(first["checks"][0])
    assert data["about"]["Song"] == "Neon & <Sunrise>" and "Empty" not in data["about"]


def test_the_page_stands_alone_and_escapes_what_the_song_says(done):
    report = done[2]
    text = to_html(report)
    page = Page(text)
    assert all(link.startswith("data:image/jpeg;base64,") for link in page.links)
    assert set(re.findall(r"url\(([^,)]+)", text)) == {"data:image/jpeg;base64"}
    assert "http" not in re.sub(r"base64,[\w+/=]+", "", text)
    assert "<script" not in text
    assert "<Sunrise>" not in text and "Neon & <Sunrise>" in page.text and "<neon>" in page.text
    assert 'name="viewport"' in text and "prefers-color-scheme:dark" in text


def test_the_page_says_at_the_top_that_all_is_well(done):
    words = Page(to_html(done[2])).text
    assert "Ready to upload" in words and "What to do" not in words
    assert words.index("Ready to upload") < words.index("checks passed")


def test_the_page_shows_moments_the_still_and_the_loudness(done):
    report = done[2]
    text = to_html(report)
    films = [file for file in report.files if file.key.startswith("video_")]
    assert len({file.sha256 for file in films}) == 2
    for file in films:
        evidence = report.evidence[file.sha256]
        assert evidence.picture.startswith(b"\xff\xd8") and len(evidence.curve) > 10
        assert text.count(f"sheet-{file.sha256[:12]} div") == 1
    assert text.count("<svg") == 2, "twins that share their bytes are shown once"
    stills = [file for file in report.files if file.key.startswith(("thumbnail", "cover"))]
    assert text.count("<img") == len({file.sha256 for file in stills}) > 1


def test_failures_come_first_with_what_to_do_and_once_for_twins():
    files = (one("video_a", ok=False), one("video_b", ok=False, path="renders/y.mp4", label="Twin"))
    report = Report("x", files, Path("/out"))
    words = Page(to_html(report)).text
    assert "2 of 2 files are not ready" in words
    assert words.count("Encode it again.") == 1
    assert words.index("Encode it again.") < words.index("of 1 check")
    assert "Phone, Twin" in words
    assert report.failures() == (
        "x.mp4: True peak is 0.3 dBTP, expected at most -1 dBTP. Encode it again.",
        "y.mp4: True peak is 0.3 dBTP, expected at most -1 dBTP. Encode it again.",
    )


def test_advice_is_shown_but_holds_nothing_back():
    report = Report("x", (one(ok=False, advice=True),), Path("/out"))
    words = Page(to_html(report)).text
    assert report.passed and report.failures() == ()
    assert "Ready to upload" in words and "Notes" in words


def test_a_page_without_any_picture_or_curve_is_whole():
    silent = Evidence(curve=((0.1, float("-inf"), float("-inf")), (0.2, float("-inf"), float("-inf"))))
    report = Report("x", (one(),), Path("/out"), evidence={"a" * 64: silent})
    assert "Phone" in Page(to_html(report)).text
    assert json.loads(to_json(report))["evidence"]["a" * 64]["curve"][0] == [0.1, None, None]


def written(folder, **files):
    reports = []
    for key, content in files.items():
        path = folder / f"renders/{key}.mp4"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        reports.append(one(f"video_{key}", path=path, sha=hashlib.sha256(content).hexdigest()))
    return Report("x", tuple(reports), folder)


def kept(report, path):
    return drained(kept_steps(report, path))


def test_a_later_run_of_one_aspect_keeps_the_others_results(tmp_path):
    first = written(tmp_path, phone=b"one", wide=b"two")
    write_report(first, tmp_path / "x.json", tmp_path / "x.html")
    second = kept(written(tmp_path, wide=b"new"), tmp_path / "x.json")
    assert [(file.key, file.earlier) for file in second.files] == [("video_wide", False), ("video_phone", True)]
    write_report(second, tmp_path / "x.json", tmp_path / "x.html")
    third = kept(written(tmp_path, wide=b"newer"), tmp_path / "x.json")
    assert len(third.files) == 2, "and the run after that still knows them"
    assert "Checked in an earlier run" in (tmp_path / "x.html").read_text()


def test_results_of_a_file_that_changed_or_went_are_dropped(tmp_path):
    write_report(written(tmp_path, a=b"one", b=b"two", c=b"three"), tmp_path / "x.json", tmp_path / "x.html")
    (tmp_path / "renders/a.mp4").write_bytes(b"changed")
    (tmp_path / "renders/b.mp4").unlink()
    merged = kept(Report("x", (), tmp_path), tmp_path / "x.json")
    assert [file.key for file in merged.files] == ["video_c"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        '{"schema": 1, "files": []}',
        '{"schema": 2}',
        "[]",
        '{"schema":2,"song_id":"x","about":{},"files":[{}]}',
    ],
)
def test_a_damaged_or_older_report_is_no_obstacle(tmp_path, content):
    (tmp_path / "x.json").write_text(content)
    fresh = written(tmp_path, wide=b"new")
    assert kept(fresh, tmp_path / "x.json") == fresh


def test_a_report_cannot_lead_outside_the_output_folder(tmp_path):
    report = written(tmp_path, a=b"one")
    text = to_json(report).replace("renders/a.mp4", "../../etc/passwd")
    (tmp_path / "x.json").write_text(text)
    assert read_report(tmp_path / "x.json", tmp_path) is None


def test_the_same_files_give_the_same_report(done, ffmpeg):
    job, made, report = done
    again = drained(verify_steps(made, job, (("Theme", "<neon>"), ("Empty", ""))))
    assert to_json(again) == to_json(report)
    assert to_html(again) == to_html(report)


def test_no_step_of_the_checks_holds_the_window_up(done):
    """Programs run as children: between two looks at them only little work is done."""
    job, made, _ = done
    steps, longest = verify_steps({"video_wide": made["video_wide"]}, job), 0.0
    while True:
        began = time.process_time()
        try:
            next(steps)
        except StopIteration:
            break
        longest = max(longest, time.process_time() - began)
        time.sleep(0.002)
    assert longest < 0.05


def test_moments_are_drops_then_parts_then_even_ones(done):
    parts = (Section(0.0, 10.0, "intro", 0.2), Section(10.0, 30.0, "verse", 0.5))
    timeline = dataclasses.replace(
        done[0].timeline,
        events=(
            Event(20.0, "drop", "high", "", ""),
            Event(21.0, "drop", "high", "", ""),
            Event(90.0, "drop", "", "", ""),
        ),
        audio=dataclasses.replace(done[0].timeline.audio, sections=parts),
    )
    moments = choose_moments(timeline, Clip(10.0, 42.0, ""), 32.0)
    assert len(moments) == 8 and list(moments) == sorted(moments)
    assert (10.3, "Drop") in moments and (0.3, "Verse") in moments
    assert (11.3, "Drop") not in moments, "too near to the first"
    assert "Intro" not in {name for _, name in moments}, "it ended before the clip began"
    assert all(0 <= second < 32 for second, _ in moments)


def test_a_long_curve_is_thinned_and_keeps_its_peaks():
    curve = tuple((i / 10, -20.0 if i != 777 else -5.0, -20.0) for i in range(5000))
    short = thin(curve)
    assert len(short) <= 600
    assert max(level for _, level, _ in short) == -5.0


def named_in_source() -> set[str]:
    """Names of all checks that the encode room can make, also those that no single report has."""
    room = Path(verify_module.__file__).parent
    calls = re.compile(r'\b(?:Check|_check|_equal|_found|near)\(\s*"([^"]+)"\s*,')
    return {name for path in room.glob("*.py") for name in calls.findall(path.read_text(encoding="utf-8"))}


def test_every_check_that_can_be_made_is_proven_to_fail_somewhere(done):
    """A check whose name no test of damage mentions could be one that always passes."""
    report = done[2]
    texts = "".join(path.read_text() for path in TESTS.rglob("test_*.py") if path.name != Path(__file__).name)
    names = {check.name for file in report.files for check in file.checks} | named_in_source()
    assert len(names) > 60
    assert sorted(name for name in names if f'"{name}"' not in texts) == []


def test_verification_of_a_copy_costs_no_second_measurement(done, tmp_path):
    job, made, _ = done
    copy = tmp_path / "copy.mp4"
    shutil.copy(made["video_phone"], copy)
    report = verify({"video_phone": made["video_phone"], "video_twin": copy}, job)
    assert report.passed and len(report.evidence) == 1


def test_what_was_kept_is_told_in_steps(done, tmp_path):
    report = done[2]
    assert drained(keep_steps(report, tmp_path / "none.json")) == report


def test_progress_of_the_checks_only_grows(good_job, tmp_path):
    job, made = good_job
    told = [step.fraction for step in verify_steps(made, dataclasses.replace(job, work=tmp_path))]
    assert told == sorted(told) and told[-1] == 1.0
    assert len(set(told)) > 2 * len(made)
