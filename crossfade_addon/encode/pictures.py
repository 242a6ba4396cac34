# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks made on the decoded frames of a delivered video."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from ..jobs import Progress
from .command import Recipe
from .job import EncodeJob
from .platforms import Platform
from .report import Check


def picture_checks(
    path: Path, recipe: Recipe, platform: Platform, job: EncodeJob, folder: Path
) -> Generator[Progress, None, tuple[Check, ...]]:
    """Checks of the decoded frames of one video; ``folder`` receives what they need."""
    yield Progress("verify", 0.0, f"Looking at {path.name}")
    return ()
