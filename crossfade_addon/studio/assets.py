# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own avatar, studio and actions of one show: fetched and checked before anything else is touched."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import bpy  # noqa: F401  where bpy is a package, mathutils is only there after it

from ..brief import Brief, avatar_file
from ..errors import StudioError
from . import nova_rig, own_actions, own_avatar, own_stage
from .asset_append import Appended, append


@dataclass(slots=True)
class Assets:
    """What a brief brings; empty when everything is built in."""

    avatar: Appended | None = None
    studio: Appended | None = None
    actions: list[Appended] = field(default_factory=list)

    @property
    def all(self) -> list[Appended]:
        """Every file's content."""
        return [a for a in (self.avatar, self.studio, *self.actions) if a is not None]

    @property
    def own_actions(self) -> dict[str, Any]:
        """The user's actions by name."""
        return dict(itertools.chain.from_iterable(a.actions.items() for a in self.actions))

    @property
    def notices(self) -> tuple[str, ...]:
        """What was left out or changed."""
        return tuple(itertools.chain.from_iterable(a.notices for a in self.all))

    def adopt(self) -> None:
        """Make everything ours: Clear removes it from now on."""
        for appended in self.all:
            appended.adopt()
        for action in self.own_actions.values():
            action.use_fake_user = True

    def discard(self) -> None:
        """Remove everything again."""
        for appended in self.all:
            appended.discard()


def fetch(brief: Brief) -> Assets:
    """Bring the files of a brief in and check them; no scene sees anything of them yet.

    Raises
    ------
    StudioError
        A file cannot be used; nothing of any stays behind.
    """
    assets = Assets()
    try:
        bones = list(nova_rig.skeleton())
        if own := avatar_file(brief):
            assets.avatar = append(own, own_avatar.WHAT, "objects")
            bones = [bone.name for bone in own_avatar.check(assets.avatar).data.bones]
        if brief.studio is not None:
            assets.studio = append(brief.studio, own_stage.WHAT, "objects")
            own_stage.check(assets.studio)
        if brief.actions is not None:
            assets.actions = own_actions.fetch(brief.actions)
            for appended in assets.actions:
                own_actions.check(appended, bones)
    except StudioError:
        assets.discard()
        raise
    return assets
