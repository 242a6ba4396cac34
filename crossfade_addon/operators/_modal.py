# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs in the window: a timer asks the steps for more, a few milliseconds at a time; Cancel closes them.

In background mode, where timers never fire, the steps are drained at once.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, final

import bpy

from .. import jobs, properties, timeline, timing
from ..errors import CrossfadeError
from ..jobs import Progress
from . import _job, _results, _stage
from ._base import SealedOperator, busy

TICK_S = 0.1
BUDGET_S = 0.06
"""How long one tick may keep the window waiting, as far as it is in our hands."""


class JobOperator(SealedOperator):
    """An operator that runs a :class:`._job.Job`."""

    _timer: Any = None
    _last: Progress | None = None

    def job(self, context: Any) -> _job.Job:
        """The work; raises :class:`CrossfadeError` when it cannot be started."""
        raise NotImplementedError

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Only one job at a time, and no job without a song."""
        return busy() or ("" if context.scene.crossfade.audio else "Choose an audio file first")

    @final
    def run(self, context: Any) -> set[str]:
        """Start the job; in background mode, finish it."""
        state = context.window_manager.crossfade_job
        _reset(state)
        job = self.job(context)
        _job.start(job)
        state.running, state.title = True, job.title
        if bpy.app.background or context.window is None:
            return self._drain(context, job)
        self._timer = context.window_manager.event_timer_add(TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        _redraw(context)
        return {"RUNNING_MODAL"}

    @final
    def modal(self, context: Any, event: Any) -> set[str]:
        """One tick of the timer."""
        job = _job.running()
        if event.type != "TIMER" or job is None:
            return {"PASS_THROUGH"} if job else self._finish(context)
        if job.stop_requested:
            self._finish(context)
            context.window_manager.crossfade_job.summary = "Cancelled"
            self.report({"INFO"}, "Crossfade: cancelled")
            return {"CANCELLED"}
        try:
            return {"PASS_THROUGH"} if self._tick(context, job) else self._succeed(context, job)
        except Exception as error:
            self._finish(context)
            return self.fail(context, error)

    @final
    def cancel(self, context: Any) -> None:
        """Blender ends the operator: another file is opened, the window is closed."""
        self._finish(context)

    def _tick(self, context: Any, job: _job.Job) -> bool:
        """Ask for steps until the time is up or nothing is new; False when the work is done."""
        until = time.monotonic() + BUDGET_S
        while True:
            before = _stage.Before(context)
            try:
                report = next(job.steps)
            except StopIteration:
                self._adopt(context, before)
                return False
            self._adopt(context, before)
            is_new = report != self._last
            if is_new:
                self._show(context, job, report)
            if not is_new or time.monotonic() > until:
                return True

    def _adopt(self, context: Any, before: _stage.Before) -> None:
        if before.adopt(context.window) and not bpy.app.background:
            bpy.ops.ed.undo_push(message="Crossfade: Build Show")

    def _drain(self, context: Any, job: _job.Job) -> set[str]:
        before = _stage.Before(context)
        try:
            jobs.drain(job.steps, lambda report: self._show(context, job, report))
            self._adopt(context, before)
            return self._succeed(context, job)
        finally:
            self._finish(context)

    def _show(self, context: Any, job: _job.Job, report: Progress) -> None:
        state = context.window_manager.crossfade_job
        if report.notice:
            state.notices.add().text = report.message
        else:
            state.stage, state.fraction, state.message = report.stage, report.fraction, report.message
            state.eta = f"{timing.clock(report.eta_s)} left" if report.eta_s and report.fraction < 1 else ""
        self._last = report
        self._heard(context, job)
        _redraw(context)

    def _heard(self, context: Any, job: _job.Job) -> None:
        """Once the script is written, show what is in it."""
        path = job.outputs.paths.get("timeline")
        if path is None or not job.script_key:
            return
        key, job.script_key = job.script_key, ""
        properties.fill_analysis(context.scene.crossfade, timeline.load(Path(path)), Path(path), key)

    def _succeed(self, context: Any, job: _job.Job) -> set[str]:
        self._heard(context, job)
        state = context.window_manager.crossfade_job
        _results.fill(state, job.outputs)
        self._finish(context)
        if not job.outputs.passed:
            return self.fail(context, _verify_error(job))
        count = len(state.results)
        state.summary = f"{count} file{'s' if count != 1 else ''} made, every check passed" if count else "Done"
        self.report({"INFO"}, f"Crossfade: {job.title} is done")
        return {"FINISHED"}

    def _finish(self, context: Any) -> set[str]:
        """Stop the work and the timer, and tell the panel."""
        manager = context.window_manager
        if self._timer is not None:
            manager.event_timer_remove(self._timer)
            self._timer = None
        _job.end()
        manager.crossfade_job.running = manager.crossfade_job.cancelling = False
        _redraw(context)
        return {"CANCELLED"}


def _verify_error(job: _job.Job) -> CrossfadeError:
    from ..pipeline import verify_error

    return verify_error(job.outputs)


def _reset(state: Any) -> None:
    state.stage = state.message = state.eta = state.error = state.summary = ""
    state.fraction = 0
    state.cancelling = False
    state.notices.clear()
    state.results.clear()


def _redraw(context: Any) -> None:
    """Draw the sidebars anew; the 3D views beside them are left alone."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()
