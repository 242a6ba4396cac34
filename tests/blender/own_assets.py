# SPDX-License-Identifier: GPL-3.0-or-later
"""Asset files for tests: made by the running Blender, or by Blender 4.2 in the folder CROSSFADE_ASSETS_42."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
from show_fixtures import DROP, make_timeline

from crossfade_addon.brief import Brief
from crossfade_addon.timeline import ASPECTS, AvatarPlan, CameraPlan, Movement, Shot, Timeline, Trigger

ROOT = Path(__file__).resolve().parents[2]
KINDS = [n for n in dir(bpy.data) if isinstance(getattr(bpy.data, n), bpy.types.bpy_prop_collection)]
TRIGGERS = (
    (3.0, "deck_scratch_L"),
    (5.0, "deck_scratch_R"),
    (8.0, "crossfader_hit"),
    (DROP, "drop_reaction"),
    (16.0, "spotlight_present"),
    (20.0, "crossfader_hit"),
)


def _script() -> Any:
    spec: Any = importlib.util.spec_from_file_location("make_assets", ROOT / "scripts" / "make_assets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_assets = _script()
"""``scripts/make_assets.py`` as a module."""


def example_assets(folder: Path) -> Path:
    """The example avatar, studio and actions; empties the file when they have to be made."""
    if ready := os.environ.get("CROSSFADE_ASSETS_42"):
        return Path(ready)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    make_assets.make(folder)
    return folder


def asset(path: Path, make: Callable[[], list[Any]]) -> Path:
    """A .blend of what ``make`` makes, which is removed from this Blender again."""
    before = everything()
    bpy.data.libraries.write(str(path), set(make()), fake_user=True)
    bpy.data.batch_remove([b for b in blocks() if b not in before])
    return path


def blocks() -> list[Any]:
    """Every datablock there is, but those that live inside others."""
    found = (b for kind in KINDS for b in getattr(bpy.data, kind) if not isinstance(b, bpy.types.Key))
    return list(dict.fromkeys(found))


def everything() -> set[Any]:
    """Every datablock there is, for comparing."""
    return set(blocks())


def script(triggers: tuple[tuple[float, str], ...] = TRIGGERS) -> Timeline:
    """24 s at 120 BPM with a gesture of every kind, a hero shot that pushes in and one that stands still."""
    base = make_timeline(theme="sponsor_neon")
    plan = CameraPlan(
        "hero",
        (Shot(0.0, 4.0, "wide"), Shot(4.0, 8.0, "hero"), Shot(8.0, 24.0, "close")),
        (Movement(4.0, "push_in", 4.0, 1.0),),
    )
    avatar = AvatarPlan(triggers=tuple(Trigger(t, action, 1.0) for t, action in triggers))
    return dataclasses.replace(base, camera=dict.fromkeys(ASPECTS, plan), avatar=avatar)


def brief(**changes: Any) -> Brief:
    """A draft of no song."""
    base = Brief(audio=Path("none.wav"), song_id="x", platforms=(), output_dir=Path("/"), quality="draft")
    return base.replace(**changes)
