# SPDX-License-Identifier: GPL-3.0-or-later
"""Which change redoes which stage: the table of ``docs/caching.md``, row by row, seen from outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from caching_rows import COLUMNS, ROWS, Row
from caching_world import Did, World, edit

pytestmark = pytest.mark.usefixtures("quick_ffmpeg")

DOC = Path(__file__).resolve().parents[2] / "docs" / "caching.md"


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> World:
    """A finished job of one platform."""
    world = World(tmp_path_factory.mktemp("one"), ("youtube",))
    world.begin()
    return world


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> World:
    """A finished job of three, two of which share their video."""
    world = World(tmp_path_factory.mktemp("many"), ("tiktok", "reels", "youtube"))
    world.begin()
    return world


def names(cell: str, row: Row, world: World) -> set[str]:
    """The platforms that a cell means."""
    return {
        "–": set(),
        "all": set(world.platforms),
        "captioned": {"tiktok", "reels"},
    }.get(cell, set(row.which))


def seen(did: Did) -> dict[str, str]:
    """What a run did in the words of the table, but for videos and checks."""
    hearing = "new" if "analyse" in did.hearing else "bars" if did.hearing else "–"
    frames, stills, covers = len(did.frames), len(did.stills), len(did.covers)
    return {
        "hearing": hearing,
        "script": "new" if did.script else "–",
        "frames": {0: "–", 1: "1"}.get(frames, "new"),
        "stills": {0: "–", 1: "1"}.get(stills, "new"),
        "sound": "new" if did.sounds else "–",
        "covers": {0: "–", 1: "that one"}.get(covers, "new"),
        "captions": "new" if did.captions else "–",
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.change)
def test_a_change_redoes_exactly_the_stages_it_must(row: Row, request: pytest.FixtureRequest) -> None:
    world: World = request.getfixturevalue("many" if row.many else "one")
    world.back()
    before = world.delivered()
    did = world.run(**(row.make(world) or {}))
    if row.change == "`--fresh`":
        assert world.delivered() == before, "the same song and settings, the same bytes"
    wanted = dict(zip(COLUMNS, row.cells, strict=True))
    videos, checks = names(wanted.pop("videos"), row, world), names(wanted.pop("checks"), row, world)
    found = seen(did)
    if wanted["stills"] == "more":
        wanted["stills"] = "new"
    assert (found, did.videos, did.checked) == (wanted, videos, checks), did.notices


def test_the_documentation_has_the_same_table() -> None:
    lines = [line for line in DOC.read_text("utf-8").splitlines() if line.startswith("| ")]
    start = lines.index(f"| change | {' | '.join(COLUMNS)} |")
    assert lines[start + 1 :] == [f"| {' | '.join((row.change, *row.cells))} |" for row in ROWS]


def test_every_reuse_is_said_and_a_changed_script_is_kept(many: World) -> None:
    many.back()
    assert many.run().notices == [
        "The script of an earlier run is reused.",
        "All frames of an earlier run are reused",
        "All 3 videos of an earlier run are reused",
        "All 2 thumbnails and covers of an earlier run are reused",
        "5 of 9 files are as they were checked before",
    ]
    edit(many.at / "out/timeline/x.json", '"mashup"', '"single"')
    (many.at / "out/renders/x_youtube.mp4").unlink()
    notices = many.run().notices
    assert "The script was changed by hand: that one is kept as 'x.edited.json', and a new one written." in notices
    assert "2 of 3 videos are reused from an earlier run: TikTok, Instagram Reels" in notices
    assert "The sound of an earlier run is reused" in notices
    assert '"single"' in (many.at / "out/timeline/x.edited.json").read_text("utf-8")
