# SPDX-License-Identifier: GPL-3.0-or-later
"""Append from a user's .blend as from a stranger's: only data comes in, nothing that runs, reads or writes.

What is taken away, before anything is linked to a scene and so before anything could be evaluated: texts (they
run when a file is opened), drivers with Python expressions, script nodes, simulations and caches (they read and
write files), references to files outside (images that are not packed, sounds, clips, other .blend files), and
every kind of datablock that no avatar, stage or action needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from ..errors import StudioError
from . import asset_files, compat, ownership

WELCOME = frozenset(
    {
        "actions",
        "armatures",
        "cameras",
        "collections",
        "curves",
        "fonts",
        "hair_curves",
        "images",
        "lattices",
        "lights",
        "materials",
        "meshes",
        "metaballs",
        "node_groups",
        "objects",
        "pointclouds",
        "textures",
    }
)
"""Kinds of datablocks (names of ``bpy.data``) that may come in."""
_UNSAFE_MODIFIERS = frozenset(
    {
        "CLOTH",
        "DYNAMIC_PAINT",
        "EXPLODE",
        "FLUID",
        "MESH_CACHE",
        "MESH_SEQUENCE_CACHE",
        "OCEAN",
        "PARTICLE_INSTANCE",
        "PARTICLE_SYSTEM",
        "SOFT_BODY",
    }
)
"""Modifiers that simulate, or read and write files."""
_UNSAFE_NODES = ("ShaderNodeScript", "ShaderNodeTexIES", "GeometryNodeImport")
"""Beginnings of the type names of nodes that run code or read files."""
_FILE_SOURCES = ("FILE", "SEQUENCE", "MOVIE", "TILED")


@dataclass(slots=True)
class Appended:
    """What came in from one file, by its name there; ``blocks`` is all of it, for adopting or removing."""

    path: Path
    what: str
    objects: dict[str, Any] = field(default_factory=dict)
    actions: dict[str, Any] = field(default_factory=dict)
    blocks: list[Any] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.what} '{self.path.name}'"

    @property
    def placed(self) -> dict[str, Any]:
        """The objects that stand somewhere themselves, and not only as parts of collections that are instanced."""
        parts = {part for ob in self.objects.values() for part in instanced(ob)}
        return {name: ob for name, ob in self.objects.items() if ob not in parts}

    def remove(self, unwanted: Iterable[Any]) -> None:
        """Remove some of the blocks from the file again."""
        gone = list(unwanted)
        self.blocks = [b for b in self.blocks if b not in gone]
        self.objects = {n: b for n, b in self.objects.items() if b not in gone}
        self.actions = {n: b for n, b in self.actions.items() if b not in gone}
        bpy.data.batch_remove(gone)

    def remove_unused(self) -> None:
        """Remove what nothing uses any more, but objects and actions."""
        keep = (bpy.types.Object, bpy.types.Action)
        while unused := [b for b in self.blocks if b.users == 0 and not isinstance(b, keep)]:
            self.remove(unused)

    def discard(self) -> None:
        """Remove everything."""
        self.remove(list(self.blocks))

    def adopt(self) -> None:
        """Tag everything as ours and name it ``CF ...``, so that Clear removes it.

        Objects and actions get the names that they have in their file, whatever else is called so here.
        """
        names = {block: name for own in (self.objects, self.actions) for name, block in own.items()}
        for block in self.blocks:
            ownership.tag(block, self.what.lower())
            given: str | None = names.get(block)
            name = block.name if given is None else given
            block.name = ownership.PREFIX + name.removeprefix(ownership.PREFIX)


def append(path: Path, what: str, kind: str) -> Appended:
    """Bring in all ``objects`` or all ``actions`` of a file, made harmless and linked to no scene.

    Parameters
    ----------
    what : str
        What the file is to the user, for messages (``Avatar``).
    kind : str
        ``objects`` or ``actions``.

    Raises
    ------
    StudioError
        It is no whole .blend file, is too new for this Blender, or depends on other .blend files. Nothing of it
        stays behind.
    """
    asset_files.check_blend(path, what, compat.RUNNING)
    before = set(_all_blocks())
    try:
        loading: Any = bpy.data.libraries.load(str(path), link=False)
        with loading as (source, wanted):
            names = list(getattr(source, kind))
            setattr(wanted, kind, list(names))
        found = dict(zip(names, getattr(wanted, kind), strict=True))
    except (OSError, RuntimeError) as error:
        bpy.data.batch_remove([b for b in _all_blocks() if b not in before])
        raise _unreadable(path, what, error) from error
    came = [b for b in _all_blocks() if b not in before]
    appended = Appended(path, what, blocks=came)
    setattr(appended, kind, {name: block for name, block in found.items() if block is not None})
    elsewhere = sorted({b.library.filepath for b in came if b.library is not None})
    if elsewhere:
        appended.discard()
        raise StudioError(
            f"{appended} links to another file, '{Path(elsewhere[0]).name}'.",
            hint="Make everything local in it (Object > Relations > Make Local > All) and save it again.",
        )
    _disarm(appended)
    return appended


def instanced(ob: Any) -> list[Any]:
    """Objects of the collection that an object shows in its place."""
    shown = ob.instance_collection if ob.instance_type == "COLLECTION" else None
    return list(shown.all_objects) if shown is not None else []


def _unreadable(path: Path, what: str, error: Exception) -> StudioError:
    reason = str(error).strip().removeprefix("Error: ").splitlines()[0].rstrip(".")
    return StudioError(
        f"{what} '{path}' is damaged, cut short or of a newer Blender than {compat.VERSION}: {reason}.",
        original_error=error,
        hint="Save or copy it again; files of Blender 4.2 open everywhere.",
    )


def _all_blocks(kinds: Iterable[str] = ()) -> list[Any]:
    """Datablocks of some kinds, or of all kinds there are, each once (some versions list a block twice)."""
    names = kinds or [n for n in dir(bpy.data) if isinstance(getattr(bpy.data, n), bpy.types.bpy_prop_collection)]
    return list(dict.fromkeys(b for name in names for b in getattr(bpy.data, name, ()) if not _follows(b)))


def _follows(block: Any) -> bool:
    """Whether a block lives and dies with its owner."""
    return isinstance(block, bpy.types.Key)


# ------------------------------------------------------------------------------------------ disarming


def _disarm(appended: Appended) -> None:
    """Take everything away that could run, read or write."""
    welcome = set(_all_blocks(WELCOME))
    unwelcome = [b for b in appended.blocks if b not in welcome]
    texts = sorted(b.name for b in unwelcome if isinstance(b, bpy.types.Text))
    if texts:
        appended.notices.append(f"{appended}: its scripts were left out ({', '.join(texts[:3])})")
    outside = [b for b in appended.blocks if _reads_a_file(b)]
    if outside:
        names = ", ".join(sorted(b.name for b in outside)[:3])
        appended.notices.append(
            f"{appended}: files outside of it were left out ({names}); pack them with File > External Data"
        )
    appended.remove([*unwelcome, *outside])
    drivers = simulations = nodes = 0
    for block in appended.blocks:
        if getattr(block, "asset_data", None) is not None:
            block.asset_clear()
        if isinstance(block, bpy.types.Object):
            simulations += _drop_simulations(block)
        for animated in _animated(block):
            drivers += _drop_python_drivers(animated)
            if isinstance(animated, bpy.types.NodeTree):
                nodes += _drop_nodes(animated)
    for count, thing in ((drivers, "Python drivers"), (simulations, "simulations and caches"), (nodes, "script nodes")):
        if count:
            appended.notices.append(f"{appended}: {count} {thing} were left out")


def _reads_a_file(block: Any) -> bool:
    if isinstance(block, bpy.types.Image):
        return block.source in _FILE_SOURCES and not block.packed_file and not block.packed_files
    if isinstance(block, bpy.types.VectorFont):
        return not block.packed_file and block.filepath != "<builtin>"
    return False


def _animated(block: Any) -> Iterator[Any]:
    """The block, and those inside it that can have drivers of their own."""
    yield block
    for name in ("node_tree", "shape_keys"):
        inner = getattr(block, name, None)
        if inner is not None:
            yield inner


def _drop_python_drivers(block: Any) -> int:
    animation = getattr(block, "animation_data", None)
    if animation is None:
        return 0
    unsafe = [c for c in animation.drivers if c.driver.type == "SCRIPTED" and not c.driver.is_simple_expression]
    for curve in unsafe:
        animation.drivers.remove(curve)
    return len(unsafe)


def _drop_nodes(tree: Any) -> int:
    unsafe = [n for n in tree.nodes if n.bl_idname.startswith(_UNSAFE_NODES)]
    for node in unsafe:
        tree.nodes.remove(node)
    return len(unsafe)


def _drop_simulations(ob: Any) -> int:
    unsafe = [m for m in ob.modifiers if m.type in _UNSAFE_MODIFIERS]
    for modifier in unsafe:
        ob.modifiers.remove(modifier)
    for modifier in ob.modifiers:
        if modifier.type == "NODES" and hasattr(modifier, "bake_directory"):
            modifier.bake_directory = ""
    return len(unsafe)
