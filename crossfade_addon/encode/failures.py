# SPDX-License-Identifier: GPL-3.0-or-later
"""What FFmpeg's standard error means for people: one clear line and a remedy."""

from __future__ import annotations

import re

from ..errors import EncodeError

_HINTS = (
    ("No space left on device", "Free disk space, or choose another output folder."),
    ("Disk quota exceeded", "Free disk space, or choose another output folder."),
    ("File too large", "Choose an output folder whose file system takes larger files."),
    ("Permission denied", "Check the permissions of the output folder and of the input files."),
    ("Read-only file system", "Choose another output folder."),
    ("File name too long", "Choose a shorter song id or folder."),
    ("Cannot allocate memory", "Close other programs, or choose fewer platforms at once."),
    ("No such file or directory", "Check that the audio file and the frames are still there."),
    ("matches no streams", "The audio file has no sound; choose another one."),
    ("Invalid data found", "A frame or the audio file is damaged; render the frame or export the audio again."),
)
_DISK = ("No space left on device", "Disk quota exceeded", "File too large")
_NOISE = re.compile(
    r"Conversion failed!|Exiting normally|Task finished with error|Terminating thread|Nothing was written"
    r"|Could not open encoder before EOF|Error while opening encoder|Error sending frames to consumers"
    r"|Error (while filtering|muxing a packet|writing trailer|closing file)|Last message repeated|^\s"
)
"""Lines that only follow from the one that says what happened."""
_PREFIX = re.compile(r"^(\[[^\]]*\]\s*)+")


def failure(what: str, code: int, stderr: str, *, needed_mb: float = 0.0) -> EncodeError:
    """The error for a command that ended badly.

    Parameters
    ----------
    what : str
        What was being made.
    needed_mb : float
        How large the file may become; said when the disk is full.
    """
    lines = [line.rstrip() for line in stderr.splitlines() if line.strip()]
    for phrase, hint in _HINTS:
        for line in reversed(lines):
            if phrase in line:
                if phrase in _DISK:
                    needed = f" The file may need up to {needed_mb:.0f} MB." if needed_mb else ""
                    return EncodeError(f"{what} failed: {phrase}.", hint=hint + needed)
                return EncodeError(f"{what} failed: {_clean(line)}.", hint=hint)
    telling = [line for line in lines if not _NOISE.search(line)]
    reason = _clean((telling or lines or [""])[-1])
    if not reason or code < 0:
        ending = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        reason = f"FFmpeg {ending}" + (f" ({reason})" if reason else "")
    return EncodeError(f"{what} failed: {reason}.", hint="FFmpeg's full output is in the job folder's stderr.txt.")


def _clean(line: str) -> str:
    return _PREFIX.sub("", line).strip().rstrip(".")[:300]
