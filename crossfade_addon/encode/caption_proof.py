# SPDX-License-Identifier: GPL-3.0-or-later
"""Captions as they were drawn: where their ink is, whether the video shows it there, and whether it can be read.

The script that was burned is drawn once more, over black and over white, for one picture of every caption: the
difference is the ink, exactly, whatever the video shows behind it. The delivered picture is then compared with it.

Conventions: *proof pixels* are those of pictures whose shorter side is ``PROOF_SIDE`` at most; what is told to people
is in pixels of the delivered picture, letters in pixels of a picture 1080 wide. Seconds are the clip's.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..jobs import Child, Progress, wait
from ..timing import clock
from .command import FONTS, Recipe
from .decoded import STAGE, Decoded, only
from .flashes import LUMA, relative_luminance
from .grading import TO_RGB
from .job import EncodeJob
from .platforms import Platform, SafeBox
from .report import Check
from .word_captions import Drawn

Mask = NDArray[np.bool_]
Luma = NDArray[np.float32]

PROOF_SIDE = 540
MOST_MOMENTS = 40
"""Captions that are looked at; of more, so many evenly spread ones."""
INK, SOLID = 0.5, 0.9
"""Opacity from which a pixel belongs to a caption, and from which nothing shines through."""
BRIGHT = 110
"""Luma (of 255) from which solid ink is a letter and not its outline."""
SLACK = 2
"""Pixels by which scaling may blur an edge."""
LEAST_OUTSIDE = 6
LEAST_LETTERS = 24.0
LEAST_CONTRAST = 4.5
"""WCAG 2.1, 1.4.3, level AA."""
MOST_CHARACTERS = 25.0
"""Characters a second that can be read along with music."""
SHORTEST_S = 0.3
SAME, MOST_UNLIKE = 40, 0.2
"""A solid pixel is as drawn within so many of 255; so many may not be (the encoder's blur at edges)."""
BEFORE_END_S = 0.15
_BLACK, _WHITE = "ink_black.rgb", "ink_white.gray"
_DIALOGUE = re.compile(r"^Dialogue: \d+,(\d+):(\d+):([\d.]+),(\d+):(\d+):([\d.]+),(?:[^,]*,){6}(.*)$")
_GREY = np.array([0.299, 0.587, 0.114], np.float32)
"""How FFmpeg makes grey of RGB."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A picture that shows a caption: its number in the film, how long the caption is there, and its words."""

    frame: int
    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One caption as it was drawn and delivered.

    ``ink`` (height, width) at proof size; ``unlike`` is the share of solid pixels that the video shows otherwise;
    ``letters`` the height of the tallest row of letters, pixels of a picture 1080 wide; ``contrast`` is WCAG's ratio.
    """

    moment: Moment
    ink: Mask
    unlike: float
    letters: float
    contrast: float


@dataclass(frozen=True, slots=True)
class Proof:
    """All captions that were looked at; ``scale`` delivered pixels make a proof pixel. Empty when drawing failed.

    ``screens`` and ``boxes`` are all captions of the film, looked at or not, by their script and by their layout.
    """

    seen: tuple[Seen, ...]
    screens: tuple[Moment, ...]
    scale: float
    fps: float
    boxes: tuple[Drawn, ...] = ()

    @property
    def total(self) -> int:
        """How many captions there are."""
        return max(len(self.seen), len(self.screens))


def proof_size(width: int, height: int) -> tuple[int, int]:
    """Size of the pictures in which captions are looked at."""
    scale = min(1.0, PROOF_SIDE / min(width, height))
    return round(width * scale), round(height * scale)


def find_script(job: EncodeJob, recipe: Recipe) -> Path | None:
    """The ASS script that was burned into a recipe's video, or None."""
    if recipe.captions is None:
        return None
    for number, known in enumerate(job.recipes(), 1):
        path = job.work / "encode" / f"video_{number}" / recipe.captions
        if known == recipe and path.is_file():
            return path
    return None


# ----------------------------------------------------------------------------------------- the script


def screens(script: str) -> tuple[tuple[float, float, str], ...]:
    """(start, end, words) of what stands in the picture together, in seconds, in order.

    A caption may be many events, one for each word or layer; it ends where no event goes on.
    """
    events = []
    for line in script.splitlines():
        if found := _DIALOGUE.match(line):
            hours, minutes, seconds, end_hours, end_minutes, end_seconds, text = found.groups()
            start = 3600 * int(hours) + 60 * int(minutes) + float(seconds)
            end = 3600 * int(end_hours) + 60 * int(end_minutes) + float(end_seconds)
            words = _words(text)
            if end > start and words:
                events.append((start, end, words))
    found_screens: list[tuple[float, float, list[str]]] = []
    for start, end, words in sorted(events):
        if found_screens and start < found_screens[-1][1] - 1e-6:
            first, last, texts = found_screens[-1]
            found_screens[-1] = first, max(last, end), [*texts, words]
        else:
            found_screens.append((start, end, [words]))
    return tuple((start, end, _together(texts)) for start, end, texts in found_screens)


def _words(text: str) -> str:
    return " ".join(re.sub(r"\{[^}]*\}", "", text).replace(r"\N", " ").replace(r"\h", " ").split())


def _together(texts: Sequence[str]) -> str:
    """The words once, though layers and highlights say them again."""
    kept: list[str] = []
    for text in sorted(dict.fromkeys(texts), key=len, reverse=True):
        if not any(text in longer for longer in kept):
            kept.append(text)
    return " ".join(text for text in dict.fromkeys(texts) if text in kept)


def sample_moments(script: Path, recipe: Recipe) -> tuple[Moment, ...]:
    """A picture of every caption, near its end, when all of it stands there."""
    moments = []
    for start, end, words in screens(script.read_text(encoding="utf-8", errors="replace")):
        moment = max((start + end) / 2, end - BEFORE_END_S)
        frame = min(int(moment * recipe.fps), recipe.frame_count - 1)
        if frame >= 0 and float(frame / recipe.fps) >= start - 1e-6:
            moments.append(Moment(frame, start, end, words))
    unique = list({moment.frame: moment for moment in moments}.values())
    if len(unique) <= MOST_MOMENTS:
        return tuple(unique)
    return tuple(unique[round(k * (len(unique) - 1) / (MOST_MOMENTS - 1))] for k in range(MOST_MOMENTS))


# ----------------------------------------------------------------------------------------- the proof


def proof_steps(
    ffmpeg: str,
    script: Path,
    moments: tuple[Moment, ...],
    recipe: Recipe,
    seen: Decoded,
    folder: Path,
    boxes: tuple[Drawn, ...] = (),
) -> Generator[Progress, None, Proof]:
    """Draw the script again and compare it with the decoded stills of the same pictures.

    ``boxes`` are the rectangles that the captions were laid out in.
    """
    width, height = proof_size(recipe.width, recipe.height)
    every = tuple(
        Moment(0, start, end, words) for start, end, words in screens(script.read_text("utf-8", errors="replace"))
    )
    scale, found = recipe.width / width, []
    black, white = (folder / _BLACK).absolute(), (folder / _WHITE).absolute()
    try:
        if moments:
            command = _draw_command(ffmpeg, script.name, moments, recipe, black, white)
            child = Child(command, folder / "ink", name="FFmpeg", cwd=script.parent)
            yield from wait(child, lambda: Progress(STAGE, 1.0, "Drawing the captions once more"))
        size = width * height
        for index, moment in enumerate(moments):
            drawn = _piece(black, index, (height, width, 3))
            on_white = _piece(white, index, (height, width))
            shown = _piece(seen.stills(), index, (height, width, 3))
            if len(drawn) * len(on_white) * len(shown) and drawn.size == 3 * size:
                found.append(_compare(moment, drawn, on_white, shown, scale * 1080 / recipe.width))
            yield Progress(STAGE, 1.0, "Reading the captions")
    finally:
        for path in (black, white):
            path.unlink(missing_ok=True)
    return Proof(tuple(found), every, scale, float(recipe.fps), boxes)


def _draw_command(
    ffmpeg: str, script: str, moments: tuple[Moment, ...], recipe: Recipe, black: Path, white: Path
) -> list[str]:
    width, height = proof_size(recipe.width, recipe.height)
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-y"]
    for colour in ("black", "white"):
        source = f"color=c={colour}:s={recipe.width}x{recipe.height}:r={recipe.fps}:d={recipe.seconds:.6f}"
        command += ["-f", "lavfi", "-i", source]
    draw = f"{only(tuple(m.frame for m in moments))},{TO_RGB},ass={script}:fontsdir={FONTS}"
    smaller = f"scale={width}:{height}:flags=area"
    command += ["-filter_complex", f"[0:v]{draw},{smaller},format=rgb24[b];[1:v]{draw},{smaller},format=gray[w]"]
    for label, path in (("[b]", black), ("[w]", white)):
        command += ["-map", label, "-fps_mode", "passthrough", "-f", "rawvideo", f"file:{path}"]
    return command


def _piece(path: Path, index: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Picture number ``index`` of a raw file; empty when it is not there."""
    size = int(np.prod(shape))
    if not path.is_file():
        return np.zeros(0, np.uint8)
    with path.open("rb") as file:
        file.seek(index * size)
        data = file.read(size)
    return np.frombuffer(data, np.uint8).reshape(shape) if len(data) == size else np.zeros(0, np.uint8)


def _compare(
    moment: Moment, drawn: NDArray[np.uint8], on_white: NDArray[np.uint8], shown: NDArray[np.uint8], to_1080: float
) -> Seen:
    opacity = 1 - (on_white.astype(np.float32) - drawn.astype(np.float32) @ _GREY) / 255
    ink = opacity >= INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return Seen(moment, ink, 1.0, 0.0, 0.0)
    around = np.s_[max(0, rows[0] - 4) : rows[-1] + 5, max(0, columns[0] - 4) : columns[-1] + 5]
    solid = opacity[around] >= SOLID
    wanted, got = drawn[around].astype(np.float32) @ LUMA, shown[around].astype(np.float32) @ LUMA
    letters = solid & (wanted >= BRIGHT)
    unlike = float((np.abs(wanted - got)[solid] > SAME).mean()) if solid.any() else 1.0
    return Seen(moment, ink, unlike, _row_height(letters) * to_1080, _contrast(letters, shown[around]))


def _row_height(letters: Mask) -> int:
    """Pixels from top to bottom of the tallest row of letters."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], letters.any(axis=1), [False]))))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def _contrast(letters: Mask, shown: NDArray[np.uint8]) -> float:
    """WCAG's contrast ratio of letters to what lies within three pixels round them."""
    core = ~grown(~letters, 1)
    core = core if core.sum() >= 20 else letters
    around = grown(letters, 3) & ~grown(letters, 1)
    if not core.any() or not around.any():
        return 0.0
    light = relative_luminance(shown)
    inside, outside = float(np.median(light[core])), float(light[around].mean())
    return (max(inside, outside) + 0.05) / (min(inside, outside) + 0.05)


def grown(mask: Mask, pixels: int) -> Mask:
    """The mask and all that is at most so many steps (up, down, left, right) away."""
    for _ in range(pixels):
        wider = mask.copy()
        wider[1:] |= mask[:-1]
        wider[:-1] |= mask[1:]
        wider[:, 1:] |= mask[:, :-1]
        wider[:, :-1] |= mask[:, 1:]
        mask = wider
    return mask


# ------------------------------------------------------------------------------------------ verdicts


def caption_checks(proof: Proof, platforms: Sequence[Platform]) -> list[Check]:
    """Whether captions are drawn, free of every platform's buttons, large and clear enough, and there long enough."""
    if not proof.seen:
        return [Check("Captions drawn", "as their script says", "they could not be drawn again", False, fix=_LOST)]
    bad = [one for one in proof.seen if one.unlike > MOST_UNLIKE]
    text = f"{len(proof.seen) - len(bad)} of {len(proof.seen)} captions"
    text += f" that were looked at, of {proof.total}" if len(proof.seen) < proof.total else ""
    text += f"; not at {_places(bad)}" if bad else ""
    smallest = min(proof.seen, key=lambda one: one.letters)
    faintest = min(proof.seen, key=lambda one: one.contrast)
    checks = [
        Check("Captions drawn", "every one as its script says", text, not bad, fix="Encode again."),
        _zone_check(proof, platforms),
        Check(
            "Caption letters",
            f"at least {LEAST_LETTERS:g} px of 1080 high",
            f"{smallest.letters:.0f} px at {_place(smallest.moment)}",
            smallest.letters >= LEAST_LETTERS,
            fix="Break the lyric lines into shorter ones.",
        ),
        Check(
            "Caption contrast",
            f"at least {LEAST_CONTRAST:g}:1",
            f"{faintest.contrast:.1f}:1 at {_place(faintest.moment)}",
            faintest.contrast >= LEAST_CONTRAST,
            fix="Choose another caption style or a theme with a brighter accent colour.",
        ),
    ]
    return [*checks, _reading_check(proof.screens)]


_LOST = "Encode again: the caption script is no longer in the job's folder."


def lost_script() -> Check:
    """The check where captions were burned but their script is gone."""
    return Check("Captions drawn", "every one as its script says", "the script is gone", False, advice=True, fix=_LOST)


def nothing_drawn() -> Check:
    """The check where nothing of what is sung could be shown, which the encoder has said."""
    return Check("Captions drawn", "every one as its script says", "none: there is nothing to draw", True)


def _zone_check(proof: Proof, platforms: Sequence[Platform]) -> Check:
    """Whether all ink that was looked at, and every box, lies where no platform has buttons or text of its own."""
    names = ", ".join(platform.label for platform in platforms if platform.strict)
    outside = []
    for platform in platforms:
        if not platform.strict:
            continue
        free = _free(platform, proof.seen[0].ink.shape, proof.scale)
        for one in proof.seen:
            beyond = one.ink & ~free
            if int(beyond.sum()) >= LEAST_OUTSIDE:
                y, x = (round(float(np.median(axis)) * proof.scale) for axis in np.nonzero(beyond))
                outside.append((platform.label, one.moment, x, y))
    laid_out = [
        (platform.label, Moment(0, drawn.start, drawn.end, drawn.text), drawn.box.left, drawn.box.top)
        for platform in platforms
        for drawn in proof.boxes
        if platform.strict and not _is_free(platform, drawn.box)
    ]
    text = f"all {proof.total} captions"
    if len(proof.seen) < proof.total:
        text = f"all {len(proof.boxes)} of {proof.total} captions by their layout, {len(proof.seen)} by their ink"
    if found := outside or laid_out:
        _, moment, x, y = found[0]
        total = len(proof.seen) if outside else len(proof.boxes)
        text = f"{len({(o[1].start, o[1].text) for o in found})} of {total} captions reach under the buttons of "
        text += f"{', '.join(dict.fromkeys(o[0] for o in found))}, first at {_place(moment)} round x {x}, y {y}"
    wanted = f"within what {names} leave free" if names else "no zone is known"
    fix = "Encode again; if it stays, the platform's zone is too small."
    return Check("Captions in safe zone", wanted, text, not found, fix=fix)


def _is_free(platform: Platform, box: SafeBox) -> bool:
    """Whether a rectangle lies in a platform's strict zone."""
    inner = SafeBox(box.left + SLACK, box.top + SLACK, box.right - SLACK, box.bottom - SLACK)
    return any(inner.within(zone) for zone in platform.strict)


def _free(platform: Platform, shape: tuple[int, ...], scale: float) -> Mask:
    """Proof pixels inside a platform's strict zone."""
    free = np.zeros(shape, dtype=bool)
    for box in platform.strict:
        rows = slice(max(0, int((box.top - SLACK) / scale)), int(np.ceil((box.bottom + SLACK) / scale)))
        columns = slice(max(0, int((box.left - SLACK) / scale)), int(np.ceil((box.right + SLACK) / scale)))
        free[rows, columns] = True
    return free


def _reading_check(shown: Sequence[Moment]) -> Check:
    """Whether there is time to read every caption."""
    hasty = [
        one
        for one in shown
        if one.end - one.start < SHORTEST_S or len(one.text) / (one.end - one.start) > MOST_CHARACTERS
    ]
    fastest = max((len(one.text) / max(one.end - one.start, 1e-3) for one in shown), default=0.0)
    text = f"at most {fastest:.0f} characters a second"
    if hasty:
        text = f"{len(hasty)} of {len(shown)} are too short, first at {_place(hasty[0])}; {text}"
    wanted = f"{SHORTEST_S:g} s, {MOST_CHARACTERS:g} characters a second"
    return Check(
        "Caption reading time", wanted, text, not hasty, advice=True, fix="Merge or shorten these lyric lines."
    )


def _places(seen: Sequence[Seen]) -> str:
    return ", ".join(_place(one.moment) for one in seen[:3]) + (" and more" if len(seen) > 3 else "")


def _place(moment: Moment) -> str:
    return f"{clock(int(moment.start))} \u2018{moment.text[:24]}\u2019"
