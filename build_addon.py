# SPDX-License-Identifier: GPL-3.0-or-later
"""Build, check and install the Blender extension: one zip per platform, with the wheels it needs.

::

    python build_addon.py                                  # dist/crossfade-<version>-linux_x64.zip
    python build_addon.py --python 3.13 --python 3.14 --platform windows-x64
    python build_addon.py --no-wheels                      # dist/crossfade-<version>.zip, any platform
    python build_addon.py validate --blender PATH [--zip ZIP]
    python build_addon.py install --blender PATH [--zip ZIP]

Needs only Python 3.11+ and pip. Wheels are fetched once by pip (which reads its own configuration) into
``.wheel-cache/`` and checked against their recorded hashes at every build; a second build needs no
network. The same files in give the same bytes out.
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
PACKAGE = ROOT / "crossfade_addon"
PYTHONS = ("3.11", "3.13")
"""Blender 4.2 to 5.0, and 5.1 onwards. Distributions build Blender with others: ask for those."""
PLATFORM_TAGS = {
    "linux-x64": ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "windows-x64": ("win_amd64",),
    "macos-arm64": ("macosx_12_0_arm64", "macosx_11_0_arm64"),
}
"""Wheel platforms that run where Blender 4.2 runs (glibc 2.28, macOS 11.2; the macOS tags pip expands itself)."""
BLENDER_HAS = frozenset(
    {"certifi", "charset-normalizer", "cython", "idna", "numpy", "requests", "urllib3", "zstandard"}
)
"""Packages of every Blender since 4.2: a second copy would shadow Blender's own for all its add-ons."""
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.py[cod]", ".*", "*.part")
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest date a zip can hold: the same for every build."""


class BuildError(Exception):
    """The package cannot be built, checked or installed; the message says why, in one line."""


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """One Blender platform and one Python version, such as ``linux-x64`` and ``3.11``."""

    platform: str
    python: str

    @property
    def name(self) -> str:
        """As in a file name."""
        return f"{self.platform}-cp{self.python.replace('.', '')}"


def _say(line: str = "") -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


# ------------------------------------------------------------------------------------------- versions


def read_version(root: Path = ROOT) -> str:
    """The version, when the manifest, pyproject, ``bl_info``, ``__version__`` and the change log agree on it.

    Raises
    ------
    BuildError
        Naming each place and what it says.
    """
    manifest = tomllib.loads((root / "blender_manifest.toml").read_text(encoding="utf-8"))
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    constants = _module_constants(root / "crossfade_addon" / "__init__.py")
    found = {
        "blender_manifest.toml": manifest["version"],
        "pyproject.toml": project["project"]["version"],
        "bl_info": ".".join(str(n) for n in constants["bl_info"]["version"]),
        "__version__": constants["__version__"],
        "CHANGELOG.md": _newest_change(root / "CHANGELOG.md"),
    }
    if len(set(found.values())) != 1:
        raise BuildError("Versions differ: " + ", ".join(f"{place} has {v}" for place, v in found.items()) + ".")
    return found["blender_manifest.toml"]


def _module_constants(path: Path) -> dict[str, Any]:
    """Literals that a module assigns at its top level, read without importing it."""
    constants = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                constants[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return constants


def _newest_change(path: Path) -> str:
    if not path.is_file():
        return "no such file"
    heading = re.search(r"^## \[?v?(\d+\.\d+\.\d+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return heading[1] if heading else "no version heading"


# --------------------------------------------------------------------------------------------- wheels


def normal_name(name: str) -> str:
    """A distribution's name as packaging compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wheel_identity(file_name: str) -> tuple[str, str]:
    """Normalised name and version of a wheel, from its file name (PEP 427)."""
    parts = file_name.removesuffix(".whl").split("-")
    if not file_name.endswith(".whl") or len(parts) not in (5, 6):
        raise BuildError(f"'{file_name}' is not the name of a wheel.")
    return normal_name(parts[0]), parts[1]


def read_pins(root: Path = ROOT) -> tuple[str, ...]:
    """``name==version`` of every package that the zip carries.

    Raises
    ------
    BuildError
        When one is not pinned, or is a package that Blender has itself.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    pins = tuple(project["tool"]["crossfade"]["wheels"]["pins"])
    for pin in pins:
        name, separator, version = pin.partition("==")
        if not separator or not version:
            raise BuildError(f"'{pin}' in pyproject.toml is not pinned: write name==version.")
        if normal_name(name) in BLENDER_HAS:
            raise BuildError(f"'{pin}' must not be bundled: Blender has its own {name}.")
    return pins


def pin_identity(pin: str) -> tuple[str, str]:
    """Normalised name and version of ``name==version``."""
    name, _, version = pin.partition("==")
    return normal_name(name), version


def wheels_for(target: Target, pins: Sequence[str], cache: Path) -> list[Path]:
    """Wheels of one target, from the cache when it holds them whole, otherwise fetched by pip.

    Raises
    ------
    BuildError
        When pip cannot find one, or a cached wheel is not what was fetched.
    """
    index = cache / f"{target.name}.json"
    known = json.loads(index.read_text(encoding="utf-8")) if index.is_file() else {}
    if known.get("pins") != list(pins) or not all((cache / name).is_file() for name in known["sha256"]):
        _fetch(target, pins, cache, index)
        known = json.loads(index.read_text(encoding="utf-8"))
    for name, expected in known["sha256"].items():
        if _sha256(cache / name) != expected:
            raise BuildError(f"'{cache / name}' is not the wheel that was fetched. Remove it and build again.")
    return sorted(cache / name for name in known["sha256"])


def _fetch(target: Target, pins: Sequence[str], cache: Path, index: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    _say(f"fetching {len(pins)} wheels for {target.platform}, Python {target.python}")
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
        record = {"pins": list(pins), "sha256": {w.name: _sha256(w) for w in wheels}}
        for wheel in wheels:
            wheel.replace(cache / wheel.name)
    part = index.with_suffix(".part")
    part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    part.replace(index)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ------------------------------------------------------------------------------------------------ zip


def staged_manifest(text: str, platform: str, wheel_names: Sequence[str]) -> str:
    """The manifest with ``platforms`` and ``wheels`` before its first table."""
    lines = text.splitlines()
    first_table = next((n for n, line in enumerate(lines) if line.startswith("[")), len(lines))
    added = [f'platforms = ["{platform}"]', "wheels = [", *(f'    "./wheels/{name}",' for name in wheel_names), "]", ""]
    return "\n".join([*lines[:first_table], *added, *lines[first_table:]]) + "\n"


def stage(folder: Path, platform: str, wheels: Iterable[Path]) -> None:
    """Lay out the extension in ``folder``: the package's contents, manifest, licence and wheels."""
    shutil.copytree(PACKAGE, folder, ignore=LEFT_OUT, dirs_exist_ok=True)
    shutil.copy(ROOT / "LICENSE", folder / "LICENSE")
    manifest = (ROOT / "blender_manifest.toml").read_text(encoding="utf-8")
    wheels = sorted(wheels, key=lambda w: w.name)
    if wheels:
        (folder / "wheels").mkdir()
        for wheel in wheels:
            shutil.copy(wheel, folder / "wheels" / wheel.name)
        manifest = staged_manifest(manifest, platform, [w.name for w in wheels])
    (folder / "blender_manifest.toml").write_text(manifest, encoding="utf-8", newline="\n")


def write_zip(folder: Path, path: Path) -> None:
    """Zip a folder's contents: sorted, one date, one mode; whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(part, "w") as archive:
            files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
            for name, file in sorted(files.items()):
                info = zipfile.ZipInfo(name, ZIP_DATE)
                info.create_system = 3  # Unix, whatever builds it: otherwise the mode below means nothing
                info.external_attr = 0o100644 << 16
                info.compress_type = zipfile.ZIP_STORED if file.suffix == ".whl" else zipfile.ZIP_DEFLATED
                archive.writestr(info, file.read_bytes())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def build(platform: str, pythons: Sequence[str], output: Path, cache: Path, *, with_wheels: bool = True) -> Path:
    """Build one zip and print what is in it.

    Parameters
    ----------
    platform : str
        A key of ``PLATFORM_TAGS``.
    pythons : sequence of str
        Such as ``3.11``; each gets its own compiled wheels, the others are shared.

    Returns
    -------
    Path
        The zip.
    """
    version = read_version()
    by_python = {}
    if with_wheels:
        pins = read_pins()
        by_python = {python: wheels_for(Target(platform, python), pins, cache) for python in pythons}
    wheels = {wheel for group in by_python.values() for wheel in group}
    suffix = f"-{platform.replace('-', '_')}" if with_wheels else ""
    path = output / f"crossfade-{version}{suffix}.zip"
    with tempfile.TemporaryDirectory(prefix="crossfade-build-") as folder:
        stage(Path(folder), platform, wheels)
        write_zip(Path(folder), path)
    _report(path, by_python)
    return path


def _report(path: Path, by_python: dict[str, list[Path]]) -> None:
    """Size table: what each package adds to the zip, largest first."""
    users: dict[Path, list[str]] = {}
    for python, wheels in by_python.items():
        for wheel in wheels:
            users.setdefault(wheel, []).append(python)
    rows: dict[str, list[tuple[int, str]]] = {}
    for wheel, pythons in users.items():
        shared = "all" if len(pythons) == len(by_python) else " ".join(pythons)
        rows.setdefault("==".join(wheel_identity(wheel.name)), []).append((wheel.stat().st_size, shared))
    with zipfile.ZipFile(path) as archive:
        own = sum(i.compress_size for i in archive.infolist() if not i.filename.startswith("wheels/"))
    rows["crossfade itself"] = [(own, "all")]
    _say(f"{'package':<52} {'MB':>6}  Pythons")
    for name, parts in sorted(rows.items(), key=lambda row: -sum(size for size, _ in row[1])):
        _say(f"{name:<52} {sum(size for size, _ in parts) / 1e6:6.2f}  {' '.join(who for _, who in sorted(parts))}")
    _say(f"{'total':<52} {path.stat().st_size / 1e6:6.2f}")
    _say(f"built {path}")


# ------------------------------------------------------------------------------------- with a Blender


def run_blender(blender: str, action: Sequence[str]) -> None:
    """Run one of Blender's own extension commands, its output shown.

    Raises
    ------
    BuildError
        When Blender cannot be started or says no.
    """
    command = [blender, "--command", "extension", *action]
    try:
        code = subprocess.run(command, check=False).returncode
    except OSError as error:
        raise BuildError(f"Blender '{blender}' could not be started: {error.strerror}.") from error
    if code != 0:
        raise BuildError(f"Blender refused 'extension {action[0]}' (exit code {code}).")


def find_zip(output: Path) -> Path:
    """The zip of the current version in ``output``: the one for this machine, or the only one.

    Raises
    ------
    BuildError
        When there is none, or several for other machines.
    """
    here = {"linux": "linux_x64", "win32": "windows_x64", "darwin": "macos_arm64"}.get(sys.platform, "")
    found = sorted(output.glob(f"crossfade-{read_version()}*.zip"))
    fitting = [path for path in found if path.stem.endswith(here)] or found
    if len(fitting) != 1:
        raise BuildError(
            f"There are {len(fitting)} zips to choose from in '{output}'. Build one, or name it with --zip."
        )
    return fitting[0]


# ---------------------------------------------------------------------------------------------- entry


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build_addon.py", description="Build, check or install the extension.")
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build", help="build the zip (the default)")
    building.add_argument("--platform", action="append", choices=tuple(PLATFORM_TAGS), help="default: linux-x64")
    building.add_argument("--python", action="append", metavar="X.Y", help=f"default: {' and '.join(PYTHONS)}")
    building.add_argument("--no-wheels", action="store_true", help="one zip for any platform, without the song library")
    building.add_argument("--cache", type=Path, default=ROOT / ".wheel-cache", help="where fetched wheels are kept")
    with_blender = {"validate": "let Blender check the zip", "install": "install and enable the zip in Blender"}
    others = [commands.add_parser(name, help=what) for name, what in with_blender.items()]
    for other in others:
        other.add_argument("--blender", required=True, help="Blender's executable")
        other.add_argument("--zip", type=Path, help="default: the one in the output folder")
    for command in (building, *others):
        command.add_argument("--output", type=Path, default=ROOT / "dist", help="folder of the zips (default: dist)")
    return parser


def main(arguments: Sequence[str]) -> int:
    """The command line; exit code 0, or 1 with one line on standard error."""
    given = list(arguments)
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help")):
        given.insert(0, "build")
    options = _parser().parse_args(given)
    try:
        if options.command == "build":
            for python in options.python or ():
                if not re.fullmatch(r"3\.\d+", python):
                    raise BuildError(f"'{python}' is not a Python version such as 3.13.")
            for platform in options.platform or ["linux-x64"]:
                pythons = tuple(dict.fromkeys(options.python or PYTHONS))
                build(platform, pythons, options.output, options.cache, with_wheels=not options.no_wheels)
        else:
            path = str((options.zip or find_zip(options.output)).resolve())
            install = ["install-file", "--repo", "user_default", "--enable", path]
            run_blender(options.blender, install if options.command == "install" else ["validate", path])
    except BuildError as error:
        sys.stderr.write(f"build_addon: error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
