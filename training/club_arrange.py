# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of a training song: sections, which parts play in which bar, and where the drops are.

Conventions: sections are counted in bars from the first downbeat; levels are one gain per part and bar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.club_styles import Style
from training.voices import Rng

PARTS = ("kick", "snare", "hat", "perc", "bass", "pad", "stab", "arp", "lead", "vocal")
CHANCES = {
    "intro": (0.45, 0.25, 0.6, 0.5, 0.2, 0.65, 0.35, 0.45, 0.15, 0.15),
    "verse": (0.95, 0.9, 0.9, 0.75, 0.95, 0.6, 0.6, 0.6, 0.35, 0.8),
    "build": (0.3, 0.2, 0.5, 0.4, 0.07, 0.85, 0.6, 0.7, 0.4, 0.4),
    "drop": (1.0, 0.96, 0.95, 0.85, 0.98, 0.6, 0.75, 0.65, 0.8, 0.35),
    "break": (0.05, 0.08, 0.3, 0.3, 0.2, 0.95, 0.5, 0.65, 0.55, 0.6),
    "outro": (0.7, 0.4, 0.7, 0.5, 0.45, 0.45, 0.35, 0.35, 0.1, 0.1),
}
"""Chance that a part plays in a section; choruses are like drops, bridges like breaks."""
NEXT = {
    "club": {
        "": ("intro", "intro", "intro", "verse", "break", "build", "drop"),
        "intro": ("build", "build", "verse", "drop", "break"),
        "verse": ("break", "build", "drop"),
        "build": ("drop",),
        "drop": ("break", "break", "verse", "outro", "drop"),
        "break": ("build", "build", "drop"),
        "outro": ("outro",),
    },
    "song": {
        "": ("intro", "intro", "verse", "chorus"),
        "intro": ("verse", "verse", "chorus"),
        "verse": ("chorus", "build", "chorus", "verse"),
        "build": ("chorus",),
        "chorus": ("verse", "bridge", "outro", "verse"),
        "bridge": ("chorus", "build"),
        "outro": ("outro",),
    },
    "loop": {
        "": ("intro", "verse", "verse"),
        "intro": ("verse",),
        "verse": ("verse", "break", "chorus", "outro"),
        "chorus": ("verse", "break"),
        "break": ("verse", "chorus"),
        "build": ("chorus",),
        "outro": ("outro",),
    },
}
LIKE = {"chorus": "drop", "bridge": "break"}
PULSING = {"kick", "snare", "hat", "bass", "stab", "arp"}
"""Parts that let a listener count; every section has some."""


@dataclass(slots=True)
class Plan:
    """``sections`` are (label, first bar, bars); ``gaps`` maps a bar to the share of it, from its end, left empty."""

    bars: int
    sections: list[tuple[str, int, int]]
    levels: dict[str, NDArray[np.float64]]
    drops: list[int]
    gaps: dict[int, float]

    def low_end(self, bar: int) -> bool:
        """Whether kick or bass plays in a bar (negative: counted from the end)."""
        return bool(self.levels["kick"][bar] or self.levels["bass"][bar])

    def section_of(self, bar: int) -> tuple[str, int, int]:
        return next((s for s in self.sections if s[1] <= bar < s[1] + s[2]), self.sections[-1])


def arrange(rng: Rng, style: Style, bars: int, present: dict[str, bool]) -> Plan:
    """A form of about ``bars`` bars in which only the parts that are ``present`` play."""
    sections = _sections(rng, style.form, bars)
    total = sum(length for _, _, length in sections)
    levels = {part: np.zeros(total) for part in PARTS}
    habits: dict[str, NDArray] = {}
    before = ""
    for label, first, length in sections:
        kind = LIKE.get(label, label)
        active = rng.random(len(PARTS)) < np.array(CHANCES[kind])
        if label in habits and label != before and rng.random() < 0.7:
            active = habits[label]
        before = label
        habits[label] = active
        playing = [part for part, on in zip(PARTS, active, strict=True) if on and present[part]]
        if len(playing) < 2 or not set(playing) & PULSING:
            wanted = PULSING - {"kick", "bass"} if kind in ("build", "break") else PULSING
            active = active | (np.array([part in wanted for part in PARTS]) & (rng.random(len(PARTS)) < 0.6))
        quiet = rng.uniform(0.5, 1.0) if kind in ("intro", "break", "outro") else 1.0
        for part, on in zip(PARTS, active, strict=True):
            if not (on and present[part]):
                continue
            enter = 0
            if length >= 4 and rng.random() < 0.2 and part not in ("kick", "bass"):
                enter = length // 2
            leaves = kind == "outro" and 4 <= length <= 8 and rng.random() < 0.3
            leave = length // 2 if leaves else length
            levels[part][first + enter : first + max(leave, enter)] = quiet
        if kind == "build" and rng.random() < 0.75:
            levels["kick"][first + length - max(1, length // 4) : first + length] = 0
    if present["kick"] or present["bass"]:
        _wake(levels, sections, present)
    _fill_silence(rng, levels, sections, present)
    plan = Plan(total, sections, levels, [], {})
    _find_drops(rng, plan, present)
    return plan


def _sections(rng: Rng, form: str, bars: int) -> list[tuple[str, int, int]]:
    rules = NEXT[form]
    unit = int(rng.choice([4, 4, 4, 8, 2] if bars >= 16 else [2, 4, 4]))
    label, first = str(rng.choice(rules[""])), 0
    sections = []
    while first < bars:
        length = unit * int(rng.choice([1, 2, 3, 4], p=[0.35, 0.45, 0.05, 0.15]))
        if rng.random() < 0.06:
            length = max(1, length + int(rng.choice([-1, 1, 2])))
        if label == "build":
            length = min(length, 8)
        length = min(length, 16 if label in ("drop", "verse", "chorus") else 12)
        if bars - first - length < 2:
            length = max(1, bars - first)
        if sections and label == "outro" == sections[-1][0]:
            sections[-1] = (label, sections[-1][1], sections[-1][2] + length)
        else:
            sections.append((label, first, length))
        first += length
        choices = [after for after in rules[label] if after != "outro"]
        label = str(rng.choice(choices)) if choices else "outro"
        if bars - first <= 2 * unit and rng.random() < 0.45:
            label = "outro"
    return sections


def _wake(levels: dict[str, NDArray], sections: list[tuple[str, int, int]], present: dict[str, bool]) -> None:
    """Drops and choruses have the low end that the song has; where it was gone, verses bring it back as a whole
    and builds, breaks and outros not at all, so that its return is a drop wherever it happens."""
    for label, first, length in sections:
        low = [part for part in ("kick", "bass") if present[part]]
        gone = first > 0 and not any(levels[part][first - 1] for part in low)
        if label in ("drop", "chorus") or (label == "verse" and gone and levels[low[0]][first]):
            for part in low:
                levels[part][first : first + length] = 1.0
        elif gone:
            for part in low:
                levels[part][first : first + length] = 0.0


def _fill_silence(
    rng: Rng, levels: dict[str, NDArray], sections: list[tuple[str, int, int]], present: dict[str, bool]
) -> None:
    """Bars in which nothing plays get one or two of the high parts (the low ones if there are no others)."""
    high = [part for part in PARTS if present[part] and part not in ("kick", "bass")]
    low = [part for part in PARTS if present[part] and part in ("kick", "bass")]
    for _, first, length in sections:
        bars = np.arange(first, first + length)
        empty = bars[sum(levels[part][bars] for part in PARTS) == 0]
        if len(empty) == 0 or not (high or low):
            continue
        for part in rng.choice(high or low, min(2, len(high or low)), replace=False):
            levels[str(part)][empty] = rng.uniform(0.6, 1.0)


def _find_drops(rng: Rng, plan: Plan, present: dict[str, bool]) -> None:
    """A drop is where kick and bass come back after a stretch without the bass (without the kick, if none)."""
    if not present["kick"]:
        return
    for before, (label, first, _) in zip(plan.sections, plan.sections[1:], strict=False):
        kick, bass = plan.levels["kick"], plan.levels["bass"]
        if label not in ("drop", "chorus", "verse") or not kick[first] or (present["bass"] and not bass[first]):
            continue
        low_gone = not kick[first - 1] or (present["bass"] and before[0] == "build")
        if low_gone and not bass[first - 1] and before[0] in ("build", "break", "bridge", "intro"):
            plan.drops.append(first)
            if rng.random() < 0.45:
                plan.gaps[first - 1] = float(rng.choice([0.125, 0.25, 0.25, 0.5]))
    for _, first, length in plan.sections:
        last = first + length - 1
        if last not in plan.gaps and rng.random() < 0.12 and length > 1:
            plan.gaps[last] = float(rng.choice([0.125, 0.25]))
