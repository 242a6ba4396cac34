# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves between keys: through every key, never beyond two neighbours, smooth around a loop."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from crossfade_addon.studio.action_curves import monotone, monotone_keys

KEYS = [(0.0, 0.0), (0.1, -0.5), (0.3, 1.0), (0.35, 1.0), (0.6, -0.2), (1.0, 0.0)]


def test_curve_passes_through_its_keys() -> None:
    at = [t for t, _ in KEYS]
    assert monotone_keys(KEYS, at) == pytest.approx([v for _, v in KEYS])


def test_curve_never_leaves_the_range_of_neighbouring_keys() -> None:
    for (t0, v0), (t1, v1) in pairwise(KEYS):
        values = monotone_keys(KEYS, np.linspace(t0, t1, 40))
        assert values.min() >= min(v0, v1) - 1e-12
        assert values.max() <= max(v0, v1) + 1e-12
        assert np.all(np.diff(values) * np.sign(v1 - v0) >= -1e-12)


def test_a_straight_line_stays_straight() -> None:
    assert monotone([0, 1, 3, 4], [0, 2, 6, 8], [1.5, 2.0, 2.5]) == pytest.approx([3.0, 4.0, 5.0])


def test_curve_equals_published_pchip_values() -> None:
    """Slopes at inner keys of (0,0) (1,1) (3,2): the weighted harmonic mean (5+4)/(5/1+4/.5) = 9/13."""
    eps = 1e-6
    slope = (monotone([0, 1, 3], [0, 1, 2], [1 + eps]) - monotone([0, 1, 3], [0, 1, 2], [1 - eps]))[0] / (2 * eps)
    assert slope == pytest.approx(9 / 13, rel=1e-4)


def test_loop_is_smooth_across_its_seam_and_ignores_key_order() -> None:
    loop = [(1.5, -0.4), (0.1, 1.0), (0.8, -1.0)]
    before, at, after = monotone_keys(loop, [2 - 1e-4, 0.0, 1e-4], period=2.0)
    assert monotone_keys(loop, [2.0], period=2.0)[0] == pytest.approx(at)
    assert (after - at) == pytest.approx(at - before, rel=1e-2)


def test_vectors_are_interpolated_by_component() -> None:
    both = monotone([0, 1, 2], [(0, 5), (1, 5), (0, 6)], [0.5, 1.7])
    assert both[:, 0] == pytest.approx(monotone([0, 1, 2], [0, 1, 0], [0.5, 1.7]))
    assert both[:, 1] == pytest.approx(monotone([0, 1, 2], [5, 5, 6], [0.5, 1.7]))
