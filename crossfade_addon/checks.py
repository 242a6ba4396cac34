# SPDX-License-Identifier: GPL-3.0-or-later
"""One thing that was looked at before a job: what was found, and what to do about it. Plain data between all rooms."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from .errors import BY_NAME, CrossfadeError, PipelineError

OK, WARN, BLOCK = "ok", "warn", "block"
"""All is well; the job runs, but read this; the job would fail."""
LEVELS = (OK, WARN, BLOCK)
FIXES = ("preferences", "save", "workbench", "no_captions", "draft")
"""What a button can do about it: open the preferences, save the .blend, render with Workbench, burn no captions, or
render a draft."""


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """One look.

    Parameters
    ----------
    subject : str
        What was looked at, in one or two words: ``FFmpeg``.
    said : str
        What was found, a sentence.
    level : str
        One of :data:`LEVELS`.
    where : str
        The file, folder or address that it is about; empty when there is none.
    remedy : str
        What to do; empty when nothing needs doing.
    fix : str
        One of :data:`FIXES` when a button can do it, else empty.
    kind : str
        Name of the error's class that a job would end with, when the level is ``block``.
    """

    subject: str
    said: str
    level: str = OK
    where: str = ""
    remedy: str = ""
    fix: str = ""
    kind: str = ""

    @property
    def sentence(self) -> str:
        """What was found and what to do, for one line."""
        return f"{self.said} {self.remedy}".strip()

    def error(self) -> CrossfadeError:
        """What a job that meets this ends with."""
        return BY_NAME.get(self.kind, PipelineError)(self.said, hint=self.remedy)

    def as_json(self) -> dict[str, str]:
        """Plain data, read again by ``Check(**data)``."""
        return dataclasses.asdict(self)


def blocking(subject: str, error: CrossfadeError, *, where: str = "", fix: str = "") -> Check:
    """The check that a job would fail, from the error that it would end with."""
    return Check(subject, error.message, BLOCK, where, error.hint, fix, type(error).__name__)


def first_block(checks: Iterable[Check]) -> Check | None:
    """The one that a job stops at, or None."""
    return next((check for check in checks if check.level == BLOCK), None)


def verdict(checks: Iterable[Check]) -> str:
    """How it stands, in a few words."""
    levels = [check.level for check in checks]
    blocks, warnings = levels.count(BLOCK), levels.count(WARN)
    noted = f"{warnings} warning{'s' if warnings != 1 else ''}"
    if blocks:
        problems = f"{blocks} problem{'s' if blocks != 1 else ''} to solve first"
        return f"{problems}, {noted}" if warnings else problems
    return f"Ready, with {noted}" if warnings else "Ready"
