# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel remembers: the settings of a show (in the scene) and the state of a job (in the window manager).

Times are seconds of the song. Paths may be relative to the .blend (``//``) until :func:`to_brief`.
"""

from .changes import fill_changes, identity_of
from .delivery import chosen_platforms
from .groups import CrossfadeAnalysis
from .library import fill_similar, fill_songs
from .preflight import fill_checks, relative_files
from .reactions import (
    Quiet,
    bake_reactions,
    frame_rate,
    put_reactions,
    reactions,
    script_path,
    take_reactions,
)
from .settings import (
    CLASSES,
    attach,
    detach,
    fill_analysis,
    is_script_current,
    library_place,
    output_folder,
    script_key,
    to_brief,
)
from .sharing import restore, share, snapshot

__all__ = [
    "CLASSES",
    "CrossfadeAnalysis",
    "Quiet",
    "attach",
    "bake_reactions",
    "chosen_platforms",
    "detach",
    "fill_analysis",
    "fill_changes",
    "fill_checks",
    "fill_similar",
    "fill_songs",
    "frame_rate",
    "identity_of",
    "is_script_current",
    "library_place",
    "output_folder",
    "put_reactions",
    "reactions",
    "relative_files",
    "restore",
    "script_key",
    "script_path",
    "share",
    "snapshot",
    "take_reactions",
    "to_brief",
]
