# SPDX-License-Identifier: GPL-3.0-or-later
"""The wheels of the package: chosen for the target, locked by hash, complete, and never anything else."""

from __future__ import annotations

import json
import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename
from packaging.version import Version

import addon_wheels
from addon_wheels import BLENDER_HAS, LOCKED_PYTHONS, PLATFORM_TAGS, TARGETS, BuildError, Lock, Target

ROOT = Path(__file__).resolve().parents[2]
LINUX = Target("linux-x64", "3.11")
PROJECT = """[tool.crossfade.wheels]
pins = ["pure==1.0", "compiled==2.0; python_version >= '3.13'"]
full = ["large==3.0"]
left-out = ["Never_Imported"]
"""
REQUIRES = {"pure": ["never-imported>=1", "numpy", "more; extra == 'x'", "winonly; sys_platform == 'win32'"]}


class Pip:
    """Stands in for pip: makes a small wheel for each pin, named as its own would be; counts how often it is asked."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.requires = dict(REQUIRES)
        self.spoilt = False

    def __call__(self, command: list[str], **_: Any) -> Any:
        self.calls.append(command)
        folder = Path(command[command.index("--dest") + 1])
        python = "cp" + command[command.index("--python-version") + 1].replace(".", "")
        for pin in command[command.index("--dest") + 2 :]:
            name, version = addon_wheels.pin_identity(pin)
            tag = f"{python}-{python}-linux" if name == "compiled" else "py3-none-any"
            lines = [f"Name: {name}", *(f"Requires-Dist: {text}" for text in self.requires.get(name, []))]
            with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as archive:
                info = zipfile.ZipInfo(f"{name}-{version}.dist-info/METADATA")
                archive.writestr(info, "\n".join(lines) + ("\nSpoilt: yes" if self.spoilt else ""))
        return type("Done", (), {"returncode": 0, "stderr": ""})()


@pytest.fixture
def pip(monkeypatch) -> Pip:
    pip = Pip()
    monkeypatch.setattr(addon_wheels.subprocess, "run", pip)
    return pip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    return tmp_path


@pytest.fixture
def lock(root: Path, pip: Pip) -> Lock:
    """Of two Pythons, normal and full; what was fetched for it is somewhere else."""
    targets = [Target("linux-x64", python, full) for python in ("3.11", "3.13") for full in (False, True)]
    made = addon_wheels.make_lock(root / "locking", targets, root)
    pip.calls.clear()
    return made


def wheels(target: Target, lock: Lock, root: Path) -> list[str]:
    return [wheel.name for wheel in addon_wheels.wheels_for(target, lock, root / "cache", root)]


# ------------------------------------------------------------------------------------- the real lock


@pytest.fixture(scope="module")
def real() -> Lock:
    return addon_wheels.read_lock()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_target_is_locked_completely_and_consistently(real, target):
    """Every requirement is met, with its version, by a wheel that fits the target, judged by packaging itself."""
    names = real.targets[target.name]
    versions = {name: Version(version) for name, version in map(addon_wheels.wheel_identity, names)}
    assert {f"{n}=={v}" for n, v in map(addon_wheels.wheel_identity, names)} == {
        "==".join(addon_wheels.pin_identity(pin)) for pin in addon_wheels.read_pins().of(target)
    }
    assert not versions.keys() & BLENDER_HAS
    fitting = tags_of(target)
    assert [name for name in names if not parse_wheel_filename(name)[3] & fitting] == []
    left_out = addon_wheels.read_pins().left_out
    for name in names:
        for requirement in map(Requirement, real.wheels[name]["requires"]):
            needed = addon_wheels.normal_name(requirement.name)
            if requirement.marker is not None and not requirement.marker.evaluate(target.environment):
                continue
            if needed in versions:
                assert requirement.specifier.contains(versions[needed]), f"{name}: {requirement}"
            else:
                assert needed in BLENDER_HAS | left_out, f"{name}: {requirement}"


def tags_of(target: Target) -> set[Tag]:
    version = tuple(map(int, target.python.split(".")))
    systems = list(PLATFORM_TAGS[target.platform])
    systems += [f"manylinux_2_{n}_x86_64" for n in range(5, 28)] if target.platform == "linux-x64" else []
    systems += mac_platforms((12, 0), "arm64") if target.platform == "macos-arm64" else []
    return {*cpython_tags(version, platforms=systems), *compatible_tags(version, platforms=systems)}


def test_nothing_is_left_out_that_nobody_requires(real):
    required = {addon_wheels.requirement(text)[0] for wheel in real.wheels.values() for text in wheel["requires"]}
    assert addon_wheels.read_pins().left_out <= required


def test_a_numpy_of_every_blender_is_new_enough(real):
    """Blender 4.2 has NumPy 1.24, 5.1 and later 2.x; the wheels stand on what is there."""
    for target in TARGETS:
        numpy = "1.24.3" if target.python == "3.11" else "2.2.4"
        for name in real.targets[target.name]:
            for requirement in map(Requirement, real.wheels[name]["requires"]):
                if requirement.name == "numpy" and (
                    requirement.marker is None or requirement.marker.evaluate(target.environment)
                ):
                    assert requirement.specifier.contains(numpy), f"{target.name}: {name}: {requirement}"


def test_the_lock_names_no_place_and_only_hashes():
    text = (ROOT / addon_wheels.LOCK).read_text(encoding="utf-8")
    assert "://" not in text
    hashes = re.findall(r'"sha256": "([^"]*)"', text)
    assert len(hashes) > 100 and all(re.fullmatch("[0-9a-f]{64}", digest) for digest in hashes)


def test_the_full_zip_brings_librosa_and_ffmpeg_and_the_normal_one_neither():
    pins = addon_wheels.read_pins()
    normal, full = ({addon_wheels.pin_identity(p)[0] for p in pins.of(Target("linux-x64", "3.13", f))} for f in (0, 1))
    assert "chromadb" in normal
    assert {"librosa", "scipy", "numba", "imageio-ffmpeg", "onnxruntime", "kubernetes", "tokenizers"} & normal == set()
    assert full - normal >= {"librosa", "imageio-ffmpeg", "scipy", "numba", "standard-aifc"}


def test_extension_and_package_use_the_same_chromadb():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (wanted,) = (line for line in project["dependencies"] if line.startswith("chromadb"))
    assert wanted in addon_wheels.read_pins().pins
    assert project["optional-dependencies"]["librosa"][0] in addon_wheels.read_pins().full


# ------------------------------------------------------------------------------------------- markers


@pytest.mark.parametrize(
    "marker",
    [
        "",
        "python_version >= '3.13'",
        'python_version < "3.10"',
        "python_full_version >= '3.11.3'",
        "sys_platform == 'win32' or platform_machine == 'arm64'",
        "(os_name != 'nt' and python_version > '3.11') or extra == 'test'",
        "platform_system in 'Linux Darwin'",
        "'arm' in platform_machine",
        "'64' not in platform_machine",
        "implementation_name == 'cpython' and platform_python_implementation != 'PyPy'",
    ],
)
def test_markers_say_what_packaging_says(marker):
    for target in TARGETS:
        expected = not marker or Marker(marker).evaluate(target.environment)
        assert addon_wheels.holds(marker, target) == expected, target.name


@pytest.mark.parametrize(
    "marker", ["__import__('os')", "python_version ~= '3.11'", "color == 'red'", "1 < 2", "a.b", "("]
)
def test_a_marker_that_cannot_be_read_stops_the_build(marker):
    with pytest.raises(BuildError, match="cannot be read"):
        addon_wheels.holds(marker, LINUX)


@pytest.mark.parametrize(
    ("pin", "reason"),
    [
        ("NumPy==2.0.0", "Blender has its own"),
        ("rich>=15", "not pinned"),
        ("rich==", "not pinned"),
        ("rich==15.*", "not pinned"),
        ("rich", "not pinned"),
        ("==1", "not a requirement"),
    ],
)
def test_a_pin_that_must_not_be_there_is_refused(root, pin, reason):
    for table in ("pins", "full"):
        (root / "pyproject.toml").write_text(PROJECT.replace(f"{table} = [", f'{table} = ["{pin}", '), encoding="utf-8")
        with pytest.raises(BuildError, match=reason):
            addon_wheels.read_pins(root)


# -------------------------------------------------------------------------------------------- locking


def test_the_lock_has_hash_and_requirements_of_every_wheel_of_every_target(lock, root):
    assert lock == addon_wheels.read_lock(root)
    assert lock.targets == {
        "linux-x64-cp311": ["pure-1.0-py3-none-any.whl"],
        "linux-x64-cp311-full": ["large-3.0-py3-none-any.whl", "pure-1.0-py3-none-any.whl"],
        "linux-x64-cp313": ["compiled-2.0-cp313-cp313-linux.whl", "pure-1.0-py3-none-any.whl"],
        "linux-x64-cp313-full": [
            "compiled-2.0-cp313-cp313-linux.whl",
            "large-3.0-py3-none-any.whl",
            "pure-1.0-py3-none-any.whl",
        ],
    }
    assert lock.wheels["pure-1.0-py3-none-any.whl"]["requires"] == [
        "never-imported>=1",
        "numpy",
        "winonly; sys_platform == 'win32'",
    ]
    assert not (root / "wheels.lock.json.part").exists()


def test_a_requirement_that_nobody_brings_stops_the_locking_on_the_target_that_needs_it(root, pip):
    with pytest.raises(BuildError, match="windows-x64-cp311: winonly, which pure requires, is missing"):
        addon_wheels.make_lock(root / "cache", [Target("windows-x64", "3.11")], root)
    assert not (root / "wheels.lock.json").exists()


def test_a_missing_or_broken_lock_says_how_to_make_one(root):
    for text in (None, "{", "{}", "[]"):
        if text is not None:
            (root / "wheels.lock.json").write_text(text, encoding="utf-8")
        with pytest.raises(BuildError, match=r"wheels\.lock\.json cannot be read .*build_addon\.py lock"):
            addon_wheels.read_lock(root)


# ------------------------------------------------------------------------------------------- fetching


def test_second_build_asks_pip_for_nothing(lock, pip, root):
    assert wheels(LINUX, lock, root) == wheels(LINUX, lock, root) == ["pure-1.0-py3-none-any.whl"]
    assert len(pip.calls) == 1


def test_only_what_is_missing_is_fetched(lock, pip, root):
    wheels(LINUX, lock, root)
    wheels(Target("linux-x64", "3.13", is_full=True), lock, root)
    assert pip.calls[1][-2:] == ["compiled==2.0", "large==3.0"]


def test_a_wheel_changed_after_it_was_fetched_is_refused(lock, root):
    (wheel,) = addon_wheels.wheels_for(LINUX, lock, root / "cache", root)
    wheel.write_bytes(wheel.read_bytes() + b" ")
    with pytest.raises(
        BuildError, match=r"pure-1\.0-py3-none-any\.whl' is not the wheel that wheels\.lock\.json names"
    ):
        wheels(LINUX, lock, root)


def test_a_wheel_that_pip_brings_with_other_bytes_is_refused_and_not_kept(lock, pip, root):
    pip.spoilt = True
    with pytest.raises(BuildError, match=r"What pip fetched as 'pure-1\.0-py3-none-any\.whl' is not the wheel"):
        wheels(LINUX, lock, root)
    assert list((root / "cache").iterdir()) == []


def test_a_changed_pin_needs_a_new_lock(lock, root):
    (root / "pyproject.toml").write_text(PROJECT.replace("pure==1.0", "pure==1.1"), encoding="utf-8")
    with pytest.raises(BuildError, match="is not of the pins"):
        wheels(LINUX, lock, root)


def test_a_target_that_is_not_locked_is_named(lock, root):
    with pytest.raises(BuildError, match="has nothing for macos-arm64-cp311"):
        wheels(Target("macos-arm64", "3.11"), lock, root)


def test_wheels_are_asked_for_by_target_not_by_the_running_python(root, pip):
    pip.requires = {}
    addon_wheels.make_lock(root / "cache", [Target("windows-x64", "3.13")], root)
    (command,) = pip.calls
    assert "--no-deps" in command and "--only-binary=:all:" in command
    assert command[command.index("--python-version") + 1] == "3.13"
    assert command[command.index("--platform") + 1] == "win_amd64"


def test_pip_failure_is_one_line_with_its_reason(lock, monkeypatch, root):
    def run(_command, **_):
        return type("Done", (), {"returncode": 1, "stderr": "noise\nERROR: No matching distribution found for x\n"})()

    monkeypatch.setattr(addon_wheels.subprocess, "run", run)
    with pytest.raises(BuildError, match="linux-x64-cp311: ERROR: No matching distribution found for x"):
        wheels(LINUX, lock, root)
    assert list((root / "cache").iterdir()) == []


def test_targets_are_three_systems_by_three_pythons_normal_and_full():
    assert len(TARGETS) == len(PLATFORM_TAGS) * len(LOCKED_PYTHONS) * 2 == 18
    assert json.loads((ROOT / addon_wheels.LOCK).read_text(encoding="utf-8"))["targets"].keys() == {
        target.name for target in TARGETS
    }
