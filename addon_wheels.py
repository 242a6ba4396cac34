# SPDX-License-Identifier: GPL-3.0-or-later
"""The wheels that the extension carries: which ones for which Blender, where they come from, and that they are right.

``pyproject.toml`` pins packages, with markers where Pythons or systems differ. ``wheels.lock.json`` says which files
that makes for every target, with their SHA-256 and what they require; ``build_addon.py lock`` writes it. A build takes
exactly these bytes, from its cache or from pip, and nothing else.

Markers are those of the target, never of the Python that builds.
"""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import json
import operator
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Sequence
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
LOCK = "wheels.lock.json"
PYTHONS = ("3.11", "3.13")
"""Blender 4.2 to 5.0, and 5.1 onwards."""
LOCKED_PYTHONS = (*PYTHONS, "3.14")
"""Distributions build Blender with others: those can be asked for."""
PLATFORM_TAGS = {
    "linux-x64": ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "windows-x64": ("win_amd64",),
    "macos-arm64": ("macosx_12_0_arm64", "macosx_11_0_arm64"),
}
"""Wheel platforms that run where Blender 4.2 runs (glibc 2.28, macOS 11.2; the macOS tags pip expands itself)."""
_SYSTEMS = {
    "linux-x64": ("posix", "linux", "Linux", "x86_64"),
    "windows-x64": ("nt", "win32", "Windows", "AMD64"),
    "macos-arm64": ("posix", "darwin", "Darwin", "arm64"),
}
_SYSTEM_NAMES = ("os_name", "sys_platform", "platform_system", "platform_machine")
BLENDER_HAS = frozenset(
    {"certifi", "charset-normalizer", "cython", "idna", "numpy", "requests", "urllib3", "zstandard"}
)
"""Packages of every Blender since 4.2: a second copy would shadow Blender's own for all its add-ons."""
_PATCH = 7
"""Blender 4.2, the oldest, has Python 3.11.7; for markers that ask for the full version."""
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*([^;]*?)\s*(?:;\s*(.*))?\s*", re.DOTALL)
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda part, whole: part in whole,
    ast.NotIn: lambda part, whole: part not in whole,
}


class BuildError(Exception):
    """The package cannot be built, checked or installed; the message says why, in one line."""


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """One Blender platform and one Python version, such as ``linux-x64`` and ``3.11``; ``is_full`` with librosa."""

    platform: str
    python: str
    is_full: bool = False

    @property
    def name(self) -> str:
        """As in a file name."""
        return f"{self.platform}-cp{self.python.replace('.', '')}{'-full' if self.is_full else ''}"

    @property
    def environment(self) -> dict[str, str]:
        """What markers ask for (PEP 508), on this target."""
        return {
            **dict(zip(_SYSTEM_NAMES, _SYSTEMS[self.platform], strict=True)),
            "python_version": self.python,
            "python_full_version": f"{self.python}.{_PATCH}",
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
            "extra": "",
        }


TARGETS = tuple(Target(p, python, full) for p in PLATFORM_TAGS for python in LOCKED_PYTHONS for full in (False, True))


def say(line: str = "") -> None:
    """A line for the person who builds."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


# ------------------------------------------------------------------------------------- names and markers


def normal_name(name: str) -> str:
    """A distribution's name as packaging compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wheel_identity(file_name: str) -> tuple[str, str]:
    """Normalised name and version of a wheel, from its file name (PEP 427)."""
    parts = file_name.removesuffix(".whl").split("-")
    if not file_name.endswith(".whl") or len(parts) not in (5, 6):
        raise BuildError(f"'{file_name}' is not the name of a wheel.")
    return normal_name(parts[0]), parts[1]


def requirement(text: str) -> tuple[str, str, str]:
    """Normalised name, version specifiers and marker of a requirement (PEP 508)."""
    match = _REQUIREMENT.fullmatch(text)
    if match is None:
        raise BuildError(f"'{text}' is not a requirement.")
    return normal_name(match[1]), match[2].strip("() "), match[3] or ""


def holds(marker: str, target: Target) -> bool:
    """Whether a marker is true on a target; an empty one is.

    Raises
    ------
    BuildError
        When it cannot be read.
    """
    if not marker.strip():
        return True
    environment = target.environment
    try:
        # Markers are written like Python's own comparisons.
        return bool(_value(ast.parse(marker.strip(), mode="eval").body, environment))
    except (SyntaxError, KeyError, TypeError, ValueError) as error:
        raise BuildError(f"The marker '{marker}' cannot be read: {error}.") from error


def _value(node: ast.expr, environment: dict[str, str]) -> Any:
    if isinstance(node, ast.BoolOp):
        values = [_value(part, environment) for part in node.values]
        return all(values) if isinstance(node.op, ast.And) else any(values)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = (_value(side, environment) for side in (node.left, node.comparators[0]))
        names = {side.id for side in (node.left, node.comparators[0]) if isinstance(side, ast.Name)}
        if names & {"python_version", "python_full_version"} and not isinstance(node.ops[0], ast.In | ast.NotIn):
            left, right = (tuple(int(n) for n in side.removesuffix(".*").split(".")) for side in (left, right))
            if names == {"python_version"}:
                left, right = left[:2], right[:2]
        return _COMPARE[type(node.ops[0])](left, right)
    if isinstance(node, ast.Name):
        return environment[node.id]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise ValueError(f"'{ast.unparse(node)}' is no part of a marker")


# --------------------------------------------------------------------------------------------- pins


@dataclasses.dataclass(frozen=True, slots=True)
class Pins:
    """What ``pyproject.toml`` asks for: pins of every zip, more of the full one, and what is left out on purpose."""

    pins: tuple[str, ...]
    full: tuple[str, ...]
    left_out: frozenset[str]

    def of(self, target: Target) -> tuple[str, ...]:
        """``name==version`` of every package that a target's zip carries."""
        wanted = [requirement(pin) for pin in (*self.pins, *(self.full if target.is_full else ()))]
        return tuple(f"{name}{version}" for name, version, marker in wanted if holds(marker, target))


def read_pins(root: Path = ROOT) -> Pins:
    """The pins.

    Raises
    ------
    BuildError
        When one is not pinned, or is a package that Blender has itself.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    table = project["tool"]["crossfade"]["wheels"]
    for pin in (*table["pins"], *table["full"]):
        name, version, _ = requirement(pin)
        if not re.fullmatch(r"==[^=*]+", version):
            raise BuildError(f"'{pin}' in pyproject.toml is not pinned: write name==version.")
        if name in BLENDER_HAS:
            raise BuildError(f"'{pin}' must not be bundled: Blender has its own {name}.")
    return Pins(tuple(table["pins"]), tuple(table["full"]), frozenset(map(normal_name, table["left-out"])))


def pin_identity(pin: str) -> tuple[str, str]:
    """Normalised name and version of ``name==version``."""
    name, version, _ = requirement(pin)
    return name, version.removeprefix("==")


# --------------------------------------------------------------------------------------------- lock


@dataclasses.dataclass(frozen=True, slots=True)
class Lock:
    """Which wheels are right.

    Parameters
    ----------
    wheels : dict
        File name to ``{"sha256": ..., "requires": [...]}``, the latter as in the wheel, without extras.
    targets : dict
        Name of a target to the names of its wheels.
    """

    wheels: dict[str, dict[str, Any]]
    targets: dict[str, list[str]]


def read_lock(root: Path = ROOT) -> Lock:
    """The lock that the repository holds.

    Raises
    ------
    BuildError
        When it is missing or cannot be read.
    """
    try:
        data = json.loads((root / LOCK).read_text(encoding="utf-8"))
        return Lock(data["wheels"], data["targets"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{LOCK} cannot be read ({error}). Make it with: build_addon.py lock.") from error


def make_lock(cache: Path, targets: Sequence[Target] = TARGETS, root: Path = ROOT) -> Lock:
    """Fetch the wheels of every target, see that nothing is missing, and write the lock whole or not at all.

    A full target comes after the normal one of the same platform and Python, whose wheels it takes over.

    Raises
    ------
    BuildError
        When a wheel cannot be had, or one requires what is neither carried, nor Blender's, nor left out on purpose.
    """
    pins = read_pins(root)
    lock = Lock({}, {})
    fetched: dict[tuple[str, str], list[Path]] = {}
    for target in targets:
        common = fetched.setdefault((target.platform, target.python), [])
        have = {wheel_identity(wheel.name) for wheel in common}
        common += _fetch(target, [pin for pin in pins.of(target) if pin_identity(pin) not in have], cache)
        wheels = sorted(common)
        for wheel in wheels:
            entry = {"sha256": sha256(wheel), "requires": list(required_by(wheel))}
            if lock.wheels.setdefault(wheel.name, entry) != entry:
                raise BuildError(f"Two different wheels are called '{wheel.name}'.")
        lock.targets[target.name] = [wheel.name for wheel in wheels]
        if missing := unmet(target, lock, pins):
            raise BuildError(
                f"{target.name}: {'; '.join(missing)}. Pin it, or list it under left-out, in pyproject.toml."
            )
    text = json.dumps({"targets": lock.targets, "wheels": dict(sorted(lock.wheels.items()))}, indent=1)
    part = root / f"{LOCK}.part"
    part.write_text(text + "\n", encoding="utf-8", newline="\n")
    part.replace(root / LOCK)
    say(f"locked {len(lock.wheels)} wheels of {len(lock.targets)} targets")
    return lock


def required_by(wheel: Path) -> tuple[str, ...]:
    """What a wheel requires without extras, from its metadata; markers are kept."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
        headers = HeaderParser().parsestr(archive.read(name).decode("utf-8"))
    found = headers.get_all("Requires-Dist") or []
    return tuple(sorted(text for text in found if not re.search(r"\bextra\s*==", requirement(text)[2])))


def unmet(target: Target, lock: Lock, pins: Pins) -> list[str]:
    """What wheels of a target require but nobody brings, as ``name, which other requires``."""
    carried = {wheel_identity(name)[0] for name in lock.targets[target.name]}
    known = carried | BLENDER_HAS | pins.left_out
    return [
        f"{name}, which {wheel_identity(wheel)[0]} requires, is missing"
        for wheel in lock.targets[target.name]
        for name, _, marker in map(requirement, lock.wheels[wheel]["requires"])
        if name not in known and holds(marker, target)
    ]


# -------------------------------------------------------------------------------------------- wheels


def wheels_for(target: Target, lock: Lock, cache: Path, root: Path = ROOT) -> list[Path]:
    """The wheels of one target exactly as locked, from the cache, else fetched by pip.

    Raises
    ------
    BuildError
        When the lock does not know the target or is of other pins, pip cannot find a wheel, or a wheel, in the cache or
        fetched, is not the locked one.
    """
    names = lock.targets.get(target.name)
    pins = read_pins(root).of(target)
    if names is None:
        raise BuildError(f"{LOCK} has nothing for {target.name}: it has {', '.join(sorted(lock.targets))}.")
    if {pin_identity(pin) for pin in pins} != {wheel_identity(name) for name in names}:
        raise BuildError(f"{LOCK} is not of the pins in pyproject.toml. Make it anew with: build_addon.py lock.")
    for name in names:
        if (cache / name).is_file():
            check_wheel(cache / name, lock)
    wanted = [pin for pin in pins if not any(_is_of(pin, name) and (cache / name).is_file() for name in names)]
    if wanted:
        _fetch(target, wanted, cache, lock)
    return sorted(cache / name for name in names)


def check_wheel(wheel: Path, lock: Lock) -> None:
    """Raise BuildError when a wheel is not the locked one."""
    check_bytes(wheel.name, sha256(wheel), lock, f"'{wheel}'")


def check_bytes(name: str, digest: str, lock: Lock, what: str) -> None:
    """Raise BuildError when bytes that are called like a wheel are not its own; ``what`` is where they are."""
    if name not in lock.wheels:
        raise BuildError(f"{what} is not in {LOCK}: it is no wheel that Crossfade carries.")
    if lock.wheels[name]["sha256"] != digest:
        raise BuildError(f"{what} is not the wheel that {LOCK} names: its bytes are others. Remove it and build again.")


def _is_of(pin: str, wheel_name: str) -> bool:
    return pin_identity(pin) == wheel_identity(wheel_name)


def _fetch(target: Target, pins: Iterable[str], cache: Path, lock: Lock | None = None) -> list[Path]:
    """Let pip fetch wheels into the cache, where they appear only when they are right; returns them in order."""
    pins = list(pins)
    cache.mkdir(parents=True, exist_ok=True)
    say(f"fetching {len(pins)} wheels for {target.platform}, Python {target.python}")
    with tempfile.TemporaryDirectory(dir=cache, prefix=".fetch-") as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", target.python]
        for tag in PLATFORM_TAGS[target.platform]:
            command += ["--platform", tag]
        done = subprocess.run([*command, "--dest", folder, *pins], stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            reason = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
            raise BuildError(f"pip could not fetch wheels for {target.name}: {' '.join(reason[-1:])}")
        wheels = sorted(Path(folder).iterdir())
        missing = {pin_identity(pin) for pin in pins} - {wheel_identity(w.name) for w in wheels}
        if missing:
            raise BuildError(f"No wheel came for {', '.join('=='.join(m) for m in sorted(missing))} ({target.name}).")
        for wheel in wheels:
            if lock is not None:
                check_bytes(wheel.name, sha256(wheel), lock, f"What pip fetched as '{wheel.name}'")
        for wheel in wheels:
            wheel.replace(cache / wheel.name)
    return [cache / wheel.name for wheel in wheels]


def sha256(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
