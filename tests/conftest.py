# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by all rings: the package on the path, and a library of its own for every test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
for entry in (ROOT, Path(__file__).resolve().parent):
    if str(entry) not in sys.path:
        sys.path.insert(0, str(entry))


@pytest.fixture(autouse=True)
def _own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's library."""
    monkeypatch.setenv("CROSSFADE_LIBRARY", str(tmp_path / "library"))
