# SPDX-License-Identifier: GPL-3.0-or-later
"""What every step of an encode job works with: its place, its progress, its programs, and files that are whole."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import EncodeError
from ..jobs import Child, Clock, Progress, wait
from .encoders import Encoder, Target
from .job import EncodeJob
from .ledger import Ledger

STAGE = "encode"


@dataclass(slots=True)
class Meter:
    """Work done so far, in frames."""

    total: int
    done: int = 0
    clock: Clock = field(default_factory=Clock)

    def report(self, extra: int, message: str, *, notice: bool = False) -> Progress:
        """Where the job is, with ``extra`` units of the running step."""
        fraction = min(1.0, (self.done + extra) / max(1, self.total))
        return Progress(STAGE, fraction, message, self.clock.eta(fraction), notice)


@dataclass(slots=True)
class Bench:
    """What every step of one job needs.

    ``book`` tells what earlier runs made, ``encoders`` are those that proved themselves, ``song_sha256`` is the song's
    once it was read.
    """

    job: EncodeJob
    folder: Path
    meter: Meter
    book: Ledger
    song_sha256: str = ""
    encoders: dict[Target, Encoder] = field(default_factory=dict)

    def run(
        self, command: list[str], folder: Path, message: str, where: Callable[[], int] = lambda: 0
    ) -> Generator[Progress, None, tuple[int, Child]]:
        """Run a command to its end; ``where`` tells how many units of work it has done."""
        child = Child(command, folder, name="FFmpeg")
        code = yield from wait(child, lambda: self.meter.report(where(), message))
        return code, child

    def notice(self, message: str) -> Progress:
        """Something that the user should read."""
        return self.meter.report(0, message, notice=True)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A ``.part`` to write to, which becomes ``path`` when the block ends well and is removed when not."""
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise unwritten(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def unwritten(path: Path, error: OSError) -> EncodeError:
    """What to say of a file that cannot be written."""
    text = f"{path} could not be written: {error.strerror}."
    return EncodeError(text, original_error=error, hint="Check space and permissions.")
