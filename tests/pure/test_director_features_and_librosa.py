# SPDX-License-Identifier: GPL-3.0-or-later
"""Features of ours that librosa also has, against librosa's numbers on sounds synthesised here.

What is the same by construction (mel spectrum, flux) must agree to rounding. Chroma is made in another way (a
Gaussian per semitone, 1024 samples so that it shares the one transform), so only what it says is compared: bins of
21.5 Hz cannot tell semitones apart below about 360 Hz, where neighbours leak into one another.
"""

import numpy as np
import pytest

from crossfade_addon.director.features import HOP, MEL_BANDS, SAMPLE_RATE, WINDOW, extract

librosa = pytest.importorskip("librosa")

LOW_HZ, HIGH_HZ = 30.0, 10500.0
SECONDS = 4.0
TIMES = np.arange(int(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
EDGE = 8
"""Frames at either end that see the padding."""


def click_track():
    rng = np.random.default_rng(5)
    track = 0.002 * rng.standard_normal(len(TIMES))
    strokes = np.arange(0.5, SECONDS - 0.3, 0.37)
    burst = rng.standard_normal(1200) * np.exp(-np.arange(1200) / 250)
    for at in strokes:
        first = round(at * SAMPLE_RATE)
        track[first : first + len(burst)] += 0.5 * burst
    return track.astype(np.float32), strokes


def music():
    """A sliding tone, a chord and bursts of noise: something in every band."""
    sweep = 0.2 * np.sin(2 * np.pi * 60 * (np.exp(TIMES * 1.2) - 1))
    chord = 0.1 * sum(np.sin(2 * np.pi * hz * TIMES) for hz in (196.0, 246.9, 293.7))
    return (sweep + chord + click_track()[0]).astype(np.float32)


def librosa_mel(samples):
    """librosa's mel spectrum with our settings: HTK's scale, filters that sum to 1, magnitudes."""
    return librosa.feature.melspectrogram(
        y=samples,
        sr=SAMPLE_RATE,
        n_fft=WINDOW,
        hop_length=HOP,
        n_mels=MEL_BANDS,
        fmin=LOW_HZ,
        fmax=HIGH_HZ,
        htk=True,
        norm=1,
        power=1.0,
        pad_mode="constant",
    ).T


def our_mel(features):
    """The linear mel spectrum behind the logarithm; its unit is the song's own level."""
    return np.expm1(features.log_mel)


def test_a_tone_at_the_centre_of_each_of_librosas_mel_filters_is_loudest_in_the_same_band_of_ours():
    centres = librosa.mel_frequencies(n_mels=MEL_BANDS + 2, fmin=LOW_HZ, fmax=HIGH_HZ, htk=True)[1:-1]
    found = [
        int(extract((0.3 * np.sin(2 * np.pi * hz * TIMES[:SAMPLE_RATE])).astype(np.float32)).log_mel[50].argmax())
        for hz in centres
    ]
    assert found == list(range(MEL_BANDS))


def test_mel_energies_are_librosas_up_to_one_factor():
    samples = music()
    ours, theirs = our_mel(extract(samples)), librosa_mel(samples)
    frames = slice(EDGE, min(len(ours), len(theirs)) - EDGE)
    ours, theirs = ours[frames], theirs[frames]
    for band in range(MEL_BANDS):
        assert np.corrcoef(ours[:, band], theirs[:, band])[0, 1] > 0.999, band
    # float32 and another order of sums, in units of the loudest value: measured 2e-6.
    factor = float((ours * theirs).sum() / (theirs * theirs).sum())
    assert np.abs(ours - factor * theirs).max() < 1e-4 * ours.max()


def test_our_flux_is_librosas_superflux_of_the_same_mel_spectrum():
    features = extract(music())
    theirs = librosa.onset.onset_strength(
        S=features.log_mel.T, sr=SAMPLE_RATE, hop_length=HOP, lag=2, max_size=3, center=False, detrend=False
    )
    ours = features.flux.mean(axis=1)
    np.testing.assert_allclose(ours[EDGE:-EDGE], theirs[EDGE : len(ours) - EDGE], atol=1e-5)


def test_every_stroke_peaks_within_one_frame_of_librosas_onset_strength():
    samples, strokes = click_track()
    ours = extract(samples).onsets.total
    # center=True would delay librosa's curve by half a window, to the end of what it saw; ours is not delayed.
    theirs = librosa.onset.onset_strength(y=samples, sr=SAMPLE_RATE, hop_length=HOP, n_fft=WINDOW, center=False)
    for at in strokes:
        middle = round(at * SAMPLE_RATE / HOP)
        around = slice(middle - 10, middle + 11)
        assert abs(int(ours[around].argmax()) - int(theirs[around].argmax())) <= 1, at


def sustained(notes_hz):
    """A chord of organ-like tones whose first note is the loudest."""
    tones = [
        (1.0 if k == 0 else 0.6) * sum(np.sin(2 * np.pi * n * hz * TIMES) / n**1.5 for n in (1, 2, 3))
        for k, hz in enumerate(notes_hz)
    ]
    return (0.1 * np.sum(tones, axis=0)).astype(np.float32)


@pytest.mark.parametrize("minor", [False, True], ids=["major", "minor"])
@pytest.mark.parametrize("root", range(12), ids=["C", "Cs", "D", "Ds", "E", "F", "Fs", "G", "Gs", "A", "As", "B"])
def test_chroma_of_a_sustained_chord_says_what_librosas_says(root, minor):
    notes = [root, root + (3 if minor else 4), root + 7]
    samples = sustained([523.25 * 2 ** (note / 12) for note in notes])
    # Ours is compressed by a logarithm; librosa's is not.
    ours = np.expm1(extract(samples).chroma[EDGE:-EDGE]).mean(axis=0)
    theirs = librosa.feature.chroma_cqt(y=samples, sr=SAMPLE_RATE)[:, EDGE:-EDGE].mean(axis=1)
    assert int(ours.argmax()) == int(theirs.argmax()) == root
    assert set(np.argsort(ours)[-3:]) == set(np.argsort(theirs)[-3:]) == {note % 12 for note in notes}
    # Measured .91 to .99.
    assert np.corrcoef(ours, theirs)[0, 1] > 0.85


def test_chroma_of_a_low_chord_still_names_its_root():
    for root in range(12):
        samples = sustained([261.63 * 2 ** (note / 12) for note in (root, root + 4, root + 7)])
        ours = np.expm1(extract(samples).chroma[EDGE:-EDGE]).mean(axis=0)
        theirs = librosa.feature.chroma_cqt(y=samples, sr=SAMPLE_RATE)[:, EDGE:-EDGE].mean(axis=1)
        assert int(ours.argmax()) == int(theirs.argmax()) == root
        # Measured .76 to .9.
        assert np.corrcoef(ours, theirs)[0, 1] > 0.7
