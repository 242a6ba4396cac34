# SPDX-License-Identifier: GPL-3.0-or-later
"""The release report as data: checks, files, evidence, and its JSON form.

Conventions: seconds, LUFS, dBTP; files are named from the output folder on, so that a report can be passed on.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..content import sha256_steps
from ..names import json_text

REPORT_SCHEMA = 2
AGAIN = "Encode it again and upload that file as it is, not one that another program has saved."


@dataclass(frozen=True, slots=True)
class Check:
    """One measured property.

    ``advice``: worth knowing, but no reason to hold the file back. ``fix``: what to do when it is not met.
    """

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
    """One deliverable.

    Parameters
    ----------
    key, label : str
        Its name among the deliverables, and for people.
    groups : tuple of (str, tuple of Check)
        The checks under headings.
    facts : tuple of str
        What it is, in a few words each.
    rules : tuple of str
        Where the platform's rules come from, and as of when.
    earlier : bool
        Checked in an earlier run; its bytes are still the same.
    basis : str
        Digest of everything that the checks compared the file with.
    """

    key: str
    path: Path
    groups: tuple[tuple[str, tuple[Check, ...]], ...]
    label: str = ""
    sha256: str = ""
    size_bytes: int = 0
    facts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    earlier: bool = False
    basis: str = ""

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks."""
        return tuple(check for _, checks in self.groups for check in checks)

    @property
    def passed(self) -> bool:
        """No check failed, advice aside."""
        return all(check.verdict != "fail" for check in self.checks)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What can be seen and heard of one file, whatever its names are.

    Parameters
    ----------
    picture : bytes
        A JPEG: the still itself, made small, or a sheet of moments; empty for none.
    columns : int
        Moments beside each other on the sheet; 0 when the picture is no sheet.
    moments : tuple of (float, str)
        Second and name of each moment, row by row.
    shape : (int, int)
        Width and height of a moment or of the still.
    curve : tuple of (float, float, float)
        Second, momentary and short-term loudness.
    target, ceiling : float
        What the loudness aims at, and the limit of the true peak.
    """

    picture: bytes = b""
    columns: int = 0
    moments: tuple[tuple[float, str], ...] = ()
    shape: tuple[int, int] = (16, 9)
    curve: tuple[tuple[float, float, float], ...] = ()
    target: float = -14.0
    ceiling: float = -1.0


@dataclass(frozen=True, slots=True)
class Report:
    """All deliverables of a song.

    ``about`` are facts of the run by name (song, settings, versions), ``evidence`` is keyed by SHA-256.
    """

    song_id: str
    files: tuple[FileReport, ...]
    root: Path = Path()
    about: tuple[tuple[str, str], ...] = ()
    evidence: dict[str, Evidence] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Every file passed."""
        return all(file.passed for file in self.files)

    def failures(self) -> tuple[str, ...]:
        """One line per failed check, for people: the file's name, a colon, what is wrong, what to do."""
        return tuple(
            f"{file.path.name}: {check.name} is {check.measured}, expected {check.expected}. {check.fix}".strip()
            for file in self.files
            for check in file.checks
            if check.verdict == "fail"
        )

    def name_of(self, file: FileReport) -> str:
        """A file's name from the output folder on."""
        try:
            return file.path.relative_to(self.root).as_posix()
        except ValueError:
            return file.path.name


def kept_steps(report: Report, json_path: Path) -> Generator[float, None, Report]:
    """The report together with what an earlier one says of other files whose bytes are still the same.

    Yields the part of the file that is being compared.
    """
    earlier = read_report(json_path, report.root)
    if earlier is None:
        return report
    known = {file.key for file in report.files}
    kept = []
    for file in earlier.files:
        if file.key in known or not file.sha256 or not file.path.is_file():
            continue
        try:
            now = yield from sha256_steps(file.path)
        except OSError:
            continue
        if now == file.sha256:
            kept.append(replace(file, earlier=True))
    shown = {file.sha256 for file in kept}
    evidence = {key: value for key, value in earlier.evidence.items() if key in shown}
    return replace(report, files=(*report.files, *kept), evidence=evidence | report.evidence)


def to_json(report: Report) -> str:
    """The report as JSON text: the verdict first, pictures and curves last."""
    files = [
        {
            "key": file.key,
            "label": file.label,
            "file": report.name_of(file),
            "sha256": file.sha256,
            "size_bytes": file.size_bytes,
            "passed": file.passed,
            "earlier": file.earlier,
            "basis": file.basis,
            "facts": file.facts,
            "rules": file.rules,
            "checks": [_plain(group, check) for group, checks in file.groups for check in checks],
        }
        for file in report.files
    ]
    data = {
        "schema": REPORT_SCHEMA,
        "song_id": report.song_id,
        "passed": report.passed,
        "about": dict(report.about),
        "files": files,
        "evidence": {key: _plain_evidence(value) for key, value in report.evidence.items()},
    }
    return json_text(data, indent=1) + "\n"


def read_report(path: Path, root: Path) -> Report | None:
    """A report of this schema from its JSON file; None when there is none or it is damaged."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != REPORT_SCHEMA:
            return None
        return Report(
            song_id=str(data["song_id"]),
            files=tuple(_file(item, root) for item in data["files"]),
            root=root,
            about=tuple((str(name), str(value)) for name, value in data["about"].items()),
            evidence={str(key): _evidence(value) for key, value in data["evidence"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _plain(group: str, check: Check) -> dict[str, Any]:
    return {
        "group": group,
        "name": check.name,
        "verdict": check.verdict,
        "expected": check.expected,
        "measured": check.measured,
        "ok": check.ok,
        "advice": check.advice,
        "fix": check.fix,
    }


def _plain_evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "moments": evidence.moments,
        "columns": evidence.columns,
        "shape": evidence.shape,
        "target_lufs": evidence.target,
        "ceiling_dbtp": evidence.ceiling,
        "curve": [[round(value, 1) if abs(value) < 1e6 else None for value in point] for point in evidence.curve],
        "jpeg": base64.b64encode(evidence.picture).decode(),
    }


def _file(item: dict[str, Any], root: Path) -> FileReport:
    groups: dict[str, list[Check]] = {}
    for row in item["checks"]:
        check = Check(row["name"], row["expected"], row["measured"], row["ok"], row["advice"], row["fix"])
        groups.setdefault(row["group"], []).append(check)
    name = Path(item["file"])
    if name.is_absolute() or ".." in name.parts:
        raise ValueError(f"{name} lies outside the output folder")
    return FileReport(
        key=str(item["key"]),
        path=root / name,
        groups=tuple((group, tuple(checks)) for group, checks in groups.items()),
        label=str(item["label"]),
        sha256=str(item["sha256"]),
        size_bytes=int(item["size_bytes"]),
        facts=tuple(map(str, item["facts"])),
        rules=tuple(map(str, item["rules"])),
        basis=str(item.get("basis", "")),
    )


def _evidence(item: dict[str, Any]) -> Evidence:
    silent = float("-inf")
    width, height = item["shape"]
    return Evidence(
        picture=base64.b64decode(item["jpeg"]),
        columns=int(item["columns"]),
        moments=tuple((float(second), str(name)) for second, name in item["moments"]),
        shape=(int(width), int(height)),
        curve=tuple(
            (float(t), silent if m is None else float(m), silent if s is None else float(s))
            for t, m, s in item["curve"]
        ),
        target=float(item["target_lufs"]),
        ceiling=float(item["ceiling_dbtp"]),
    )
