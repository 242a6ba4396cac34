# SPDX-License-Identifier: GPL-3.0-or-later
"""NLA tracks and strips: found again in a new show by action and time, since their numbers change from show to show."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .. import compat
from . import blocks, curves, values

NEAR_S = 0.5
"""How far from its old place, in seconds, a strip or a marker of another show is still the same."""
_FIELD_NAMES = (
    "name mute blend_type extrapolation repeat scale action_frame_start action_frame_end use_auto_blend "
    "blend_in blend_out use_reverse use_animated_influence use_animated_time use_animated_time_cyclic "
    "use_sync_length influence frame_start frame_end"
)
_FIELDS = _FIELD_NAMES.split()


def read(block: Any) -> dict[str, dict[str, Any]]:
    """Tracks (``track|name``) and strips (``strip|track|name``) of a datablock; tracks of one name are numbered."""
    animation = getattr(block, "animation_data", None)
    found: dict[str, dict[str, Any]] = {}
    seen: Counter[str] = Counter()
    for track in animation.nla_tracks if animation is not None else ():
        number = seen[track.name]
        seen[track.name] += 1
        end, which = (f"|{number}", {"number": number}) if number else ("", {})
        found[f"track|{track.name}{end}"] = {"name": track.name, "mute": track.mute, "is_solo": track.is_solo, **which}
        for strip in track.strips:
            found[f"strip|{track.name}|{strip.name}{end}"] = {**_read_strip(track, strip), **which}
    return found


def _track(animation: Any, name: str, of: dict[str, Any]) -> Any:
    """The track of that name and the number among its namesakes that a track or strip was read with, or None."""
    alike = [track for track in animation.nla_tracks if track.name == name]
    number = of.get("number", 0)
    return alike[number] if number < len(alike) else None


def _new_track(animation: Any, name: str) -> Any:
    track = animation.nla_tracks.new()
    track.name = name
    return track


def put(
    block: Any,
    was: dict[str, Any] | None,
    value: dict[str, Any] | None,
    lookup: blocks.Lookup,
    fps: float,
    ratio: float,
) -> bool:
    """Change, remove or add a track or strip.

    Parameters
    ----------
    was : dict or None
        As it was built; None for one that the artist added.
    value : dict or None
        As the artist left it; None for one that was deleted.
    fps, ratio : float
        Frames a second now, and these by those when it was kept.
    """
    animation = block.animation_data or block.animation_data_create()
    if "action" not in (value or was or {}):
        return _put_track(animation, was, value)
    if was is None:
        return value is not None and _add(animation, value, lookup, ratio)
    found = _find(animation, was, fps, ratio)
    if found is None:  # when its track is gone, so is the strip
        return value is None and _track(animation, was["track"], was) is None
    track, strip = found
    if value is None:
        track.strips.remove(strip)
        return True
    if value["track"] != was["track"]:
        track.strips.remove(strip)
        return _add(animation, value, lookup, ratio)
    _write(strip, {k: v for k, v in value.items() if v != was.get(k)}, lookup, ratio)
    return True


def _read_strip(track: Any, strip: Any) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(strip, name) for name in _FIELDS if hasattr(strip, name)}
    found["track"] = track.name
    found["action"] = blocks.reference(strip.action)
    found["slot"] = compat.slot_name(strip)
    influence = strip.fcurves.find("influence") if strip.use_animated_influence else None
    if influence is not None:
        found.pop("influence")
        found["curve"] = curves.keep(influence)
    return found


def _put_track(animation: Any, was: dict[str, Any] | None, value: dict[str, Any] | None) -> bool:
    of = was or value or {}
    track = _track(animation, of["name"], of)
    if value is None:
        if track is not None:
            animation.nla_tracks.remove(track)
        return track is not None
    if track is None:
        if was is not None:
            return False
        track = _new_track(animation, value["name"])
    track.mute = value["mute"]
    track.is_solo = value["is_solo"]
    return True


def _find(animation: Any, was: dict[str, Any], fps: float, ratio: float) -> tuple[Any, Any] | None:
    """The strip of the same action on the same track that is nearest to where it was, and near enough."""
    track = _track(animation, was["track"], was)
    place = 1 + (was["frame_start"] - 1) * ratio
    near = [s for s in (track.strips if track is not None else ()) if blocks.reference(s.action) == was["action"]]
    strip = min(near, key=lambda s: abs(s.frame_start - place), default=None)
    if strip is None or abs(strip.frame_start - place) > NEAR_S * fps:
        return None
    return track, strip


def _add(animation: Any, value: dict[str, Any], lookup: blocks.Lookup, ratio: float) -> bool:
    track = _track(animation, value["track"], value) or _new_track(animation, value["track"])
    try:
        action = lookup.find(value["action"])
        end = max((strip.frame_end for strip in track.strips), default=0.0)
        strip = track.strips.new(value["name"], int(max(end, value["frame_start"])) + 1, action)
    except (KeyError, RuntimeError):
        return False
    _write(strip, value, lookup, ratio)
    return True


def _write(strip: Any, wanted: dict[str, Any], lookup: blocks.Lookup, ratio: float) -> None:
    wanted = dict(wanted)
    for name in ("frame_start", "frame_end"):
        if name in wanted:
            wanted[name] = 1 + (wanted[name] - 1) * ratio
    if "frame_end" in wanted and "frame_start" in wanted:
        # A strip's start or end alone would change its scale: first the length, then the place.
        strip.frame_end = max(wanted["frame_end"], strip.frame_start + 0.01)
    values.write(
        strip, {n: wanted[n] for n in _FIELDS if n in wanted and n not in ("frame_start", "frame_end")}, lookup
    )
    for name in ("frame_end", "frame_start", "frame_end"):
        if name in wanted:
            setattr(strip, name, wanted[name])
    compat.assign_strip_slot(strip, strip.action)
    if "curve" in wanted and (curve := strip.fcurves.find("influence")) is not None:
        curves.fill(curve, wanted["curve"], lookup, ratio)
