# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the song library is: a folder of this user's, another folder, or a server."""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from pathlib import Path

OFFLINE = "CROSSFADE_OFFLINE"
"""Environment variable: set where Blender's *Allow Online Access* is off."""
_ADDRESS = re.compile(r"(https?):/+(.+)", re.DOTALL)


def default_library() -> Path:
    """This user's song library: ``CROSSFADE_LIBRARY``, or the system's place for program data."""
    if chosen := os.environ.get("CROSSFADE_LIBRARY"):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", str(Path.home())))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "crossfade" / "library"


def mixer_library() -> Path | None:
    """Mixer's ChromaDB folder, as ``CROSSFADE_MIXER`` names it; None when it does not."""
    chosen = os.environ.get("CROSSFADE_MIXER")
    return Path(chosen).expanduser() if chosen else None


def server_of(place: Path | str) -> str:
    """``http://host:port`` when a place is a server, else empty; a Path has lost one of the address' slashes."""
    text = place.as_posix() if isinstance(place, Path) else place
    match = _ADDRESS.fullmatch(text)
    return f"{match[1]}://{match[2]}" if match else ""


def may_reach(host: str) -> bool:
    """Whether a server on that host may be asked: one on this machine always, others unless :data:`OFFLINE` is set."""
    if not os.environ.get(OFFLINE) or host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
