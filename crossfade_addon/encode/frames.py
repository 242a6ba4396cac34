# SPDX-License-Identifier: GPL-3.0-or-later
"""Frame sequences: numbered pictures of one aspect, where frame n shows second ``timing.seconds_at(n)``."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..errors import EncodeError
from ..frames import ENDS, ends_of


@dataclass(frozen=True, slots=True)
class FrameSequence:
    """Rendered pictures ``<prefix><number><suffix>``, the number padded with zeros to ``digits``.

    Parameters
    ----------
    first_frame, count : int
        Scene frame of the first picture, and how many follow each other without a gap.
    width, height : int
        Size of the pictures in pixels.
    digits : int
        Least digits of the number; longer numbers are written in full, as Blender does for a path without ``#``.
    """

    folder: Path
    first_frame: int
    count: int
    fps: Fraction
    width: int
    height: int
    prefix: str = "frame_"
    suffix: str = ".jpg"
    digits: int = 4

    @property
    def is_video(self) -> bool:
        """Whether the pictures are video as it is delivered: PNG and JPEG are not."""
        return False

    def path(self, frame: int) -> Path:
        """File of one scene frame."""
        return self.folder / f"{self.prefix}{frame:0{self.digits}d}{self.suffix}"

    def part(self, first_frame: int, count: int) -> FrameSequence:
        """The same pictures, only these frames.

        Raises
        ------
        EncodeError
            When the sequence does not hold all of them.
        """
        end, own_end = first_frame + count, self.first_frame + self.count
        if first_frame < self.first_frame or end > own_end or count < 1:
            raise EncodeError(
                f"Frames {first_frame} to {end - 1} are needed, but {self.folder} holds "
                f"{self.first_frame} to {own_end - 1}.",
                hint="Render the missing frames.",
            )
        return FrameSequence(
            self.folder, first_frame, count, self.fps, self.width, self.height, self.prefix, self.suffix, self.digits
        )

    def inputs(self) -> list[str]:
        """FFmpeg's arguments that open exactly these pictures as one input."""
        reader = ["-f", "image2", "-framerate", str(self.fps), "-start_number", str(self.first_frame)]
        return [*reader, "-i", self.pattern()]

    def first_filters(self) -> list[str]:
        """Filters that must come before all others: none."""
        return []

    def pattern(self) -> str:
        """Input name for FFmpeg's image2 reader; a ``%`` in the folder is doubled, as that reader wants it."""
        fixed = str(self.folder.absolute() / self.prefix).replace("%", "%%")
        return f"file:{fixed}%0{self.digits}d{self.suffix.replace('%', '%%')}"


def check(sequence: FrameSequence) -> None:
    """Make sure that every picture is there and was written to its end.

    FFmpeg ends a video at the first gap, and repeats a neighbour for a damaged picture; it calls both a success.

    Raises
    ------
    EncodeError
        Naming the first picture that is missing, empty or cut short.
    """
    ends = ENDS.get(sequence.suffix.lower(), (b"", b""))
    for frame in range(sequence.first_frame, sequence.first_frame + sequence.count):
        path = sequence.path(frame)
        try:
            size, *found = ends_of(path)
        except OSError as error:
            raise EncodeError(
                f"Frame {path.name} is missing in {path.parent}.", original_error=error, hint="Render it again."
            ) from error
        if size == 0:
            raise EncodeError(f"Frame {path} is empty.", hint="Delete it and render it again.")
        if tuple(found) != ends:
            raise EncodeError(f"Frame {path} is damaged or cut short.", hint="Delete it and render it again.")
