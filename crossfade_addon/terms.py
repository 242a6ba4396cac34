# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and limits that the whole program shares.

Imports nothing: the panels need these words whenever Blender starts, and not what stands behind them.
"""

ASPECTS = ("9:16", "16:9")
SURE_FROM, FAIR_FROM, NO_BEAT_BELOW = 0.8, 0.5, 0.2
"""Confidence from which a beat grid is called sure, and fairly sure, and under which there is no beat to follow."""
TRANSLATION_CONTEXT = "Crossfade"
"""Where words are looked up that mean something else in the rest of Blender."""
AVATARS = ("nova", "bot")
"""The built-in avatars."""
THEMES = ("sponsor_neon", "award_elegant", "mashup_chaos", "chill_lofi")
"""The built-in themes."""
