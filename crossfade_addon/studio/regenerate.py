# SPDX-License-Identifier: GPL-3.0-or-later
"""Build a show where one may stand already: what the artist changed is put into the new one."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..brief import Brief
from ..frames import FrameRange
from ..themes import Theme
from ..timeline import Timeline
from . import compat, output, ownership, react, scenes, show
from .edits import apply, blocks, record, values, words
from .edits.aside import Aside
from .edits.collect import collect
from .edits.held import user_data_held
from .edits.reading import Reader
from .edits.record import Edit, Record


@dataclass(frozen=True, slots=True)
class Regenerated:
    """A show that was built, and what the user should know of it.

    Parameters
    ----------
    edits : tuple of Edit
        The artist's changes, with and without a place in this show.
    is_as_written : bool
        Whether the pictures are those of script and theme alone: nothing of the artist's is in its scenes.
    """

    show: show.Show
    edits: tuple[Edit, ...]
    notices: tuple[str, ...]
    has_sound: bool
    is_as_written: bool


def regenerate(
    timeline: Timeline,
    theme: Theme,
    brief: Brief,
    ranges: Mapping[str, FrameRange],
    forget: frozenset[tuple[str, str, str]] = frozenset(),
) -> Regenerated:
    """Build the show, ready to be rendered, with every change that the artist made to the one that stands.

    Parameters
    ----------
    ranges : mapping
        Frames that the chosen platforms need, by aspect.
    forget : frozenset
        Identities of changes that are not put into the new show.

    Raises
    ------
    StudioError
        As :func:`.show.build`; the show that stood before still stands.
    """
    kept = [edit for edit in collect() if edit.identity not in forget]
    aside = Aside()
    built = show.build(timeline, theme, brief, aside)
    fps = float(brief.fps)
    try:
        has_sound = scenes.add_song(list(built.scenes.values()), brief.audio)
        output.prepare_output(built, brief, ranges)
        said = [scenes.set_engine(scene, brief.engine, brief.quality) for scene in built.scenes.values()]
        blocks.note_names()
        noted = Record(Reader().all(), (), fps)
        record.write(noted)
    except Exception:
        aside.restore()
        raise
    edits = apply.put_all(kept, aside.blocks, noted.built, fps)
    with user_data_held():
        aside.settle()
    if edits:
        noted.edits = edits
        edits = collect(noted)  # under the names that they have in this show
    record.write_edits(edits)
    react.bake_all(timeline, brief.fps)
    stamp = uuid.uuid4().hex
    for scene in built.scenes.values():
        scene[ownership.BUILD] = stamp
        scene.frame_set(scene.frame_current)
    earlier = [words.earlier(aside.earlier)] if aside.earlier else []
    notices = (*built.notices, *([said[0]] if said[0] else []), *earlier, *words.sentences(edits))
    return Regenerated(built, edits, notices, has_sound, not edits and not has_foreign(built))


@contextlib.contextmanager
def settings_kept(built: show.Show) -> Iterator[None]:
    """While Crossfade writes settings of the scenes of a show that is kept: those that the artist changed stay so."""
    noted = record.read()
    if noted is None:
        yield
        return
    changed, before = {}, {}
    for scene in built.scenes.values():
        was, now = noted.built.get(("scenes", blocks.built_name(scene)), {}), values.read(scene)
        before[scene] = now
        changed[scene] = {path: value for path, value in now.items() if values.differs(was.get(path), value)}
    yield
    lookup = blocks.Lookup()
    for scene, settings in changed.items():
        written = {path: v for path, v in values.read(scene).items() if before[scene].get(path) != v}
        noted.built.setdefault(("scenes", blocks.built_name(scene)), {}).update(written)
        values.write(scene, settings, lookup)
    record.write(noted)


def has_foreign(built: show.Show) -> bool:
    """Whether something in the scenes of a show is the user's own."""
    return any(not ownership.is_ours(ob) for scene in built.scenes.values() for ob in scene.objects) or any(
        _has_picture_of_its_own(scene) for scene in built.scenes.values()
    )


def _has_picture_of_its_own(scene: Any) -> bool:
    """Whether compositor or sequencer may change what is rendered."""
    return any(strip.type != "SOUND" for strip in compat.strips_of(scene)) or compat.compositor_of(scene) is not None
