# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs and what was learned about them: pure, no Blender."""
