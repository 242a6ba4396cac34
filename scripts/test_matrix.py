# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Blender is tested on which Python and system: for ``.ci/run``, and as the table in README.md.

::

    python scripts/test_matrix.py list venv     # lines "4.2.23 3.11": Blender, Python, and the host of a guest
    python scripts/test_matrix.py write         # put the table into README.md
    python scripts/test_matrix.py check         # exit code 1 when README.md has another one

The data is ``tests/matrix.toml``. Needs Python 3.11 and nothing else.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from addon_wheels import LOCKED_PYTHONS, PLATFORM_TAGS  # noqa: E402

DATA = "tests/matrix.toml"
BEGIN = "<!-- made from tests/matrix.toml by scripts/test_matrix.py: begin -->"
END = "<!-- end -->"
WAYS = {"venv": "`bpy`", "project": "`bpy`", "guest": "`bpy`", "application": "application"}
"""How ``.ci/run`` comes to a Blender, and what the table calls it."""


class MatrixError(Exception):
    """The data or README.md cannot be used; the message says why, in one line."""


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """One Blender that ``.ci/run`` runs tests on; ``host`` is the application whose system lends its Python."""

    by: str
    blender: str
    python: str
    system: str
    rings: tuple[str, ...]
    host: str = ""

    @property
    def order(self) -> tuple[int, ...]:
        """Oldest first, and an application before a package of the same version."""
        return tuple(int(part) for part in self.blender.split("."))


@dataclasses.dataclass(frozen=True, slots=True)
class Matrix:
    """What is run, oldest Blender first; what the rings do; systems whose zips are only built; what nobody tests."""

    runs: tuple[Run, ...]
    rings: dict[str, str]
    zip_only: dict[str, str]
    untested: tuple[str, ...]

    def by(self, way: str) -> tuple[Run, ...]:
        """The runs that ``.ci/run`` comes to in one way."""
        return tuple(run for run in self.runs if run.by == way)


def read(root: Path = ROOT) -> Matrix:
    """The matrix.

    Raises
    ------
    MatrixError
        When it is missing, or says something that has no meaning.
    """
    try:
        data = tomllib.loads((root / DATA).read_text(encoding="utf-8"))
        rows: list[dict[str, Any]] = [{**row, "rings": tuple(row["rings"])} for row in data["run"]]
        runs = [Run(**row) for row in rows]
        matrix = Matrix(
            tuple(sorted(runs, key=lambda run: run.order)),
            data["rings"],
            {row["platform"]: row["system"] for row in data["zip_only"]},
            tuple(data["untested"]["lines"]),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise MatrixError(f"{DATA} cannot be read: {error}.") from error
    for run in matrix.runs:
        if run.by not in WAYS:
            raise MatrixError(f"{DATA}: '{run.by}' of Blender {run.blender} is none of {', '.join(WAYS)}.")
        if unknown := [ring for ring in run.rings if ring not in matrix.rings]:
            raise MatrixError(f"{DATA}: ring '{unknown[0]}' of Blender {run.blender} is not under [rings].")
    if unknown := [platform for platform in matrix.zip_only if platform not in PLATFORM_TAGS]:
        raise MatrixError(f"{DATA}: no zip is built for '{unknown[0]}'.")
    return matrix


def table(matrix: Matrix) -> str:
    """The table and what is said under it, as Markdown."""
    lines = ["| Blender | Python | system | what was run |", "|---|---|---|---|"]
    for run in matrix.runs:
        what = "; ".join(f"*{ring}*: {matrix.rings[ring]}" for ring in run.rings)
        lines.append(f"| {run.blender} {WAYS[run.by]} | {run.python} | {run.system}, x64 | {what} |")
    for system in matrix.zip_only.values():
        pythons = ", ".join(LOCKED_PYTHONS)
        what = "**not run**: wheels resolved, present, and checked by their metadata"
        lines.append(f"| 4.2 to 5.2 | {pythons} | {system} | {what} |")
    return "\n".join([*lines, "", "Not tested:", "", *(f"- {line}" for line in matrix.untested)])


def with_table(readme: str, matrix: Matrix) -> str:
    """README with the table between its two marks.

    Raises
    ------
    MatrixError
        When the marks are not there, once each.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in after or END in after:
        raise MatrixError(f"README.md needs one line '{BEGIN}' and, after it, one '{END}'.")
    return f"{before}{BEGIN}\n{table(matrix)}\n{END}{after}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="test_matrix.py", description="What is tested on which Blender.")
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="a line for each Blender: version, Python, and the host of a guest")
    listing.add_argument("way", choices=tuple(WAYS), help="how .ci/run comes to it")
    commands.add_parser("write", help="put the table into README.md")
    commands.add_parser("check", help="see that README.md has it")
    return parser


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """The command line; exit code 0, or 1 with one line on standard error."""
    options = _parser().parse_args(arguments)
    readme = root / "README.md"
    try:
        matrix = read(root)
        if options.command == "list":
            for run in matrix.by(options.way):
                sys.stdout.write(" ".join(filter(None, (run.blender, run.python, run.host))) + "\n")
            return 0
        old = readme.read_text(encoding="utf-8")
        new = with_table(old, matrix)
        if options.command == "check" and new != old:
            raise MatrixError(f"README.md has not the table of {DATA}. Write it: python scripts/test_matrix.py write")
        if new != old:
            part = readme.with_name("README.md.part")
            part.write_text(new, encoding="utf-8", newline="\n")
            part.replace(readme)
    except (MatrixError, OSError) as error:
        sys.stderr.write(f"test_matrix: error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
