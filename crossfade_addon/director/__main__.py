# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m crossfade_addon.director SONG... [--json]``: hear songs and print what was heard."""

from __future__ import annotations

import os
import signal
import sys


def main() -> int:
    """Set the process up, for quiet cancelling and one thread, before anything heavy is imported."""
    # An exception raised between two imports can get lost in Python's import machinery; there is nothing to clean yet.
    signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(130))
    from ..jobs import ONE_THREAD

    os.environ.update(ONE_THREAD)
    from .command import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
