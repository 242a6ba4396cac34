# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything an artist may change in one datablock of ours, as a flat dictionary of plain data.

Keys: a setting's RNA path; ``=modifiers`` and the like for a stack; ``curve|...``, ``driver|...``, ``strip|...``,
``track|...``, ``marker|...``, ``layer|...``; ``shape``, ``nodes``, ``slots``, ``held``, ``eyes`` and ``song``. F-curves
and shapes are digests here; :func:`keep` reads the curve.
"""

from __future__ import annotations

from typing import Any

from .. import compat, scenes
from . import blocks, curves, markers, places, pose, shapes, stacks, strips, values

Reading = dict[str, Any]


class Reader:
    """Reads datablocks; what many of them share is read once."""

    def __init__(self) -> None:
        self._holders = places.Holders()
        ours = [block for (kind, _), block in blocks.standing().items() if kind == "scenes"]
        self._eyes = places.eyes(ours)

    def read(self, block: Any) -> Reading:
        """Everything of one datablock."""
        moved = curves.moved(block)
        found: Reading = {"name": block.name, **values.read(block, moved), **values.custom(block, moved)}
        kind = block.id_type
        if kind == "ACTION":
            found.update({f"curve|{key}": curves.fingerprint(curve) for key, curve in curves.channels(block)})
            return found
        if getattr(block, "use_auto_texspace", False):
            del found["texspace_location"], found["texspace_size"]
        found.update(shapes.read(block, moved))
        for path in [path for path, _ in moved if path.startswith("node_tree.")]:
            found.pop(path, None)
        for owner, prefix in curves.animated(block):
            animation = owner.animation_data
            action = animation.action if animation is not None else None
            found[f"{prefix}animation_data.action"] = [blocks.reference(action), compat.slot_name(animation)]
        found.update({f"driver|{key}": value for key, value in curves.drivers(block).items()})
        found.update(strips.read(block))
        if kind in ("OBJECT", "COLLECTION"):
            found["held"] = self._holders.read(block)
        if kind == "OBJECT":
            found.update({f"={path}": items for path, items in stacks.read(block, moved).items()})
            found.update(pose.read(block, moved))
            found["eyes"] = self._eyes.get(block, [])
            slots = enumerate(block.material_slots)
            found["slots"] = [[n, blocks.reference(s.material)] for n, s in slots if s.link == "OBJECT"]
        if hasattr(block, "materials"):
            found["slots"] = [blocks.reference(material) for material in block.materials]
        if kind == "SCENE":
            found["song"] = bool(scenes.song_strips(block))
            found.update(markers.read(block))
            found.update(places.layers(block))
        return found

    def all(self) -> dict[blocks.Identity, Reading]:
        """Everything of every datablock of the standing show."""
        return {identity: self.read(block) for identity, block in blocks.standing().items()}


def keep(block: Any, key: str, value: Any) -> Any:
    """What is needed to make another datablock as this one is in one respect: curves in full, else the value read."""
    if key.startswith("curve|"):
        return next((curves.keep(curve) for name, curve in curves.channels(block) if f"curve|{name}" == key), None)
    return value


def differs(key: str, was: Any, now: Any) -> bool:
    """Whether the artist changed something: ``was`` is what was built, None when it was not there."""
    if key.startswith("="):
        return stacks.differs(was, now)
    if key.startswith(("curve|", "driver|", "strip|", "track|")):
        return was != now
    return values.differs(was, now)
