# SPDX-License-Identifier: GPL-3.0-or-later
"""Timeline to scene to frames."""
