# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded drum kits for training songs: folders of one-shot samples, as Hydrogen's drum kits are.

Conventions: as in ``training.voices``. Reading needs the soundfile package; without it there are no kits.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np

from training.piece import SAMPLE_RATE
from training.voices import MAKERS, Rng, Sound, band, fast_size, full, make_kit

ROLES: tuple[tuple[str, str], ...] = (
    ("kick", r"kick|bass ?drum|cajon thump|\bbd"),
    ("crash", r"crash|china|splash"),
    ("ride", r"ride|cymbal|paiste bell"),
    ("open", r"open|\bop\b|ohh|swish"),
    ("hat", r"hat|hh\b|hi-hat|hi hat"),
    ("rim", r"stick|rim click|clave|woodblock|\bclick"),
    ("snare", r"snare|cajon slap|djembe\d slap"),
    ("clap", r"clap|snap"),
    ("shaker", r"maraca|tambourine|shak"),
    ("tom", r"tom|conga|bongo|djembe|head"),
    ("perc", r"cowbell|agogo|bell|glass|zap|drum \d|fx|whistle"),
)
LONGEST = {"crash": 3.0, "ride": 1.5, "kick": 1.0}
DEFAULT_LONGEST = 0.8


@cache
def kits_in(folder: Path) -> list[Path]:
    """Kits found in a folder, in alphabetic order."""
    return sorted(path.parent for path in folder.glob("*/drumkit.xml"))


@cache
def _files_by_role(kit: Path) -> dict[str, list[Path]]:
    roles: dict[str, list[Path]] = {}
    text = (kit / "drumkit.xml").read_text(encoding="utf-8", errors="replace")
    for instrument in re.findall(r"<instrument>(.*?)</instrument>", text, re.S):
        found = re.search(r"<name>(.*?)</name>", instrument)
        name = found.group(1).lower() if found else ""
        role = next((role for role, pattern in ROLES if re.search(pattern, name)), None)
        for file in re.findall(r"<filename>(.*?)</filename>", instrument):
            path = kit / file
            if role and path.is_file() and "empty" not in file:
                roles.setdefault(role, []).append(path)
    return roles


@cache
def _read(path: Path) -> Sound | None:
    import soundfile

    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    sound = samples[: 4 * rate].mean(axis=1)
    if len(sound) < 64 or np.abs(sound).max() < 1e-3:
        return None
    sound = _resampled(sound, SAMPLE_RATE / rate)
    loud = np.abs(sound) > 0.06 * np.abs(sound).max()
    start = max(0, int(np.argmax(loud)) - 4)
    sound = sound[start:]
    sound[:4] *= np.linspace(0, 1, 4, dtype=np.float32)
    return full(sound)


def _resampled(sound: Sound, ratio: float) -> Sound:
    """Change the rate by ``ratio`` with one Fourier transform (band limited)."""
    size = fast_size(len(sound) + 2048)
    spectrum = np.fft.rfft(sound, size)
    target = round(size * ratio)
    kept = np.zeros(target // 2 + 1, spectrum.dtype)
    count = min(len(kept), len(spectrum))
    kept[:count] = spectrum[:count]
    return (np.fft.irfft(kept, target) * ratio)[: max(8, int(len(sound) * ratio))].astype(np.float32)


def sampled_kit(rng: Rng, folder: Path) -> dict[str, list[Sound]] | None:
    """One kit out of ``folder``, often with a few roles from other kits; what is missing is synthesised."""
    kits = kits_in(folder)
    if not kits:
        return None
    main = kits[int(rng.integers(len(kits)))]
    kit = make_kit(rng)
    for role in ("kick", "snare", *MAKERS):
        source = main
        if not _files_by_role(main).get(role) or rng.random() < 0.3:
            having = [path for path in kits if _files_by_role(path).get(role)]
            source = having[int(rng.integers(len(having)))] if having else main
        files = _files_by_role(source).get(role, [])
        wanted = 3 if role in ("tom", "perc") else 1 if rng.random() < 0.6 else 2
        sounds = []
        for k in rng.permutation(len(files))[:wanted]:
            raw = _read(files[k])
            if raw is not None:
                sounds.append(_varied(rng, raw, LONGEST.get(role, DEFAULT_LONGEST)))
        if sounds and rng.random() < 0.93:
            kit[role] = sounds
    return kit


def _varied(rng: Rng, sound: Sound, longest: float) -> Sound:
    """The same hit played a little higher or lower, shorter, darker or driven."""
    if rng.random() < 0.5:
        sound = _resampled(sound, float(np.exp(rng.uniform(-0.25, 0.3))))
    length = min(len(sound), int(longest * SAMPLE_RATE * rng.uniform(0.3, 1.0)))
    sound = sound[:length].copy()
    tail = min(length, max(32, length // 4))
    sound[-tail:] *= np.linspace(1, 0, tail, dtype=np.float32)
    if rng.random() < 0.2:
        sound = np.tanh(rng.uniform(2, 8) * sound)
    if rng.random() < 0.15:
        sound = band(sound, 0, rng.uniform(3000, 8000))
    return full(sound)
