# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own datablocks that only ours use: when those go, the file must not forget the user's with them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import bpy

from .. import ownership
from . import blocks


@contextlib.contextmanager
def user_data_held() -> Iterator[None]:
    """Give every datablock of the user's that loses its last user in here a fake one, so that it is saved."""
    used = [block for block in _of_the_user() if block.users]
    yield
    still = set(_of_the_user())
    for block in used:
        if block in still and not block.users:
            block.use_fake_user = True


def _of_the_user() -> Iterator[Any]:
    for kind in set(blocks.KINDS.values()) - {"scenes"}:
        yield from (block for block in getattr(bpy.data, kind, ()) if not ownership.is_ours(block))
