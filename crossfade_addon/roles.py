# SPDX-License-Identifier: GPL-3.0-or-later
"""Who does the work that the pipeline hands on: Blender in real life, something quicker in tests."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, Protocol

from .brief import Brief
from .checks import Check
from .frames import FrameRange, Pace, RenderedFrames
from .jobs import Progress
from .stills import Moment
from .themes import Theme
from .timeline import Timeline


class Studio(Protocol):
    """Builds and renders a show: Blender's in real life."""

    def check(self, brief: Brief) -> Sequence[Check]:
        """What can be told at once of building and rendering this brief.

        Raises
        ------
        StudioError, ToolMissing
            When the show cannot be built or rendered.
        """
        ...

    def pace_steps(
        self, brief: Brief, brief_json: dict[str, Any], script: Timeline, ranges: Mapping[str, FrameRange]
    ) -> Generator[Progress, None, Pace]:
        """Time some frames of these ranges; only a preflight asks for it."""
        ...

    def steps(
        self,
        brief: Brief,
        timeline: Timeline,
        theme: Theme,
        ranges: dict[str, FrameRange],
        brief_json: dict,
        moments: dict[str, tuple[Moment, ...]],
    ) -> Generator[Progress, None, dict[str, RenderedFrames]]:
        """Render the ranges, and the best of the moments as stills; returns the frames of each aspect."""
        ...
