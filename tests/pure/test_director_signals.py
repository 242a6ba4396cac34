# SPDX-License-Identifier: GPL-3.0-or-later
"""What the signals do on sounds made by hand: how fast they rise, how long they ring, what they ignore."""

from __future__ import annotations

import numpy as np
import pytest

from crossfade_addon.director.features import SAMPLE_RATE, extract
from crossfade_addon.director.signals import RATE_HZ, make_signals, sample_count, stem_signals

SECONDS, FIRST, EVERY = 14.0, 2.0, 3.0
AT = np.arange(FIRST, SECONDS - 2, EVERY)


def bursts(length_s: float, hz: float | None = None, decay: float = 0.0) -> np.ndarray:
    """The same burst every 3 s over faint noise: a tone, or white noise when no pitch is given."""
    rng = np.random.default_rng(1)
    song = rng.standard_normal(int(SECONDS * SAMPLE_RATE)) * 2e-3
    count = int(length_s * SAMPLE_RATE)
    t = np.arange(count) / SAMPLE_RATE
    sound = np.sin(2 * np.pi * hz * t) if hz else rng.standard_normal(count)
    sound *= np.minimum(1, np.minimum(t, t[::-1]) / 0.003) * np.exp(-decay * t)
    for at in AT:
        first = int(at * SAMPLE_RATE)
        song[first : first + count] += 0.5 * sound
    return song.astype(np.float32)


def curves(song: np.ndarray) -> dict[str, np.ndarray]:
    return {name: np.asarray(v) for name, v in make_signals(extract(song), SECONDS).values.items()}


def after(curve: np.ndarray, seconds: float, span: float = 1.5) -> np.ndarray:
    first = round(seconds * RATE_HZ)
    return curve[first - 10 : first + round(span * RATE_HZ)]


def attack_and_release(curve: np.ndarray, at: float, length_s: float) -> tuple[float, float]:
    """Seconds from the beginning to nine tenths of the height, and from the end (or the peak) down to a tenth."""
    piece = after(curve, at)
    top = piece.max()
    rise = (int(np.argmax(piece >= 0.9 * top)) - 10) / RATE_HZ
    from_index = 10 + round(length_s * RATE_HZ) if length_s else int(piece.argmax())
    fall = int(np.argmax(piece[from_index:] <= 0.1 * top)) / RATE_HZ
    return rise, fall


@pytest.mark.parametrize(("name", "hz", "release"), [("kick", 60, 0.18), ("snare", None, 0.12), ("hats", None, 0.08)])
def test_strokes_jump_at_the_sound_and_ring_for_their_time(name, hz, release):
    curve = curves(bursts(0.15, hz, decay=40))[name]
    for at in AT:
        rise, fall = attack_and_release(curve, at, 0.0)
        assert -0.02 <= rise <= 0.015
        assert fall == pytest.approx(release, abs=0.02)
        assert after(curve, at).max() > 0.8


@pytest.mark.parametrize(("name", "hz"), [("bass", 80), ("mids", 600), ("highs", 6500)])
def test_levels_follow_within_40_ms_and_let_go_within_a_fifth_of_a_second(name, hz):
    curve = curves(bursts(0.6, hz))[name]
    for at in AT:
        rise, fall = attack_and_release(curve, at, 0.6)
        assert 0 <= rise <= 0.04
        assert 0.12 <= fall <= 0.22
        assert after(curve, at).max() > 0.97


def test_energy_and_brightness_glide():
    heard = curves(bursts(1.5, 3000))
    energy = heard["energy"]
    for at in AT:
        piece = energy[round((at - 0.75) * RATE_HZ) : round((at + 0.75) * RATE_HZ)]
        low, high = np.argmax(piece > 0.1 * piece.max()), np.argmax(piece > 0.9 * piece.max())
        assert 0.3 <= (high - low) / RATE_HZ <= 0.9
    pitch = np.log(3000 / 200) / np.log(6000 / 200)
    assert heard["brightness"][round((AT[0] + 0.7) * RATE_HZ)] == pytest.approx(pitch, abs=0.1)


def test_an_empty_band_stays_dark():
    heard = curves(bursts(1.0, 6500))
    for name in ("kick", "bass"):
        assert heard[name].max() < 0.2, name


def test_every_curve_has_its_full_length_and_range():
    heard = curves(bursts(0.1))
    assert {len(curve) for curve in heard.values()} == {sample_count(SECONDS)} == {1400}
    assert all(curve.min() >= 0 and curve.max() <= 1 for curve in heard.values())


@pytest.mark.parametrize(
    ("kind", "driven"),
    [
        ("kick", {"kick"}),
        ("drums", {"kick", "snare", "hats"}),
        ("bass", {"bass"}),
        ("vocals", {"vocals"}),
        ("other", {"other"}),
    ],
)
def test_a_stem_drives_its_signals(kind, driven):
    song = bursts(0.3, 60 if kind in ("kick", "drums", "bass") else 700)
    made = stem_signals(kind, extract(song), SECONDS)
    assert set(made) == driven
    main = made.get(kind, made.get("kick"))
    assert main is not None and len(main) == 1400
    assert all(after(main, at).max() > 0.9 for at in AT)
    assert main[round((AT[0] + 1.5) * RATE_HZ)] < 0.05
