# SPDX-License-Identifier: GPL-3.0-or-later
"""Open a finished file, or the folder it lies in, with the system's own program."""

from pathlib import Path
from typing import Any, ClassVar

import bpy
from bpy.props import StringProperty

from .. import preferences, properties
from ..errors import BriefError
from ._base import SealedOperator


class CROSSFADE_OT_open_file(SealedOperator, bpy.types.Operator):
    """Open the file with the program that your system uses for it."""

    bl_idname = "crossfade.open_file"
    bl_label = "Open File"
    bl_description = "Open the file with the program that your system uses for it"
    bl_options: ClassVar[set[str]] = {"INTERNAL"}

    path: StringProperty(name="Path", description="The file to open", options={"SKIP_SAVE"})

    def run(self, context: Any) -> set[str]:
        """Hand it to the system."""
        return _open(Path(self.path))


class CROSSFADE_OT_open_folder(SealedOperator, bpy.types.Operator):
    """Open the folder that holds the finished videos."""

    bl_idname = "crossfade.open_folder"
    bl_label = "Open Folder"
    bl_description = "Open the folder that holds the finished videos"

    def run(self, context: Any) -> set[str]:
        """Hand it to the system: the videos' folder, or the output folder as long as there are none."""
        folder = properties.output_folder(context.scene.crossfade, preferences.places(context))
        videos = folder / "renders"
        return _open(videos if videos.is_dir() else folder)


def _open(path: Path) -> set[str]:
    if not path.exists():
        raise BriefError(f"'{path}' does not exist.", hint="It may have been moved; run the job again.")
    try:
        bpy.ops.wm.path_open(filepath=str(path))
    except RuntimeError as error:
        raise BriefError(f"'{path}' could not be opened: {str(error).strip()}.") from error
    return {"FINISHED"}


CLASSES = (CROSSFADE_OT_open_file, CROSSFADE_OT_open_folder)
