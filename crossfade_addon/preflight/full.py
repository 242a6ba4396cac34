# SPDX-License-Identifier: GPL-3.0-or-later
"""All that can be told before a job: the quick checks, the song opened, and what it costs, timed on some frames."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import listening, timing
from ..brief import RENDER_SCALE, Brief
from ..checks import BLOCK, OK, WARN, Check, blocking, first_block, verdict
from ..errors import CrossfadeError
from ..frames import FrameRange, Pace
from ..jobs import Progress
from . import amounts, quick, stand_in
from .amounts import Amounts
from .quick import LIBRARY, SONG, STUDIO

if TYPE_CHECKING:
    from ..pipeline import Pipeline

STAGE = "preflight"
TIME = "Time"
LONG_S = 3600.0
"""From here on a render is said to be long."""


@dataclass(slots=True)
class Findings:
    """What was found: the checks, the frames by aspect, and the seconds that rendering takes (None when not timed)."""

    checks: list[Check] = field(default_factory=list)
    frames: dict[str, int] = field(default_factory=dict)
    render_s: float | None = None

    def as_json(self) -> dict[str, Any]:
        """For programs: one object at the end of the list."""
        levels = [check.level for check in self.checks]
        return {
            "ready": first_block(self.checks) is None,
            "problems": levels.count(BLOCK),
            "warnings": levels.count(WARN),
            "frames": self.frames,
            "render_s": None if self.render_s is None else round(self.render_s, 1),
        }


def look_steps(pipeline: Pipeline, findings: Findings) -> Generator[Progress, None, None]:
    """Look at everything; ``findings`` grows with every step. A problem found does not end the looking."""
    brief = pipeline.brief
    for check in quick.look(pipeline):
        findings.checks.append(check)
        yield Progress(STAGE, 0.1, "Looking at tools and files")
    seconds = None
    if not _blocked(findings, quick.FFMPEG, quick.FILES):
        seconds = yield from _song_steps(pipeline, findings)
    script = amounts.written_script(brief)
    wanted = amounts.count(brief, pipeline.platforms, script, seconds)
    findings.frames = {aspect: span.count for aspect, span in wanted.ranges.items()}
    findings.checks.append(amounts.frames_check(wanted, brief.fps))
    findings.checks += _lengths(pipeline, wanted)
    pace = None
    if pipeline.renders_frames and not _blocked(findings, STUDIO, quick.FILES):
        pace = yield from _pace_steps(pipeline, findings, wanted)
    _say_room(pipeline, findings, wanted, pace)
    yield Progress(STAGE, 1.0, verdict(findings.checks))


def ended(findings: Findings) -> Generator[Progress, None, None]:
    """The end of a look that need not begin: the settings themselves are wrong."""
    yield Progress(STAGE, 1.0, verdict(findings.checks))


def _blocked(findings: Findings, *subjects: str) -> bool:
    return any(check.level == BLOCK and check.subject in subjects for check in findings.checks)


def _song_steps(pipeline: Pipeline, findings: Findings) -> Generator[Progress, None, float | None]:
    """Let the worker open song, words and library: what it says goes before what was seen from outside."""
    steps = listening.look_at(pipeline.brief, pipeline.tool())
    try:
        while True:
            try:
                report = next(steps)
            except StopIteration as end:
                answer = end.value
                break
            yield Progress(STAGE, 0.1 + 0.3 * report.fraction, report.message)
    except CrossfadeError as error:
        findings.checks.append(blocking(SONG, error, where=str(pipeline.brief.audio)))
        return None
    finally:
        steps.close()
    found = [Check(**data) for data in answer["checks"]]
    said = {check.subject for check in found} & {SONG, LIBRARY}
    findings.checks[:] = [c for c in findings.checks if not (c.subject in said and c.level == OK)]
    findings.checks[:0] = found
    return answer["seconds"]


def _lengths(pipeline: Pipeline, wanted: Amounts) -> list[Check]:
    """Platforms that do not take videos as short as theirs will be, or take longer ones than is good for them."""
    found = []
    for name, platform in pipeline.platforms.items():
        if text := platform.too_short(wanted.seconds[name]):
            found.append(Check(SONG, f"{text}.", WARN, remedy="Choose a longer part, or leave that platform out."))
        if text := platform.too_long(wanted.seconds[name]):
            found.append(Check(SONG, f"{text}.", WARN, remedy="Choose a shorter part, or accept it."))
    return found


def _pace_steps(pipeline: Pipeline, findings: Findings, wanted: Amounts) -> Generator[Progress, None, Pace | None]:
    """Time some frames; a show that cannot be built or rendered is a problem found."""
    brief = pipeline.brief
    script = amounts.written_script(brief)
    ranges = dict(wanted.ranges)
    if script is None:
        script = stand_in.script(brief, pipeline.platforms)
        last = timing.FIRST_FRAME + timing.frame_count(stand_in.SECONDS, brief.fps) - 1
        ranges = dict.fromkeys(ranges, FrameRange(timing.FIRST_FRAME, last))
    steps = pipeline.studio.pace_steps(brief, listening.brief_to_json(brief), script, ranges)
    try:
        while True:
            try:
                report = next(steps)
            except StopIteration as end:
                pace: Pace = end.value
                break
            yield Progress(STAGE, 0.4 + 0.6 * report.fraction, report.message)
    except CrossfadeError as error:
        findings.checks.append(blocking(STUDIO, error))
        return None
    finally:
        steps.close()
    findings.render_s = render_seconds(brief, wanted, pace)
    findings.checks.append(_time_check(brief, findings.render_s, wanted, pace))
    return pace


def render_seconds(brief: Brief, wanted: Amounts, pace: Pace) -> float:
    """How long rendering will take: all frames, and the stills, which have the full size."""
    seconds = pace.start_s
    for aspect, span in wanted.ranges.items():
        # A still costs as much more than a frame as it has more pixels.
        still = pace.seconds[aspect] / float(RENDER_SCALE[brief.quality]) ** 2
        seconds += span.count * pace.seconds[aspect] + amounts.still_count(brief) * still
    return seconds


def _time_check(brief: Brief, seconds: float, wanted: Amounts, pace: Pace) -> Check:
    count = sum(span.count for span in wanted.ranges.values())
    each = sum(span.count * pace.seconds[aspect] for aspect, span in wanted.ranges.items()) / max(1, count)
    remedy, fix = amounts.quicker(brief)
    if not pace.timed:
        said = "Too slow to time: after a minute and a half there were not two frames."
        return Check(TIME, said, WARN, remedy=remedy, fix=fix)
    said = (
        f"Rendering takes about {spoken(seconds)} ({each:.2g} s a frame, timed on {pace.timed}). "
        "An estimate, without listening and encoding; frames of an earlier run are kept."
    )
    if seconds > LONG_S:
        return Check(TIME, said, WARN, remedy=remedy, fix=fix)
    return Check(TIME, said)


def spoken(seconds: float) -> str:
    """A length of time for people, as rough as an estimate is: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 55:
        return f"{max(1, round(seconds))} s" if seconds < 10 else f"{round(seconds / 5) * 5} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _say_room(pipeline: Pipeline, findings: Findings, wanted: Amounts, pace: Pace | None) -> None:
    """Room on the disk as far as it is known now; it goes before the first guess."""
    measured = pace.bytes_each if pace is not None else {}
    findings.checks[:] = [check for check in findings.checks if check.subject != amounts.SUBJECT]
    findings.checks += amounts.room_checks(pipeline.brief, pipeline.platforms, wanted, measured)
