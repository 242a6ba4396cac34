# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel lists: the analysed song, platforms of the user's own, and the state of a job."""

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    FloatProperty,
    IntProperty,
    StringProperty,
)

from .heard_groups import CrossfadeSection
from .sharing import mirror


class CrossfadeClip(bpy.types.PropertyGroup):
    """The part of the song that one platform gets."""

    platform: StringProperty(name="Platform", description="Whose part this is")
    start: FloatProperty(name="Start", description="Where it begins", unit="TIME_ABSOLUTE")
    end: FloatProperty(name="End", description="Where it ends", unit="TIME_ABSOLUTE")
    reason: StringProperty(name="Reason", description="Why this part was chosen")


class CrossfadeAnalysis(bpy.types.PropertyGroup):
    """What the director heard, for the panel to show. Empty ``timeline`` means: not analysed yet."""

    timeline: StringProperty(name="Script", description="File with the script of the show")
    script_key: StringProperty(name="Script Settings", description="The settings that the script was written for")
    title: StringProperty(name="Title", description="The song's title")
    artist: StringProperty(name="Artist", description="Who made the song")
    bpm: FloatProperty(name="BPM", description="Beats per minute; 0 when there is no beat to follow")
    confidence: FloatProperty(name="Confidence", description="How sure the beat grid is, 0 to 1", min=0, max=1)
    bars: IntProperty(name="Bars", description="Number of bars")
    duration: FloatProperty(name="Duration", description="Length of the song", unit="TIME_ABSOLUTE")
    sections: CollectionProperty(type=CrossfadeSection, name="Sections", description="The parts of the song")
    clips: CollectionProperty(type=CrossfadeClip, name="Clips", description="The part that each platform gets")


def _wanted_changed(item: Any, context: Any) -> None:
    mirror(item.id_data.crossfade, context)


class CrossfadeOwnPlatform(bpy.types.PropertyGroup):
    """A platform of the user's own file."""

    platform: StringProperty(name="Platform", description="Its name in the file")
    label: StringProperty(name="Label", description="What people call the platform")
    wanted: BoolProperty(
        name="Wanted",
        description="Make a video for this platform of your own file",
        default=True,
        update=_wanted_changed,
    )


class CrossfadeConfig(bpy.types.PropertyGroup):
    """What was found in ``crossfade.toml`` beside the song when it was last looked at."""

    file: StringProperty(name="Settings File", description="The file with settings beside the song")
    settings: StringProperty(name="Held", description="The settings that the file holds, separated by spaces")
    output_dir: StringProperty(name="Folder", description="Where the file wants everything to go")
    script: StringProperty(name="Script", description="What the file says of the show's script")
    error: StringProperty(name="Error", description="Why the file cannot be used")


class CrossfadeNotice(bpy.types.PropertyGroup):
    """Something the user should read."""

    text: StringProperty(name="Text", description="What happened")


class CrossfadeResult(bpy.types.PropertyGroup):
    """One finished file."""

    label: StringProperty(name="Label", description="What the file is")
    path: StringProperty(name="Path", description="Where it is")
    ok: BoolProperty(name="Right", description="Every check of this file passed")


class CrossfadeJobState(bpy.types.PropertyGroup):
    """What the panel shows of a running or finished job."""

    running: BoolProperty(name="Running", description="A job is running", options={"SKIP_SAVE"})
    cancelling: BoolProperty(name="Cancelling", description="The job was asked to stop", options={"SKIP_SAVE"})
    title: StringProperty(name="Job", description="What the job does", options={"SKIP_SAVE"})
    stage: StringProperty(name="Stage", description="Which stage the job is in", options={"SKIP_SAVE"})
    fraction: FloatProperty(
        name="Progress", description="Part of the stage that is done", min=0, max=1, options={"SKIP_SAVE"}
    )
    message: StringProperty(name="Message", description="What is happening now", options={"SKIP_SAVE"})
    eta: StringProperty(name="Time Left", description="Time left in this stage", options={"SKIP_SAVE"})
    error: StringProperty(name="Error", description="Why the last job stopped", options={"SKIP_SAVE"})
    summary: StringProperty(name="Summary", description="How the last job ended", options={"SKIP_SAVE"})
    notices: CollectionProperty(
        type=CrossfadeNotice, name="Notices", description="What the job wants you to know", options={"SKIP_SAVE"}
    )
    results: CollectionProperty(
        type=CrossfadeResult, name="Results", description="What the job made", options={"SKIP_SAVE"}
    )
