# SPDX-License-Identifier: GPL-3.0-or-later
"""How the director's learned weights are made: songs with known beats, and the script that fits them.

Nothing here is part of the add-on; it needs packages the add-on does not (see ``training/README.md``).
"""
