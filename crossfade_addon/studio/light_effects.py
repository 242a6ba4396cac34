# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes with the drops and the night: confetti, sparks, glitter, fireflies, shooting stars."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from . import light_moves
from .light_score import Score
from .stage_model import Lamp, Stage


def _mixed(a: Sequence[float], b: Sequence[float], weight: np.ndarray) -> np.ndarray:
    return np.asarray(a) * (1 - weight[:, None]) + np.asarray(b) * weight[:, None]


def _confetti(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    shown = (score.paper < light_moves.CONFETTI_BARS) & (score.drop > 0.05)
    return np.asarray(lamp.rgb) * (0.55 + 0.45 * score.energy)[:, None], shown.astype(float)


def _spark(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    """Sparks rise in turns of half a beat and go out at the top."""
    age = light_moves.spark_age(score, lamp.index, lamp.count)
    burning = np.clip((light_moves.SPARK_BARS - score.paper) / 0.5, 0.0, 1.0) * (score.drop > 0.05)
    alpha = lamp.alpha * burning * np.clip((1 - age) / 0.45, 0.0, 1.0) * np.clip(age / 0.08, 0.0, 1.0)
    return _mixed(lamp.rgb, (1.0, 0.72, 0.36), 0.5 * age**2), alpha


def _spark_glow(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    burning = np.clip((light_moves.SPARK_BARS - score.paper) / 0.5, 0.0, 1.0) * (score.drop > 0.05)
    return np.array(lamp.rgb), lamp.alpha * burning * (0.75 + 0.25 * score.kick)


def _glitter(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    """Gold flakes twinkle slowly while they fall."""
    shown = np.clip((light_moves.GLITTER_BARS - score.paper) / 1.0, 0.0, 1.0) * (score.drop > 0.05)
    shown = shown * np.clip(score.paper / 0.35, 0.0, 1.0)
    twinkle = 0.5 + 0.5 * np.cos(2 * math.pi * (score.bar - lamp.index / lamp.count))
    return _mixed(lamp.rgb, stage.colors["W"], 0.6 * twinkle**4), shown * (0.25 + 0.75 * twinkle)


def _firefly(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    wave = 0.5 + 0.5 * np.sin(2 * math.pi * (score.bar / 3 + lamp.index / lamp.count + score.phase))
    return np.array(lamp.rgb), lamp.alpha * wave**2 * (0.35 + 0.65 * score.energy) * score.fade(0.6, 1.0)


def _meteor(lamp: Lamp, score: Score, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    """A shooting star after each drop."""
    age = light_moves.meteor_age(score)
    return np.array(lamp.rgb), lamp.alpha * np.sin(math.pi * np.clip(age, 0.0, 1.0)) ** 0.6 * (age < 1.0)


FORMULAS = {
    "confetti": _confetti,
    "spark": _spark,
    "spark_glow": _spark_glow,
    "glitter": _glitter,
    "firefly": _firefly,
    "meteor": _meteor,
}
"""Light formulas by role of lamp, as in :data:`.lights.FORMULAS`."""
