# SPDX-License-Identifier: GPL-3.0-or-later
"""Beside an extension that carries a NumPy of its own: everybody keeps what they had, in whichever order they came."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from extensions import NEIGHBOUR, neighbour

import build_addon

pytestmark = pytest.mark.installed

NUMPY = "numpy==2.3.5"
"""Neither Blender has this one; there are wheels for the Pythons of both."""
CODE = "import numpy\nSUM = int(numpy.arange(5).sum())\nUSES = numpy.__version__"
WHO = f"""
import json, sys, numpy
neighbour = sys.modules.get({NEIGHBOUR!r})
print("WHO", json.dumps({{"version": numpy.__version__, "file": numpy.__file__,
    "sum": getattr(neighbour, "SUM", None), "uses": getattr(neighbour, "USES", None)}}))
"""
INSTALL = """
import sys, numpy, bpy
before, file = numpy, numpy.__file__
assert bpy.ops.extensions.package_install_files(filepath={path!r}, repo="user_default") == {{"FINISHED"}}
import numpy
assert numpy is before and sys.modules["numpy"] is before and numpy.__file__ == file, numpy.__file__
bpy.ops.wm.save_userpref()
"""
USE_CHROMADB = """
import tempfile, chromadb
client = chromadb.PersistentClient(path=tempfile.mkdtemp())
songs = client.get_or_create_collection("songs", embedding_function=None)
songs.upsert(ids=["a", "b"], embeddings=[[1.0, 0.0], [0.0, 1.0]], documents=["x", "y"])
assert songs.query(query_embeddings=[[0.9, 0.1]], n_results=1)["ids"] == [["a"]]
"""


def numpy_wheel(python: str) -> Path:
    """A NumPy for a Python such as ``3.13``, fetched once; skips where it cannot be had."""
    folder = build_addon.ROOT / ".cache" / "neighbour" / f"cp{python.replace('.', '')}"
    if not (found := sorted(folder.glob("numpy-*.whl"))):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        command += ["--python-version", python, "--platform", "manylinux_2_28_x86_64"]
        command += ["--platform", "manylinux_2_27_x86_64", "--dest", str(folder), NUMPY]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"{NUMPY} for Python {python} cannot be fetched: {done.stderr.strip()[-300:]}")
        found = sorted(folder.glob("numpy-*.whl"))
    return found[0]


def who(blender) -> dict:
    """Which NumPy this Blender has after a start, and what the neighbour made of the one that it sees."""
    done = blender.python(WHO)
    assert done.returncode == 0, done.stderr
    return next(json.loads(line.removeprefix("WHO")) for line in done.stdout.splitlines() if line.startswith("WHO"))


def install_in_session(blender, path: Path) -> None:
    done = blender.python(INSTALL.format(path=str(path)))
    assert done.returncode == 0, done.stdout + done.stderr


def carried(blender) -> dict[str, bytes]:
    """The neighbour's NumPy on disk, as Blender unpacked it."""
    (folder,) = blender.user.glob("extensions/.local/lib/python*/site-packages")
    found = {p: p for name in ("numpy", "numpy.libs") for p in (folder / name).rglob("*") if p.is_file()}
    return {str(p.relative_to(folder)): p.read_bytes() for p in found if p.suffix != ".pyc"}


def test_everybody_keeps_their_numpy_in_either_order(fresh, zip_path, tmp_path):
    first = fresh()
    python = first.python("import sys; print('PYTHON', '%d.%d' % sys.version_info[:2])").stdout
    version = next(line.split()[1] for line in python.splitlines() if line.startswith("PYTHON"))
    other = neighbour(tmp_path / "neighbour.zip", CODE, [numpy_wheel(version)])
    bare = who(first)

    install_in_session(first, other)
    with_neighbour, files = who(first), carried(first)
    assert with_neighbour["sum"] == 10 and any(name.endswith(".so") for name in files)
    install_in_session(first, zip_path)
    assert who(first) == with_neighbour
    assert carried(first) == files
    done = first.python(USE_CHROMADB)
    assert done.returncode == 0, done.stdout + done.stderr

    second = fresh()
    install_in_session(second, zip_path)
    assert who(second) == bare
    install_in_session(second, other)
    assert same_numpy(who(second), with_neighbour, first, second)
    second.remove("crossfade")
    assert same_numpy(who(second), with_neighbour, first, second)
    assert carried(second) == files


def same_numpy(one: dict, other: dict, first, second) -> bool:
    """Whether both have the same, each in its own settings folder."""
    moved = {**other, "file": other["file"].replace(str(first.user), str(second.user))}
    return one == moved
