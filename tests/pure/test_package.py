# SPDX-License-Identifier: GPL-3.0-or-later
"""The package that users install: its manifest, what is staged, the wheels, and the bytes of the zip."""

from __future__ import annotations

import ast
import json
import os
import shutil
import tomllib
import zipfile
from pathlib import Path

import pytest

import build_addon
from build_addon import BuildError, Target

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


@pytest.fixture
def fake_pip(monkeypatch, tmp_path):
    """Stands in for pip: writes one file per pin, named as its wheel would be, and counts how often it was asked."""
    calls: list[list[str]] = []

    def run(command, **_):
        calls.append(command)
        folder = Path(command[command.index("--dest") + 1])
        python = "cp" + command[command.index("--python-version") + 1].replace(".", "")
        for pin in command[command.index("--dest") + 2 :]:
            name, version = build_addon.pin_identity(pin)
            tag = f"{python}-{python}-linux" if name == "compiled" else "py3-none-any"
            (folder / f"{name}-{version}-{tag}.whl").write_text(f"{pin} {tag}")
        return type("Done", (), {"returncode": 0, "stderr": ""})()

    monkeypatch.setattr(build_addon.subprocess, "run", run)
    return calls


# ------------------------------------------------------------------------------------------- manifest


def test_manifest_is_what_blender_and_the_extension_platform_accept():
    given = manifest()
    assert (given["id"], given["type"], given["schema_version"]) == ("crossfade", "add-on", "1.0.0")
    assert given["blender_version_min"] == "4.2.0"
    assert given["license"] == ["SPDX:GPL-3.0-or-later"]
    assert set(given["tags"]) <= TAGS
    assert len(given["tagline"]) <= 64
    assert not given["tagline"].endswith(".")
    assert set(given["permissions"]) == {"files", "network"}
    assert all(len(reason) <= 64 and not reason.endswith(".") for reason in given["permissions"].values())


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


# --------------------------------------------------------------------------------------------- wheels


def test_pins_hold_chromadb_and_nothing_that_blender_has():
    names = {build_addon.pin_identity(pin)[0] for pin in build_addon.read_pins()}
    assert "chromadb" in names
    assert names & {"numpy", "requests", "urllib3", "certifi", "idna", "charset-normalizer", "zstandard"} == set()
    assert names & {"onnxruntime", "kubernetes", "tokenizers", "uvicorn", "librosa", "scipy"} == set()


def test_extension_and_package_use_the_same_chromadb():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (wanted,) = (line for line in project["dependencies"] if line.startswith("chromadb"))
    assert wanted in build_addon.read_pins()


@pytest.mark.parametrize(
    ("pin", "reason"), [("NumPy==2.0.0", "Blender has its own"), ("rich>=15", "not pinned"), ("rich==", "not pinned")]
)
def test_a_pin_that_must_not_be_there_is_refused(checkout, pin, reason):
    path = checkout / "pyproject.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("pins = [", f'pins = [\n    "{pin}",'), encoding="utf-8")
    with pytest.raises(BuildError, match=reason):
        build_addon.read_pins(checkout)


def test_second_build_asks_pip_for_nothing(fake_pip, tmp_path):
    target = Target("linux-x64", "3.11")
    first = build_addon.wheels_for(target, ["pure==1.0", "compiled==2.0"], tmp_path)
    assert build_addon.wheels_for(target, ["pure==1.0", "compiled==2.0"], tmp_path) == first
    assert [w.name for w in first] == ["compiled-2.0-cp311-cp311-linux.whl", "pure-1.0-py3-none-any.whl"]
    assert len(fake_pip) == 1


def test_a_changed_pin_is_fetched_and_the_old_wheel_is_not_shipped(fake_pip, tmp_path):
    target = Target("linux-x64", "3.11")
    build_addon.wheels_for(target, ["pure==1.0"], tmp_path)
    assert [w.name for w in build_addon.wheels_for(target, ["pure==1.1"], tmp_path)] == ["pure-1.1-py3-none-any.whl"]
    assert len(fake_pip) == 2


def test_a_wheel_for_every_python_is_one_file(fake_pip, tmp_path):
    pins = ["pure==1.0", "compiled==2.0"]
    groups = [build_addon.wheels_for(Target("linux-x64", python), pins, tmp_path) for python in ("3.11", "3.13")]
    assert len({wheel for group in groups for wheel in group}) == 3


def test_a_wheel_changed_after_it_was_fetched_is_refused(fake_pip, tmp_path):
    target = Target("linux-x64", "3.11")
    (wheel,) = build_addon.wheels_for(target, ["pure==1.0"], tmp_path)
    wheel.write_text("something else")
    with pytest.raises(BuildError, match=r"pure-1\.0-py3-none-any\.whl' is not the wheel"):
        build_addon.wheels_for(target, ["pure==1.0"], tmp_path)


def test_wheels_are_asked_for_by_target_not_by_the_running_python(fake_pip, tmp_path):
    build_addon.wheels_for(Target("windows-x64", "3.13"), ["pure==1.0"], tmp_path)
    (command,) = fake_pip
    assert "--no-deps" in command
    assert "--only-binary=:all:" in command
    assert command[command.index("--python-version") + 1] == "3.13"
    assert command[command.index("--platform") + 1] == "win_amd64"


# ------------------------------------------------------------------------------------------------ zip


@pytest.fixture
def plain_zip(tmp_path):
    return build_addon.build("linux-x64", (), tmp_path / "dist", tmp_path / "cache", with_wheels=False)


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


def test_wheels_are_named_in_the_staged_manifest_only(fake_pip, tmp_path):
    wheels = build_addon.wheels_for(Target("linux-x64", "3.11"), ["pure==1.0", "compiled==2.0"], tmp_path / "cache")
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


def test_pip_failure_is_one_line_with_its_reason(monkeypatch, tmp_path):
    def run(_command, **_):
        return type("Done", (), {"returncode": 1, "stderr": "noise\nERROR: No matching distribution found for x\n"})()

    monkeypatch.setattr(build_addon.subprocess, "run", run)
    with pytest.raises(BuildError, match=r"linux-x64-cp311: ERROR: No matching distribution found for x"):
        build_addon.wheels_for(Target("linux-x64", "3.11"), ["x==1"], tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == []


def test_record_of_fetched_wheels_names_each_hash(fake_pip, tmp_path):
    build_addon.wheels_for(Target("linux-x64", "3.11"), ["pure==1.0"], tmp_path)
    record = json.loads((tmp_path / "linux-x64-cp311.json").read_text(encoding="utf-8"))
    assert record["pins"] == ["pure==1.0"]
    assert [len(value) for value in record["sha256"].values()] == [64]
