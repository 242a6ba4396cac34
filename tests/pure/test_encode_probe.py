# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding FFmpeg and judging it, with programs that only pretend to be FFmpeg; MP4 boxes from hand-made bytes."""

import struct
import sys

import pytest

from crossfade_addon.encode.boxes import read_layout
from crossfade_addon.encode.probe import check_ffmpeg
from crossfade_addon.errors import ToolMissing
from crossfade_addon.ffmpeg import find_ffmpeg

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pretended programs are Unix scripts")

ENCODERS = " V....D libx264              H.264\n A....D aac                  AAC\n"
FILTERS = " ... ass               V->V       libass\n ... ebur128           A->N       scanner\n"


def pretend(folder, *, version="ffmpeg version 7.1.5 Copyright", encoders=ENCODERS, filters=FILTERS):
    path = folder / "ffmpeg"
    path.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"answers = {{'-version': {version!r}, '-encoders': {encoders!r}, '-filters': {filters!r}}}\n"
        "print(answers[sys.argv[-1]])\n"
    )
    path.chmod(0o755)
    return str(path)


def check(folder, program, needs_captions=True):
    return check_ffmpeg(program, folder / "job", needs_captions=needs_captions)


def test_a_full_build_is_accepted_and_described(tmp_path):
    info = check(tmp_path, pretend(tmp_path))
    assert info.version == "7.1.5"
    assert info.has_libx264 and info.has_aac and info.has_libass and info.has_ebur128


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoders": " A....D aac  AAC\n V....D libx264rgb  H.264\n"}, "libx264"),
        ({"encoders": " V....D libx264  H.264\n"}, "AAC"),
        ({"filters": " ... ebur128  A->N  scanner\n"}, "libass"),
        ({"filters": " ... ass  V->V  libass\n"}, "ebur128"),
        ({"version": "ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright"}, "too old"),
        ({"version": "GNU coreutils 9.1"}, "is not FFmpeg"),
    ],
)
def test_what_is_missing_is_named_with_a_remedy(tmp_path, changes, said):
    with pytest.raises(ToolMissing, match=said) as caught:
        check(tmp_path, pretend(tmp_path, **changes))
    assert "imageio-ffmpeg" in caught.value.hint
    assert caught.value.exit_code == 7


def test_captions_are_only_needed_when_they_are_burned(tmp_path):
    program = pretend(tmp_path, filters=" ... ebur128  A->N  scanner\n")
    assert not check(tmp_path, program, needs_captions=False).has_libass


def test_a_build_from_a_revision_is_not_called_old(tmp_path):
    assert check(tmp_path, pretend(tmp_path, version="ffmpeg version N-118315-g4f3c9f2f03 Copyright")).version


def test_a_file_that_cannot_run_is_named(tmp_path):
    path = tmp_path / "ffmpeg"
    path.write_bytes(b"\x00\x01\x02not a program")
    path.chmod(0o755)
    with pytest.raises(ToolMissing, match="ffmpeg"):
        check(tmp_path, str(path))


def test_the_preferred_program_comes_first(tmp_path, monkeypatch):
    (tmp_path / "a b").mkdir()
    preferred = pretend(tmp_path / "a b")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_ffmpeg(preferred) == preferred


def test_a_preferred_program_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ToolMissing, match="gone/ffmpeg"):
        find_ffmpeg(str(tmp_path / "gone/ffmpeg"))


def test_the_path_is_searched_next(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    program = pretend(tmp_path)
    assert find_ffmpeg() == program


def test_without_any_the_three_ways_to_get_one_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ToolMissing) as caught:
        find_ffmpeg()
    for way in ("PATH", "--ffmpeg", "imageio-ffmpeg"):
        assert way in str(caught.value)


def box(kind, content=b"", *, large=False):
    if large:
        return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content
    return struct.pack(">I4s", 8 + len(content), kind) + content


TRACK = box(b"trak", box(b"tkhd", b"\0" * 84) + box(b"edts", box(b"elst", b"\0" * 20)))


@pytest.mark.parametrize(
    ("content", "faststart", "edit_lists"),
    [
        (box(b"ftyp") + box(b"moov", TRACK + TRACK) + box(b"mdat", b"x"), True, 2),
        (box(b"ftyp") + box(b"mdat", b"x", large=True) + box(b"moov", box(b"trak")), False, 0),
        (box(b"ftyp") + box(b"mdat", b"moov elst"), False, 0),
        (box(b"moov", TRACK) + struct.pack(">I4s", 0, b"mdat") + b"to the end", True, 1),
        (b"RIFF\x00\x00\x00\x00WAVE", False, 0),
        (b"", False, 0),
    ],
)
def test_layout_of_hand_made_boxes(tmp_path, content, faststart, edit_lists):
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    layout = read_layout(path)
    assert (layout.faststart, layout.edit_lists) == (faststart, edit_lists)
