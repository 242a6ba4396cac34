# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences as plain data."""

from typing import NamedTuple


class Places(NamedTuple):
    """The preferences as plain data, paths absolute; empty means that the user set none."""

    ffmpeg: str = ""
    library_dir: str = ""
    output_dir: str = ""
    analyser: str = ""
    mixer_dir: str = ""
    assets_dir: str = ""
