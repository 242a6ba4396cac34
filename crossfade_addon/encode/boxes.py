# SPDX-License-Identifier: GPL-3.0-or-later
"""MP4 boxes: what ISO/IEC 14496-12 says about a file, read by ourselves (sizes in bytes, times in seconds).

FFmpeg's text output does not tell the order of the boxes, the edit lists or the level, and a second opinion on
sizes and counts costs little. Damaged files give an empty or partial answer and never an exception.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .h264 import Sps, parse_sps

_LARGEST_BOX = 64 << 20
"""A table that claims more than this is damaged: 64 MB hold the sizes of 150 hours of frames."""
_IDENTITY = (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
_TEXT_TAGS = {b"\xa9nam": "title", b"\xa9ART": "artist", b"\xa9too": "encoder", b"\xa9cmt": "comment"}
_IDR = 5


@dataclass(frozen=True, slots=True)
class Track:
    """One track; what its kind does not have is ``""``, 0, () or None.

    ``handler`` is ``vide``, ``soun`` or another; ``codec`` the sample entry (``avc1``, ``mp4a``). ``profile`` and
    ``level`` are the numbers of the avcC box (100 is High, 42 is 4.2). ``object_type`` is the MPEG-4 audio object
    type (2 is AAC-LC). ``all_idr`` is whether every sync sample holds an IDR picture, None when that was not read.
    """

    handler: str
    codec: str
    seconds: float
    samples: int
    sync_samples: tuple[int, ...]
    edits: int
    rotated: bool
    width: int = 0
    height: int = 0
    profile: int = 0
    level: int = 0
    sps: Sps | None = None
    channels: int = 0
    sample_rate: int = 0
    object_type: int = 0
    all_idr: bool | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole file.

    ``brand`` is ``""`` for anything but MP4 and QuickTime. ``faststart``: the index (``moov``) precedes the media
    (``mdat``). ``whole``: the boxes end exactly where the file does. ``fragmented``: it holds ``moof`` boxes.
    """

    brand: str
    brands: tuple[str, ...]
    faststart: bool
    fragmented: bool
    whole: bool
    edit_lists: int
    tracks: tuple[Track, ...]
    tags: dict[str, str]

    def of(self, handler: str) -> Track | None:
        """The first track of a kind."""
        return next((track for track in self.tracks if track.handler == handler), None)


def read_layout(path: Path) -> Layout:
    """Walk through the boxes of a file.

    Raises
    ------
    OSError
        When it cannot be opened.
    """
    size = path.stat().st_size
    order: list[bytes] = []
    brands: tuple[str, ...] = ()
    tracks: list[Track] = []
    tags: dict[str, str] = {}
    reached = 0
    with path.open("rb") as file:
        for kind, start, stop in _boxes(file, 0, size):
            order.append(kind)
            reached = stop
            if kind == b"ftyp":
                content = _read(file, start, stop)
                brands = tuple(_text(content[i : i + 4]) for i in (0, *range(8, len(content) - 3, 4)))
            elif kind == b"moov":
                for child, inner, end in _boxes(file, start, stop):
                    if child == b"trak":
                        tracks.append(_track(file, inner, end))
                    elif child == b"udta":
                        tags |= _tags(file, inner, end)
        if reached < size:  # what the end of the file cuts off still has its place in the order
            order.append(_read(file, reached, reached + 8)[4:])
    return Layout(
        brand=brands[0] if brands else "",
        brands=brands[1:],
        faststart=b"moov" in order and b"mdat" in order and order.index(b"moov") < order.index(b"mdat"),
        fragmented=b"moof" in order,
        whole=bool(order) and reached == size,
        edit_lists=sum(track.edits > 0 for track in tracks),
        tracks=tuple(tracks),
        tags=tags,
    )


def _track(file: BinaryIO, start: int, stop: int) -> Track:
    header = _find(file, start, stop, b"tkhd")
    media = _find(file, start, stop, b"mdia", b"mdhd")
    handler = _find(file, start, stop, b"mdia", b"hdlr")
    edit = _range(file, start, stop, b"edts", b"elst")
    table = _range(file, start, stop, b"mdia", b"minf", b"stbl") or (0, 0)
    timescale, units = _numbers(media, ">II", 12, ">IQ", 20)
    sizes = _find(file, *table, b"stsz")
    count = _number(sizes, 8)
    sync = _table(_find(file, *table, b"stss"), 1)
    fields: dict[str, object] = {}
    entry = _range(file, *table, b"stsd")
    if entry:
        # the table of sample descriptions has 8 bytes before its first box
        kind, inner, end = next(_boxes(file, entry[0] + 8, entry[1]), (b"", 0, 0))
        fields["codec"] = _text(kind)
        if _text(handler[8:12]) == "vide":
            fields |= _video_entry(file, inner, end)
        elif _text(handler[8:12]) == "soun":
            fields |= _sound_entry(file, inner, end)
        if fields.get("codec") == "avc1":
            keys = tuple(number - 1 for number in sync) or tuple(range(count))
            fields["all_idr"] = _all_idr(file, table, sizes, keys)
    return Track(
        handler=_text(handler[8:12]),
        codec=str(fields.pop("codec", "")),
        seconds=units / timescale if timescale else 0.0,
        samples=count,
        sync_samples=tuple(sync),
        edits=1 if edit else 0,
        rotated=_is_rotated(header),
        **fields,  # type: ignore[arg-type]
    )


def _video_entry(file: BinaryIO, start: int, stop: int) -> dict[str, object]:
    """Size, profile, level and sequence parameters of a video sample entry."""
    content = _read(file, start, min(stop, start + 78))
    avcc = next((_read(file, a, b) for kind, a, b in _boxes(file, start + 78, stop) if kind == b"avcC"), b"")
    fields: dict[str, object] = {"width": _short(content, 24), "height": _short(content, 26)}
    if len(avcc) > 8:
        length = _short(avcc, 6)
        fields |= {"profile": avcc[1], "level": avcc[3], "sps": parse_sps(avcc[8 : 8 + length])}
    return fields


def _sound_entry(file: BinaryIO, start: int, stop: int) -> dict[str, object]:
    """Channels, rate and MPEG-4 object type of a sound sample entry."""
    content = _read(file, start, min(stop, start + 28))
    esds = next((_read(file, a, b) for kind, a, b in _boxes(file, start + 28, stop) if kind == b"esds"), b"")
    object_type, channels = _sound_config(esds[4:])
    # the entry itself says 2 channels for mono, too
    return {
        "channels": channels or _short(content, 16),
        "sample_rate": _short(content, 24),
        "object_type": object_type,
    }


def _sound_config(descriptors: bytes) -> tuple[int, int]:
    """Audio object type and channels of the AudioSpecificConfig; (0, 0) when this is not MPEG-4 audio."""
    at, is_mpeg4 = 0, False
    while at + 2 <= len(descriptors):
        tag, at = descriptors[at], at + 1
        length = 0
        while at < len(descriptors):
            byte, at = descriptors[at], at + 1
            length = length << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        if tag == 3:  # ES_Descriptor: 3 bytes and its optional fields, then the nested ones
            flags = descriptors[at + 2] if at + 2 < len(descriptors) else 0
            at += 3 + (2 if flags & 0x80 else 0) + (2 if flags & 0x20 else 0)
        elif tag == 4:  # DecoderConfigDescriptor
            is_mpeg4 = descriptors[at : at + 1] == b"\x40"
            at += 13
        elif tag == 5 and is_mpeg4 and at + 1 < len(descriptors):
            return descriptors[at] >> 3, descriptors[at + 1] >> 3 & 0xF
        else:
            at += length
    return 0, 0


def _all_idr(file: BinaryIO, table: tuple[int, int], sizes: bytes, keys: tuple[int, ...]) -> bool | None:
    """Whether the slices of every key sample are those of an IDR picture; None when the tables make no sense."""
    offsets = _sample_offsets(file, table, sizes, keys)
    if len(offsets) != len(keys) or not keys:
        return None
    return all(_first_slice(file, offset, size) == _IDR for offset, size in offsets)


def _sample_offsets(
    file: BinaryIO, table: tuple[int, int], sizes: bytes, wanted: tuple[int, ...]
) -> list[tuple[int, int]]:
    """Place and size of some samples (counted from 0, ascending)."""
    chunks = _table(_find(file, *table, b"stco"), 1) or _table(_find(file, *table, b"co64"), 1, ">Q")
    runs = _table(_find(file, *table, b"stsc"), 3)
    uniform, listed = _number(sizes, 4), _table(sizes[4:], 1)
    found: list[tuple[int, int]] = []
    needed = iter(wanted)
    goal = next(needed, None)
    sample = 0
    for index, offset in enumerate(chunks, 1):
        while len(runs) > 3 and runs[3] <= index:
            runs = runs[3:]
        for _ in range(runs[1] if len(runs) > 1 else 0):
            if goal is None or not (uniform or sample < len(listed)):
                return found
            size = uniform or listed[sample]
            if sample == goal:
                found.append((offset, size))
                goal = next(needed, None)
            offset += size
            sample += 1
    return found


def _first_slice(file: BinaryIO, offset: int, size: int) -> int:
    """NAL type of the first slice (1 to 5) of an H.264 sample whose lengths have four bytes; 0 for none."""
    at = offset
    while at + 5 <= offset + size:
        head = _read(file, at, at + 5)
        if len(head) < 5:
            return 0
        if 1 <= (kind := head[4] & 0x1F) <= _IDR:
            return kind
        at += 4 + int.from_bytes(head[:4], "big")
    return 0


def _tags(file: BinaryIO, start: int, stop: int) -> dict[str, str]:
    """Text tags of a ``udta`` box in the form that iTunes writes; unknown ones under their own four letters."""
    meta = _range(file, start, stop, b"meta")
    listed = _range(file, meta[0] + 4, meta[1], b"ilst") if meta else None
    tags = {}
    if meta and listed:
        for kind, inner, end in _boxes(file, *listed):
            content = _find(file, inner, end, b"data")
            tags[_TEXT_TAGS.get(kind, _text(kind))] = content[8:].decode("utf-8", errors="replace")
    for kind, _, _ in _boxes(file, start, stop):
        if kind not in (b"meta", b"\0\0\0\0"):
            tags.setdefault(_text(kind), "")
    return tags


def _is_rotated(header: bytes) -> bool:
    at = 52 if header[:1] == b"\1" else 40
    matrix = header[at : at + 36]
    return len(matrix) == 36 and struct.unpack(">9i", matrix) != _IDENTITY


def _numbers(content: bytes, short: str, at: int, long: str, long_at: int) -> tuple[int, ...]:
    """Two numbers whose place and width depend on the box's version."""
    form, at = (long, long_at) if content[:1] == b"\1" else (short, at)
    return struct.unpack_from(form, content, at) if len(content) >= at + struct.calcsize(form) else (0, 0)


def _number(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 4], "big")


def _short(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 2], "big")


def _table(content: bytes, columns: int, form: str = ">I") -> list[int]:
    """All numbers of a counted table, as far as they are there."""
    width = struct.calcsize(form)
    count = min(_number(content, 4) * columns, max(0, len(content) - 8) // width)
    return list(struct.unpack_from(f">{count}{form[1]}", content, 8)) if count else []


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


def _range(file: BinaryIO, start: int, stop: int, *kinds: bytes) -> tuple[int, int] | None:
    """Where the content of a nested box is, by its path."""
    for kind in kinds:
        for found, inner, end in _boxes(file, start, stop):
            if found == kind:
                start, stop = inner, end
                break
        else:
            return None
    return start, stop


def _find(file: BinaryIO, start: int, stop: int, *kinds: bytes) -> bytes:
    """Content of a nested box; empty when there is none."""
    place = _range(file, start, stop, *kinds)
    return _read(file, *place) if place else b""


def _read(file: BinaryIO, start: int, stop: int) -> bytes:
    file.seek(start)
    return file.read(min(stop - start, _LARGEST_BOX))


def _boxes(file: BinaryIO, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, start and end of the content) of the boxes in a range; ends at the first that makes no sense."""
    while start + 8 <= stop:
        file.seek(start)
        header = file.read(16)
        size, kind, content = int.from_bytes(header[:4], "big"), header[4:8], start + 8
        if size == 1:  # a 64-bit size follows the type
            size, content = int.from_bytes(header[8:16], "big"), start + 16
        elif size == 0:  # to the end of the file
            size = stop - start
        if size < content - start or start + size > stop:
            return
        yield kind, content, start + size
        start += size
