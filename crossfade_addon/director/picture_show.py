# SPDX-License-Identifier: GPL-3.0-or-later
"""The lower half of the timeline picture: cameras, the DJ, the lights, the words, and what each platform gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ..timeline import CameraPlan, Clip, Timeline
from ..timing import clock
from .canvas import Colour, text_width
from .picture_sheet import BRIGHT, DIM, GAP, LEFT, LINE_HEIGHT, PANEL, RIGHT, TEXT, WIDTH, Sheet

SHOT_COLOURS: dict[str, Colour] = {
    "hero": (72, 98, 168),
    "wide": (58, 128, 138),
    "low": (122, 86, 158),
    "close": (158, 84, 106),
    "side": (84, 118, 92),
    "decks": (146, 116, 64),
    "crowd": (98, 92, 140),
    "top": (70, 112, 160),
    "orbit": (136, 92, 136),
    "face": (176, 92, 92),
    "crane": (66, 140, 160),
    "hand_L": (150, 128, 74),
    "hand_R": (150, 108, 58),
    "dolly": (92, 130, 110),
    "emblem": (110, 76, 178),
    "shoulder": (120, 108, 98),
    "reverse": (130, 100, 88),
}
MOVE_COLOURS: dict[str, Colour] = {
    "push_in": (240, 190, 90),
    "pull_back": (255, 110, 130),
    "drift": (96, 110, 150),
    "arc": (140, 180, 230),
    "track": (130, 200, 170),
    "rise": (110, 190, 230),
    "snap": (255, 230, 150),
    "shake": (255, 255, 255),
    "nudge": (120, 255, 220),
}
SHORT_MOVES = ("shake", "nudge", "snap")
ACTION_LOOKS: dict[str, tuple[str, Colour, str]] = {
    "drop_reaction": ("up", (255, 62, 118), "jump"),
    "crossfader_hit": ("star", (255, 196, 84), "hit"),
    "spotlight_present": ("diamond", (176, 130, 255), "present"),
    "deck_scratch_L": ("disc", (110, 190, 240), "scratch L"),
    "deck_scratch_R": ("disc", (110, 190, 240), "scratch R"),
}
WALL_COLOURS: dict[str, Colour] = {
    "bars": (58, 104, 150),
    "rings": (150, 70, 130),
    "waves": (52, 110, 112),
    "checker": (156, 84, 76),
    "sweep": (120, 100, 60),
    "text": (196, 196, 210),
    "spectrum": (104, 76, 160),
    "noise": (76, 84, 100),
}
BEAM_COLOUR, SNAP_COLOUR = (64, 68, 92), (186, 78, 108)
_SHOTS_H, _MOVES_H, _DJ_H, _LIGHTS_H, _CLIP_H, _LYRICS_H = 28, 16, 24, 34, 26, 44
_CUES_H = 18
DENSE_PX = 9
"""Items nearer than this on average are drawn as a curve of how many there are."""


def show_height(timeline: Timeline) -> int:
    """Pixels that :func:`draw_show` takes."""
    lanes = [_SHOTS_H, _MOVES_H] * len(_cameras(timeline)) + [_DJ_H, _LIGHTS_H]
    lanes += [_CUES_H] * len(_cues(timeline))
    lanes += [_CLIP_H] * len(_windows(timeline)) + ([_LYRICS_H] if timeline.lyrics.lines else [])
    return sum(lanes) + GAP * len(lanes)


def draw_show(sheet: Sheet, timeline: Timeline, section_colours: Mapping[str, Colour]) -> None:
    """All lanes of the show from :attr:`Sheet.y` down."""
    for name, plan in _cameras(timeline):
        _shots(sheet, name, plan)
        _moves(sheet, plan)
    _gestures(sheet, timeline)
    _lights(sheet, timeline, section_colours)
    for name, cues in _cues(timeline).items():
        _row(sheet, name, cues)
    if timeline.lyrics.lines:
        _lyrics(sheet, timeline)
    for names, clip in _windows(timeline):
        _window(sheet, names, clip)


def _cameras(timeline: Timeline) -> list[tuple[str, CameraPlan]]:
    """The plans of all aspects, those that are alike as one."""
    plans: list[tuple[list[str], CameraPlan]] = []
    for aspect, plan in timeline.camera.items():
        for names, other in plans:
            if other == plan:
                names.append(aspect)
                break
        else:
            plans.append(([aspect], plan))
    alone = len(plans) == 1
    return [("camera" if alone else f"camera {names[0]}", plan) for names, plan in plans]


def _windows(timeline: Timeline) -> list[tuple[str, Clip]]:
    """The clip windows, platforms that share one together."""
    shared: dict[Clip, list[str]] = {}
    for name, clip in timeline.clips.items():
        shared.setdefault(clip, []).append(name)
    return [(", ".join(names), clip) for clip, names in shared.items()]


def _is_dense(sheet: Sheet, count: int) -> bool:
    return count > 0 and sheet.span / count < DENSE_PX


def _shots(sheet: Sheet, name: str, plan: CameraPlan) -> None:
    top, bottom = sheet.lane(name, _SHOTS_H)
    if _is_dense(sheet, len(plan.shots)):
        most = sheet.density([shot.start for shot in plan.shots], top, bottom, SHOT_COLOURS["hero"])
        sheet.canvas.text(sheet.x(0) + 6, top + 7, f"cuts: up to {most:.0f} a minute", BRIGHT, scale=TEXT)
        return
    for shot in plan.shots:
        colour = SHOT_COLOURS.get(shot.shot, DIM)
        sheet.block(shot.start, shot.end, top, bottom, colour, (shot.shot,))


def _moves(sheet: Sheet, plan: CameraPlan) -> None:
    """Moves as thin bars under the shots: the whole move's length, brighter for stronger."""
    top, bottom = sheet.lane("moves", _MOVES_H, panel=False, gap=2)
    if _is_dense(sheet, len(plan.movements)):
        most = sheet.density([move.t for move in plan.movements], top, bottom, MOVE_COLOURS["drift"])
        sheet.canvas.text(sheet.x(0) + 6, top + 1, f"moves: up to {most:.0f} a minute", BRIGHT, scale=TEXT)
        return
    drawn = [move for move in plan.movements if move.action in MOVE_COLOURS]
    quiet_first = sorted(drawn, key=lambda move: (move.action in SHORT_MOVES, move.t))
    free_from = 0.0
    for move in quiet_first:
        colour = MOVE_COLOURS[move.action]
        short = move.action in SHORT_MOVES
        x0, x1 = sheet.x(move.t), sheet.x(move.t + move.duration) - 1
        sheet.canvas.box(x0, top + (0 if short else 1), max(x0 + 3, x1), bottom, PANEL)
        sheet.canvas.box(x0, top + (0 if short else 1), max(x0 + 3, x1), bottom, colour, 0.35 + 0.65 * abs(move.amount))
        if not short and x0 >= free_from:
            free_from = x1
            words = move.action.replace("_", " ")
            dark = (12, 12, 20) if abs(move.amount) > 0.45 and move.action != "drift" else BRIGHT
            sheet.fitting(x0 + 5, x1 - 4, top + 1, (words,), dark)


def _gestures(sheet: Sheet, timeline: Timeline) -> None:
    top, bottom = sheet.lane("DJ", _DJ_H)
    triggers = timeline.avatar.triggers
    if _is_dense(sheet, len(triggers)):
        most = sheet.density([trigger.t for trigger in triggers], top, bottom, (110, 190, 240))
        sheet.canvas.text(sheet.x(0) + 6, top + 5, f"gestures: up to {most:.0f} a minute", BRIGHT, scale=TEXT)
        return
    for k, trigger in enumerate(triggers):
        end = sheet.x(triggers[k + 1].t) - 12 if k + 1 < len(triggers) else sheet.x(sheet.duration)
        shape, colour, name = ACTION_LOOKS.get(trigger.action, ("diamond", DIM, trigger.action))
        x = sheet.x(trigger.t)
        sheet.canvas.stamp(x, top + _DJ_H / 2, shape, 16, colour)
        sheet.fitting(x + 12, end, top + 5, (name, name.split()[-1] if " " in name else ""), (214, 218, 236))


def _lights(sheet: Sheet, timeline: Timeline, section_colours: Mapping[str, Colour]) -> None:
    """Looks in their part's colour as high as the rig is bright; black before a drop, white at it, dots of confetti."""
    top, bottom = sheet.lane("lights", _LIGHTS_H)
    curve = timeline.lighting.intensity_curve
    level = np.interp(sheet.column_s, *np.array(curve).T) if curve else np.zeros(sheet.span)
    colours = np.full((sheet.span, 3), DIM, np.float32)
    for cue in timeline.lighting.cues:
        if cue.look in section_colours:
            inside = (sheet.column_s >= cue.t) & (sheet.column_s < cue.t + cue.duration)
            colours[inside] = section_colours[cue.look]
    sheet.curve(top, bottom, np.clip(level, 0.03, 1), colours, 0.8)
    for cue in timeline.lighting.cues:
        x0, x1 = sheet.x(cue.t), sheet.x(cue.t + cue.duration)
        if cue.look == "blackout":
            sheet.canvas.box(min(x0, x1 - 3), top, x1, bottom, (0, 0, 0))
        elif cue.look == "flash":
            sheet.canvas.box(x0, top, x0 + 3, bottom, (255, 255, 255))
        elif cue.look == "confetti":
            for k, x in enumerate(np.arange(x0 + 6, x1, 9)):
                dot = (255, 214, 90) if k % 2 else (120, 230, 255)
                sheet.canvas.box(x, top + 4 + 7 * (k % 3), x + 3, top + 7 + 7 * (k % 3), dot)


def _cues(timeline: Timeline) -> dict[str, list[tuple[float, float, str, Colour]]]:
    """What the LED wall shows and how the moving heads play, as (start, end, name, colour); what is planned of them."""
    wall = [(cue.start, cue.end, cue.family, WALL_COLOURS.get(cue.family, DIM)) for cue in timeline.lighting.wall]
    beams = [
        (cue.start, cue.end, cue.mode, SNAP_COLOUR if cue.snap else BEAM_COLOUR) for cue in timeline.lighting.beams
    ]
    return {name: cues for name, cues in (("wall", wall), ("beams", beams)) if cues}


def _row(sheet: Sheet, name: str, cues: list[tuple[float, float, str, Colour]]) -> None:
    """Cues as thin blocks with their names."""
    top, bottom = sheet.lane(name, _CUES_H, panel=False, gap=3 if name == "beams" else GAP)
    if _is_dense(sheet, len(cues)):
        most = sheet.density([cue[0] for cue in cues], top, bottom, BEAM_COLOUR)
        sheet.canvas.text(sheet.x(0) + 6, top + 1, f"{name}: up to {most:.0f} a minute", BRIGHT, scale=TEXT)
        return
    for start, end, what, colour in cues:
        x0, x1 = sheet.x(start), sheet.x(end) - 1
        sheet.canvas.box(x0, top, max(x0 + 2, x1), bottom, colour)
        sheet.fitting(x0 + 5, x1 - 4, top + 2, (what,), (12, 12, 20) if what == "text" else BRIGHT)


def _lyrics(sheet: Sheet, timeline: Timeline) -> None:
    """Lines on two rows in turn, so that each has room until the next but one begins."""
    top, bottom = sheet.lane("words", _LYRICS_H)
    half, lines = (bottom - top) / 2, timeline.lyrics.lines
    for k, line in enumerate(lines):
        y = top + half * (k % 2)
        until = lines[k + 2].start if k + 2 < len(lines) else sheet.duration
        sheet.block(line.start, line.end, y + 1, y + half - 1, (62, 70, 108))
        x0, x1 = sheet.x(line.start) + 6, sheet.x(until) - 4
        if x1 - x0 > 20:
            sheet.fitting(x0, x1, y + (half - LINE_HEIGHT) / 2, tuple(_shorter(line.text)), BRIGHT)


def _shorter(text: str) -> Iterator[str]:
    """A text, then ever fewer of its words."""
    words = text.split()
    yield text
    for count in range(len(words) - 1, 0, -1):
        yield " ".join(words[:count]) + "..."


def _window(sheet: Sheet, names: str, clip: Clip) -> None:
    """The stretch a platform gets; its reason stands inside, or beside it where there is more room."""
    top, bottom = sheet.lane("clip", _CLIP_H, panel=False)
    words = f"{names}  {clock(clip.start)}-{clock(clip.end)}"
    whole = f"{words}: {clip.reason}"
    x0, x1, y = sheet.x(clip.start), sheet.x(clip.end), (top + bottom - LINE_HEIGHT) / 2
    inside = text_width(whole, TEXT) <= x1 - x0 - 12
    sheet.block(clip.start, clip.end, top, bottom, (38, 110, 84), (whole if inside else words, names))
    if not inside:
        before, after = x0 - LEFT, WIDTH - RIGHT - x1
        room = max(before, after) - 20
        beside = next((t for t in _shorter(clip.reason) if text_width(t, TEXT) <= room), "")
        at = x1 + 10 if after >= before else x0 - 10 - text_width(beside, TEXT)
        sheet.canvas.text(at, y, beside, (150, 220, 184), scale=TEXT)
    for x in (x0, x1):
        sheet.canvas.box(x - 1, top - 3, x + 1, bottom + 3, (110, 230, 170))


def show_key() -> list[dict[str, list[tuple[str, Colour, str]]]]:
    """Lines of what the colours and shapes of the show mean, by lane."""
    gestures = {name.split()[0]: (shape, colour) for shape, colour, name in ACTION_LOOKS.values()}
    shots = [("box", colour, name) for name, colour in SHOT_COLOURS.items()]
    moves = [("box", colour, name.replace("_", " ")) for name, colour in MOVE_COLOURS.items()]
    lights = [("box", (255, 255, 255), "flash"), ("box", (0, 0, 0), "blackout"), ("box", (255, 214, 90), "confetti")]
    return [
        {"camera": shots},
        {"moves": moves, "lights": lights},
        {
            "DJ": [(shape, colour, name) for name, (shape, colour) in gestures.items()],
            "wall": [("box", colour, name) for name, colour in WALL_COLOURS.items()],
            "beams": [("box", SNAP_COLOUR, "snap into place")],
        },
    ]
