# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of ``docs/caching.md`` as data: what is changed after a finished run, and what the next run redoes.

``–`` is reused, ``new`` made anew. ``bars``: everything but the search for the beat. ``1``: the one that is missing.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from caching_world import World, edit, flip, other_song, retag

COLUMNS = ("hearing", "script", "frames", "stills", "sound", "videos", "covers", "captions", "checks")


@dataclasses.dataclass(frozen=True)
class Row:
    """One change.

    ``make`` does it in a world and returns the changes of the brief; ``cells`` are those of :data:`COLUMNS`. ``which``
    are the platforms that a cell like ``that one`` means. ``many``: in the job of several platforms.
    """

    change: str
    cells: tuple[str, ...]
    make: Callable[[World], dict[str, Any] | None]
    which: frozenset[str] = frozenset()
    many: bool = False


def row(change: str, cells: str, make: Callable[[World], Any], which: str = "", *, many: bool = False) -> Row:
    return Row(change, tuple(cell.strip() for cell in cells.split("|")), make, frozenset(which.split()), many)


def setting(**changes: Any) -> Callable[[World], dict[str, Any]]:
    return lambda _world: changes


def _theme(world: World) -> dict[str, Any]:
    shutil.copy(world.at / "own.toml", world.at / "other.toml")
    edit(world.at / "other.toml", "bars_per_shot = ", "bars_per_shot = 1")
    return {"theme": str(world.at / "other.toml")}


def _renders(world: World, name: str) -> Any:
    return world.at / "out/renders" / name


def _frame(world: World) -> Any:
    return world.at / "out/blender_temp/x/16x9/frame_00031.jpg"


def _cut(path: Any) -> None:
    path.write_bytes(path.read_bytes()[:-40])


CAPTIONED = "– | – | – | – | – | captioned | – | – | captioned"
EVERYTHING = "new | new | new | new | new | all | new | – | all"
ROWS = (
    row("nothing", "– | – | – | – | – | – | – | – | –", setting()),
    row("`--grid`", "bars | new | new | new | – | all | new | – | all", setting(grid=("nudge=-20",))),
    row("`--theme`", "– | new | new | new | – | all | new | – | all", _theme),
    row(
        "theme file edited: what it shows",
        "– | new | new | new | – | all | new | – | all",
        lambda w: edit(w.at / "own.toml", "soft = ", "soft = 0.1 # "),
    ),
    row(
        "theme file edited: `[grade]`",
        "– | – | – | – | – | all | new | – | all",
        lambda w: edit(w.at / "own.toml", "bloom = ", "bloom = 0.1 # "),
    ),
    row(
        "lyrics file edited",
        "– | new | new | new | – | all | new | new | all",
        lambda w: edit(w.at / "words.lrc", "there", "where"),
    ),
    row("`--lyrics-offset`", "– | new | new | new | – | all | new | new | all", setting(lyrics_offset=0.1)),
    row(
        "`--caption-style`",
        "– | – | – | – | – | captioned | – | – | captioned",
        setting(caption_style="line"),
        many=True,
    ),
    row(
        "`--no-captions`", "– | – | – | – | – | captioned | – | – | captioned", setting(with_captions=False), many=True
    ),
    row("`--encoder`, when it is another", "– | – | – | – | – | all | – | – | all", setting(encoder="hardware")),
    row("`--loudness`", "– | – | – | – | new | all | – | – | all", setting(loudness="as-is")),
    row(
        "a platform more",
        "– | new | – | – | – | that one | – | – | that one",
        setting(platforms=("tiktok", "reels", "youtube", "tiny")),
        "tiny",
        many=True,
    ),
    row(
        "platforms file edited: rate of one",
        "– | – | – | – | – | that one | – | – | that one",
        lambda w: edit(w.at / "platforms.toml", "[youtube]\n", "[youtube]\nmax_kbps = 3000\n"),
        "youtube",
        many=True,
    ),
    row("`--quality`", "– | – | new | more | – | all | new | – | all", setting(quality="preview")),
    row("`--fps`", "– | new | new | new | – | all | new | – | all", setting(fps=Fraction(25))),
    row("`--seed`", "– | new | new | new | – | all | new | – | all", setting(seed=2)),
    row("`--intensity`", "– | new | new | new | – | all | new | – | all", setting(intensity=1.4)),
    row("`--title`", "– | new | new | new | – | all | new | new | all", setting(title="Another")),
    row(
        "`--clip`, inside the earlier one", "– | new | – | new | new | all | new | new | all", setting(clip=(0.2, 1.2))
    ),
    row(
        "song with other tags", "new | new | new | new | new | all | new | – | all", lambda w: retag(w.at / "song.wav")
    ),
    row("another song", "new | new | new | new | new | all | new | – | all", lambda w: other_song(w.at / "song.wav")),
    row("`--no-thumbnail`", "– | – | – | – | – | – | – | – | –", setting(with_thumbnail=False)),
    row(
        "a video deleted",
        "– | – | – | – | – | that one | – | – | –",
        lambda w: _renders(w, "x_youtube.mp4").unlink(),
        "youtube",
        many=True,
    ),
    row(
        "a video deleted that another one equals",
        "– | – | – | – | – | copied | – | – | –",
        lambda w: _renders(w, "x_reels.mp4").unlink(),
        "reels",
        many=True,
    ),
    row(
        "a video damaged, one byte",
        "– | – | – | – | – | that one | – | – | –",
        lambda w: flip(_renders(w, "x_youtube.mp4")),
        "youtube",
        many=True,
    ),
    row(
        "a cover deleted",
        "– | – | – | – | – | – | that one | – | –",
        lambda w: _renders(w, "x_thumb.jpg").unlink(),
    ),
    row(
        "a frame deleted",
        "– | – | 1 | – | – | of its aspect | – | – | –",
        lambda w: _frame(w).unlink(),
        "youtube",
        many=True,
    ),
    row(
        "a frame cut short",
        "– | – | 1 | – | – | of its aspect | – | – | –",
        lambda w: _cut(_frame(w)),
        "youtube",
        many=True,
    ),
    row(
        "a still deleted",
        "– | – | – | 1 | – | – | that one | – | –",
        lambda w: next((w.at / "out/blender_temp/x/stills_16x9").glob("*.png")).unlink(),
    ),
    row(
        "timeline deleted",
        "– | new | – | – | – | – | – | – | –",
        lambda w: (w.at / "out/timeline/x.json").unlink(),
    ),
    row(
        "timeline edited by hand",
        "– | new | – | – | – | – | – | – | –",
        lambda w: edit(w.at / "out/timeline/x.json", '"mashup"', '"single"'),
    ),
    row("library wiped", "new | new | – | – | – | – | – | – | –", lambda w: w.library._songs.clear()),
    row("`--fresh`", EVERYTHING, setting(fresh=True)),
)
