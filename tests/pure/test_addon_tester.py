# SPDX-License-Identifier: GPL-3.0-or-later
"""``scripts/addon_tester.py`` with a stand-in for the package that downloads Blenders."""

from __future__ import annotations

import importlib.util
import os
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import pytest

import build_addon

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script() -> Any:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("addon_tester_script", ROOT / "scripts" / "addon_tester.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tester(monkeypatch, tmp_path) -> list[Any]:
    """The package's function: notes how it is called and where, then gives or raises the last of ``answers``.

    The add-on is a small one, which is quickly zipped.
    """
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("A = 1\n", encoding="utf-8")
    monkeypatch.setattr(build_addon, "PACKAGE", tmp_path / "package")
    answers: list[Any] = [0]
    calls: list[Any] = []

    def test_blender_addon(addon_path, blender_revision, config):
        names = zipfile.ZipFile(addon_path).namelist()
        calls.append((blender_revision, config, names, dict(os.environ), Path.cwd()))
        if isinstance(answers[-1], BaseException):
            raise answers[-1]
        return answers[-1]

    package = types.ModuleType("blender_addon_tester")
    package.test_blender_addon = test_blender_addon  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "blender_addon_tester", package)
    return [answers, calls]


def test_the_add_on_is_tested_as_a_folder_in_a_zip_away_from_the_user_s_settings(script, tester, tmp_path):
    _, calls = tester
    before, here = dict(os.environ), Path.cwd()
    assert script.main(["4.2", "--cache", str(tmp_path / "blenders")]) == 0
    ((version, config, names, environment, folder),) = calls
    assert version == "4.2"
    assert config == {"tests": str(ROOT / "tests" / "addon_tester")}
    assert {"crossfade/__init__.py", "crossfade/blender_manifest.toml"} <= set(names)
    assert [name for name in names if not name.startswith("crossfade/")] == []
    assert environment["BLENDER_CACHE"] == str(tmp_path / "blenders") and (tmp_path / "blenders").is_dir()
    assert Path(environment["BLENDER_USER_RESOURCES"]).parent == folder != here
    assert not folder.exists()
    assert dict(os.environ) == before and Path.cwd() == here


def test_failed_tests_are_exit_code_1(script, tester, tmp_path):
    tester[0].append(1)
    assert script.main(["4.2", "--cache", str(tmp_path)]) == 1


def unreachable() -> OSError:
    """As requests raises it, which need not be installed here."""
    kind = type("ConnectionError", (OSError,), {"__module__": "requests.exceptions"})
    return kind("HTTPSConnectionPool(...)")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (unreachable(), "Blender 4.2 could not be made ready: the download pages cannot be reached. Check the network"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (IndexError("list index out of range"), "There is no Blender 4.2 to download for this system"),
        (SystemExit(1), "gave up on Blender 4.2"),
    ],
)
def test_what_stops_the_tester_is_one_line(script, tester, tmp_path, capsys, error, message):
    tester[0].append(error)
    assert script.main(["4.2", "--cache", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("addon_tester: error: ") and message in line


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("latest", "is not a Blender version"),
        ("4.2; rm -rf /", "is not a Blender version"),
        ("3.6", "Blender 3.6 is older than 4.2.0"),
        ("10.1", "is not a Blender version"),
    ],
)
def test_a_version_that_cannot_be_tested_is_refused_before_any_download(script, tester, capsys, version, message):
    assert script.main([version]) == 1
    assert message in capsys.readouterr().err
    assert tester[1] == []


def test_without_the_package_the_command_that_installs_it_is_named(script, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "blender_addon_tester", None)
    assert script.main(["5.2"]) == 1
    assert "'blender_addon_tester' is not installed. Install it: pip install -e" in capsys.readouterr().err
