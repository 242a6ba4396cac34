# SPDX-License-Identifier: GPL-3.0-or-later
"""Importing from Blender's folder of wheels leaves nothing that Blender would not remove."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossfade_addon import bytecode

pytestmark = pytest.mark.pure


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a wheel that is one file and one that is a package, on the path of modules."""
    folder = tmp_path / "extensions" / ".local" / "lib" / "python3.11" / "site-packages"
    (folder / "wheel_of_a_package").mkdir(parents=True)
    (folder / "wheel_of_one_file.py").write_text("A = 1\n", encoding="utf-8")
    (folder / "wheel_of_a_package" / "__init__.py").write_text("from .part import B\n", encoding="utf-8")
    (folder / "wheel_of_a_package" / "part.py").write_text("B = 2\n", encoding="utf-8")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(sys, "path_hooks", list(sys.path_hooks))
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in ("wheel_of_one_file", "wheel_of_a_package", "wheel_of_a_package.part"):
        sys.modules.pop(name, None)
    sys.path_importer_cache.pop(str(folder), None)


def compiled(folder: Path) -> list[str]:
    return sorted(path.parent.parent.relative_to(folder).as_posix() for path in folder.rglob("*.pyc"))


def test_only_what_lies_in_a_packages_own_folder_is_kept_compiled(wheels: Path) -> None:
    bytecode.keep_tidy([wheels])
    assert importlib.import_module("wheel_of_one_file").A == 1
    assert importlib.import_module("wheel_of_a_package").B == 2
    assert compiled(wheels) == ["wheel_of_a_package", "wheel_of_a_package"]


def test_another_folder_is_left_as_python_has_it(wheels: Path, tmp_path: Path) -> None:
    bytecode.keep_tidy([tmp_path])
    importlib.import_module("wheel_of_one_file")
    assert compiled(wheels) == ["."]


def test_folders_of_wheels_are_told_from_others(wheels: Path, tmp_path: Path) -> None:
    others = [str(tmp_path), "", "/usr/lib/python3/dist-packages", "/usr/lib/python3.11/site-packages", "site-packages"]
    assert bytecode.wheel_folders([*others, str(wheels)]) == [wheels]
