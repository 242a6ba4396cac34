# SPDX-License-Identifier: GPL-3.0-or-later
"""The package that users install: its manifest, what is staged, the bytes of the zip, and the commands."""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import tomllib
import zipfile
from pathlib import Path

import pytest

import addon_wheels
import build_addon
from addon_wheels import BuildError, Lock

ROOT = Path(__file__).resolve().parents[2]
TAGS = frozenset({"3D View", "Animation", "Camera", "Import-Export", "Lighting", "Pipeline", "Render", "Sequencer"})
"""Of the add-on tags that ``blender --command extension validate`` accepts, those that could fit."""


def manifest() -> dict:
    return tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Files that carry a version, in a folder of their own."""
    (tmp_path / "crossfade_addon").mkdir()
    for name in ("blender_manifest.toml", "pyproject.toml", "crossfade_addon/__init__.py", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


# ------------------------------------------------------------------------------------------- manifest


def test_manifest_is_what_blender_and_the_extension_platform_accept():
    given = manifest()
    assert (given["id"], given["type"], given["schema_version"]) == ("crossfade", "add-on", "1.0.0")
    assert given["blender_version_min"] == "4.2.0"
    assert given["license"] == ["SPDX:GPL-3.0-or-later"]
    assert given["tags"] and set(given["tags"]) <= TAGS
    assert "blender" not in (given["name"] + given["id"]).lower()
    assert len(given["tagline"]) <= 64
    assert not given["tagline"].endswith(".")
    assert set(given["permissions"]) == {"files", "network"}
    assert all(0 < len(reason) <= 64 and reason[-1].isalnum() for reason in given["permissions"].values())


def test_classic_add_on_header_says_the_same_as_the_manifest():
    tree = ast.parse((ROOT / "crossfade_addon" / "__init__.py").read_text(encoding="utf-8"))
    bl_info = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "bl_info"
    )
    assert bl_info["name"] == manifest()["name"]
    assert ".".join(map(str, bl_info["blender"])) == manifest()["blender_version_min"]


def test_licence_is_the_whole_gpl():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in text
    assert "END OF TERMS AND CONDITIONS" in text


# ------------------------------------------------------------------------------------------- versions


def test_version_is_one_and_the_same_everywhere():
    assert build_addon.read_version() == manifest()["version"]


@pytest.mark.parametrize(
    ("name", "line", "place"),
    [
        ("blender_manifest.toml", '\nversion = "{}"\n', "blender_manifest.toml"),
        ("pyproject.toml", '\nversion = "{}"\n', "pyproject.toml"),
        ("crossfade_addon/__init__.py", '__version__ = "{}"\n', "__version__"),
        ("CHANGELOG.md", "\n## {}", "CHANGELOG.md"),
    ],
)
def test_a_version_that_differs_stops_the_build_and_is_named(checkout, name, line, place):
    text = (checkout / name).read_text(encoding="utf-8")
    old = line.format(manifest()["version"])
    assert old in text
    (checkout / name).write_text(text.replace(old, line.format("9.9.9"), 1), encoding="utf-8")
    with pytest.raises(BuildError, match=rf"{place} has 9\.9\.9"):
        build_addon.read_version(checkout)


def test_the_version_in_bl_info_counts_too(checkout):
    path = checkout / "crossfade_addon" / "__init__.py"
    path.write_text(path.read_text(encoding="utf-8").replace('"version": (', '"version": (9, '), encoding="utf-8")
    with pytest.raises(BuildError, match=r"bl_info has 9\."):
        build_addon.read_version(checkout)


# ------------------------------------------------------------------------------------------------ zip


@pytest.fixture(scope="module")
def plain_zip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    return build_addon.build("linux-x64", (), folder / "dist", folder / "cache", with_wheels=False)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A package that is quickly zipped."""
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("A = 1\n", encoding="utf-8")
    monkeypatch.setattr(build_addon, "PACKAGE", tmp_path / "package")


def test_zip_holds_the_package_at_its_root_and_no_leftovers(plain_zip):
    assert plain_zip.name == f"crossfade-{manifest()['version']}.zip"
    names = zipfile.ZipFile(plain_zip).namelist()
    assert {"__init__.py", "blender_manifest.toml", "LICENSE", "studio/compat.py", "data/platforms.toml"} <= set(names)
    bad = [n for n in names if "__pycache__" in n or n.endswith((".pyc", ".part")) or n.startswith((".", "tests", "/"))]
    assert bad == []
    assert names == sorted(names)


def test_same_sources_give_the_same_bytes_and_no_part_is_left(plain_zip, tmp_path):
    again = build_addon.build("linux-x64", (), tmp_path / "again", tmp_path / "cache", with_wheels=False)
    assert again.read_bytes() == plain_zip.read_bytes()
    assert [p.name for p in again.parent.iterdir()] == [again.name]


def test_bytes_do_not_depend_on_dates_or_modes(tmp_path):
    for name, mode, date in (("one", 0o600, 1_000_000_000), ("two", 0o755, 1_700_000_000)):
        folder = tmp_path / name
        (folder / "sub").mkdir(parents=True)
        for file in ("sub/b.py", "a.py") if name == "one" else ("a.py", "sub/b.py"):
            (folder / file).write_text("A = 1\n")
            (folder / file).chmod(mode)
            os.utime(folder / file, (date, date))
        build_addon.write_zip(folder, tmp_path / f"{name}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_wheels_are_named_in_the_staged_manifest_only(small, tmp_path):
    wheels = [tmp_path / name for name in ("pure-1.0-py3-none-any.whl", "compiled-2.0-cp311-cp311-linux.whl")]
    for wheel in wheels:
        wheel.touch()
    build_addon.stage(tmp_path / "staged", "linux-x64", wheels)
    staged = tomllib.loads((tmp_path / "staged" / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert staged["wheels"] == ["./wheels/compiled-2.0-cp311-cp311-linux.whl", "./wheels/pure-1.0-py3-none-any.whl"]
    assert all((tmp_path / "staged" / name).is_file() for name in staged["wheels"])
    assert staged["platforms"] == ["linux-x64"]
    assert {**staged, "wheels": 0, "platforms": 0} == {**manifest(), "wheels": 0, "platforms": 0}
    assert "wheels" not in manifest()


def test_package_never_calls_itself_by_its_development_name(plain_zip):
    with zipfile.ZipFile(plain_zip) as archive:
        texts = {n: archive.read(n).decode() for n in archive.namelist() if n.endswith(".py")}
    imports = [
        name
        for name, text in texts.items()
        for node in ast.walk(ast.parse(text))
        if (isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").startswith("crossfade"))
        or (isinstance(node, ast.Import) and any(alias.name.startswith("crossfade") for alias in node.names))
    ]
    assert imports == []


# ---------------------------------------------------------------------------------------- command line


def test_wrong_python_is_one_line_and_code_1(capsys):
    assert build_addon.main(["--python", "latest"]) == 1
    assert capsys.readouterr().err == "build_addon: error: 'latest' is not a Python version such as 3.13.\n"


def test_blender_that_is_not_there_is_named(tmp_path, capsys, plain_zip):
    missing = str(tmp_path / "no blender")
    assert build_addon.main(["install", "--blender", missing, "--zip", str(plain_zip)]) == 1
    assert f"Blender '{missing}' could not be started" in capsys.readouterr().err


def test_a_python_without_locked_wheels_is_refused(capsys, tmp_path):
    assert build_addon.main(["--python", "3.9", "--output", str(tmp_path)]) == 1
    assert "no wheels for Python 3.9: choose of 3.11, 3.13, 3.14" in capsys.readouterr().err


@pytest.fixture
def asked(monkeypatch) -> list[list[str]]:
    """What Blender is asked to do, which it does at once."""
    commands: list[list[str]] = []

    def run(command, **_):
        commands.append(command)
        return type("Done", (), {"returncode": 0})()

    monkeypatch.setattr(build_addon.subprocess, "run", run)
    return commands


def test_install_and_uninstall_ask_blender_itself(asked, plain_zip):
    assert build_addon.main(["install", "--blender", "b", "--zip", str(plain_zip)]) == 0
    assert build_addon.main(["uninstall", "--blender", "b"]) == 0
    assert asked == [
        ["b", "--command", "extension", "install-file", "--repo", "user_default", "--enable", str(plain_zip.resolve())],
        ["b", "--command", "extension", "remove", "user_default.crossfade"],
    ]


def test_validate_needs_no_blender_and_asks_one_that_is_given(asked, plain_zip):
    assert build_addon.main(["validate", "--zip", str(plain_zip)]) == 0
    assert asked == []
    assert build_addon.main(["validate", "--zip", str(plain_zip), "--blender", "b"]) == 0
    assert asked == [["b", "--command", "extension", "validate", str(plain_zip.resolve())]]


def test_a_blender_that_says_no_is_an_error(monkeypatch, capsys):
    monkeypatch.setattr(build_addon.subprocess, "run", lambda *_a, **_k: type("Done", (), {"returncode": 9})())
    assert build_addon.main(["uninstall", "--blender", "b"]) == 1
    assert capsys.readouterr().err == "build_addon: error: Blender refused 'extension remove' (exit code 9).\n"


# ---------------------------------------------------------------------------------- zips with wheels

WHEEL = "pure-1.0-py3-none-any.whl"


@pytest.fixture
def lock(monkeypatch, small) -> Lock:
    """Everything is about one wheel, and its bytes are b"right"; the package is a small one."""
    lock = Lock({WHEEL: {"sha256": hashlib.sha256(b"right").hexdigest(), "requires": []}}, {})
    monkeypatch.setattr(addon_wheels, "read_lock", lambda: lock)
    return lock


def zip_with(folder: Path, content: bytes, name: str = WHEEL) -> Path:
    """A zip of this version that carries one wheel."""
    wheel = folder / "cache" / name
    wheel.parent.mkdir(parents=True, exist_ok=True)
    wheel.write_bytes(content)
    build_addon.stage(folder / "staged", "linux-x64", [wheel])
    build_addon.write_zip(folder / "staged", folder / "addon.zip")
    return folder / "addon.zip"


def test_a_zip_as_built_is_right(lock, tmp_path):
    assert build_addon.check_zip(zip_with(tmp_path, b"right"), lock) == [WHEEL]


def test_a_zip_with_a_tampered_wheel_is_neither_valid_nor_installed(lock, asked, tmp_path, capsys):
    path = str(zip_with(tmp_path, b"wrong"))
    for command in (["validate"], ["validate", "--blender", "b"], ["install", "--blender", "b"]):
        assert build_addon.main([*command, "--zip", path]) == 1
        assert f"'wheels/{WHEEL}'" in (said := capsys.readouterr().err) and "its bytes are others" in said
    assert asked == []


def test_a_zip_with_a_wheel_of_somebody_else_is_refused(lock, tmp_path):
    with pytest.raises(BuildError, match="no wheel that Crossfade carries"):
        build_addon.check_zip(zip_with(tmp_path, b"right", "evil-1.0-py3-none-any.whl"), lock)


def test_a_zip_whose_manifest_does_not_fit_is_refused(lock, tmp_path):
    path = zip_with(tmp_path, b"right")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("wheels/other-1.0-py3-none-any.whl", b"x")
    with pytest.raises(BuildError, match="names other wheels than are in it"):
        build_addon.check_zip(path, lock)
    (tmp_path / "staged" / "blender_manifest.toml").write_text('version = "9.9.9"\n', encoding="utf-8")
    build_addon.write_zip(tmp_path / "staged", path)
    with pytest.raises(BuildError, match=r"is of version 9\.9\.9, and this is"):
        build_addon.check_zip(path, lock)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_zip_of_ours_is_said(lock, tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(BuildError, match=r"x\.zip' is no zip of this add-on"):
        build_addon.check_zip(tmp_path / "x.zip", lock)


def test_a_zip_that_is_too_large_is_not_left_behind(small, monkeypatch, tmp_path):
    monkeypatch.setattr(build_addon, "MOST_BYTES", {False: 1000, True: 1000})
    with pytest.raises(BuildError, match="more than"):
        build_addon.build("linux-x64", (), tmp_path / "dist", tmp_path / "cache", with_wheels=False)
    assert list((tmp_path / "dist").iterdir()) == []


def test_two_builds_with_wheels_are_byte_identical(lock, monkeypatch, tmp_path):
    other = "compiled-2.0-cp311-cp311-linux.whl"
    orders = iter([(WHEEL, other), (other, WHEEL)])
    zips = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        names = next(orders)
        folder.mkdir()
        for name in names:
            (folder / name).write_bytes(name.encode())
        monkeypatch.setattr(addon_wheels, "wheels_for", lambda *_, f=folder, n=names: [f / name for name in n])
        zips.append(build_addon.build("linux-x64", ("3.11",), folder / "dist", folder).read_bytes())
    assert zips[0] == zips[1]


def test_a_build_with_a_tampered_wheel_is_refused_and_leaves_no_zip(tmp_path, capsys):
    (tmp_path / "cache").mkdir()
    name = addon_wheels.read_lock().targets["linux-x64-cp311"][0]
    (tmp_path / "cache" / name).write_bytes(b"tampered")
    folders = ["--cache", str(tmp_path / "cache"), "--output", str(tmp_path / "dist")]
    for more in ([], ["--full"]):
        assert build_addon.main(["build", *folders, *more]) == 1
        assert f"{name}' is not the wheel that wheels.lock.json names" in capsys.readouterr().err
    assert not (tmp_path / "dist").exists()
