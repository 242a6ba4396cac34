# SPDX-License-Identifier: GPL-3.0-or-later
"""The song as heard and corrected, as the panel lists it: sections, moments, regions, and the corrections.

What the user changes in a list becomes a correction (:mod:`.grid`).
"""

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    StringProperty,
)

from .. import choices
from . import grid
from .sharing import mirror


def _called(section: Any, _context: Any) -> None:
    middle = (section.heard_start + section.end) / 2
    _correct(section, f"call={middle:.4f},{section.section_type}")


def _moved(section: Any, _context: Any) -> None:
    _correct(section, f"move={section.heard_start:.4f},{max(0.0, section.start):.4f}")


def _switched(moment: Any, _context: Any) -> None:
    if not moment.use:
        _correct(moment, f"off={moment.t:.4f},{moment.event_type}")
    elif grid.is_users():
        settings = moment.id_data.crossfade
        grid.attempt(settings, lambda: grid.switch_on(settings, moment))


def _tempo_set(group: Any, _context: Any) -> None:
    _correct(group, f"bpm={group.bpm:.4f}", in_part=True)


def _meter_set(group: Any, _context: Any) -> None:
    _correct(group, f"meter={group.meter}", in_part=True)


def _correct(item: Any, text: str, *, in_part: bool = False) -> None:
    """Make a correction of what the user set."""
    if grid.is_users():
        settings = item.id_data.crossfade
        grid.attempt(settings, lambda: grid.correct(settings, text, in_part=in_part))


def _markers_set(group: Any, context: Any) -> None:
    if grid.is_users():
        settings = group.id_data.crossfade
        mirror(settings, context)
        grid.show(settings)


class CrossfadeSection(bpy.types.PropertyGroup):
    """One section of the analysed song."""

    section_type: EnumProperty(
        name="Section", description="What this part of the song is", items=choices.SECTIONS, update=_called
    )
    start: FloatProperty(
        name="Start",
        description="Where it begins, in seconds of the song; it goes to the nearest bar line",
        unit="TIME_ABSOLUTE",
        min=0,
        precision=2,
        step=100,
        update=_moved,
    )
    heard_start: FloatProperty(name="Heard Start", description="Where it began before it was moved")
    end: FloatProperty(name="End", description="Where it ends", unit="TIME_ABSOLUTE")
    energy: FloatProperty(name="Energy", description="How much happens in it", min=0, max=1)


class CrossfadeMoment(bpy.types.PropertyGroup):
    """Something that happens in the music."""

    use: BoolProperty(
        name="Use", description="Whether the Director reacts to this moment", default=True, update=_switched
    )
    t: FloatProperty(name="Time", description="When it happens", unit="TIME_ABSOLUTE")
    event_type: StringProperty(name="Type", description="What happens")
    reason: StringProperty(name="Reason", description="Why the Director thinks so")
    strength: FloatProperty(name="Strength", description="How strong it is", min=0, max=1)


class CrossfadeRegion(bpy.types.PropertyGroup):
    """A stretch of the song at one tempo."""

    start: FloatProperty(name="Start", description="Where it begins", unit="TIME_ABSOLUTE")
    end: FloatProperty(name="End", description="Where it ends", unit="TIME_ABSOLUTE")
    bpm: FloatProperty(name="BPM", description="Its tempo")
    confidence: FloatProperty(name="Confidence", description="How far its beats can be trusted", min=0, max=1)


class CrossfadeTempo(bpy.types.PropertyGroup):
    """Another tempo that the song could be heard at."""

    bpm: FloatProperty(name="BPM", description="Beats per minute")


class CrossfadeCorrection(bpy.types.PropertyGroup):
    """One correction of the user's."""

    text: StringProperty(name="Correction", description="The correction as --grid takes it")
    label: StringProperty(name="Label", description="The correction in words")


class CrossfadeGrid(bpy.types.PropertyGroup):
    """What was heard, corrections of it, and what comes of both."""

    song: StringProperty(name="Song", description="The song that was heard: its id and its file")
    heard: StringProperty(name="Heard", description="What was heard in the song before corrections")
    written: StringProperty(name="Written", description="The corrections that the script was written with")
    picture: StringProperty(name="Picture", description="Which picture the panel shows")
    is_edited: BoolProperty(name="Edited", description="Whether corrections were made here since the last analysis")
    corrections: CollectionProperty(
        type=CrossfadeCorrection, name="Corrections", description="What you corrected, in order"
    )
    index: IntProperty(name="Chosen Correction", description="The correction that is chosen in the list")
    section_index: IntProperty(name="Chosen Section", description="The section that is chosen in the list")
    moment_index: IntProperty(name="Chosen Moment", description="The moment that is chosen in the list")
    regions: CollectionProperty(type=CrossfadeRegion, name="Regions", description="How sure the beat is, by stretches")
    tempi: CollectionProperty(type=CrossfadeTempo, name="Tempi", description="Other tempi that were heard")
    moments: CollectionProperty(type=CrossfadeMoment, name="Moments", description="What happens in the music")
    bpm: FloatProperty(
        name="Tempo",
        description="Beats per minute. Setting it lays even beats through the song, or the part that is chosen below",
        min=30,
        max=300,
        default=120,
        precision=2,
        step=10,
        update=_tempo_set,
    )
    meter: IntProperty(
        name="Beats a Bar",
        description="Setting it counts the bars anew, from the first downbeat there is",
        min=2,
        max=12,
        default=4,
        update=_meter_set,
    )
    nudge_ms: IntProperty(
        name="Nudge", description="How far one press moves the beats, in milliseconds", min=1, max=500, default=10
    )
    part: EnumProperty(
        name="Part",
        description="Which part of the song is corrected",
        items=choices.GRID_PARTS,
        default="song",
    )
    show_markers: BoolProperty(
        name="Beat Markers",
        description="Show every beat as a marker in the timeline, named by bar and beat. Your own markers stay",
        update=_markers_set,
    )


CLASSES = (
    CrossfadeSection,
    CrossfadeMoment,
    CrossfadeRegion,
    CrossfadeTempo,
    CrossfadeCorrection,
    CrossfadeGrid,
)
