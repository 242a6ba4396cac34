# SPDX-License-Identifier: GPL-3.0-or-later
"""The beat tracker of librosa as an alternative to ours; everything else of the analysis stays ours.

The only module that imports librosa, and only when it is asked to (the import takes seconds).
"""

from __future__ import annotations

import numpy as np

from ..errors import ToolMissing
from .features import HOP, SAMPLE_RATE, Features, Float
from .grid import Grid, grid_from_beats


def find_grid(samples: Float, features: Features) -> Grid:
    """Beats by ``librosa.beat.beat_track`` (Ellis, J. New Music Research 2007).

    Raises
    ------
    ToolMissing
        When librosa is not installed.
    """
    try:
        import librosa
    except ImportError as error:
        raise ToolMissing(
            "The analyser 'librosa' needs the package librosa, which is not installed.",
            hint="Choose the analyser 'crossfade', or install librosa.",
        ) from error
    _, beats = librosa.beat.beat_track(y=samples, sr=SAMPLE_RATE, hop_length=HOP, units="frames")
    return grid_from_beats(features, np.asarray(beats, dtype=np.float64))
