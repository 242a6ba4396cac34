# SPDX-License-Identifier: GPL-3.0-or-later
"""Many songs in one go: a table of songs, one process for each, a journal to go on from, a report at the end."""
