# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of several modules need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def registered() -> Iterator[None]:
    """The add-on's operators, panels and properties, registered for the module."""
    from crossfade_addon import registry

    registry.register()
    yield
    registry.unregister()


@pytest.fixture(scope="module", autouse=True)
def _quick(quick_ffmpeg: None) -> None:
    """FFmpeg itself is tested without Blender."""
