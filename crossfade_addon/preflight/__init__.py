# SPDX-License-Identifier: GPL-3.0-or-later
"""Before a job: everything that would stop it, what it will cost, and what to do, as a list of checks.

:mod:`.quick` is what every job looks at first; :mod:`.full` also opens the song and times some frames.
"""
