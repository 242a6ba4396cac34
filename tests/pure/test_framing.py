# SPDX-License-Identifier: GPL-3.0-or-later
"""Set-ups, moves and framing rules, against cameras whose pictures can be worked out by hand."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from crossfade_addon import setups
from crossfade_addon.encode.platforms import load_platforms
from crossfade_addon.setups import SETUPS, Setup
from crossfade_addon.studio import framing
from crossfade_addon.studio.camera_moves import EASES, MOST, Poses, poses
from crossfade_addon.timeline import ASPECTS, MOVES, SHOTS, Movement

ALL = [(aspect, shot) for aspect in ASPECTS for shot in SHOTS]
STILL = np.zeros(1)
AHEAD = Setup((0.0, -10.0, 2.0), (0.0, 0.0, 2.0), 36.0)


def test_every_shot_has_a_set_up_and_a_rule_in_both_aspects() -> None:
    for aspect in ASPECTS:
        assert set(SETUPS[aspect]) == set(framing.FRAMING[aspect]) == set(SHOTS)
    assert set(MOST) == set(MOVES)


def test_the_safe_boxes_are_the_strictest_of_the_platforms() -> None:
    for aspect in ASPECTS:
        boxes = []
        for platform in load_platforms().values():
            if platform.aspect == aspect:
                box, width, height = platform.organic, platform.width, platform.height
                boxes.append((box.left / width, box.top / height, -box.right / width, -box.bottom / height))
        left, top, right, bottom = framing.SAFE[aspect]
        assert (left, top, -right, -bottom) == pytest.approx(np.max(boxes, axis=0))


@pytest.mark.parametrize(("aspect", "shot"), ALL)
def test_every_set_up_keeps_its_rule_whatever_the_dj_does(aspect: str, shot: str) -> None:
    margins = framing.reach_margins(framing.rule_of(aspect, shot), poses(SETUPS[aspect][shot], (), STILL), aspect)
    assert min(margins.values()) >= 0, margins


def test_a_point_appears_where_geometry_says() -> None:
    # 36 mm on a 36 mm sensor: at 10 m the longer side shows 10 m.
    tall, depth = framing.project(poses(AHEAD, (), STILL), np.array([[1.0, 0.0, 4.0]]), "9:16")
    assert tall[0, 0] == pytest.approx((0.5 + 1 / 5.625, 0.5 - 2 / 10))
    assert depth[0, 0] == pytest.approx(10)
    wide, _ = framing.project(poses(AHEAD, (), STILL), np.array([[1.0, 0.0, 4.0]]), "16:9")
    assert wide[0, 0] == pytest.approx((0.5 + 1 / 10, 0.5 - 2 / 5.625))
    _, behind = framing.project(poses(AHEAD, (), STILL), np.array([[0.0, -12.0, 2.0]]), "9:16")
    assert behind[0, 0] < 0


def test_a_camera_rolled_to_its_left_sees_the_world_tip_to_the_right() -> None:
    tipped = poses(Setup(AHEAD.position, AHEAD.target, 36.0, 10.0), (), STILL)
    uv, _ = framing.project(tipped, np.array([[0.0, 0.0, 4.0]]), "9:16")
    assert uv[0, 0] == pytest.approx(
        (0.5 + 2 * math.sin(math.radians(10)) / 5.625, 0.5 - 0.2 * math.cos(math.radians(10)))
    )
    level = poses(Setup(AHEAD.position, AHEAD.target, 36.0, 10.0), (), STILL, can_roll=False)
    assert level.roll[0] == 0


def test_margins_are_the_distance_to_the_nearest_edge() -> None:
    rule = framing.Rule(("emblem",), (), (0.1, 0.3), (0.2, 0.5))
    seen = {"emblem": np.array([[[0.5, 0.10]]]), "head_top": np.array([[[0.5, 0.45]]])}
    found = framing.margins(rule, seen, "9:16", np.array([0.28]))
    assert found == pytest.approx({"emblem safe": 0.10 - 270 / 1920, "height": 0.02, "headroom": 0.05})


def test_near_identical_is_a_matter_of_angle_and_size() -> None:
    x, y, z = setups.HEAD
    front = Setup((x, y - 6, z), setups.HEAD, 40)
    turned = Setup((x + 6 * math.sin(math.radians(19)), y - 6 * math.cos(math.radians(19)), z), setups.HEAD, 40)
    assert setups.angle_deg(front, turned) == pytest.approx(19)
    assert setups.near_identical(front, turned)
    assert not setups.near_identical(front, Setup(turned.position, turned.target, 40 * 1.36))
    further = Setup((x + 6 * math.sin(math.radians(21)), y - 6 * math.cos(math.radians(21)), z), setups.HEAD, 40)
    assert not setups.near_identical(front, further)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_set_up_can_be_cut_to_at_least_eight_others(aspect: str) -> None:
    pairs = setups.alike(aspect)
    for shot in SHOTS:
        assert sum(frozenset((shot, other)) not in pairs for other in SHOTS if other != shot) >= 8, shot
    close = {
        frozenset(p) for p in itertools.combinations(SHOTS, 2) if setups.near_identical(*(SETUPS[aspect][s] for s in p))
    }
    assert close <= pairs <= setups.alike(aspect, pushed=True)


@pytest.mark.parametrize("ease", EASES)
def test_moves_begin_and_end_where_they_should_and_never_turn_back(ease: str) -> None:
    x = EASES[ease](np.linspace(0, 1, 101))
    assert (x[0], x[-1]) == pytest.approx((0, 1))
    assert (np.diff(x) >= 0).all()


def test_a_push_over_a_build_accelerates_and_tips_three_degrees() -> None:
    move = Movement(0.0, "push_in", 8.0, 1.0, ease="accelerate")
    path = poses(AHEAD, [move], np.linspace(0, 8, 9))
    steps = np.diff(path.position[:, 1])
    assert (np.diff(steps) > 0).all()
    assert path.position[-1, 1] == pytest.approx(-10 * (1 - MOST["push_in"]))
    assert path.roll[-1] == pytest.approx(-3)
    assert poses(AHEAD, [move], np.array([8.0]), can_roll=False).roll[0] == 0


@pytest.mark.parametrize("action", ["nudge", "snap", "shake"])
def test_accents_leave_the_camera_where_it_was(action: str) -> None:
    move = Movement(1.0, action, 0.5, 1.0)
    path = poses(AHEAD, [move], np.array([0.9, 1.2, 1.6]))
    rest = poses(AHEAD, (), np.zeros(1))
    for k, moved in ((0, False), (1, True), (2, False)):
        away = np.abs(path.position[k] - rest.position[0]).max() + abs(path.lens[k] - rest.lens[0])
        assert (away > 1e-3) == moved


@pytest.mark.parametrize("action", ["drift", "arc", "track", "rise"])
def test_a_negative_amount_goes_the_other_way(action: str) -> None:
    there, back = (poses(AHEAD, [Movement(0, action, 4, a)], np.array([0.0, 4.0])).position for a in (1.0, -1.0))
    assert np.abs(there[0] - there[1]).max() > 0.5
    assert there[0] == pytest.approx(back[1])


def test_axes_and_euler_angles_say_the_same() -> None:
    path = poses(
        SETUPS["9:16"]["orbit"], [Movement(0, "arc", 4, 1.0), Movement(0, "rise", 4, 1.0)], np.linspace(0, 4, 9)
    )
    for (x, y, z), axes in zip(path.euler(), path.axes(), strict=True):
        cx, sx, cy, sy, cz, sz = (f(a) for a in (x, y, z) for f in (math.cos, math.sin))
        rx = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
        ry = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        rz = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
        assert rz @ ry @ rx == pytest.approx(axes)


@pytest.mark.parametrize(("aspect", "shot"), ALL)
def test_moves_are_fitted_to_the_rule(aspect: str, shot: str) -> None:
    rule, times = framing.rule_of(aspect, shot), np.linspace(0, 4, 25)
    wild = [Movement(0, "push_in", 4, 1.0), Movement(0, "track", 4, 1.0), Movement(0, "shake", 0.5, 1.0)]
    setup, moves = framing.fitted(SETUPS[aspect][shot], rule, wild, times, aspect, can_roll=True)
    assert min(framing.reach_margins(rule, poses(setup, moves, times), aspect).values()) >= 0
    assert sorted(m.action for m in moves) == ["push_in", "shake", "track"]
    assert all(abs(m.amount) <= 1 for m in moves)
    small = [Movement(0, "shake", 0.5, 0.0)]
    assert framing.fitted(SETUPS[aspect][shot], rule, small, times, aspect, can_roll=True)[0] == SETUPS[aspect][shot]


def test_the_head_is_as_tall_as_it_is_near() -> None:
    places = {"head_top": np.array([[0.0, 0.0, 2.93]]), "chin": np.array([[0.0, 0.0, 2.06]])}
    camera = Poses(np.array([[0.0, -10.0, 2.0]]), np.array([[0.0, 0.0, 2.0]]), np.array([36.0]), np.zeros(1))
    assert framing.head_height(camera, places, "9:16")[0] == pytest.approx(framing.HEAD_M / 10)
    assert framing.head_height(camera, places, "16:9")[0] == pytest.approx(framing.HEAD_M / 5.625)


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("shot", sorted(setups.BEHIND))
def test_from_behind_the_dj_stands_at_one_side_and_leaves_most_of_the_picture_to_the_hall(
    aspect: str, shot: str
) -> None:
    setup = SETUPS[aspect][shot]
    assert 0.62 < setup.position[1] < 2.1, "behind the DJ, in front of the hanging lamps"
    head = np.array([setups.HEAD, (0.0, -3.5, 1.2)])
    (dj, crowd), _ = (part[0] for part in framing.project(poses(setup, (), STILL), head, aspect))
    assert abs(dj[0] - 0.5) > 0.25
    assert abs(crowd[0] - 0.5) < 0.35 and 0.3 < crowd[1] < 0.8
