# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks made on the decoded pictures and the decoded sound of a delivered video.

The video is decoded once, in a child process, to small pictures; these are read in small pieces, so that whoever
drains the generator is never held up. Numpy is imported by what is called here, not by this module.

========================  ==========================================================================================
check                     what fails
========================  ==========================================================================================
Decoding                  FFmpeg complains of damage, or not every coded picture can be decoded
Song in place             the sound is not the song's planned part, or more than 5 ms from its place
Sync                      light and sound meet more than 10 ms apart (median of all clear hits)
Sync, worst hit           two clear hits are off by more than a frame and more than 25 ms (one: advice)
Sync drift                light runs away from the sound by more than 2 ms from first to last third, beyond doubt
Flashes, Red flashes      more than three in any second, WCAG 2.3.1, camera cuts included
Strobe                    advice: lights alone flash more than once a second where the theme or an event wants none
Black pictures            black where the script wants no darkness
Frozen picture            the picture stands still for a fifth of a second where the script wants no darkness
Repeated pictures         single pictures come twice
Captions drawn            captions are not in the picture where and as their script draws them
Captions in safe zone     a caption reaches under buttons of a platform that gets the file
Caption letters           letters are too small for a phone
Caption contrast          letters do not stand out from what is round them
Caption reading time      advice: too short to be read
========================  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CrossfadeError
from ..jobs import Progress
from ..themes import load_theme
from ..timeline import Timeline
from ..timing import clock, frame_at
from .command import Recipe
from .decoded import Decoded, decode_steps, small_size
from .job import EncodeJob
from .platforms import Platform
from .report import Check

if TYPE_CHECKING:
    from .continuity import Flow
    from .flashes import Flashes, Rate
    from .sync import Sync

STAGE = "verify"
AT_ONCE = 8
"""Pictures that are looked at between two yields: some 20 ms of work."""
SYNC_MS, WORST_MS, DRIFT_MS = 10.0, 25.0, 2.0
VAGUE_MS = 10.0
"""A drift that is known no better than this is not known."""
STROBE_FREE = 1.0
"""Flashes in one second that the lights of a show without flashes may reach: one breath and its end."""
MOST_NAMED = 3

_RENDER_AGAIN = "Render these frames again (delete them in the job's frame folder), then encode again."
_ENCODE_AGAIN = "Encode again from the rendered frames."
_SOFTER = "Choose a calmer intensity or a theme without flashes, build the show again and render."


def picture_checks(
    path: Path, recipe: Recipe, platform: Platform, job: EncodeJob, folder: Path
) -> Generator[Progress, None, tuple[Check, ...]]:
    """Checks of the decoded pictures and sound of one video; ``folder`` receives what they need.

    Every platform that shares the recipe is judged: the captions must suit all of them.
    """
    from . import caption_job, caption_proof

    sharing = job.recipes().get(recipe) or [platform]
    has_sound = platform.audio != "none"
    script = caption_proof.find_script(job, recipe)
    moments = caption_proof.sample_moments(script, recipe) if script else ()
    seen = yield from decode_steps(
        job.ffmpeg,
        path,
        small_size(recipe.width, recipe.height),
        folder,
        expected=recipe.frame_count,
        has_sound=has_sound,
        stills=tuple(moment.frame for moment in moments),
        still_size=caption_proof.proof_size(recipe.width, recipe.height),
    )
    try:
        checks = [decoding_check(seen)]
        if seen.count:
            checks += yield from _show_checks(seen, recipe, job, path.name, folder)
            if script and not moments:
                checks.append(caption_proof.nothing_drawn())
            elif script:
                boxes = caption_job.boxes(job, recipe)
                proof = yield from caption_proof.proof_steps(job.ffmpeg, script, moments, recipe, seen, folder, boxes)
                checks += caption_proof.caption_checks(proof, sharing)
            elif recipe.captions:
                checks.append(caption_proof.lost_script())
        return tuple(checks)
    finally:
        seen.discard()


def _show_checks(
    seen: Decoded, recipe: Recipe, job: EncodeJob, name: str, folder: Path
) -> Generator[Progress, None, list[Check]]:
    from . import continuity, flashes, song_place, sync

    cuts = camera_cuts(job.timeline, recipe)
    light, flow = sync.LightMeter(), continuity.FlowMeter()
    flicker = flashes.FlashMeter(float(recipe.fps), cuts=cuts)
    looked = 0
    for frames in seen.pictures(AT_ONCE):
        for meter in (light, flow, flicker):
            meter.feed(frames)
        looked += len(frames)
        yield Progress(STAGE, looked / seen.count, f"Looking at {name}")
    checks = [*flash_checks(flicker.result(), is_calm=_is_calm(job.timeline))]
    checks += flow_checks(flow.result(), job.timeline, recipe, uneven=continuity.uneven(seen.times, recipe.fps))
    if recipe.sound is None:
        return checks
    sound, done = seen.sound(), Progress(STAGE, 1.0, f"Comparing light and sound of {name}")
    placed = yield from song_place.place_steps(job.ffmpeg, job.audio, recipe.sound, sound, folder)
    rise = yield from sync.listen_steps(sound)
    # Each of these takes some hundredths of a second in a song of minutes.
    heard = sync.onsets(rise)
    yield done
    hits = sync.light_hits(light.blocks(), sync.seconds_of(seen, recipe.fps), cuts=cuts)
    yield done
    return placed + sync_checks(sync.compare(hits, heard, recipe.seconds), recipe.fps) + checks


def camera_cuts(timeline: Timeline, recipe: Recipe) -> frozenset[int]:
    """Pictures of the film that begin a shot."""
    plan = timeline.camera.get(recipe.aspect)
    starts = (frame_at(shot.start, recipe.fps) - recipe.first_frame for shot in (plan.shots if plan else ()))
    return frozenset(start for start in starts if 0 < start < recipe.frame_count)


def _is_calm(timeline: Timeline) -> bool:
    """Whether this show may have no flashes: by its mode or its theme (a theme that is gone forbids nothing)."""
    if timeline.meta.mode == "event":
        return True
    try:
        return not load_theme(timeline.meta.theme).flashes
    except CrossfadeError:
        return False


# ------------------------------------------------------------------------------------------ verdicts


def decoding_check(seen: Decoded) -> Check:
    """Whether the whole file could be decoded without a complaint."""
    whole = seen.count == seen.packets and seen.count > 0
    text = f"{seen.count} of {seen.packets} pictures" + "".join(f"; {line}" for line in seen.complaints)
    return Check("Decoding", "without errors", text, whole and not seen.complaints, fix=_ENCODE_AGAIN)


def sync_checks(found: Sync, fps: Fraction) -> list[Check]:
    """Whether light and sound meet."""
    frame_ms = float(1000 / fps)
    wanted = f"median within {SYNC_MS:g} ms"
    if found.reason:
        return [Check("Sync", wanted, f"cannot be measured: {found.reason}", False, advice=True, fix=_BY_EYE)]
    thirds = ", ".join("too few" if value != value else f"{value:+.1f}" for value in found.thirds)
    text = f"light {found.median:+.1f} ms from the sound over {found.hits} hits; thirds {thirds} ms"
    most = max(WORST_MS, frame_ms)
    worst = f"{found.worst:+.1f} ms at {_at(found.worst_at)}"
    checks = [Check("Sync", wanted, text, abs(found.median) <= SYNC_MS, fix=_late_or_early(found.median))]
    # a single one out of place may be another drum beside the one that the light follows
    alone = found.second <= most
    wanted = f"within {most:.0f} ms"
    checks.append(Check("Sync, worst hit", wanted, worst, abs(found.worst) <= most, advice=alone, fix=_RENDER_AGAIN))
    wanted = f"within {DRIFT_MS:g} ms"
    if not found.drift_error <= VAGUE_MS:  # nan, too
        few = "cannot be measured: too few hits in the first or the last third"
        return [*checks, Check("Sync drift", wanted, few, False, advice=True, fix=_BY_EYE)]
    text = f"{found.drift:+.1f} ms (± {found.drift_error:.1f} ms)"
    steady = abs(found.drift) - found.drift_error <= DRIFT_MS
    return [*checks, Check("Sync drift", wanted, text, steady, fix=_DRIFTS)]


_BY_EYE = "Watch the video once: does the light meet the beat?"
_DRIFTS = "The frames and the sound run at different speeds: render at the job's frame rate and encode again."


def _late_or_early(median: float) -> str:
    what = "late: delay the sound" if median > 0 else "early: delay the pictures"
    return f"The light is {what}, or encode again; nudge the beat grid if the whole show is off."


def flash_checks(found: Flashes, *, is_calm: bool) -> list[Check]:
    """Whether nobody is put at risk; for a show that may not flash at all, whether it does."""
    from .flashes import MOST_FLASHES

    wanted = f"at most {MOST_FLASHES:g} in any second"
    checks = [
        Check(name, wanted, _rate(rate), rate.most <= MOST_FLASHES, fix=_SOFTER)
        for name, rate in (("Flashes", found.general), ("Red flashes", found.red))
    ]
    if is_calm:
        free = found.strobe.most <= STROBE_FREE
        checks.append(
            Check(
                "Strobe", f"at most {STROBE_FREE:g} in any second", _rate(found.strobe), free, advice=True, fix=_SOFTER
            )
        )
    return checks


def _rate(rate: Rate) -> str:
    return f"{rate.most:g} in the second from {_at(rate.at)}" if rate.most else "none"


def flow_checks(flow: Flow, timeline: Timeline, recipe: Recipe, *, uneven: tuple[int, ...] = ()) -> list[Check]:
    """Whether the picture is never black, frozen or repeated where it should move."""
    from .continuity import FROZEN_S, directed_darkness, outside, runs

    dark = directed_darkness(timeline)
    black = runs(outside(flow.black, dark, recipe.fps, recipe.start))
    still = runs(outside(flow.still, dark, recipe.fps, recipe.start))
    least = max(3, round(FROZEN_S * recipe.fps))
    frozen = [run for run in still if run[1] >= least]
    again = [run for run in still if run[1] < least]
    twice = "every picture once, evenly"
    odd = [(first, 1) for first in uneven]
    return [
        _found("Black pictures", "none outside blackouts", black, recipe.fps, _RENDER_AGAIN),
        _found("Frozen picture", f"never for {FROZEN_S:g} s", frozen, recipe.fps, _RENDER_AGAIN),
        _found("Repeated pictures", twice, sorted({*again, *odd}), recipe.fps, _RENDER_AGAIN),
    ]


def _found(name: str, wanted: str, found: list[tuple[int, int]] | tuple, fps: Fraction, fix: str) -> Check:
    total = sum(length for _, length in found)
    places = ", ".join(_at(float(first / fps)) for first, _ in found[:MOST_NAMED])
    more = " and more" if len(found) > MOST_NAMED else ""
    text = f"{total} picture{'s' if total != 1 else ''} at {places}{more}" if found else "none"
    return Check(name, wanted, text, not found, fix=fix)


def _at(seconds: float) -> str:
    """``m:ss.t`` of a moment."""
    whole = int(max(0.0, seconds) * 10 + 0.5)
    return f"{clock(whole // 10)}.{whole % 10}"
