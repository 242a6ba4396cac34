# SPDX-License-Identifier: GPL-3.0-or-later
"""Cancel: stop the running job."""

from __future__ import annotations

from typing import Any

import bpy

from . import _job
from ._base import SealedOperator


class CROSSFADE_OT_cancel(SealedOperator, bpy.types.Operator):
    """Stop the job and its processes now."""

    bl_idname = "crossfade.cancel"
    bl_label = "Cancel"
    bl_description = "Stop the job and its processes now. Finished videos are kept"

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Something must run."""
        return "" if _job.running() else "No Crossfade job is running"

    def run(self, context: Any) -> set[str]:
        """Ask; the job's next tick, a tenth of a second away, obeys."""
        job = _job.running()
        if job is not None:
            job.stop_requested = True
            context.window_manager.crossfade_job.cancelling = True
        return {"FINISHED"}


CLASSES = (CROSSFADE_OT_cancel,)
