# SPDX-License-Identifier: GPL-3.0-or-later
"""Features: what their numbers mean, that reading in pieces changes nothing, and the same result on any machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from crossfade_addon.director import features as module
from crossfade_addon.director.features import HOP, SAMPLE_RATE, extract, local_maximum, segment_means

ROOT = Path(__file__).resolve().parents[2]
RANDOM = np.random.default_rng(5)


def music(seconds):
    """Kicks, a chord and noise: everything the features look at."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    beat = t % 0.5
    kick = np.sin(2 * np.pi * 55 * beat) * np.exp(-beat / 0.08)
    chord = sum(np.sin(2 * np.pi * hz * t) for hz in (220, 277.18, 329.63)) * (0.6 + 0.4 * np.sin(t))
    hats = np.random.default_rng(1).standard_normal(len(t)) * np.exp(-(t % 0.25) / 0.02)
    return (0.5 * kick + 0.08 * chord + 0.05 * hats).astype(np.float32)


class OnDisk:
    """Samples that can only be sliced."""

    def __init__(self, samples):
        self.samples, self.largest = samples, 0

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, part):
        piece = self.samples[part]
        self.largest = max(self.largest, len(piece))
        return piece


def fields(features):
    arrays = {name: getattr(features, name) for name in ("log_mel", "chroma", "band_power", "flux", "centroid_hz")}
    return arrays | {name: getattr(features.onsets, name) for name in ("low", "mid", "high", "total")}


def test_a_frame_holds_the_spectrum_around_its_centre():
    samples = music(3)
    frame = 150
    inside = samples[frame * HOP - 512 : frame * HOP + 512] * np.hanning(1025)[:-1]
    # The transform written out, not numpy's.
    turns = np.exp(-2j * np.pi * np.outer(np.arange(513), np.arange(1024)) / 1024)
    amplitude = np.abs(turns @ inside)
    hz = np.arange(513) * SAMPLE_RATE / 1024
    features = extract(samples)
    assert features.n == len(samples) // HOP + 2
    assert features.centroid_hz[frame] == pytest.approx((amplitude * hz).sum() / amplitude.sum(), rel=1e-4)
    for band, (low, high) in enumerate(module.BAND_EDGES_HZ):
        inside_band = (hz >= low) & (hz < high)
        assert features.band_power[frame, band] == pytest.approx((amplitude[inside_band] ** 2).sum(), rel=1e-4)
    mel = np.expm1(features.log_mel.astype(float))
    assert np.percentile(mel, 95) == pytest.approx(20, rel=1e-3)
    # A band of triangular weights with sum 1 lies between the smallest and largest amplitude it covers.
    band = 30
    gain = mel[frame, band] / (amplitude @ module._mel_bank(hz.astype(np.float32))[:, band])
    assert np.allclose(mel[frame], gain * (amplitude @ module._mel_bank(hz.astype(np.float32))), rtol=1e-3, atol=1e-3)


def test_flux_is_the_rise_over_two_frames_above_the_neighbouring_bands():
    features = extract(music(2))
    log_mel = features.log_mel
    for frame, band in ((51, 0), (52, 7), (101, 20), (151, 39)):
        near = log_mel[frame - 2, max(0, band - 1) : band + 2].max()
        assert features.flux[frame, band] == pytest.approx(max(0.0, log_mel[frame, band] - near), abs=1e-6)
    assert not features.flux[:2].any()


def test_a_click_peaks_where_it_is():
    samples = np.zeros(2 * SAMPLE_RATE, np.float32)
    samples[100 * HOP : 100 * HOP + 40] = 0.5
    strength = extract(samples + 0.02 * RANDOM.standard_normal(len(samples)).astype(np.float32)).onsets.total
    assert abs(int(strength.argmax()) - 100) <= 1


@pytest.mark.parametrize("seconds", [0.01, 1.0, 20.0])
def test_reading_in_pieces_gives_the_same_numbers(monkeypatch, seconds):
    samples = music(seconds)
    whole = fields(extract(samples))
    monkeypatch.setattr(module, "_FRAMES_PER_READ", 192)
    disk = OnDisk(samples)
    for name, values in fields(extract(disk)).items():
        assert np.allclose(values, whole[name], rtol=1e-5, atol=1e-5), name
    assert disk.largest <= 192 * HOP + 1024


def test_length_cuts_or_continues_with_silence():
    samples = music(4)
    for length in (3 * SAMPLE_RATE, 6 * SAMPLE_RATE):
        there = np.zeros(length, np.float32)
        there[: min(length, len(samples))] = samples[:length]
        expected = fields(extract(there))
        for name, values in fields(extract(OnDisk(samples), length=length)).items():
            assert np.array_equal(values, expected[name]), name


def test_progress_rises_to_one():
    told = []
    extract(music(60), told.append)
    assert told == sorted(told) and told[-1] == 1 and len(told) > 1


def test_long_songs_take_half_the_memory_and_sound_the_same(monkeypatch):
    samples = music(10)
    short = fields(extract(samples))
    monkeypatch.setattr(module, "LONG_FRAMES", 100)
    long = fields(extract(samples))
    for name, values in long.items():
        if name in ("log_mel", "chroma", "flux"):
            assert values.dtype == np.float16
            assert np.abs(values - short[name]).max() < 0.003
        else:
            assert np.array_equal(values, short[name]), name


@pytest.mark.parametrize("reach", [0, 1, 2, 3, 25])
def test_local_maximum_is_the_largest_value_near(reach):
    series = RANDOM.standard_normal(200)
    expected = [series[max(0, k - reach) : k + reach + 1].max() for k in range(200)]
    assert np.array_equal(local_maximum(series, reach), expected)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_segment_means_of_empty_segments_are_zero(kind):
    rows = RANDOM.standard_normal((50, 3)).astype(kind)
    edges = np.array([0, 0, 7, 8, 8, 30, 50, 50])
    means = segment_means(rows, edges)
    assert means.dtype == np.float64
    for k in range(7):
        part = rows[edges[k] : edges[k + 1]].astype(np.float64)
        assert np.allclose(means[k], part.mean(axis=0) if len(part) else 0, atol=1e-12)
    assert not segment_means(rows, np.array([50, 50, 50])).any()


# ------------------------------------------------------------------------------------ the same everywhere

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
OTHER_PYTHON = os.environ.get("CROSSFADE_OTHER_PYTHON", "")
"""An interpreter with another numpy (1.26 or 2.x), to compare with."""
HEAR = """
import sys
sys.path[:0] = {paths}
import numpy as np
from test_director_features import music
from crossfade_addon.director import analyse
from crossfade_addon.director.decode import Decoded
samples = music(40)
sys.stdout.write(analyse(Decoded(samples, 22050, len(samples) / 22050, "", "")).to_json())
"""


def hear(threads, python=sys.executable):
    """The analysis of :func:`music` as a fresh process writes it."""
    program = HEAR.format(paths=[str(ROOT), str(Path(__file__).parent)])
    environment = {**os.environ, **dict.fromkeys(THREADS, str(threads))}
    done = subprocess.run([python, "-c", program], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-800:]
    return done.stdout


def test_one_and_two_threads_give_the_same_bytes_again_and_again():
    once = hear(1)
    assert len(json.loads(once)["beats"]["timestamps"]) > 60
    assert hear(1) == once
    assert hear(2) == once


@pytest.mark.skipif(not OTHER_PYTHON, reason="CROSSFADE_OTHER_PYTHON names no interpreter with another numpy")
def test_another_numpy_hears_the_same():
    ours, theirs = json.loads(hear(1)), json.loads(hear(1, OTHER_PYTHON))
    for name in ("timestamps", "downbeats"):
        assert np.allclose(ours["beats"][name], theirs["beats"][name], rtol=0, atol=0.0005)
    assert [s["section_type"] for s in ours["sections"]] == [s["section_type"] for s in theirs["sections"]]
    assert np.allclose([s["start_time"] for s in ours["sections"]], [s["start_time"] for s in theirs["sections"]])
    assert [e["type"] for e in ours["events"]] == [e["type"] for e in theirs["events"]]
    assert ours["key"]["tonic"] == theirs["key"]["tonic"]
    for name, curve in ours["signals"]["values"].items():
        assert np.abs(np.array(curve) - theirs["signals"]["values"][name]).max() <= 0.005, name
