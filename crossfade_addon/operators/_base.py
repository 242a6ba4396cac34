# SPDX-License-Identifier: GPL-3.0-or-later
"""What all operators share: errors become reports, and grey buttons say why they are grey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import bpy

from ..errors import CrossfadeError
from . import _job

if TYPE_CHECKING:
    _Operator = bpy.types.Operator
else:
    _Operator = object

BUSY = "A Crossfade job is running"


class SealedOperator(_Operator):
    """An operator whose :meth:`run` may raise; mixed into every operator of the add-on."""

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Why the operator cannot run now, ``""`` when it can. Reads properties only: panels call it."""
        return ""

    @final
    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether it can run, with the reason as the button's tooltip."""
        reason = cls.why_not(context)
        if reason:
            cls.poll_message_set(bpy.app.translations.pgettext_tip(reason))
        return not reason

    def run(self, context: Any) -> set[str]:
        """Do it; :class:`CrossfadeError` is reported."""
        raise NotImplementedError

    @final
    def execute(self, context: Any) -> set[str]:
        """:meth:`run`, with every error turned into a report."""
        try:
            return self.run(context)
        except Exception as error:
            return self.fail(context, error)

    def fail(self, context: Any, error: Exception) -> set[str]:
        """Report an error in the status bar and in the panel."""
        import traceback

        if isinstance(error, CrossfadeError):
            text = str(error)
        else:
            traceback.print_exc()
            text = f"Internal error: {type(error).__name__}: {error}. Details are in the system console."
        context.window_manager.crossfade_job.error = text
        redraw(context)
        self.report({"ERROR"}, text)
        return {"CANCELLED"}


def busy() -> str:
    """Why nothing can be started, ``""`` when it can."""
    return BUSY if _job.running() else ""


def redraw(context: Any) -> None:
    """Draw the sidebars anew; the 3D views beside them are left alone."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()
