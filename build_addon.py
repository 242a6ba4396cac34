# SPDX-License-Identifier: GPL-3.0-or-later
"""Build, check and install the Blender extension: one zip per platform, with the wheels it needs.

::

    python build_addon.py                                  # dist/crossfade-<version>-linux_x64.zip
    python build_addon.py --platform windows-x64 --platform macos-arm64 --python 3.13
    python build_addon.py --full                           # crossfade-<version>-linux_x64-full_py311.zip, ..._py313
    python build_addon.py --no-wheels                      # dist/crossfade-<version>.zip, any platform
    python build_addon.py lock                             # after a change of pins: wheels.lock.json
    python build_addon.py validate [--zip ZIP] [--blender PATH]
    python build_addon.py install --blender PATH [--zip ZIP]
    python build_addon.py uninstall --blender PATH

Needs only Python 3.11+ and pip. Wheels are fetched once by pip (which reads its own configuration) into
``.wheel-cache/`` and checked against ``wheels.lock.json`` at every build (:mod:`addon_wheels`); a second build needs
no network. The same files in give the same bytes out.

The full zip adds librosa and FFmpeg. What librosa stands on is 110 MB for each Python, so a full zip is for one.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
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

import addon_wheels
from addon_wheels import LOCKED_PYTHONS, PLATFORM_TAGS, PYTHONS, BuildError, Lock, Target, say

ROOT = Path(__file__).resolve().parent
PACKAGE = ROOT / "crossfade_addon"
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.py[cod]", ".*", "*.part")
REPOSITORY = "user_default"
"""Blender's own name for what users install from disk."""
MOST_BYTES = {False: 60 << 20, True: 200 << 20}
"""Of a normal zip, 60 MiB, and of a full one or one for more Pythons than usual, 200 MiB."""
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest date a zip can hold: the same for every build."""


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
    constants: dict[str, Any] = {}
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


def write_zip(folder: Path, path: Path, most_bytes: int = MOST_BYTES[True]) -> None:
    """Zip a folder's contents: sorted, one date, one mode; whole and not too large, or not at all."""
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
        if (size := part.stat().st_size) > most_bytes:
            raise BuildError(f"'{path.name}' would have {size / 1e6:.1f} MB, more than {most_bytes / 1e6:.1f}.")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def build(
    platform: str, pythons: Sequence[str], output: Path, cache: Path, *, with_wheels: bool = True, is_full: bool = False
) -> Path:
    """Build one zip and print what is in it.

    Parameters
    ----------
    platform : str
        A key of ``PLATFORM_TAGS``.
    pythons : sequence of str
        Such as ``3.11``; each gets its own compiled wheels, the others are shared.
    is_full : bool
        With librosa and FFmpeg.

    Returns
    -------
    Path
        The zip.
    """
    version = read_version()
    by_python: dict[str, list[Path]] = {}
    suffix = ""
    if with_wheels:
        lock = addon_wheels.read_lock()
        for python in pythons:
            by_python[python] = addon_wheels.wheels_for(Target(platform, python, is_full), lock, cache)
        full = f"-full_py{'_py'.join(python.replace('.', '') for python in pythons)}" if is_full else ""
        suffix = f"-{platform.replace('-', '_')}{full}"
    wheels = {wheel for group in by_python.values() for wheel in group}
    path = output / f"crossfade-{version}{suffix}.zip"
    with tempfile.TemporaryDirectory(prefix="crossfade-build-") as folder:
        stage(Path(folder), platform, wheels)
        write_zip(Path(folder), path, MOST_BYTES[is_full or len(pythons) > len(PYTHONS)])
    _report(path, by_python)
    return path


def check_zip(path: Path, lock: Lock) -> list[str]:
    """See that a zip is what :func:`build` makes of this version; returns the names of its wheels.

    Raises
    ------
    BuildError
        When it is no whole zip, of another version, or a wheel of it is missing, changed or none of ours.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if (bad := archive.testzip()) is not None:
                raise BuildError(f"'{path}' is damaged: '{bad}'.")
            manifest = tomllib.loads(archive.read("blender_manifest.toml").decode("utf-8"))
            inside = [name for name in archive.namelist() if name.startswith("wheels/")]
            digests = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in inside}
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise BuildError(f"'{path}' is no zip of this add-on: {error}.") from error
    if (version := manifest.get("version")) != read_version():
        raise BuildError(f"'{path}' is of version {version}, and this is {read_version()}. Build it anew.")
    if sorted(f"./{name}" for name in inside) != sorted(manifest.get("wheels", [])):
        raise BuildError(f"'{path}': its manifest names other wheels than are in it.")
    for name, digest in digests.items():
        addon_wheels.check_bytes(Path(name).name, digest, lock, f"'{name}' in '{path}'")
    return [Path(name).name for name in inside]


def _report(path: Path, by_python: dict[str, list[Path]]) -> None:
    """Size table: what each package adds to the zip, largest first."""
    users: dict[Path, list[str]] = {}
    for python, wheels in by_python.items():
        for wheel in wheels:
            users.setdefault(wheel, []).append(python)
    rows: dict[str, list[tuple[int, str]]] = {}
    for wheel, pythons in users.items():
        shared = "all" if len(pythons) == len(by_python) else " ".join(pythons)
        rows.setdefault("==".join(addon_wheels.wheel_identity(wheel.name)), []).append((wheel.stat().st_size, shared))
    with zipfile.ZipFile(path) as archive:
        own = sum(i.compress_size for i in archive.infolist() if not i.filename.startswith("wheels/"))
    rows["crossfade itself"] = [(own, "all")]
    say(f"{'package':<52} {'MB':>6}  Pythons")
    for name, parts in sorted(rows.items(), key=lambda row: -sum(size for size, _ in row[1])):
        say(f"{name:<52} {sum(size for size, _ in parts) / 1e6:6.2f}  {' '.join(who for _, who in sorted(parts))}")
    say(f"{'total':<52} {path.stat().st_size / 1e6:6.2f}")
    say(f"built {path}")


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
    fitting = [path for path in found if here and path.stem.endswith(here)] or found
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
    kinds = building.add_mutually_exclusive_group()
    kinds.add_argument("--full", action="store_true", help="with librosa and FFmpeg: one zip for each Python")
    kinds.add_argument("--no-wheels", action="store_true", help="one zip for any platform, without the song library")
    locking = commands.add_parser("lock", help="fetch the wheels of all targets anew, and write down which they are")
    for command in (building, locking):
        command.add_argument("--cache", type=Path, default=ROOT / ".wheel-cache", help="where fetched wheels are kept")
    validating = commands.add_parser("validate", help="check the zip, with --blender also by Blender itself")
    installing = commands.add_parser("install", help="install and enable the zip in Blender")
    removing = commands.add_parser("uninstall", help="take the extension out of Blender; songs and videos stay")
    validating.add_argument("--blender", help="Blender's executable")
    for command in (installing, removing):
        command.add_argument("--blender", required=True, help="Blender's executable")
    for command in (validating, installing):
        command.add_argument("--zip", type=Path, help="default: the one in the output folder")
    for command in (building, validating, installing):
        command.add_argument("--output", type=Path, default=ROOT / "dist", help="folder of the zips (default: dist)")
    return parser


def _build(options: argparse.Namespace) -> None:
    pythons = tuple(dict.fromkeys(options.python or PYTHONS))
    for python in pythons:
        if not re.fullmatch(r"3\.\d+", python):
            raise BuildError(f"'{python}' is not a Python version such as 3.13.")
        if python not in LOCKED_PYTHONS:
            raise BuildError(f"There are no wheels for Python {python}: choose of {', '.join(LOCKED_PYTHONS)}.")
    for platform in dict.fromkeys(options.platform or ["linux-x64"]):
        for group in [(python,) for python in pythons] if options.full else [pythons]:
            build(
                platform,
                group,
                options.output,
                options.cache,
                with_wheels=not options.no_wheels,
                is_full=options.full,
            )


def _with_zip(options: argparse.Namespace) -> None:
    path = (options.zip or find_zip(options.output)).resolve()
    wheels = check_zip(path, addon_wheels.read_lock())
    say(f"'{path}' is whole; all {len(wheels)} wheels are the locked ones")
    if options.command == "install":
        run_blender(options.blender, ["install-file", "--repo", REPOSITORY, "--enable", str(path)])
    elif options.blender:
        run_blender(options.blender, ["validate", str(path)])


def main(arguments: Sequence[str]) -> int:
    """The command line; exit code 0, or 1 with one line on standard error."""
    given = list(arguments)
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help")):
        given.insert(0, "build")
    options = _parser().parse_args(given)
    try:
        if options.command == "build":
            _build(options)
        elif options.command == "lock":
            addon_wheels.make_lock(options.cache)
        elif options.command == "uninstall":
            run_blender(options.blender, ["remove", f"{REPOSITORY}.crossfade"])
        else:
            _with_zip(options)
    except BuildError as error:
        sys.stderr.write(f"build_addon: error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
