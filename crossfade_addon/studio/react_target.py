# SPDX-License-Identifier: GPL-3.0-or-later
"""A property of the artist's own that can follow the song: found by its path, described, and refused where it cannot.

What the datablock's *holder* is: the datablock inside it that carries the animation. For a node's input that is the
node tree inside the material, for a shape key the keys of the mesh; only the material and the mesh can be pointed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy

from ..errors import StudioError
from . import compat, ownership

TREE, KEYS = "node_tree.", "shape_keys."
MOST_ELEMENTS = 4
_FULL = re.compile(r'bpy\.data\.(?P<kind>\w+)\["(?P<name>(?:[^"\\]|\\.)*)"\](?:\.(?=\w)|(?=\[))(?P<path>.+)')
_KEY = re.compile(r'(?P<parent>.*)\["(?P<key>(?:[^"\\]|\\.)*)"\]')
_INPUT = re.compile(r'(?P<modifier>modifiers\["(?:[^"\\]|\\.)*"\])\.properties\.inputs\.\w+\.value')
_ELEMENT = re.compile(r"(?P<path>.+)\[(?P<index>\d+)\]")
_TREE_OWNERS = ("materials", "lights", "worlds", "linestyles", "textures", "scenes")
_ELEMENTS = {
    "COLOR": "RGBA",
    "COLOR_GAMMA": "RGBA",
    "QUATERNION": "WXYZ",
    "AXISANGLE": "WXYZ",
}
_ELSEWHERE = "Right-click a number, a colour or a switch of your own objects, materials, lights or modifiers."


@dataclass(frozen=True, slots=True)
class Facts:
    """What kind of property it is.

    Parameters
    ----------
    kind : str
        ``FLOAT``, ``INT`` or ``BOOLEAN``.
    length : int
        Number of elements; 0 for a single value.
    unit : str
        Blender's: ``ROTATION`` values are radians, ``LENGTH`` metres, ``NONE`` plain numbers.
    least, most : float
        What the property itself allows.
    """

    label: str
    kind: str
    length: int = 0
    subtype: str = "NONE"
    unit: str = "NONE"
    least: float = -3.4e38
    most: float = 3.4e38


@dataclass(frozen=True, slots=True)
class Target:
    """A property: of which datablock, its path below that, and which element of it (-1: all there are)."""

    owner: Any
    path: str
    index: int = -1

    @property
    def holder(self) -> tuple[Any, str]:
        """The datablock that carries the animation, and the path below it.

        Raises
        ------
        StudioError
            When the material has no nodes any more, or the mesh no shape keys.
        """
        for prefix in (TREE, KEYS):
            if self.path.startswith(prefix):
                inside = getattr(self.owner, prefix.removesuffix("."), None)
                if inside is None:
                    raise self._gone()
                return inside, self.path.removeprefix(prefix)
        return self.owner, self.path

    def facts(self) -> Facts:
        """What kind of property it is.

        Raises
        ------
        StudioError
            When it is not there, or is none that can be animated.
        """
        try:
            parent, name, is_custom = self._place()
            found = _custom(parent, name) if is_custom else _built_in(parent, name, self._input_name(parent))
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise self._gone() from error
        if found is None:
            raise StudioError(f"'{self.path}' of '{self.owner.name}' cannot follow the song.", hint=_ELSEWHERE)
        return found

    def read(self, element: int) -> float:
        """The value of one element as the property has it now."""
        parent, name, is_custom = self._place()
        value = parent[name] if is_custom else getattr(parent, name)
        return float(value[element] if hasattr(value, "__len__") else value)

    def write(self, element: int, value: float) -> None:
        """Set one element."""
        parent, name, is_custom = self._place()
        before = parent[name] if is_custom else getattr(parent, name)
        if hasattr(before, "__len__"):
            before[element] = type(before[element])(value)
        elif is_custom:
            parent[name] = type(before)(value)
        else:
            setattr(parent, name, type(before)(value))

    def _place(self) -> tuple[Any, str, bool]:
        """What the property is in, its name there, and whether it is a custom one."""
        holder, path = self.holder
        key = _KEY.fullmatch(path)
        parent_path, name = (key["parent"], key["key"]) if key else path.rpartition(".")[::2]
        parent = holder.path_resolve(parent_path) if parent_path else holder
        return parent, bpy.utils.unescape_identifier(name) if key else name, key is not None

    def _input_name(self, parent: Any) -> str:
        """What people call the input of a Geometry Nodes modifier (5.2 and later), empty for anything else."""
        match = _INPUT.fullmatch(self.path)
        if match is None:
            return ""
        modifier = self.owner.path_resolve(match["modifier"])
        return f"{modifier.name} {_socket_name(modifier, parent.bl_rna.identifier)}"

    def elements(self, facts: Facts) -> tuple[int, ...]:
        """The array indices that are moved; a colour's transparency only when it is named.

        Raises
        ------
        StudioError
            When there is no such element.
        """
        if not facts.length:
            return (0,)
        if self.index >= facts.length:
            raise StudioError(f"'{self.path}' of '{self.owner.name}' has only {facts.length} elements.")
        if self.index >= 0:
            return (self.index,)
        return tuple(range(min(facts.length, 3) if facts.subtype.startswith("COLOR") else facts.length))

    def words(self, facts: Facts) -> str:
        """``Lamp: Power``, ``Cube: Location Z``: what people call it."""
        element = ""
        if facts.length and self.index >= 0:
            names = _ELEMENTS.get(facts.subtype, "XYZW")
            element = f" {names[self.index] if self.index < len(names) else self.index}"
        return f"{self.owner.name}: {facts.label}{element}"

    def text(self) -> str:
        """The full path, as :func:`from_text` reads it.

        Raises
        ------
        StudioError
            When the datablock is in no list of the file.
        """
        name = bpy.utils.escape_identifier(self.owner.name)
        element = f"[{self.index}]" if self.index >= 0 else ""
        dot = "" if self.path.startswith("[") else "."
        for prop in bpy.data.bl_rna.properties:
            if prop.type == "COLLECTION" and getattr(bpy.data, prop.identifier).get(self.owner.name) == self.owner:
                return f'bpy.data.{prop.identifier}["{name}"]{dot}{self.path}{element}'
        raise StudioError(f"'{self.owner.name}' is in no list of this file.", hint=_ELSEWHERE)

    def refuse(self) -> None:
        """Make sure that it may be moved.

        Raises
        ------
        StudioError
            When it belongs to the show or to another file, or something else decides it.
        """
        owner, name = self.owner, self.owner.name
        if ownership.is_ours(owner):
            raise StudioError(
                f"'{name}' belongs to the show.",
                hint="Change it by hand: that is kept. React is for your own things.",
            )
        if isinstance(owner, bpy.types.Scene) and self.path.startswith("crossfade"):
            raise StudioError("Settings of Crossfade cannot follow the song.", hint=_ELSEWHERE)
        if owner.library is not None:
            raise StudioError(f"'{name}' is linked from another file.", hint="Make it local, or a library override.")
        holder, path = self.holder
        if not hasattr(holder, "animation_data_create"):
            raise StudioError(f"'{name}' cannot be animated.", hint=_ELSEWHERE)
        animation = holder.animation_data
        if animation is None:
            return
        if animation.use_tweak_mode:
            raise StudioError(f"An NLA strip of '{name}' is being tweaked.", hint="Leave tweak mode in the NLA editor.")
        for index in self.elements(self.facts()):
            if animation.drivers.find(path, index=index) is not None:
                raise StudioError(f"A driver decides '{self.path}' of '{name}'.", hint="Delete that driver first.")

    def refuse_shared(self) -> None:
        """Make sure that its animation moves nothing else.

        Raises
        ------
        StudioError
            When another datablock uses the same action.
        """
        name = self.owner.name
        others = compat.moved_by_action_of(self.holder[0]) - {self.holder[0], self.owner}
        if others:
            other = sorted(block.name for block in others)[0]
            raise StudioError(
                f"'{name}' shares its animation with '{other}', which would move along.",
                hint="Make the action of one of them a single user copy.",
            )

    def _gone(self) -> StudioError:
        return StudioError(f"'{self.owner.name}' has no '{self.path}' any more.", hint="Remove this reaction.")


def from_property(block: Any, path: str, index: int) -> Target:
    """The target that a datablock, a path below it and an index name, whichever datablock inside it that is.

    Raises
    ------
    StudioError
        When there is no such property.
    """
    if isinstance(block, bpy.types.Key):
        return Target(block.user, KEYS + path, index)
    if isinstance(block, bpy.types.NodeTree) and block.is_embedded_data:
        owner = next((owner for owner in _owners() if getattr(owner, "node_tree", None) == block), None)
        if owner is None:
            raise StudioError(f"The owner of the nodes '{block.name}' was not found.", hint=_ELSEWHERE)
        return Target(owner, TREE + path, index)
    return _own_block(Target(block, path, index))


def from_text(text: str) -> Target:
    """The target that Blender's *Copy Full Data Path* names; nothing in the text is run.

    Raises
    ------
    StudioError
        When it names nothing in this file.
    """
    match = _FULL.fullmatch(text.strip())
    blocks = getattr(bpy.data, match["kind"], None) if match else None
    name = bpy.utils.unescape_identifier(match["name"]) if match else ""
    block = blocks.get(name) if isinstance(blocks, bpy.types.bpy_prop_collection) else None
    if match is None or block is None:
        raise StudioError(
            f"'{text}' names no property in this file.",
            hint='Right-click it and choose Copy Full Data Path, as in bpy.data.objects["Cube"].location[2].',
        )
    path, index = match["path"], -1
    if element := _ELEMENT.fullmatch(path):
        path, index = element["path"], int(element["index"])
    return from_property(block, path, index)


def _own_block(target: Target) -> Target:
    """The same property by the datablock it is really in, as ``data.energy`` of a lamp's object is in the light."""
    if target.path.startswith((TREE, KEYS)):
        return target
    head, _, name = target.path.rpartition(".")
    if not head or target.path.endswith("]"):
        return target
    try:
        parent = target.owner.path_resolve(head)
        block = parent.id_data
        if block is None or block == target.owner:
            return target
        return from_property(block, parent.path_from_id(name), target.index)
    except (ValueError, AttributeError, TypeError):
        return target


def _owners() -> Iterator[Any]:
    for kind in _TREE_OWNERS:
        yield from getattr(bpy.data, kind, ())


def _built_in(parent: Any, name: str, label: str) -> Facts | None:
    prop = parent.bl_rna.properties[name]
    if prop.type not in ("FLOAT", "INT", "BOOLEAN") or not prop.is_animatable or prop.is_readonly:
        return None
    length = prop.array_length if prop.is_array else 0
    if length > MOST_ELEMENTS:
        return None
    least, most = (0.0, 1.0) if prop.type == "BOOLEAN" else (float(prop.hard_min), float(prop.hard_max))
    unit = getattr(prop, "unit", "NONE")
    return Facts(label or _label(parent, prop.name), prop.type, length, prop.subtype, unit, least, most)


def _custom(parent: Any, key: str) -> Facts | None:
    value = parent[key]
    length = len(value) if hasattr(value, "to_list") else 0
    first = value[0] if length else value
    if not isinstance(first, bool | int | float) or length > MOST_ELEMENTS:
        return None
    kind = {bool: "BOOLEAN", int: "INT", float: "FLOAT"}[type(first)]
    shown = parent.id_properties_ui(key).as_dict()
    subtype = shown.get("subtype", "NONE")
    least, most = (0.0, 1.0) if kind == "BOOLEAN" else (float(shown["min"]), float(shown["max"]))
    unit = "ROTATION" if subtype in ("ANGLE", "EULER") else "LENGTH" if subtype == "DISTANCE" else "NONE"
    return Facts(_label(parent, _socket_name(parent, key)), kind, length, subtype, unit, least, most)


def _socket_name(modifier: Any, key: str) -> str:
    """What people call an input of Geometry Nodes; any other custom property is called by its key."""
    group = getattr(modifier, "node_group", None)
    items = group.interface.items_tree if group is not None else ()
    return next((item.name for item in items if getattr(item, "identifier", "") == key), key)


def _label(parent: Any, name: str) -> str:
    """The property's name, with that of the node, modifier, key or bone it belongs to."""
    if isinstance(parent, bpy.types.NodeSocket):
        node: Any = parent.node
        return f"{node.name} {parent.name}"
    if isinstance(parent, bpy.types.ID):
        return name
    own = getattr(parent, "name", "")
    if not isinstance(own, str) or not own:
        return name
    return own if name == "Value" else f"{own} {name}"
