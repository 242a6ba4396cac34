# SPDX-License-Identifier: GPL-3.0-or-later
"""The house keeps its arrows: who may import whom, read from the source of every module there is."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "crossfade_addon"

FOUNDATION = frozenset(
    {"errors", "brief", "brief_values", "timing", "timeline", "curves", "themes", "setups", "jobs", "frames", "stills"}
    | {"bytecode", "ffmpeg", "content", "locks", "command_line", "terms", "checks", "roles", "places", "names"}
)
PURE_ROOMS = ("cache", "director", "encode", "library")
BLENDER_ROOMS = frozenset(
    {"studio", "operators", "panels", "handlers", "registry", "properties", "preferences", "headless_entry"}
    | {"translations"}
)
LATE_BPY = frozenset({"__init__", "__main__", "pipeline", "headless", "worker", "listening", "preflight"})
"""Run with and without Blender: bpy only inside functions."""
WINDOW = frozenset({"operators", "panels", "handlers", "registry", "properties", "preferences", "translations"})
MAY_IMPORT = {
    **{room: {room} | FOUNDATION for room in (*PURE_ROOMS, "studio")},
    **dict.fromkeys(FOUNDATION, FOUNDATION),
}
"""Rooms with a closed list; the others may import anything but what :data:`WINDOW` names."""
ONLY_IN = {
    "subprocess": {"jobs.py", "encode/probe.py"},
    "chromadb": {"library/chroma.py"},
    "librosa": {"director/librosa_analyser.py"},
}
HEAVY = frozenset({"librosa", "chromadb", "rich", "numba", "scipy", "sklearn", "imageio_ffmpeg", "soundfile"})
"""Never imported while a module is being imported."""
CONTEXT_IN = frozenset({"operators", "handlers", "headless_entry"})
COMPAT = "studio/compat.py"
# The render process is a program of its own, started by path, so it cannot ask compat.
OVERRIDES_CONTEXT = {COMPAT, "studio/render_child.py"}
PRINT_IN = frozenset({"headless", "worker"})
VAGUE_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "misc"})
LICENCE = "# SPDX-License-Identifier: GPL-3.0-or-later"
MAX_LINES = 500


class Module:
    """One source file: where it is in the house, and what it imports."""

    def __init__(self, path: Path, package: Path) -> None:
        self.name = path.relative_to(package).as_posix()
        self.room = path.relative_to(package).parts[0].removesuffix(".py")
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self._folder = path.relative_to(package).parent.parts
        self._at_import = set(_run_at_import(self.tree))

    def imports(self) -> Iterator[tuple[str, bool, int]]:
        """(absolute module, or ``.room`` for one of ours; at import time?; line)."""
        for node in ast.walk(self.tree):
            early = node in self._at_import
            if isinstance(node, ast.Import):
                yield from ((alias.name, early, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                yield node.module or "", early, node.lineno
            elif isinstance(node, ast.ImportFrom):
                base = self._folder[: len(self._folder) - node.level + 1]
                base += tuple((node.module or "").split(".")) if node.module else ()
                # `from . import x` at the package's root names rooms; anywhere else it stays in one.
                rooms = [base[0]] if base else [alias.name for alias in node.names]
                yield from ((f".{room}", early, node.lineno) for room in rooms)


def _run_at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """Nodes that run when the module is imported: not in a function, not under ``if TYPE_CHECKING``."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting.extend(node.orelse)
            continue
        waiting.extend(ast.iter_child_nodes(node))


def violations(package: Path) -> list[str]:
    """Every broken rule of the modules under ``package``, as ``file:line: what``."""
    found: list[str] = []
    for path in sorted(package.rglob("*.py")):
        module = Module(path, package)
        found += [f"{module.name}:{line}: {what}" for line, what in (*_imports(module), *_uses(module), *_form(module))]
    return found


def _imports(module: Module) -> Iterator[tuple[int, str]]:
    for target, early, line in module.imports():
        if target.startswith("."):
            room = target[1:]
            allowed = MAY_IMPORT.get(module.room)
            if allowed is not None and room not in allowed and room != "__version__":
                yield line, f"{module.room} may not import {room}"
            elif room in WINDOW and module.room not in WINDOW | {"__init__", "headless_entry", "headless"}:
                yield line, f"{module.room} may not import {room}, which is above it"
            continue
        top = target.split(".")[0]
        if top.startswith("crossfade"):
            yield line, f"'{target}' by name: relative imports only"
        if (
            top in {"bpy", "_bpy", "bmesh", "mathutils", "bpy_extras", "gpu", "blf"}
            and module.room not in BLENDER_ROOMS
        ):
            if module.room not in LATE_BPY:
                yield line, f"{top} in a pure module"
            elif early:
                yield line, f"{top} at module level"
        if top in ONLY_IN and module.name not in ONLY_IN[top]:
            yield line, f"{top} belongs in {' and '.join(sorted(ONLY_IN[top]))}"
        if top in HEAVY and early:
            yield line, f"{top} is imported when the module is"


def _uses(module: Module) -> Iterator[tuple[int, str]]:
    nodes = list(ast.walk(module.tree))
    inner = {node.value for node in nodes if isinstance(node, ast.Attribute)}
    in_compat = module.name == COMPAT
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            asks_blender = node.args and ast.unparse(node.args[0]).split(".")[0] in {"bpy", "_bpy"}
            if node.func.id == "print" and module.room not in PRINT_IN:
                yield node.lineno, "print"
            elif node.func.id == "hasattr" and asks_blender and not in_compat:
                yield node.lineno, "hasattr(bpy...) belongs in studio/compat"
        elif isinstance(node, ast.Attribute) and node not in inner:
            source = ast.unparse(node)
            if re.search(r"\bapp\.version", source) and not in_compat:
                yield node.lineno, f"{source} belongs in studio/compat"
            if source.startswith("bpy.context") and not _context_is_allowed(module, source):
                yield node.lineno, f"{source} outside operators and handlers"
        elif isinstance(node, ast.ImportFrom) and node.module in {"bpy", "bpy.app"}:
            names = {alias.name for alias in node.names}
            if "context" in names:
                yield node.lineno, "bpy.context under another name"
            if (node.module == "bpy.app" or "app" in names) and not in_compat:
                yield node.lineno, "bpy.app under another name"


def _context_is_allowed(module: Module, source: str) -> bool:
    return module.room in CONTEXT_IN or (module.name in OVERRIDES_CONTEXT and source == "bpy.context.temp_override")


def _form(module: Module) -> Iterator[tuple[int, str]]:
    lines = module.text.splitlines()
    if not lines or lines[0] != LICENCE:
        yield 1, "no licence line at the top"
    if not ast.get_docstring(module.tree):
        yield 1, "no module docstring"
    if len(lines) > MAX_LINES:
        yield len(lines), f"{len(lines)} lines: more than {MAX_LINES}"
    if Path(module.name).stem in VAGUE_NAMES:
        yield 1, "a name that says nothing"


def test_every_module_keeps_the_rules():
    assert violations(PACKAGE) == []


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("director/x.py", "import bpy", "bpy in a pure module"),
        ("errors.py", "def f():\n    import bpy", "bpy in a pure module"),
        ("pipeline.py", "import bpy", "bpy at module level"),
        ("worker.py", "try:\n    import _bpy\nexcept ImportError:\n    pass", "_bpy at module level"),
        ("director/x.py", "from ..encode import y", "director may not import encode"),
        ("encode/x.py", "from .. import library", "encode may not import library"),
        ("library/a/b.py", "from ...director.z import y", "library may not import director"),
        ("studio/x.py", "def f():\n    from ..pipeline import y", "studio may not import pipeline"),
        ("studio/x.py", "from .. import properties", "studio may not import properties"),
        ("timing.py", "from .studio import compat", "timing may not import studio"),
        ("pipeline.py", "from .operators import x", "pipeline may not import operators, which is above it"),
        ("studio/x.py", "from crossfade_addon.errors import BriefError", "relative imports only"),
        ("encode/run.py", "import subprocess", "subprocess belongs in"),
        ("operators/x.py", "def f():\n    from subprocess import run", "subprocess belongs in"),
        ("worker.py", "def f():\n    import chromadb.config", "chromadb belongs in"),
        ("library/chroma.py", "import chromadb", "chromadb is imported when the module is"),
        ("director/x.py", "def f():\n    import librosa", "librosa belongs in"),
        ("studio/x.py", "import bpy\nA = bpy.app.version >= (5, 0, 0)", "bpy.app.version belongs in studio/compat"),
        ("jobs.py", "def f(blender):\n    return blender.app.version_string", "app.version_string belongs in"),
        ("panels/x.py", "import bpy\nA = hasattr(bpy.types, 'X')", "hasattr(bpy...) belongs in studio/compat"),
        ("studio/x.py", "import bpy\ns = bpy.context.scene", "bpy.context.scene outside operators and handlers"),
        ("studio/compat.py", "import bpy\ns = bpy.context.scene", "bpy.context.scene outside operators and handlers"),
        ("studio/x.py", "import bpy\nbpy.context.temp_override()", "bpy.context.temp_override outside operators"),
        ("studio/x.py", "from bpy import context", "bpy.context under another name"),
        ("studio/x.py", "from bpy import app", "bpy.app under another name"),
        ("operators/x.py", "def f():\n    from bpy.app import version", "bpy.app under another name"),
        ("encode/x.py", "print('hello')", "print"),
        ("studio/utils.py", "", "a name that says nothing"),
        ("studio/x.py", "\n" * 500, "more than 500"),
    ],
)
def test_a_broken_rule_is_seen(tmp_path, name, code, expected):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{LICENCE}\n"""A module."""\n{code}\n', encoding="utf-8")
    found = violations(tmp_path)
    assert any(expected in line for line in found), found


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("studio/compat.py", "import bpy\nA = bpy.app.version\nB = hasattr(bpy, 'x')\nbpy.context.temp_override()"),
        ("worker.py", "def f():\n    from . import director, encode, library"),
        ("pipeline.py", "def f():\n    import bpy\n    from .studio import show"),
        ("director/x.py", "import numpy\nfrom ..timeline import Timeline\nfrom . import y"),
        ("library/chroma.py", "def f():\n    import chromadb"),
        ("jobs.py", "import subprocess"),
        ("operators/x.py", "import bpy\ns = bpy.context.scene\nfrom ..pipeline import Pipeline"),
    ],
)
def test_what_the_rules_allow_is_not_reported(tmp_path, name, code):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{LICENCE}\n"""A module."""\n{code}\n', encoding="utf-8")
    assert violations(tmp_path) == []


def test_the_list_of_what_differs_between_blenders_is_that_of_compat():
    """Names in docs/blender_versions.md exist, and what tells versions or builds apart is named there."""
    rows = [line for line in (ROOT / "docs/blender_versions.md").read_text("utf-8").splitlines() if line[:2] == "| "]
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[-2]) if "compat.py" not in row}
    parts: dict[str, ast.stmt] = {}
    for node in ast.parse((PACKAGE / COMPAT).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            parts[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            (target,) = node.targets if isinstance(node, ast.Assign) else (node.target,)
            parts[ast.unparse(target)] = node
    assert listed - parts.keys() == set()
    asks = re.compile(r"bpy\.app\.version\b|\bIS_5_0\b|\bhasattr\(|\bexcept (TypeError|RuntimeError)\b")
    telling = {name for name, node in parts.items() if name != "RUNNING" and asks.search(ast.unparse(node))}
    assert len(telling) > 8
    assert telling - listed == set()


def test_a_missing_licence_or_docstring_is_seen(tmp_path):
    (tmp_path / "x.py").write_text("A = 1\n", encoding="utf-8")
    assert violations(tmp_path) == ["x.py:1: no licence line at the top", "x.py:1: no module docstring"]


def test_no_source_file_outside_the_package_is_too_long_or_unlicensed():
    files = [*ROOT.glob("*.py"), *(p for room in ("tests", "benchmarks") for p in (ROOT / room).rglob("*.py"))]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}
    assert [name for name, text in texts.items() if text.count("\n") > MAX_LINES] == []
    assert [name for name, text in texts.items() if not text.startswith(LICENCE + "\n")] == []


def test_importing_everything_pure_loads_neither_blender_nor_anything_heavy():
    rooms = {path: path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")}
    modules = sorted(
        ".".join(("crossfade_addon", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for path, room in rooms.items()
        if room not in BLENDER_ROOMS and path.stem != "__main__"
    )
    code = (
        "import importlib, json, sys\n"
        "for name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    command = [sys.executable, "-c", code, json.dumps(modules)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout))
    assert "crossfade_addon" in loaded
    assert loaded & ({"bpy", "_bpy", "mathutils"} | HEAVY) == set()
