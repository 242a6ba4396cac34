# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error Crossfade raises on purpose, and the exit code each one means.

::

    CrossfadeError                     1
    ├── BriefError                     2   bad arguments, bad settings
    │   └── FileMissing                2   an input file is missing, empty or cannot be read
    ├── ToolMissing                    7   FFmpeg, a codec, a system library, a package
    ├── LibraryError                   3
    │   └── SongNotFound               3
    ├── BatchError                     8   some songs of a batch failed; the others are done
    └── PipelineError                  1
        └── StageError                 1   (stage, original_error, hint)
            ├── DirectorError          3
            ├── StudioError            4
            ├── EncodeError            5
            └── VerifyError            6
    Cancelled                        130   a request, not an error

A message says what failed, on which file or value; ``hint`` says what to do about it.
"""

from __future__ import annotations


class CrossfadeError(Exception):
    """Root of the tree. ``str(error)`` is one line for people; ``hint`` is the remedy, or ``""``."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip() if self.hint else self.message


class BriefError(CrossfadeError):
    """What was asked for cannot be made: an argument, a setting or an input file is wrong."""

    exit_code = 2


class FileMissing(BriefError):
    """An input file is missing, empty or cannot be read: all else that was asked for may be right."""


class BatchError(CrossfadeError):
    """Some songs of a batch failed; what the others made is kept."""

    exit_code = 8


class ToolMissing(CrossfadeError):
    """A program, codec, system library or package that the job needs is not on this machine."""

    exit_code = 7


class LibraryError(CrossfadeError):
    """The song library cannot be read or written."""

    exit_code = 3


class SongNotFound(LibraryError):
    """No song with this id is in the library."""


class PipelineError(CrossfadeError):
    """The job failed after it had started."""


class StageError(PipelineError):
    """A stage of the job failed.

    Parameters
    ----------
    message : str
        What failed, on which file or value.
    stage : str
        ``director``, ``studio``, ``encode`` or ``verify``; the class's own by default.
    original_error : BaseException or None
        The cause, when another library raised it.
    hint : str
        What to do.
    """

    stage = "pipeline"

    def __init__(
        self,
        message: str,
        *,
        stage: str = "",
        original_error: BaseException | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.stage = stage or type(self).stage
        self.original_error = original_error


class DirectorError(StageError):
    """The song could not be decoded or analysed."""

    stage = "director"
    exit_code = 3


class StudioError(StageError):
    """The show could not be built or rendered."""

    stage = "studio"
    exit_code = 4


class EncodeError(StageError):
    """A deliverable could not be encoded."""

    stage = "encode"
    exit_code = 5


class VerifyError(StageError):
    """A deliverable was made but is not what its platform wants; the files are kept."""

    stage = "verify"
    exit_code = 6


class Cancelled(Exception):
    """The user stopped the job."""

    exit_code = 130


BY_NAME: dict[str, type[CrossfadeError]] = {
    c.__name__: c
    for c in (
        CrossfadeError,
        BriefError,
        FileMissing,
        ToolMissing,
        LibraryError,
        SongNotFound,
        PipelineError,
        DirectorError,
        StudioError,
        EncodeError,
        VerifyError,
    )
}
"""Errors that a child process may report by name."""
