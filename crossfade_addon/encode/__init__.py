# SPDX-License-Identifier: GPL-3.0-or-later
"""Encode: rendered frames, the song and a Timeline become the platforms' files; pure Python around FFmpeg."""
