# SPDX-License-Identifier: GPL-3.0-or-later
"""The release report as one HTML page: no script, no network, for phones and desktops, light and dark.

The verdict comes first, then what to do about failures, then one card for each distinct file. Everything that
comes from a song or a file name is escaped.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape
from itertools import groupby
from pathlib import Path

from ..names import shown
from .report import Check, Evidence, FileReport, Report
from .report_curve import clock, curve_html

_STYLE = Path(__file__).parents[1] / "data" / "report.css"
_MARKS = {"pass": "✓", "fail": "✕", "advice": "!"}
_WORDS = {"pass": "pass", "fail": "fail", "advice": "note"}


def to_html(report: Report) -> str:
    """The whole page."""
    about = dict(report.about)
    title, artist = about.get("Song", "") or report.song_id, about.get("Artist", "")
    sheets = "".join(
        f".sheet-{digest[:12]} div{{background-image:url(data:image/jpeg;base64,{_base64(evidence.picture)})}}"
        for digest, evidence in report.evidence.items()
        if evidence.picture and evidence.columns
    )
    cards = [list(files) for _, files in groupby(sorted(report.files, key=_order(report)), key=_bytes_of)]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f"<title>{escape(title)}: release report</title>",
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<style>{_STYLE.read_text(encoding='utf-8')}{sheets}</style></head><body>",
        f'<header><p class="kind">Crossfade release report</p><h1>{escape(title)}</h1>',
        f'<p class="artist">{escape(artist)}</p>' if artist else "",
        "</header><main>",
        _verdict(report),
        _to_do(report),
        *(_card(report, files) for files in cards),
        _about(report),
        "</main></body></html>\n",
    ]
    return shown("\n".join(part for part in parts if part))


def _order(report: Report) -> Callable[[FileReport], int]:
    first: dict[str, int] = {}
    for index, file in enumerate(report.files):
        first.setdefault(_bytes_of(file), index)
    return lambda file: first[_bytes_of(file)]


def _bytes_of(file: FileReport) -> str:
    """Videos that are the same file under several names share a card; other files stand alone."""
    return file.sha256 if file.sha256 and file.key.startswith("video_") else file.key


def _verdict(report: Report) -> str:
    checks = [check for file in report.files for check in file.checks]
    failed = sum(check.verdict == "fail" for check in checks)
    notes = sum(check.verdict == "advice" for check in checks)
    wrong = sum(not file.passed for file in report.files)
    files = sum(file.key != "folder" for file in report.files)
    if report.passed:
        head, said = "Ready to upload", f"All {files} files are what their platforms want."
    else:
        head = f"{wrong} of {files} files are not ready" if wrong > 1 else "One file is not ready"
        said = "Do not upload what is marked below before it is put right."
    numbers = [(len(checks) - failed - notes, "passed", "pass"), (failed, "failed", "fail"), (notes, "notes", "advice")]
    cells = "".join(f'<li class="{kind if count else ""}"><b>{count}</b> {word}</li>' for count, word, kind in numbers)
    state = "good" if report.passed else "bad"
    sign = _MARKS["pass" if report.passed else "fail"]
    return (
        f'<section class="verdict {state}"><span class="sign" aria-hidden="true">{sign}</span>'
        f"<div><h2>{head}</h2><p>{said}</p></div><ul>{cells}</ul></section>"
    )


def _to_do(report: Report) -> str:
    """What failed, under what to do about it; then the notes. Files that share their bytes are named together."""
    parts = []
    if tasks := _tasks(report, "fail"):
        parts.append(f'<section class="todo"><h2>What to do</h2><ol>{tasks}</ol></section>')
    if tasks := _tasks(report, "advice"):
        more = "worth knowing, no reason to wait"
        parts.append(
            f'<details class="todo notes"><summary>Notes: <span>{more}</span></summary><ol>{tasks}</ol></details>'
        )
    return "".join(parts)


def _tasks(report: Report, verdict: str) -> str:
    """One item for each remedy, with the files and the checks that ask for it."""
    found: dict[tuple[str, str], dict[Check, None]] = {}
    names: dict[str, list[str]] = {}
    for file in report.files:
        wrong = [check for check in file.checks if check.verdict == verdict]
        if wrong:
            names.setdefault(_bytes_of(file), []).append(file.label or file.path.name)
        for check in wrong:
            found.setdefault((_bytes_of(file), check.fix), {})[check] = None
    items = []
    for (key, fix), checks in found.items():
        rows = "".join(
            f"<li><b>{escape(check.name)}</b> is {escape(check.measured)}, wanted: {escape(check.expected)}</li>"
            for check in checks
        )
        head = f'<p class="fix">{escape(fix)}</p>' if fix else ""
        items.append(f'<li class="{verdict}"><h3>{escape(", ".join(names[key]))}</h3>{head}<ul>{rows}</ul></li>')
    return "".join(items)


def _card(report: Report, files: list[FileReport]) -> str:
    first = files[0]
    evidence = report.evidence.get(first.sha256)
    names = "".join(f"<h2>{escape(file.label or file.path.name)} {_pill(file)}</h2>" for file in files)
    facts = "".join(f"<li>{escape(fact)}</li>" for fact in first.facts)
    body = [f'<div class="names">{names}</div>', f'<ul class="facts">{facts}</ul>' if facts else ""]
    if evidence is not None:
        body += [_picture(first, evidence), curve_html(evidence)]
    same = len(files) > 1
    worst = next((file for file in files if not file.passed), None)
    body += [_checks(file, with_name=same, is_open=file is worst) for file in files]
    paths = "".join(f"<li><code>{escape(report.name_of(file))}</code></li>" for file in files)
    code = f'<p class="hash">SHA-256 <code>{first.sha256}</code></p>' if first.sha256 else ""
    rules = [rule for file in files for rule in file.rules]
    sources = f'<p class="rules">Rules: {escape("; ".join(dict.fromkeys(rules)))}.</p>' if rules else ""
    earlier = '<p class="rules">Checked in an earlier run; the file has not changed since.</p>' if first.earlier else ""
    note = '<p class="rules">One file under several names.</p>' if same else ""
    body.append(f'<footer><ul class="paths">{paths}</ul>{note}{earlier}{code}{sources}</footer>')
    kind = "wide" if first.key.startswith("video_") else "small"
    return f'<article class="card {kind}">{"".join(body)}</article>'


def _picture(file: FileReport, evidence: Evidence) -> str:
    width, height = evidence.shape
    if not evidence.picture:
        return ""
    if not evidence.columns:
        image = (
            f'<img alt="" src="data:image/jpeg;base64,{_base64(evidence.picture)}" width="{width}" height="{height}">'
        )
        return f'<figure class="still">{image}</figure>'
    columns = evidence.columns
    rows = -(-len(evidence.moments) // columns)
    cells = []
    for index, (second, name) in enumerate(evidence.moments):
        x = 100 * (index % columns) / max(1, columns - 1)
        y = 100 * (index // columns) / max(1, rows - 1)
        label = f"{clock(second)} {name}".strip()
        cells.append(
            f'<div role="img" aria-label="{escape(label)}" style="background-position:{x:.3f}% {y:.3f}%">'
            f"<span>{escape(label)}</span></div>"
        )
    shape = "tall" if height > width else "flat"
    style = f"--shape:{width}/{height};--size:{columns * 100}% {rows * 100}%"
    return f'<div class="sheet {shape} sheet-{file.sha256[:12]}" style="{style}">{"".join(cells)}</div>'


def _checks(file: FileReport, *, with_name: bool, is_open: bool) -> str:
    """All checks; in each group those that are not met come first."""
    total, passed = len(file.checks), sum(check.verdict == "pass" for check in file.checks)
    name = f"{escape(file.label)}: " if with_name else ""
    said = f"{passed} of {total}" if passed < total else f"all {total}" if with_name else f"All {total}"
    said = f"{name}{said} checks passed" if total > 1 else f"{name}{passed} of 1 check passed"
    groups = []
    for title, checks in file.groups:
        if checks:
            rows = "".join(_row(check) for check in sorted(checks, key=lambda check: check.verdict == "pass"))
            groups.append(f"<h3>{escape(title)}</h3><dl>{rows}</dl>")
    return f'<details class="checks"{" open" if is_open else ""}><summary>{said}</summary>{"".join(groups)}</details>'


def _row(check: Check) -> str:
    return (
        f'<div class="{check.verdict}"><dt>{escape(check.name)}</dt><dd class="is">{escape(check.measured)}</dd>'
        f'<dd class="want">{escape(check.expected)}</dd>'
        f'<dd class="mark" title="{_WORDS[check.verdict]}">{_MARKS[check.verdict]}</dd></div>'
    )


def _pill(file: FileReport) -> str:
    if not file.passed:
        return f'<span class="pill fail">{_MARKS["fail"]} fix</span>'
    return f'<span class="pill pass">{_MARKS["pass"]} pass</span>'


def _about(report: Report) -> str:
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in report.about if value
    )
    return f'<section class="about"><h2>About this run</h2><dl>{rows}</dl></section>' if rows else ""


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
