# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job made, as the panel lists it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..pipeline import Outputs

_LABELS = {
    "thumbnail": "Thumbnail",
    "thumbnail_2": "Thumbnail, 2nd Choice",
    "thumbnail_3": "Thumbnail, 3rd Choice",
    "cover": "Cover",
    "cover_2": "Cover, 2nd Choice",
    "cover_3": "Cover, 3rd Choice",
    "captions": "Captions (VTT)",
    "captions_srt": "Captions (SRT)",
    "captions_lrc": "Captions (LRC)",
    "chapters": "Chapters",
    "description": "Description",
    "manifest": "Usage Manifest",
    "report_html": "Report",
    "timeline_picture": "Picture of the Script",
}
"""Deliverables in the order of the list, after the videos; what is not named here is not listed."""


def fill(state: Any, outputs: Outputs) -> None:
    """List the files a user wants to open: videos first."""
    labels = outputs.labels | _LABELS
    state.results.clear()
    for key, label in labels.items():
        path = outputs.paths.get(key)
        if path is None:
            continue
        item = state.results.add()
        item.label, item.path = label, str(path)
        item.ok = path.is_file() and not any(problem.startswith(f"{path.name}:") for problem in outputs.problems)
