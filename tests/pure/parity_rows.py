# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of ``docs/from-crossfade-club.md``, and the tests that say which of them they prove."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "from-crossfade-club.md"
TESTS = tuple(
    ROOT / "tests" / name
    for name in ("pure/test_seed_parity.py", "pure/test_benchmark_pipeline.py", "blender/test_render_limits.py")
)


def rows() -> list[str]:
    """Names of all rows, in their order."""
    return re.findall(r"^\| `([a-z-]+)` \| ", GUIDE.read_text("utf-8"), re.MULTILINE)


def proven() -> list[str]:
    """Names that tests are marked with: ``@pytest.mark.seed("name", ...)``."""
    names: list[str] = []
    for path in TESTS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.seed":
                        names += [ast.literal_eval(argument) for argument in mark.args]
    return names
