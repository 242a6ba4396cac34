# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs in the window: a timer asks the steps for more, a few milliseconds at a time; Cancel closes them.

In background mode, where timers never fire, the steps are drained at once.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import bpy

from .. import properties
from ..errors import CrossfadeError
from . import _job, _results, _stage, _status
from ._base import SealedOperator, busy, redraw

if TYPE_CHECKING:
    from ..jobs import Progress
    from ..pipeline import Outputs

TICK_S = 0.1
BUDGET_S = 0.06
"""How long one tick may keep the window waiting, as far as it is in our hands."""


class JobOperator(SealedOperator):
    """An operator that runs a :class:`._job.Job`."""

    _timer: Any = None
    _scene_name: Any = ""  # a name, since datablocks may go while a job runs
    _last: Any = None  # Progress or None; Blender evaluates what classes are annotated with

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
        if job.outputs is not None:
            state.results.clear()
        _job.start(job)
        self._scene_name = context.scene.name
        state.running, state.title = True, job.title
        if bpy.app.background or context.window is None:
            return self._drain(context, job)
        self._timer = context.window_manager.event_timer_add(TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        redraw(context)
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

    def done(self, context: Any) -> None:
        """What is left to do for the window once the work has succeeded."""

    def _tick(self, context: Any, job: _job.Job) -> bool:
        """Ask for steps until the time is up or nothing is new; False when the work is done."""
        until = time.monotonic() + BUDGET_S
        while self._step(context, job):
            if time.monotonic() > until:
                return True
        return self._last is not None

    def _drain(self, context: Any, job: _job.Job) -> set[str]:
        """Ask for steps until there are no more, resting while nothing is new."""
        from .. import jobs

        try:
            while True:
                if not self._step(context, job):
                    if self._last is None:
                        return self._succeed(context, job)
                    jobs.pause()
        finally:
            self._finish(context)

    def _step(self, context: Any, job: _job.Job) -> bool:
        """One step; False when it says nothing new. ``_last`` is None when there are no more."""
        before = _stage.Before(context, self._scene(context))
        try:
            report = next(job.steps)
        except StopIteration:
            self._last = None
            return False
        finally:
            if before.adopt(context) and not bpy.app.background:
                bpy.ops.ed.undo_push(message="Crossfade: Build Show")
        if self._last is not None and report.says_as(self._last):
            return False
        self._show(context, job, report)
        self._last = report
        return True

    def _show(self, context: Any, job: _job.Job, report: Progress) -> None:
        from .. import timing

        state = context.window_manager.crossfade_job
        if report.notice:
            if all(notice.text != report.message for notice in state.notices):
                state.notices.add().text = report.message
        else:
            state.stage, state.fraction, state.message = report.stage, report.fraction, report.message
            state.eta = f"{timing.clock(report.eta_s)} left" if report.eta_s and report.fraction < 1 else ""
            _status.say(context, job.title, report, state.eta)
        self._heard(context, job)
        redraw(context)

    def _heard(self, context: Any, job: _job.Job) -> None:
        """Once the script is written, show what is in it."""
        from .. import timeline

        outputs = job.outputs
        path = outputs.paths.get("timeline") if outputs is not None else None
        if outputs is None or path is None or not job.script_key:
            return
        key, job.script_key = job.script_key, ""
        heard = outputs.heard
        text = heard.read_text("utf-8") if heard is not None and heard.is_file() else ""
        properties.fill_analysis(self._scene(context).crossfade, timeline.load(Path(path)), Path(path), key, text)

    def _scene(self, context: Any) -> Any:
        """The scene that the job was started in, whichever is open now; that one when it is gone."""
        return bpy.data.scenes.get(self._scene_name) or context.scene

    def _succeed(self, context: Any, job: _job.Job) -> set[str]:
        self._heard(context, job)
        state, outputs = context.window_manager.crossfade_job, job.outputs
        if outputs is not None:
            _results.fill(state, outputs)
        self._finish(context)
        self.done(context)
        if outputs is None:
            state.summary = state.message
        elif not outputs.passed:
            return self.fail(context, _verify_error(outputs))
        else:
            was_checked = "report" in outputs.paths
            state.summary = "All files are made and checked" if was_checked else f"{job.title}: done"
        self.report({"INFO"}, f"Crossfade: {job.title} is done")
        return {"FINISHED"}

    def _finish(self, context: Any) -> set[str]:
        """Stop the work and the timer, and tell the panel."""
        manager = context.window_manager
        if self._timer is not None:
            manager.event_timer_remove(self._timer)
            self._timer = None
        _job.end()
        _status.clear()
        manager.crossfade_job.running = manager.crossfade_job.cancelling = False
        redraw(context)
        return {"CANCELLED"}


def _verify_error(outputs: Outputs) -> CrossfadeError:
    from ..pipeline import verify_error

    return verify_error(outputs)


def _reset(state: Any) -> None:
    state.stage = state.message = state.eta = state.error = state.summary = ""
    state.fraction = 0
    state.cancelling = False
    state.notices.clear()
