# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pictures of an earlier run are taken for those of this one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from crossfade_addon.brief import Brief
from crossfade_addon.frames import FrameRange, frame_path
from crossfade_addon.studio import kept
from crossfade_addon.themes import load_theme
from crossfade_addon.timeline import Audio, Beats, Clip, LyricLine, Lyrics, Meta, Timeline

WHOLE = b"\x89PNG\r\n\x1a\n picture IEND\xaeB`\x82"


@pytest.fixture
def key(tmp_path):
    """The key of a show, with some of what it is made from changed."""
    avatar = tmp_path / "me.blend"
    avatar.write_bytes(b"BLENDER one")
    script = Timeline(
        meta=Meta("x", "Title", "Artist", "single", "chill_lofi", 1, 3.0, 120, "", ""),
        audio=Audio("/music/x.wav"),
        beats=Beats(),
        clips={"tiktok": Clip(0, 1, "")},
    )

    def make(theme=None, script_changes=None, bytes_of_avatar=b"BLENDER one", **brief):
        avatar.write_bytes(bytes_of_avatar)
        job = Brief(Path("x.wav"), "x", ("tiktok",), avatar=str(avatar), **brief)
        return kept.picture_key(
            dataclasses.replace(script, **(script_changes or {})),
            dataclasses.replace(load_theme("chill_lofi"), **(theme or {})),
            job,
        )

    return make


@pytest.mark.parametrize(
    "changes",
    [
        {"bytes_of_avatar": b"BLENDER two"},
        {"intensity": 1.4},
        {"theme": {"soft": 0.1}},
        {"script_changes": {"lyrics": Lyrics((LyricLine(0.0, 1.0, "la"),))}},
    ],
)
def test_what_is_seen_in_a_frame_changes_its_key(key, changes):
    assert key(**changes) != key()


@pytest.mark.parametrize(
    "changes",
    [
        {"caption_style": "line"},
        {"loudness": "limit"},
        {"encoder": "auto"},
        {"theme": {"grade": dataclasses.replace(load_theme("chill_lofi").grade, bloom=0.0), "name": "copy"}},
        {"script_changes": {"audio": Audio("/elsewhere/x.wav")}},
        {"script_changes": {"clips": {}}},
    ],
)
def test_what_is_not_seen_in_a_frame_leaves_its_key(key, changes):
    assert key(**changes) == key()


def test_a_still_is_only_kept_with_its_framing(tmp_path):
    first = {1: (1.0, 0.1, 0.0), 2: (1.0, 0.2, 0.0)}
    assert kept.prepare_stills(tmp_path, "show", first, fresh=False) == {1, 2}
    for frame in first:
        frame_path(tmp_path, frame, ".png").write_bytes(WHOLE)
    assert kept.prepare_stills(tmp_path, "show", first, fresh=False) == set()
    assert kept.prepare_stills(tmp_path, "show", {**first, 2: (1.3, 0.2, 0.0)}, fresh=False) == {2}
    assert not frame_path(tmp_path, 2, ".png").exists()
    assert kept.prepare_stills(tmp_path, "another show", first, fresh=False) == {1, 2}
    assert not frame_path(tmp_path, 1, ".png").exists()


@pytest.mark.parametrize("damaged", [b"", WHOLE[:-1], WHOLE[1:], b"text"])
def test_a_frame_that_is_not_whole_is_missing(tmp_path, damaged):
    for frame in (1, 2, 3):
        frame_path(tmp_path, frame, ".png").write_bytes(damaged if frame == 2 else WHOLE)
    assert kept.missing_frames(tmp_path, FrameRange(1, 4), ".png") == (2, 4)
