# SPDX-License-Identifier: GPL-3.0-or-later
"""The one job that may run in this Blender, kept outside its data: no reference to a datablock lives here."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..jobs import Progress
    from ..pipeline import Outputs


class Job:
    """Work to do in steps. A plain class: a data class would cost every start of Blender half a millisecond.

    Parameters
    ----------
    title : str
        What the panel calls it.
    steps : generator of Progress
        The work; closing it cancels.
    outputs : Outputs or None
        Where the work notes the files it makes; None when it makes none: then its last message is
        how it ended.
    script_key : str
        The settings for which the work writes a script; empty when it writes none.
    by_hand : bool
        Whether it only encodes frames that Blender's own Render Animation wrote.
    """

    def __init__(
        self,
        title: str,
        steps: Generator[Progress, None, Any],
        outputs: Outputs | None = None,
        script_key: str = "",
        *,
        by_hand: bool = False,
    ) -> None:
        self.title = title
        self.steps = steps
        self.outputs = outputs
        self.script_key = script_key
        self.by_hand = by_hand
        self.stop_requested = False


_slot: list[Job] = []


def running() -> Job | None:
    """The job that runs, or None."""
    return _slot[0] if _slot else None


def start(job: Job) -> None:
    """Take the slot; the caller has seen that it is free."""
    _slot[:] = [job]


def end() -> None:
    """Close the job's steps (which stops its child processes) and free the slot."""
    while _slot:
        _slot.pop().steps.close()
