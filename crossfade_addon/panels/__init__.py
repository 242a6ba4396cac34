# SPDX-License-Identifier: GPL-3.0-or-later
"""The Crossfade tab: panels draw and nothing else."""
