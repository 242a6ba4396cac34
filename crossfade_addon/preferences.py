# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences: where its tools and its library are, and who listens to songs."""

from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import EnumProperty, StringProperty

if TYPE_CHECKING:
    from .places import Places


class CrossfadePreferences(bpy.types.AddonPreferences):
    """What is the same for every file of this user."""

    bl_idname = __package__ or "crossfade_addon"

    ffmpeg: StringProperty(
        name="FFmpeg",
        description="The FFmpeg program to use; empty looks in the PATH, then for the imageio-ffmpeg package",
        subtype="FILE_PATH",
    )
    library_dir: StringProperty(
        name="Song Library",
        description="Folder that remembers analysed songs, or a server's address (http://host:port); empty uses the "
        "system's place for program data",
        subtype="DIR_PATH",
    )
    mixer_dir: StringProperty(
        name="Mixer's Library",
        description="Mixer's ChromaDB folder, which is only read; empty uses the one that CROSSFADE_MIXER names",
        subtype="DIR_PATH",
    )
    assets_dir: StringProperty(
        name="Own Assets",
        description="Folder with avatar_base.blend, studio_default.blend and a folder 'actions': those that are there "
        "are used where a scene chooses no others",
        subtype="DIR_PATH",
    )
    output_dir: StringProperty(
        name="Output Folder",
        description="Where videos of files that are not saved yet go; empty uses 'outputs' in your home folder",
        subtype="DIR_PATH",
    )

    analyser: EnumProperty(
        name="Analyser",
        description="Who listens to your songs",
        items=(
            ("crossfade", "Crossfade", "The built-in analyser: finds the beat best, and needs nothing installed"),
            (
                "librosa",
                "librosa",
                "The reference of the field; its Python package must be installed, and it is slower",
            ),
        ),
        default="crossfade",
    )

    def draw(self, _context: Any) -> None:
        """Paths and the analyser."""
        column = self.layout.column()
        column.use_property_split = True
        column.prop(self, "ffmpeg")
        column.prop(self, "library_dir")
        column.prop(self, "mixer_dir")
        column.prop(self, "output_dir")
        column.prop(self, "assets_dir")
        column.prop(self, "analyser")


CLASSES = (CrossfadePreferences,)


def places(context: Any) -> "Places":
    """What the user set; the defaults where the add-on runs without being enabled (the ``bpy`` package)."""
    from .places import Places

    addon = context.preferences.addons.get(CrossfadePreferences.bl_idname)
    if addon is None or addon.preferences is None:
        return Places()
    chosen = addon.preferences
    ffmpeg, library, output, mixer, assets = (
        bpy.path.abspath(path) if path else ""
        for path in (chosen.ffmpeg, chosen.library_dir, chosen.output_dir, chosen.mixer_dir, chosen.assets_dir)
    )
    analyser = chosen.analyser if chosen.is_property_set("analyser") else ""
    return Places(ffmpeg, library, output, analyser, mixer, assets)
