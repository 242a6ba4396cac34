# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m crossfade_addon``: the command line with the ``bpy`` package."""

from .headless import console

if __name__ == "__main__":
    console()
