# SPDX-License-Identifier: GPL-3.0-or-later
"""The loudness of a video over time, drawn as SVG (seconds across; LUFS and dBTP up)."""

from __future__ import annotations

from .report import Evidence

WIDTH, HEIGHT = 1000, 200
QUIETEST, LOUDEST = -42.0, 0.0
SILENT = -100.0
_MARKS = (-40, -30, -20, -10)


def curve_html(evidence: Evidence) -> str:
    """A figure with momentary loudness as an area, short-term loudness as a line, target and ceiling."""
    if len(evidence.curve) < 2:
        return ""
    seconds = evidence.curve[-1][0]
    momentary = [(t / seconds * WIDTH, _y(m)) for t, m, _ in evidence.curve]
    area = f"M0 {HEIGHT}L" + " ".join(f"{x:.1f} {y:.1f}" for x, y in momentary) + f" {WIDTH} {HEIGHT}Z"
    # the short-term meter has nothing to say in its first three seconds
    steady = [(t, s) for t, _, s in evidence.curve if s > SILENT]
    line = "M" + " ".join(f"{t / seconds * WIDTH:.1f} {_y(s):.1f}" for t, s in steady) if steady else ""
    grid = "".join(_level(mark, "grid") for mark in _MARKS)
    ticks = "".join(
        f'<line class="cue" x1="{t / seconds * WIDTH:.1f}" x2="{t / seconds * WIDTH:.1f}" y1="0" y2="{HEIGHT}"/>'
        for t, name in evidence.moments
        if name == "Drop" and t < seconds
    )
    has_drops = bool(ticks)
    words = [
        _key("area", "momentary"),
        _key("line", "short-term, LUFS"),
        _key("target", f"target {evidence.target:g} LUFS"),
        _key("ceiling", f"peak ceiling {evidence.ceiling:g} dBTP"),
    ]
    if has_drops:
        words.append(_key("cue", "drop"))
    labels = "".join(f'<i style="top:{_y(mark) / HEIGHT * 100:.1f}%">{_minus(mark)}</i>' for mark in _MARKS)
    return (
        '<figure class="curve"><div class="plot">'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Loudness over time">'
        f'{grid}{ticks}<path class="area" d="{area}"/><path class="line" d="{line}"/>'
        f"{_level(evidence.target, 'target')}{_level(evidence.ceiling, 'ceiling')}</svg>{labels}</div>"
        f'<div class="axis"><span>0:00</span><span>{clock(seconds / 2)}</span><span>{clock(seconds)}</span></div>'
        f"<figcaption>{''.join(words)}</figcaption></figure>"
    )


def clock(seconds: float) -> str:
    """``1:05``."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def _y(level: float) -> float:
    part = (LOUDEST - max(QUIETEST, min(LOUDEST, level))) / (LOUDEST - QUIETEST)
    return part * HEIGHT


def _level(level: float, kind: str) -> str:
    return f'<line class="{kind}" x1="0" x2="{WIDTH}" y1="{_y(level):.1f}" y2="{_y(level):.1f}"/>'


def _key(kind: str, text: str) -> str:
    return f'<span><b class="{kind}"></b>{text}</span>'


def _minus(mark: int) -> str:
    return str(mark).replace("-", "\N{MINUS SIGN}")
