# SPDX-License-Identifier: GPL-3.0-or-later
"""What every command line of Crossfade does alike: wrong arguments and errors are one clear line, with an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from .errors import BriefError, Cancelled, CrossfadeError
from .jobs import signals_cancel
from .names import shown


class Parser(argparse.ArgumentParser):
    """argparse with our error class, so that a wrong argument is one clear line."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of exiting."""
        raise BriefError(f"{message[:1].upper()}{message[1:]}.", hint=f"See {self.prog} --help.")


def run(command: Callable[[Sequence[str]], int], argv: Sequence[str]) -> int:
    """Run a command and return its exit code; errors are printed, never raised."""
    with signals_cancel():
        try:
            return command(argv)
        except (Cancelled, KeyboardInterrupt):
            return complain("cancelled.", Cancelled.exit_code)
        except CrossfadeError as error:
            return complain(f"error: {error}", error.exit_code)
        except BrokenPipeError:
            # The reader has gone (`| head`): nothing more can be said, not even by Python's last flush.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except SystemExit as stop:
            return stop.code if isinstance(stop.code, int) else 0


def complain(text: str, code: int) -> int:
    """Say a line on standard error, after all that standard output was told; returns ``code``."""
    sys.stdout.flush()
    sys.stderr.write(shown(f"crossfade: {text}\n"))
    sys.stderr.flush()
    return code
