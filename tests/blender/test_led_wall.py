# SPDX-License-Identifier: GPL-3.0-or-later
"""The LED wall: what is on it when, that it keeps the beat, that its letters can be read and that it never strobes."""

from __future__ import annotations

import dataclasses
import random
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest
from show_fixtures import DROP, make_timeline, with_plan

from crossfade_addon.studio import compat, led_letters, led_shapes, led_text, light_cues, lights, ownership, paint
from crossfade_addon.studio.led_patterns import LEVELS
from crossfade_addon.studio.led_wall import WallPart
from crossfade_addon.studio.light_score import make_score
from crossfade_addon.studio.meshes import regular
from crossfade_addon.studio.stage import Stage, build_stage
from crossfade_addon.themes import BUILT_IN, load_theme
from crossfade_addon.timeline import WALL_FAMILIES, Audio, Beats, Section, Timeline, WallCue
from crossfade_addon.timing import frame_at

FPS = Fraction(30)
TURN = 2.5
"""Seconds that each family plays in the test song."""


def new_shop() -> ownership.Workshop:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    collection = ownership.tag(bpy.data.collections.new("CF Crossfade"), "collection")
    bpy.context.scene.collection.children.link(collection)
    return ownership.Workshop(collection)


def shown(theme: str, song: Timeline, title: str = "First Light", artist: str = "") -> Stage:
    shop = new_shop()
    stage = build_stage(shop, paint.Palette(shop), load_theme(theme), seed=1, title=title, artist=artist)
    lights.animate_lights(stage, song, stage.theme, FPS, seed=1, shop=shop)
    return stage


def loud_song(bpm: float = 120.0) -> Timeline:
    """Full power throughout, each family for 2.5 s."""
    song = with_plan(make_timeline(bpm=bpm, drops=()), WALL_FAMILIES, ("fan",), seconds=TURN)
    return dataclasses.replace(song, audio=Audio("x.wav", (Section(0.0, 24.0, "chorus", 1.0),)), events=())


@pytest.fixture(scope="module")
def neon() -> Stage:
    return shown("sponsor_neon", loud_song())


def starts(family: str) -> float:
    return TURN * WALL_FAMILIES.index(family)


def parts_of(stage: Stage, family: str) -> list[WallPart]:
    return [part for part in stage.wall.parts if part.family == family]


def light(part: WallPart, seconds: np.ndarray) -> np.ndarray:
    """Relative luminance of a part at moments, as its F-curves say."""
    target = part.channel.material if compat.IS_5_0 else part.object
    curves = [compat.fcurves_of(target).find(compat.CHANNEL_COLOR_PATH, index=i) for i in range(3)]
    frames = [1 + t * 30 for t in seconds]
    weights = (0.2126, 0.7152, 0.0722)
    return sum(w * np.array([curve.evaluate(f) for f in frames]) for w, curve in zip(weights, curves, strict=True))


def visible(stage: Stage, seconds: float) -> set[str]:
    bpy.context.scene.frame_set(frame_at(seconds, FPS))
    for part in stage.wall.parts:
        assert part.object.hide_render == part.object.hide_viewport, part.object.name
    return {part.family for part in stage.wall.parts if not part.object.hide_render}


@pytest.mark.parametrize("theme", BUILT_IN)
def test_every_theme_has_a_wall_with_its_families_and_a_handful_of_parts_each(theme: str) -> None:
    shop = new_shop()
    stage = build_stage(shop, paint.Palette(shop), load_theme(theme), seed=1, title="First Light", artist="Ana")
    families = load_theme(theme).wall.families
    assert {part.family for part in stage.wall.parts} == set(families)
    for family in families:
        assert 4 <= len(parts_of(stage, family)) <= 40, family
    assert {"CF WallPanel", "CF WallMask", "CF WallBezel"} <= {ob.name for ob in shop.collection.all_objects}


def test_the_neon_wall_knows_all_eight_families() -> None:
    assert len(WALL_FAMILIES) == 8
    assert load_theme("sponsor_neon").wall.families == WALL_FAMILIES


@pytest.mark.parametrize("family", WALL_FAMILIES)
def test_only_the_family_of_the_plan_is_visible(neon: Stage, family: str) -> None:
    for t in (0.9, 1.3, 2.3):
        assert visible(neon, starts(family) + t) == {family}


def test_the_wall_is_dark_behind_the_djs_head(neon: Stage) -> None:
    """The quiet centre is painted over the pixels, at the height of her face."""
    bezel = bpy.data.objects["CF WallBezel"]
    quiet = max(bezel.data.polygons, key=lambda face: face.area)
    xs, zs = zip(*((bezel.data.vertices[i].co.x, bezel.data.vertices[i].co.z) for i in quiet.vertices), strict=True)
    assert min(xs) < -0.8 and max(xs) > 0.8 and min(zs) < 2.3 and max(zs) > 3.4
    assert quiet.center.y < min(v.co.y for part in parts_of(neon, "bars") for v in part.object.data.vertices)


@pytest.mark.parametrize("family", ["bars", "rings", "waves", "checker", "sweep", "noise"])
def test_every_pattern_moves_and_parts_are_not_lit_alike(neon: Stage, family: str) -> None:
    seconds = starts(family) + np.arange(0.1, 2.4, 1 / 30)
    levels = np.array([light(part, seconds) for part in parts_of(neon, family)])
    assert (np.ptp(levels, axis=1) > 0.25 * levels.max(axis=1)).all()
    assert np.corrcoef(levels)[0, 1:].min() < 0.6


def test_a_ring_leaves_the_middle_on_every_beat(neon: Stage) -> None:
    """At 120 BPM the inmost ring peaks at the beats, the outmost later than the one within it."""
    rings = parts_of(neon, "rings")
    seconds = np.arange(starts("rings") + 0.25, starts("rings") + 2.25, 1 / 60)

    def peaks(part: WallPart) -> np.ndarray:
        level = light(part, seconds)
        at = [
            i for i in range(1, len(level) - 1) if level[i - 1] < level[i] >= level[i + 1] and level[i] > level.mean()
        ]
        return seconds[at]

    inner = peaks(rings[0])
    assert len(inner) == 4
    assert np.abs(inner / 0.5 - np.round(inner / 0.5)).max() < 0.12
    delays = [np.mod(peaks(ring)[0] / 0.5 + 0.06, 1.0) for ring in rings]
    assert delays == sorted(delays) and delays[-1] > 0.7


def test_a_column_of_light_crosses_the_wall_once_a_bar(neon: Stage) -> None:
    """A bar lasts 2 s: at its quarters the brightest column stands at the quarters of the wall."""
    columns = parts_of(neon, "sweep")
    bar = np.ceil(starts("sweep") / 2) * 2
    for quarter in (0.25, 0.5, 0.75):
        if bar + 2 * quarter > starts("sweep") + TURN:
            bar -= 2
        if bar + 2 * quarter < starts("sweep"):
            continue
        levels = [light(part, np.array([bar + 2 * quarter + 0.02]))[0] for part in columns]
        assert abs(int(np.argmax(levels)) / len(columns) - quarter) < 0.12


def test_squares_change_places_on_the_beat(neon: Stage) -> None:
    even, odd = parts_of(neon, "checker")[0], parts_of(neon, "checker")[1]
    first = np.ceil(starts("checker") / 0.5) * 0.5
    beats = first + 0.5 * np.arange(4) + 0.04
    lead = light(even, beats) / light(even, beats).max() - light(odd, beats) / light(odd, beats).max()
    assert (np.sign(lead[:-1]) == -np.sign(lead[1:])).all()


@pytest.mark.parametrize("index", [0, 1])
def test_squares_that_go_out_only_fade(index: int) -> None:
    """What leaves must not flare up before the beat that it leaves on."""
    step = np.linspace(0.0, 4.0, 4001)
    score = SimpleNamespace(step=step, drop=0.0 * step)
    level, _ = LEVELS["checker"](SimpleNamespace(index=index), score, 0.0)
    for beat in range(1, 4):
        change = level[np.abs(step - beat) < 0.1]
        if change[0] > change[-1]:
            assert np.diff(change).max() <= 1e-9
        else:
            assert np.argmax(np.diff(change) > 0.01) < 40 and change[-1] > 0.9


def test_the_spectrum_rises_with_the_bands(neon: Stage) -> None:
    bass = min(parts_of(neon, "spectrum"), key=lambda part: part.place)
    height = compat.fcurves_of(bass.object).find("scale", index=2)
    times = np.arange(starts("spectrum") + 0.1, starts("spectrum") + 2.4, 1 / 30)
    heights = np.array([height.evaluate(1 + t * 30) for t in times])
    assert heights.max() <= 1.0 and heights.min() >= 0.05 and np.ptp(heights) > 0.25


def test_the_title_scrolls_from_right_to_left_and_is_lit_only_on_the_wall() -> None:
    song = with_plan(make_timeline(), ("text", "bars"), ("fan",), seconds=5.0)
    stage = shown("sponsor_neon", song)
    letter = parts_of(stage, "text")[0]
    place = compat.fcurves_of(letter.object).find("location", index=0)
    times = np.arange(0.0, 5.0, 1 / 30)
    xs = np.array([place.evaluate(1 + t * 30) for t in times])
    assert np.median(np.diff(xs)) < -0.02
    levels = light(letter, times)
    assert levels[np.abs(xs) > 2.6].max(initial=0.0) < 0.05 < levels[np.abs(xs) < 1.5].min()


@pytest.mark.parametrize("theme", ["sponsor_neon", "mashup_chaos"])
def test_the_title_slams_in_on_the_drop(theme: str) -> None:
    """From large to its size within a quarter of a second, all of it lit on the very frame."""
    song = with_plan(make_timeline(), ("waves" if theme == "sponsor_neon" else "bars", "text"), ("fan",), seconds=DROP)
    stage = shown(theme, song)
    assert visible(stage, DROP) == {"text"} and "text" not in visible(stage, DROP - 0.2)
    for part in (part for part in parts_of(stage, "text") if part.place == 0):
        size = compat.fcurves_of(part.object).find("scale", index=0)
        at = [size.evaluate(frame_at(DROP + t, FPS)) for t in (0.0, 0.27)]
        assert at[0] > 1.4 and at[1] == pytest.approx(1.0, abs=0.1)
        assert light(part, np.array([DROP]))[0] > 0.5


@pytest.mark.parametrize("theme", ["sponsor_neon", "mashup_chaos"])
def test_the_lines_of_a_title_keep_their_distance_before_the_slam(theme: str) -> None:
    """The slam spreads the lines; a title that was shown earlier must not inherit that."""
    song = dataclasses.replace(make_timeline(), meta=dataclasses.replace(make_timeline().meta, title="Two Lines"))
    plan = with_plan(song, ("text", "bars", "text"), ("fan",), seconds=DROP / 2)
    for part in (p for p in parts_of(shown(theme, plan), "text") if p.place == 0):
        height = compat.fcurves_of(part.object).find("location", index=2)
        assert height is None or height.evaluate(frame_at(2.0, FPS)) == pytest.approx(part.rest[2], abs=1e-3)


@pytest.mark.parametrize("theme", ["award_elegant", "chill_lofi"])
def test_gentle_titles_come_letter_by_letter_without_moving(theme: str) -> None:
    song = with_plan(make_timeline(theme=theme), ("text", "waves"), ("fan",), seconds=6.0)
    stage = shown(theme, song)
    letters = parts_of(stage, "text")
    half = [light(part, np.array([0.9]))[0] > 0.1 for part in letters]
    whole = [light(part, np.array([3.5]))[0] > 0.1 for part in letters]
    assert any(half) and not all(half) and all(whole)
    assert all(compat.fcurves_of(p.object).find("location", index=0) is None for p in letters)


def test_no_part_of_the_wall_comes_on_more_than_three_times_a_second_in_a_fast_song() -> None:
    """At 200 BPM a pattern that kept every beat would flash 3.3 times a second."""
    stage = shown("mashup_chaos", loud_song(bpm=200.0))
    for family in ("rings", "checker", "noise"):
        for part in parts_of(stage, family):
            level = light(part, np.arange(starts(family) + 0.1, starts(family) + 2.4, 1 / 30))
            rises = np.flatnonzero((level[1:] > 0.5 * level.max()) & (level[:-1] <= 0.5 * level.max()))
            assert len(rises) <= 3 * 2.3, (family, part.index)


@pytest.mark.parametrize("theme", ["award_elegant", "chill_lofi"])
def test_gentle_walls_have_no_sudden_change(theme: str) -> None:
    stage = shown(theme, loud_song())
    for family in set(load_theme(theme).wall.families) - {"text", "spectrum"}:
        for part in parts_of(stage, family):
            level = light(part, np.arange(starts(family) + 0.1, starts(family) + 2.4, 1 / 30))
            assert np.abs(np.diff(level)).max() < 0.34 * max(0.05, float(level.max())), (family, part.index)


def test_without_a_plan_the_wall_shows_moving_bars() -> None:
    song = make_timeline()
    empty = Timeline(meta=song.meta, audio=Audio("x.wav"), beats=Beats())
    stage = shown("sponsor_neon", empty)
    assert visible(stage, 3.0) == {"bars"}
    assert max(np.ptp(light(part, np.arange(1.0, 9.0, 0.2))) for part in parts_of(stage, "bars")) > 0.02


# ------------------------------------------------------------------------------------------- geometry


def area(polygon: Any) -> float:
    pairs = zip(polygon, [*polygon[1:], polygon[0]], strict=True)
    return 0.5 * abs(sum(p[0] * q[1] - q[0] * p[1] for p, q in pairs))


def test_cutting_a_square_by_a_hexagon_leaves_what_both_cover() -> None:
    hexagon = regular(6, 1.0, turn=0)
    square = ((-2, -2), (2, -2), (2, 2), (-2, 2))
    whole = led_shapes.clipped(square, hexagon)
    assert area(whole) == pytest.approx(3 * 3**0.5 / 2, rel=1e-6)
    half = led_shapes.clipped(((0, -2), (2, -2), (2, 2), (0, 2)), list(reversed(hexagon)))
    assert area(half) == pytest.approx(3 * 3**0.5 / 4, rel=1e-6)
    assert led_shapes.clipped(((3, 3), (4, 3), (4, 4)), hexagon) == []


@pytest.mark.parametrize("family", ["bars", "rings", "waves", "checker", "sweep", "noise"])
def test_patterns_fill_a_good_part_of_their_frame_and_the_left_half_has_the_left_hue(family: str) -> None:
    box = led_shapes.Box(3.0, 2.0, lambda r: regular(24, r), 3.7)
    frame = ((-3, -2), (3, -2), (3, 2), (-3, 2))
    parts = led_shapes.pattern(family, box, random.Random(1))
    covered = sum(area(led_shapes.clipped(p, frame) or [(0, 0)]) for part in parts for p in part.polygons)
    assert 0.55 * 24 < covered < 1.05 * 24
    if family not in ("rings", "waves"):
        for part in parts:
            middle = np.mean([x for polygon in part.polygons for x, _ in polygon])
            assert (part.hue < 0.5) == (middle < 0), (family, middle, part.hue)


@pytest.mark.parametrize("theme", BUILT_IN)
def test_no_two_parts_of_a_picture_cover_the_same_place(theme: str) -> None:
    """They lie in one plane: where two overlap, every process would draw another one in front."""
    shop = new_shop()
    stage = build_stage(shop, paint.Palette(shop), load_theme(theme), seed=1, title="First Light", artist="Someone")
    for family in set(stage.wall.families) - {"text"}:
        faces = [(part.index, face) for part in parts_of(stage, family) for face in faces_of(part.object)]
        for k, (index, face) in enumerate(faces):
            for other, beside in faces[k + 1 :]:
                if other != index and touching(face, beside):
                    assert area(led_shapes.clipped(face, beside) or [(0, 0)]) < 1e-4, (family, index, other)


def faces_of(ob: Any) -> list[list[tuple[float, float]]]:
    """Faces of an upright part as polygons (x, z) in metres of the stage."""
    points = [ob.matrix_basis @ vertex.co for vertex in ob.data.vertices]
    return [[(points[k].x, points[k].z) for k in face.vertices] for face in ob.data.polygons]


def touching(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> bool:
    """Whether their bounds overlap."""
    return all(
        min(p[axis] for p in one) < max(p[axis] for p in other)
        and min(p[axis] for p in other) < max(p[axis] for p in one)
        for axis in (0, 1)
    )


def test_titles_are_cut_at_a_word_and_written_on_two_lines_where_that_is_larger() -> None:
    assert led_text.shortened("  first   light ") == "FIRST LIGHT"
    long = led_text.shortened("The Extraordinarily Long Title Of A Song That Nobody Remembers")
    assert len(long) <= led_text.LONGEST and long.endswith("\u2026") and "  " not in long
    assert led_text.shortened("tab\tand\nline\u200b") == "TAB AND LINE"
    assert led_text.lines_for("FIRST LIGHT", 4.0, 1.3) == ["FIRST", "LIGHT"]
    assert led_text.lines_for("FIRST LIGHT", 4.0, 0.4) == ["FIRST LIGHT"]


@pytest.mark.parametrize(
    "text",
    [
        "FIRST LIGHT",
        "A",
        "ÄÖÜ ПРИВЕТ 99",
        "A MUCH LONGER TITLE THAN MOST OF",
        "\u10db\u10d6\u10d4",
        "\u0639\u064a\u0651",
    ],
)
def test_letters_fill_their_box_and_stay_within_it(text: str) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    glyphs = led_text.glyphs(text, 4.0, 1.3, pieces=12)
    points = [(g.x + x, g.z + z) for g in glyphs for polygon in g.polygons for x, z in polygon]
    xs, zs = zip(*points, strict=True)
    assert 1 <= len(glyphs) <= 14
    assert max(map(abs, xs)) <= 2.05 and max(map(abs, zs)) <= 0.80
    assert max(xs) - min(xs) > 3.4 or max(zs) - min(zs) > 0.9
    assert not any((bpy.data.fonts, bpy.data.curves, bpy.data.objects, bpy.data.meshes))


# ----------------------------------------------------------------------------------- any script


def outline(text: str) -> list[Any]:
    return [sorted(map(sorted, glyph.polygons)) for glyph in led_text.glyphs(text, 4.0, 1.3, pieces=len(text))]


@pytest.mark.parametrize(
    ("title", "shown_as"),
    [
        ("\u6771\u4eac\u306e\u591c", "\u6771\u4eac\u306e\u591c"),
        ("\ubd04\ub0a0 spring", "\ubd04\ub0a0 SPRING"),
        ("\u05e9\u05d9\u05e8 (live)", "\u05e9\u05d9\u05e8 (LIVE)"),
        ("\u0e17\u0e35\u0e48\u0e23\u0e31\u0e01", "\u0e17\u0e35\u0e48\u0e23\u0e31\u0e01"),
        ("Summer \u2600\ufe0f", "SUMMER \u2600"),
        ("\U0001d4db\U0001d4f8\U0001d4ff\U0001d4ee", "LOVE"),
        ("Z\u0337\u0322a\u0338lgo", "ZALGO"),
        ("\u2d63\u2d30 love song", "LOVE SONG"),
        ("!!!", "!!!"),
        ("A$AP + E=MC\u00b2", "A$AP + E=MC\u00b2"),
    ],
    ids=["japanese", "korean", "hebrew", "thai", "emoji", "fancy", "zalgo", "half", "no letters", "signs"],
)
def test_letters_of_other_scripts_come_from_blenders_own_fonts_and_are_no_boxes(title: str, shown_as: str) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert led_text.readable(title) == shown_as
    drawn = outline(shown_as)
    letters = [c for c in led_letters.clusters(shown_as) if c != " "]
    assert len(drawn) == len(letters)
    # Boxes would all look alike; these differ wherever the letters do.
    assert len({str(glyph) for glyph in drawn}) == len(set(letters))
    assert not any((bpy.data.fonts, bpy.data.curves, bpy.data.objects, bpy.data.meshes))


@pytest.mark.parametrize(
    "title",
    [
        "",
        " \t\n",
        "\x00\x07\ud800",
        "\u0301\u0301\u20e3",
        "\u2d63\u2d30\u2d4e",
        "\u2d63\u2d30\u2d4e\u2d30 ok",
        "\U0001f1e9\U0001f1ea",
        "\u0915\u092d\u0940 \u0915\u092d\u0940",
        "\ue000\uffff\U0010fffd",
    ],
    ids=["empty", "spaces", "control", "marks", "tifinagh", "too little left", "flags", "devanagari", "private"],
)
def test_titles_that_cannot_be_set_are_not_shown_at_all(title: str) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    assert led_text.readable(title) == ""
    led_text.glyphs(title, 4.0, 1.3, pieces=12)
    assert not any((bpy.data.fonts, bpy.data.curves, bpy.data.objects, bpy.data.meshes))


@pytest.mark.parametrize("letter", ["\u2d63", "\u0eaa", "\uffff", "\U0010fffd"])
def test_a_letter_that_no_font_has_draws_nothing(letter: str) -> None:
    assert led_text.glyphs(letter, 4.0, 1.3, pieces=1) == []
    assert outline(f"A{letter}B") == outline("AB")


def test_five_hundred_letters_are_cut_and_still_fit() -> None:
    for title in ("x" * 500, "\u6f22\u5b57" * 250, "\u0634" * 500):
        text = led_text.readable(title)
        assert len(text) == led_text.LONGEST and text.endswith("\u2026")
        glyphs = led_text.glyphs(text, 4.0, 1.3, pieces=12)
        assert max(abs(g.x + x) for g in glyphs for polygon in g.polygons for x, _ in polygon) < 2.05
    assert len(led_text.lines_for("\u6f22\u5b57" * 5, 4.0, 1.3)) == 2, "Chinese may be parted without a space"


def test_arabic_is_joined_and_goes_from_right_to_left() -> None:
    """Seen from the left: the last letter of salam (isolated meem), lam with alef, initial seen."""
    salam, everything = "\u0633\u0644\u0627\u0645", lambda _: True
    assert led_letters.visual(salam, everything) == "\ufee1\ufefc\ufeb3"
    assert led_letters.visual(salam, lambda c: False) == salam[::-1], "plain letters where a font has no joined ones"
    assert led_letters.visual("\u0644\u06cc\u0644", everything) == "\ufede\ufbff\ufedf", "Persian yeh between two lams"
    assert led_letters.visual("FIRST LIGHT", everything) == "FIRST LIGHT"


def test_numbers_and_latin_words_keep_their_order_in_hebrew_and_brackets_are_turned() -> None:
    shir = "\u05e9\u05d9\u05e8"
    assert led_letters.visual(f"{shir} 24 (LIVE)", lambda _: True) == f"(LIVE) 24 {shir[::-1]}"
    assert led_letters.visual(f"{shir} 24:7", lambda _: True) == f"24:7 {shir[::-1]}"
    assert led_letters.visual(f"LIVE 24: {shir} {shir}", lambda _: True) == f"LIVE 24: {shir[::-1]} {shir[::-1]}"


def test_a_wall_without_a_readable_title_shows_what_was_planned_after_it() -> None:
    song = with_plan(make_timeline(), ("waves", "text", "rings"), ("fan",), seconds=DROP)
    song = dataclasses.replace(
        song,
        lighting=dataclasses.replace(
            song.lighting,
            wall=(WallCue(0.0, DROP, "waves"), WallCue(DROP, 16.0, "text"), WallCue(16.0, 24.0, "rings", 0.5)),
        ),
    )
    stage = shown("sponsor_neon", song, title="\u2d63\u2d30\u2d4e", artist="")
    assert not parts_of(stage, "text")
    assert visible(stage, DROP - 0.2) == {"waves"} and visible(stage, DROP + 0.2) == {"rings"}
    score = make_score(song, stage.theme, FPS, families=stage.wall.families)
    assert not score.lettered.any() and score.wall[1].hit


@pytest.mark.parametrize("theme", BUILT_IN)
def test_a_title_that_fills_its_part_gives_way_to_a_family_that_its_neighbours_do_not_show(theme: str) -> None:
    """The intro of the song is a part of its own: what is planned for the build does not begin early."""
    stage_theme = load_theme(theme)
    first = next(name for name in stage_theme.wall.families if name != "text")
    song = with_plan(make_timeline(theme=theme), ("text", first), ("fan",), seconds=6.0)
    spans = light_cues.wall_spans(song, 720, FPS, [name for name in stage_theme.wall.families if name != "text"])
    assert spans[1].family == first and spans[0].family in set(stage_theme.wall.families) - {"text", first}


def test_what_can_be_read_of_title_and_artist_stands_alone() -> None:
    places = []
    for title, artist in (("\u2d63\u2d30\u2d4e", "Ana"), ("Ana", "\u0915\u092d\u0940"), ("Ana", "")):
        shop = new_shop()
        stage = build_stage(shop, paint.Palette(shop), load_theme("chill_lofi"), seed=1, title=title, artist=artist)
        places.append([part.rest for part in parts_of(stage, "text") if part.place == 0])
    assert len(places[0]) == 3 and places[0] == places[1] == places[2]
