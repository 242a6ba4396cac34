# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at a show before it is rendered: which parts, which pictures, and a quick film of eight bars."""
