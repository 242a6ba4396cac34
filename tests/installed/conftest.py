# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Blender applications with Crossfade in them, put there the way a user does it.

``CROSSFADE_BLENDER_52`` and ``CROSSFADE_BLENDER_43`` name the executables; a test is skipped where its
Blender is not given. ``CROSSFADE_ZIP`` names a zip to test instead of building one. Every Blender gets
settings and a home folder of its own.
"""

from __future__ import annotations

import math
import os
import re
import struct
import subprocess
import wave
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import build_addon

VERSIONS = {"5.2": "CROSSFADE_BLENDER_52", "4.3": "CROSSFADE_BLENDER_43"}
PYTHONS = ("3.11", "3.13", "3.14")
"""Official builds of 4.2 to 5.2 and what distributions build them with."""
RATE = 22050


@dataclass(frozen=True)
class Blender:
    """One application with its own settings folder.

    ``addons`` are the arguments that load the add-on; ``noise`` is what this Blender writes to standard
    error without Crossfade.
    """

    executable: str
    user: Path
    noise: frozenset[str] = frozenset()

    def run(self, *arguments: object, timeout_s: float = 900) -> subprocess.CompletedProcess[str]:
        """Run it to its end with captured output; nothing of the tester's own settings is seen."""
        home = self.user / "home"
        home.mkdir(parents=True, exist_ok=True)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "CROSSFADE_", "PYTHON"))}
        return subprocess.run(
            [self.executable, *map(str, arguments)],
            env={**kept, "BLENDER_USER_RESOURCES": str(self.user), "HOME": str(home)},
            cwd=self.user,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )

    def complaints(self, done: subprocess.CompletedProcess[str]) -> list[str]:
        """Lines of standard error that this Blender does not write anyway."""
        return [line for line in _lines(done.stderr) if line not in self.noise]

    def python(self, code: str, *before: object) -> subprocess.CompletedProcess[str]:
        """Run Python inside it, after start-up; an exception in the code is exit code 3."""
        return self.run("-b", *before, "--python-exit-code", 3, "--python-expr", code)


def _lines(text: str) -> list[str]:
    """Lines that say something, without the time that some builds put before them."""
    return [re.sub(r"^\d\d:\d\d\.\d+\s+", "", line).rstrip() for line in text.splitlines() if line.strip()]


def _fresh(version: str, user: Path) -> Blender:
    executable = os.environ.get(VERSIONS[version], "")
    if not executable:
        pytest.skip(f"{VERSIONS[version]} names no Blender {version}")
    user.mkdir(parents=True)
    bare = Blender(executable, user)
    done = bare.run("-b", "--python-expr", "pass", timeout_s=120)
    assert done.returncode == 0, done.stderr
    return Blender(executable, user, frozenset(_lines(done.stderr)))


@pytest.fixture(scope="session")
def zip_path(tmp_path_factory) -> Path:
    """The zip to install."""
    given = os.environ.get("CROSSFADE_ZIP")
    if given:
        return Path(given).resolve(strict=True)
    folder = tmp_path_factory.mktemp("dist")
    return build_addon.build("linux-x64", PYTHONS, folder, build_addon.ROOT / ".wheel-cache")


@pytest.fixture(scope="session", params=VERSIONS)
def bare(request, tmp_path_factory) -> Blender:
    """A Blender without Crossfade."""
    return _fresh(request.param, tmp_path_factory.mktemp("bare") / request.param)


@pytest.fixture(scope="session", params=VERSIONS)
def extension(request, tmp_path_factory, zip_path) -> Blender:
    """A Blender with the zip installed and enabled as an extension."""
    blender = _fresh(request.param, tmp_path_factory.mktemp("extension") / request.param)
    _install(blender, zip_path)
    return blender


def _install(blender: Blender, zip_path: Path) -> None:
    done = blender.run("--command", "extension", "install-file", "-r", "user_default", "--enable", zip_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Exception" not in "".join(blender.complaints(done)), done.stderr


@pytest.fixture(scope="session", params=VERSIONS)
def full(request, tmp_path_factory) -> Blender:
    """A Blender with the full zip of its Python installed and enabled as an extension."""
    blender = _fresh(request.param, tmp_path_factory.mktemp("full") / request.param)
    said = blender.python("import sys; print('PYTHON', *sys.version_info[:2])").stdout
    (python,) = (".".join(line.split()[1:]) for line in said.splitlines() if line.startswith("PYTHON"))
    folder = tmp_path_factory.mktemp("dist_full")
    cache = build_addon.ROOT / ".wheel-cache"
    _install(blender, build_addon.build("linux-x64", [python], folder, cache, is_full=True))
    return blender


@pytest.fixture(scope="session", params=VERSIONS)
def classic(request, tmp_path_factory, zip_path) -> Blender:
    """A Blender with the zip unpacked to the add-on folder ``crossfade``; Blender installs no wheels then."""
    blender = _fresh(request.param, tmp_path_factory.mktemp("classic") / request.param)
    with zipfile.ZipFile(zip_path) as archive:
        archive.extractall(blender.user / "scripts" / "addons" / "crossfade")
    return blender


@pytest.fixture(scope="session")
def song(tmp_path_factory) -> Path:
    """8 s at 120 BPM: a kick on every beat, a louder half from 4 s on; mono, 16 bit."""
    path = tmp_path_factory.mktemp("songs") / "my song.wav"
    samples = bytearray()
    for n in range(8 * RATE):
        t = n / RATE
        since = t % 0.5
        kick = math.exp(-since * 18) * math.sin(2 * math.pi * (50 * since + 6 * (1 - math.exp(-since * 30))))
        bass = 0.3 * math.sin(2 * math.pi * 110 * t) if t >= 4 else 0.0
        samples += struct.pack("<h", round(20000 * (kick * (0.9 if t >= 4 else 0.5) + bass)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(samples))
    return path


@pytest.fixture(scope="session")
def lyrics(song) -> Path:
    """A line in every second of the song."""
    path = song.with_suffix(".lrc")
    path.write_text("".join(f"[00:0{n}.00]Line number {n}\n" for n in range(8)), encoding="utf-8")
    return path
