# SPDX-License-Identifier: GPL-3.0-or-later
"""The release report: checks as data, as JSON and as one self-contained HTML page."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

REPORT_SCHEMA = 1

_STYLE = """
:root{color-scheme:light dark;--line:#8883;--good:#1a8f4c;--bad:#d02c3c;--warn:#b97a00}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 .2rem}h2{font-size:1.05rem;margin:2rem 0 .4rem;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
th{font-weight:600;opacity:.7}td:first-child{white-space:nowrap}td{overflow-wrap:anywhere}
.mark{font-weight:600;white-space:nowrap}.pass{color:var(--good)}.fail{color:var(--bad)}.advice{color:var(--warn)}
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One measured property. ``advice``: worth knowing, but no reason to hold the file back."""

    name: str
    expected: str
    measured: str
    ok: bool
    advice: bool = False
    fix: str = ""

    @property
    def verdict(self) -> str:
        """``pass``, ``fail`` or ``advice`` (not met, but only advised)."""
        return "pass" if self.ok else "advice" if self.advice else "fail"


@dataclass(frozen=True, slots=True)
class FileReport:
    """The checks of one deliverable; ``key`` is its name among the deliverables."""

    key: str
    path: Path
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """No check failed, advice aside."""
        return all(check.verdict != "fail" for check in self.checks)


@dataclass(frozen=True, slots=True)
class Report:
    """All deliverables of a song."""

    song_id: str
    files: tuple[FileReport, ...]

    @property
    def passed(self) -> bool:
        """Every file passed."""
        return all(file.passed for file in self.files)

    def failures(self) -> tuple[str, ...]:
        """One line per failed check, for people."""
        return tuple(
            f"{file.path.name}: {check.name} is {check.measured}, expected {check.expected}"
            for file in self.files
            for check in file.checks
            if check.verdict == "fail"
        )


def write_report(report: Report, json_path: Path, html_path: Path) -> None:
    """Write the report twice, each file whole or not at all."""
    _write(json_path, json.dumps(_plain(report), ensure_ascii=False, indent=1) + "\n")
    _write(html_path, _html(report))


def _plain(report: Report) -> dict[str, Any]:
    files = [
        {
            "key": file.key,
            "path": str(file.path),
            "passed": file.passed,
            "checks": [{**asdict(check), "verdict": check.verdict} for check in file.checks],
        }
        for file in report.files
    ]
    return {"schema": REPORT_SCHEMA, "song_id": report.song_id, "passed": report.passed, "files": files}


def _html(report: Report) -> str:
    good = sum(file.passed for file in report.files)
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(report.song_id)}: release report</title>',
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>',
        f"<h1>{escape(report.song_id)}</h1>",
        f"<p>{_mark('pass' if report.passed else 'fail')} {good} of {len(report.files)} files are as promised.</p>",
    ]
    for file in report.files:
        verdict = "pass" if file.passed else "fail"
        parts.append(f"<h2>{escape(file.path.name)} {_mark(verdict)}</h2><table>")
        parts.append("<tr><th>Check<th>Expected<th>Measured<th>Result</tr>")
        for check in file.checks:
            cells = (check.name, check.expected, check.measured)
            row = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            parts.append(f"<tr>{row}<td>{_mark(check.verdict)}</td></tr>")
        parts.append("</table>")
    return "\n".join([*parts, "</html>", ""])


def _mark(verdict: str) -> str:
    text = {"pass": "✓ pass", "fail": "✗ fail", "advice": "! note"}[verdict]
    return f'<span class="mark {verdict}">{text}</span>'


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
