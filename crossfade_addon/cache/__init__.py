# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies in the work folders and can be made again: how much, of which song, and away with it."""
