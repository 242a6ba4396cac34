# SPDX-License-Identifier: GPL-3.0-or-later
"""Run tests/addon_tester in an official Blender that ``blender-addon-tester`` downloads. Optional; needs the network.

::

    pip install -e '.[addon-tester]'
    python scripts/addon_tester.py 4.2 [--cache FOLDER]

``.ci/run`` does not use it. What it fetches, and what it cannot do: ``docs/packaging.md``.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import build_addon  # noqa: E402

TESTS = ROOT / "tests" / "addon_tester"
INSTALL = "pip install -e '.[addon-tester]'"


class TesterError(Exception):
    """The tests cannot be run; the message says why and what to do, in one line."""


def check_version(version: str) -> str:
    """A version such as ``4.2`` or ``4.2.1`` that Crossfade supports.

    Raises
    ------
    TesterError
        When it is no version, or too old.
    """
    oldest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))["blender_version_min"]
    # The tester looks for one digit before the point.
    if not re.fullmatch(r"\d\.\d+(\.\d+)?", version):
        raise TesterError(f"'{version}' is not a Blender version such as 4.2 or 4.2.1.")
    if [int(part) for part in version.split(".")][:2] < [int(part) for part in oldest.split(".")][:2]:
        raise TesterError(f"Blender {version} is older than {oldest}, the first one that Crossfade works in.")
    return version


def make_zip(folder: Path) -> Path:
    """``crossfade.zip`` with everything under ``crossfade/``, as the tester installs it: without wheels."""
    build_addon.stage(folder / "staged" / "crossfade", "", ())
    build_addon.write_zip(folder / "staged", folder / "crossfade.zip")
    return folder / "crossfade.zip"


def load_tester() -> Any:
    """The package's one function.

    Raises
    ------
    TesterError
        When the package, or something it stands on, is not installed.
    """
    try:
        import blender_addon_tester
    except ImportError as error:
        if error.name == "distutils":
            raise TesterError("blender-addon-tester needs distutils: use Python 3.11 or add setuptools.") from error
        raise TesterError(f"The Python package '{error.name}' is not installed. Install it: {INSTALL}") from error
    return blender_addon_tester.test_blender_addon


def run(version: str, cache: Path) -> int:
    """Download that Blender if the cache has none, install the add-on in it and run the tests; 0 when all pass.

    Raises
    ------
    TesterError
        When it cannot be done.
    """
    test_blender_addon = load_tester()
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="crossfade-tester-") as name:
        folder = Path(name)
        addon = make_zip(folder)
        # The tester removes and writes folders where it stands, and Blender must not see the user's own settings.
        given = {"BLENDER_CACHE": str(cache.resolve()), "BLENDER_USER_RESOURCES": str(folder / "user")}
        (folder / "user").mkdir()
        with contextlib.chdir(folder), _environment(given):
            try:
                return int(test_blender_addon(str(addon), version, {"tests": str(TESTS)}))
            except OSError as error:  # also everything that requests raises
                reason = "the download pages cannot be reached" if _is_network(error) else str(error)
                raise TesterError(
                    f"Blender {version} could not be made ready: {reason}. Check the network and try again."
                ) from error
            except IndexError as error:
                raise TesterError(f"There is no Blender {version} to download for this system.") from error
            except SystemExit as error:
                raise TesterError(
                    f"blender-addon-tester gave up on Blender {version}; see its output above."
                ) from error


def _is_network(error: OSError) -> bool:
    return type(error).__module__.partition(".")[0] in {"requests", "urllib3"}


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def main(arguments: Sequence[str]) -> int:
    """The command line; exit code 0, or 1 when a test fails or with one line on standard error."""
    parser = argparse.ArgumentParser(prog="addon_tester.py", description="Test the add-on in a downloaded Blender.")
    parser.add_argument("version", help="of Blender, such as 4.2")
    parser.add_argument(
        "--cache",
        type=Path,
        default=ROOT / ".cache" / "blenders",
        help="where Blenders are kept (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        return run(check_version(options.version), options.cache)
    except (TesterError, build_addon.BuildError) as error:
        sys.stderr.write(f"addon_tester: error: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
