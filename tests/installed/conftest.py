# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Blender applications with Crossfade in them, put there the way a user does it.

``CROSSFADE_BLENDER_52`` and ``CROSSFADE_BLENDER_43`` name the executables; a test is skipped where its
Blender is not given. ``CROSSFADE_ZIP`` names a zip to test instead of building one. Every Blender gets
settings and a home folder of its own.
"""

from __future__ import annotations

import math
import os
import shutil
import struct
import subprocess
import sys
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import build_addon

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "window"))
from application import ALONE, Blender, OfflineBlender, lines_of

VERSIONS = {"5.2": "CROSSFADE_BLENDER_52", "4.3": "CROSSFADE_BLENDER_43"}
PYTHONS = ("3.11", "3.13", "3.14")
"""Official builds of 4.2 to 5.2 and what distributions build them with."""
RATE = 22050


def _executable(version: str) -> str:
    executable = os.environ.get(VERSIONS[version], "")
    if not executable:
        pytest.skip(f"{VERSIONS[version]} names no Blender {version}")
    return executable


def _fresh(version: str, user: Path) -> Blender:
    executable = _executable(version)
    user.mkdir(parents=True)
    bare = Blender(executable, user)
    done = bare.run("-b", "--python-expr", "pass", timeout_s=120)
    assert done.returncode == 0, done.stderr
    return Blender(executable, user, frozenset(lines_of(done.stderr)))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures of windows go."""
    return Path(os.environ.get("CROSSFADE_PICTURES", tmp_path))


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
    blender.install(zip_path)
    return blender


@pytest.fixture(scope="session", params=VERSIONS)
def full(request, tmp_path_factory) -> Blender:
    """A Blender with the full zip of its Python installed and enabled as an extension."""
    blender = _fresh(request.param, tmp_path_factory.mktemp("full") / request.param)
    said = blender.python("import sys; print('PYTHON', *sys.version_info[:2])").stdout
    (python,) = (".".join(line.split()[1:]) for line in said.splitlines() if line.startswith("PYTHON"))
    folder = tmp_path_factory.mktemp("dist_full")
    cache = build_addon.ROOT / ".wheel-cache"
    blender.install(build_addon.build("linux-x64", [python], folder, cache, is_full=True))
    return blender


@pytest.fixture(scope="session", params=VERSIONS)
def classic(request, tmp_path_factory, zip_path) -> Blender:
    """A Blender with the zip unpacked to the add-on folder ``crossfade``; Blender installs no wheels then."""
    blender = _fresh(request.param, tmp_path_factory.mktemp("classic") / request.param)
    with zipfile.ZipFile(zip_path) as archive:
        archive.extractall(blender.user / "scripts" / "addons" / "crossfade")
    return blender


@pytest.fixture(params=VERSIONS)
def fresh(request, tmp_path_factory) -> Callable[[], Blender]:
    """Makes Blenders of one version without Crossfade, each with settings of its own."""

    def make() -> Blender:
        return _fresh(request.param, tmp_path_factory.mktemp("fresh") / request.param)

    return make


@pytest.fixture(params=VERSIONS)
def offline(request, tmp_path_factory) -> Callable[[], OfflineBlender]:
    """Makes Blenders of one version that reach no network, each with an empty home."""
    executable = _executable(request.param)
    if not shutil.which(ALONE[0]):
        pytest.skip(f"there is no '{ALONE[0]}' to start a program without a network")
    tried = subprocess.run([*ALONE, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"this system forbids networks of one's own: {tried.stderr.strip()}")

    def make() -> OfflineBlender:
        user = tmp_path_factory.mktemp("offline") / request.param
        user.mkdir()
        return OfflineBlender(executable, user)

    return make


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
