# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of tested Blenders is true: ``.ci/run`` runs what it says, no more and no less, and README has it."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from addon_wheels import LOCKED_PYTHONS, PLATFORM_TAGS, PYTHONS, requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
STUB = """#!/bin/sh
# Stands in for every program that .ci/run starts: notes what was asked, and does what the next step needs.
me=$0
case "$me $*" in
*" scripts/test_matrix.py "*) exec "$REAL_PYTHON" "$@" ;;
*"/uv venv "*) for folder; do :; done; mkdir -p "$folder/bin"; cp "$me" "$folder/bin/python" ;;
*"/uv pip install "*" --target "*) while [ "$1" != --target ]; do shift; done; mkdir -p "$2" ;;
*" build_addon.py "*) while [ "$1" != --output ]; do echo "zip $1" >>"$LOG"; shift; done
  mkdir -p "$2"; touch "$2/crossfade-1-linux_x64.zip" ;;
*" -m pytest "*)
  echo "pytest $me $* | $CROSSFADE_BLENDER_52 $CROSSFADE_BLENDER_43 $BLENDER_APP_COMMAND $PYTHONPATH" >>"$LOG" ;;
esac
echo "ran $me $*" >>"$LOG"
"""


def script() -> Any:
    """``scripts/test_matrix.py`` as a module."""
    spec = importlib.util.spec_from_file_location("test_matrix_script", ROOT / "scripts" / "test_matrix.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


SCRIPT = script()
MATRIX = SCRIPT.read()


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> list[str]:
    """What ``.ci/run`` starts, in a copy of the house in which every program is a stub."""
    root = tmp_path_factory.mktemp("ci")
    for name in (".ci/run", "scripts/test_matrix.py", "tests/matrix.toml", "addon_wheels.py"):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    stub = root / "stub"
    stub.write_text(STUB, encoding="utf-8")
    stub.chmod(0o755)
    for name in ("ruff", "pyright", "python", "uv"):
        (root / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
        shutil.copy(stub, root / ".venv" / "bin" / name)
    for name in ("npm", "chromium"):
        (root / "bin").mkdir(exist_ok=True)
        shutil.copy(stub, root / "bin" / name)
    for name in ("scripts/setup", "blender-5.2", "blender-4.3"):
        shutil.copy(stub, root / name)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CROSSFADE_", "PYTHON", "BLENDER_"))}
    given = {
        "PATH": f"{root / 'bin'}:{os.environ['PATH']}",
        "LOG": str(root / "log"),
        "REAL_PYTHON": sys.executable,
        "CROSSFADE_CI_CACHE": str(root / "cache"),
        "CROSSFADE_BLENDER_52": str(root / "blender-5.2"),
        "CROSSFADE_BLENDER_43": str(root / "blender-4.3"),
    }
    done = subprocess.run(
        [str(root / ".ci" / "run")], env={**kept, **given}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "=== done" in done.stdout
    return (root / "log").read_text(encoding="utf-8").replace(f"{root}/", "").splitlines()


def rings_of(ran: list[str], start: str) -> list[str]:
    """Names of the rings that a program ran, from its command lines."""
    lines = [line for line in ran if line.startswith(f"pytest {start} ")]
    folders = [re.findall(r"tests/(\w+)", line.partition(" | ")[0]) for line in lines]
    default = [folder.removeprefix("tests/") for folder in PROJECT["tool"]["pytest"]["ini_options"]["testpaths"]]
    return [ring for named in folders for ring in (named or default)]


@pytest.mark.skipif(os.name != "posix", reason=".ci/run is a shell script")
def test_ci_runs_every_row_and_nothing_else(ran):
    expected = {(run.blender, ring) for run in MATRIX.runs for ring in run.rings}
    found: list[tuple[str, str]] = []
    for run in MATRIX.by("venv"):
        found += [(run.blender, ring) for ring in rings_of(ran, f"cache/bpy-{run.blender}/bin/python")]
        assert any(f" bpy=={run.blender} " in line for line in ran)
        assert any(line.endswith(f"/uv venv -q --clear -p {run.python} cache/bpy-{run.blender}") for line in ran)
    (project,) = MATRIX.by("project")
    own = rings_of(ran, ".venv/bin/python")
    applications = {"installed", "window"}
    found += [(project.blender, ring) for ring in own if ring not in applications]
    for run in MATRIX.by("application"):
        found += [(run.blender, ring) for ring in own if ring in applications and run.blender in applications_of(ring)]
    (guest,) = MATRIX.by("guest")
    (line,) = (line for line in ran if line.startswith(f"pytest blender-{guest.host} "))
    assert line.endswith(f" /usr/bin/python{guest.python} cache/bpy-{guest.blender}")
    assert any(f" --python-version {guest.python} " in each and f" bpy=={guest.blender} " in each for each in ran)
    found += [(guest.blender, ring) for ring in rings_of(ran, f"blender-{guest.host}")]
    assert sorted(found) == sorted(expected)
    known = {".venv/bin/python", f"blender-{guest.host}"}
    known |= {f"cache/bpy-{run.blender}/bin/python" for run in MATRIX.by("venv")}
    assert {line.split()[1] for line in ran if line.startswith("pytest ")} == known
    zipped = {line.removeprefix("zip ") for line in ran if re.fullmatch(r"zip 3\.\d+", line)}
    assert zipped == {run.python for run in MATRIX.by("application")}


def applications_of(ring: str) -> set[str]:
    """Versions of the applications that a ring asks for in its conftest, by the names of variables."""
    text = (ROOT / "tests" / ring / "conftest.py").read_text(encoding="utf-8")
    names = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    found = [re.fullmatch(r"CROSSFADE_BLENDER_(\d)(\d+)", name) for name in names if isinstance(name, str)]
    return {f"{match[1]}.{match[2]}" for match in found if match}


@pytest.mark.skipif(os.name != "posix", reason=".ci/run is a shell script")
def test_ci_uses_the_oldest_files_on_every_newer_blender(ran):
    oldest = min(MATRIX.runs, key=lambda run: run.order)
    assert f"ran cache/bpy-{oldest.blender}/bin/python scripts/make_assets.py cache/assets-4.2" in ran


def test_ci_names_no_blender_itself():
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    versions = {run.blender for run in MATRIX.runs}
    assert [version for version in versions if re.search(rf"(?<![\d.]){re.escape(version)}(?![\d.])", text)] == []
    assert re.findall(r"bpy==[\d.]+", text) == []


def test_readme_has_the_table():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert SCRIPT.with_table(readme, MATRIX) == readme, "run scripts/test_matrix.py write"


def test_the_project_s_own_bpy_is_in_the_table():
    pins = [requirement(line) for line in PROJECT["project"]["dependencies"] if line.startswith("bpy")]
    pinned = {(version.removeprefix("=="), marker.split("'")[1]) for _, version, marker in pins}
    assert pinned <= {(run.blender, run.python) for run in MATRIX.runs if run.by != "application"}
    assert {(run.blender, run.python) for run in MATRIX.by("project")} <= pinned


def test_zips_are_built_for_the_tested_pythons_and_the_other_systems_are_in_the_table():
    assert {run.python for run in MATRIX.runs} == set(LOCKED_PYTHONS) >= set(PYTHONS)
    assert set(MATRIX.zip_only) == PLATFORM_TAGS.keys() - {"linux-x64"}


def test_oldest_and_newest_supported_blender_are_run():
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert MATRIX.runs[0].blender.startswith(manifest["blender_version_min"].rpartition(".")[0] + ".")
    assert {run.blender[:3] for run in MATRIX.runs} >= {"4.2", "4.5", "5.0", "5.2"}


# ----------------------------------------------------------------------------------------- the script


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The data and a README of three lines."""
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "matrix.toml", tmp_path / "tests")
    (tmp_path / "README.md").write_text(f"above\n{SCRIPT.BEGIN}\n{SCRIPT.END}\nbelow\n", encoding="utf-8")
    return tmp_path


def test_check_fails_until_the_table_is_written(house, capsys):
    assert SCRIPT.main(["check"], house) == 1
    assert "scripts/test_matrix.py write" in capsys.readouterr().err
    assert SCRIPT.main(["write"], house) == 0
    assert SCRIPT.main(["check"], house) == 0
    text = (house / "README.md").read_text(encoding="utf-8")
    assert text.startswith("above\n") and text.endswith("\nbelow\n")
    assert "| 5.0.1 `bpy` | 3.11 | Debian 12, x64 |" in text
    assert SCRIPT.main(["write"], house) == 0
    assert (house / "README.md").read_text(encoding="utf-8") == text
    assert [path.name for path in house.iterdir() if path.name.endswith(".part")] == []


def test_a_changed_version_is_seen_by_check(house, capsys):
    SCRIPT.main(["write"], house)
    data = house / "tests" / "matrix.toml"
    data.write_text(data.read_text(encoding="utf-8").replace("4.5.15", "4.5.16"), encoding="utf-8")
    assert SCRIPT.main(["check"], house) == 1
    assert SCRIPT.main(["list", "venv"], house) == 0
    assert "4.5.16 3.11\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[rings]", "[", "tests/matrix.toml cannot be read"),
        ('by = "guest"', 'by = "luck"', "'luck' of Blender 5.2.3 is none of"),
        ('rings = ["installed", "window"]', 'rings = ["nose"]', "ring 'nose' of Blender 4.3 is not under"),
        ('platform = "windows-x64"', 'platform = "amiga"', "no zip is built for 'amiga'"),
        ('blender = "4.3"', 'blender = "new"', "tests/matrix.toml cannot be read"),
        ('python = "3.14"', "", "tests/matrix.toml cannot be read"),
    ],
)
def test_data_without_meaning_is_refused(house, capsys, old, new, message):
    data = house / "tests" / "matrix.toml"
    text = data.read_text(encoding="utf-8")
    assert old in text
    data.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert SCRIPT.main(["list", "venv"], house) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("readme", ["nothing", "{end}\n{begin}", "{begin}\n{end}\n{begin}\n{end}"])
def test_a_readme_without_its_marks_is_left_alone(house, capsys, readme):
    text = readme.format(begin=SCRIPT.BEGIN, end=SCRIPT.END)
    (house / "README.md").write_text(text, encoding="utf-8")
    assert SCRIPT.main(["write"], house) == 1
    assert "README.md needs one line" in capsys.readouterr().err
    assert (house / "README.md").read_text(encoding="utf-8") == text
