# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of files that are not UTF-8, as old disks have them.

Python keeps each byte that it cannot read as half a character (a surrogate), with which the path still leads to the
file, but which no text file, window or terminal takes.
"""

from __future__ import annotations

import re
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")


def shown(text: str) -> str:
    """The text as people see it: U+FFFD in the place of what is no character."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)


def json_text(data: Any, **layout: Any) -> str:
    """JSON for files and pipes, its characters as they are; paths in it still lead to their files when read again.

    ``layout`` are arguments of ``json.dumps``.
    """
    import json  # the panel needs only names

    text = json.dumps(data, ensure_ascii=False, **layout)
    return text if text.isascii() else _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)
