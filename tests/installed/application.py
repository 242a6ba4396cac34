# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender application with settings and a home folder of its own, started by tests."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ALONE = ("unshare", "--map-root-user", "--net")
"""Runs a program in a new network without any interface that is up."""


@dataclass(frozen=True)
class Blender:
    """One application with its own settings folder; ``noise`` is what it writes to standard error without Crossfade."""

    executable: str
    user: Path
    noise: frozenset[str] = frozenset()

    @property
    def home(self) -> Path:
        """Its home folder."""
        return self.user / "home"

    def run(self, *arguments: object, timeout_s: float = 900) -> subprocess.CompletedProcess[str]:
        """Run it to its end with captured output; nothing of the tester's own settings is seen."""
        self.home.mkdir(parents=True, exist_ok=True)
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "CROSSFADE_", "PYTHON", "BLENDER_USER"))
        }
        return subprocess.run(
            [*self._before(), self.executable, *map(str, arguments)],
            env={**kept, **self._places(), "HOME": str(self.home)},
            cwd=self.user,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )

    def install(self, zip_path: Path) -> None:
        """Install and enable an extension as a user does."""
        done = self.run("--command", "extension", "install-file", "-r", "user_default", "--enable", zip_path)
        assert done.returncode == 0, done.stdout + done.stderr
        if self.noise:
            assert "Exception" not in "".join(self.complaints(done)), done.stderr

    def remove(self, name: str) -> None:
        """Uninstall an extension."""
        done = self.run("--command", "extension", "remove", f"user_default.{name}")
        assert done.returncode == 0, done.stdout + done.stderr

    def _before(self) -> list[str]:
        return []

    def _places(self) -> dict[str, str]:
        return {"BLENDER_USER_RESOURCES": str(self.user)}

    def complaints(self, done: subprocess.CompletedProcess[str]) -> list[str]:
        """Lines of standard error that this Blender does not write anyway."""
        return [line for line in lines_of(done.stderr) if line not in self.noise]

    def python(self, code: str, *before: object) -> subprocess.CompletedProcess[str]:
        """Run Python inside it, after start-up; an exception in the code is exit code 3."""
        return self.run("-b", *before, "--python-exit-code", 3, "--python-expr", code)


def lines_of(text: str) -> list[str]:
    """Lines that say something, without the time that some builds put before them."""
    return [re.sub(r"^\d\d:\d\d\.\d+\s+", "", line).rstrip() for line in text.splitlines() if line.strip()]


@dataclass(frozen=True)
class OfflineBlender(Blender):
    """One in a network of its own that leads nowhere; settings and temporary files lie where a user has them."""

    def _before(self) -> list[str]:
        return list(ALONE)

    def _places(self) -> dict[str, str]:
        (self.user / "tmp").mkdir(exist_ok=True)
        return {"TMPDIR": str(self.user / "tmp")}

    @property
    def settings(self) -> Path:
        """Blender's folder for this user's files of its version."""
        (folder,) = (self.home / ".config" / "blender").iterdir()
        return folder
