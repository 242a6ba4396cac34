# SPDX-License-Identifier: GPL-3.0-or-later
"""The usage manifest of an event: what of whom is used, how it was changed, and what has to be cleared.

Written twice, for people (``.txt``) and for programs (``.json``). It states facts and whom to ask; it is no legal
advice and says so.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..content import sha256_steps, write_whole
from ..jobs import Progress, told
from ..names import json_text, shown
from . import caption_job, tags
from .bench import unwritten
from .job import Deliverables, EncodeJob
from .manifest_words import ASK_FOR, NO_ADVICE, WHOLE, changes, manifest_text, to_clear
from .platforms import Platform
from .report import Check

SCHEMA = 1
STAGE = "encode"
SOUND_NOTES = "sound.json"
"""In the encoder's folder: what was done to the sound of each platform, if it says."""
MOVIE = "Movie"
"""How the kinds of finished movies among the assets begin."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that is not part of Crossfade and went into the videos; ``kind`` is what people call it."""

    kind: str
    path: Path


def manifest_steps(
    job: EncodeJob, made: Deliverables, assets: Iterable[Asset]
) -> Generator[Progress, None, Deliverables]:
    """Write the manifest of the videos that were ``made``; those of an earlier job that are still there stay in it.

    Raises
    ------
    EncodeError
        When it cannot be written.
    """
    said = Progress(STAGE, 1.0, "Writing the usage manifest")
    folder = job.work / STAGE
    yield said
    found = yield from tags.read_steps(job.ffmpeg, job.audio, folder / "tags", said)
    song_hash = yield from told(sha256_steps(job.audio), lambda _: said)
    sounds = _sounds(folder / SOUND_NOTES)
    uses = []
    for name, platform in job.platforms.items():
        path = made.get(f"video_{name}")
        if path is not None:
            digest = yield from told(sha256_steps(path), lambda _: said)
            uses.append(_use(job, platform, path, digest, sounds.get(name)))
    text_path = manifest_path(job)
    json_path = text_path.with_suffix(".json")
    others = yield from _kept(json_path, job, song_hash, {use["file"] for use in uses}, said)
    listed = []
    for asset in assets:
        digest = (yield from told(sha256_steps(asset.path), lambda _: said)) if asset.path.is_file() else ""
        listed.append({"kind": asset.kind, "file": shown(asset.path.name), "sha256": digest})
    data = _data(job, song_hash, found, sorted([*uses, *others], key=lambda use: use["file"]), listed)
    made_here = {"manifest": text_path, "manifest_json": json_path}
    _write(json_path, json_text(data, indent=1) + "\n")
    _write(text_path, manifest_text(data))
    return made_here


def manifest_path(job: EncodeJob) -> Path:
    """Where the manifest for people goes."""
    return job.output_dir / "manifests" / f"{job.song_id}_manifest.txt"


def manifest_checks(key: str, text: str, job: EncodeJob) -> tuple[Check, ...]:
    """Whether a manifest (``manifest`` or ``manifest_json``) names the song and every video of the job."""
    fix = "Make the files again."
    if key == "manifest_json":
        try:
            data = json.loads(text)
            there = {use["file"] for use in data["uses"]} if data["schema"] == SCHEMA else set()
        except (ValueError, KeyError, TypeError) as error:
            return (Check("Manifest", f"JSON, schema {SCHEMA}", f"not readable: {error}", False, fix=fix),)
    else:
        there = {job.video_path(name).name for name in job.platforms if f"  {job.video_path(name).name}  (" in text}
    missing = [job.video_path(name).name for name in job.platforms if job.video_path(name).name not in there]
    hash_there = not job.timeline.meta.audio_sha256 or job.timeline.meta.audio_sha256 in text
    return (
        Check("Videos listed", "all", ", ".join(missing) + " missing" if missing else "all", not missing, fix=fix),
        Check("Song identified", "by SHA-256", "yes" if hash_there else "other song", hash_there, fix=fix),
    )


def _use(
    job: EncodeJob, platform: Platform, path: Path, digest: str, sound: Mapping[str, Any] | None
) -> dict[str, Any]:
    recipe, song_s = job.recipe(platform), job.timeline.meta.duration_sec
    share = min(1.0, recipe.seconds / song_s) if song_s > 0 else 1.0
    half_a_frame = float(0.5 / recipe.fps)
    whole = recipe.start <= half_a_frame and recipe.end >= song_s - half_a_frame
    spot = WHOLE if whole else f"{_exact(recipe.start)} to {_exact(recipe.end)}, {share:.0%} of the song"
    return {
        "file": path.name,
        "platform": platform.label,
        "sha256": digest,
        "bytes": path.stat().st_size,
        "from_s": round(recipe.start, 3),
        "to_s": round(recipe.end, 3),
        "seconds": round(recipe.seconds, 3),
        "part": spot,
        "length": f"{recipe.seconds:.2f} s",
        "picture": f"{recipe.width}x{recipe.height}, {float(recipe.fps):g} frames per second",
        "sound": _sound_words(job, platform, sound),
        "gain_db": 0.0 if platform.audio == "none" else (sound or {}).get("gain_db"),
        "limiter": bool((sound or {}).get("limit_db") is not None),
        "captions": "the words are burned into the picture" if caption_job.boxes(job, recipe) else "",
    }


def _sound_words(job: EncodeJob, platform: Platform, sound: Mapping[str, Any] | None) -> str:
    if platform.audio == "none":
        return "none: the video is silent, the song gives only its timing"
    words = [f"AAC {platform.audio_kbps} kb/s"]
    if sound is None:
        words.append("one constant gain")
    elif sound.get("gain_db"):
        words.append(f"one constant gain of {sound['gain_db']:+.1f} dB")
    else:
        words.append("level unchanged")
    if (sound or {}).get("limit_db") is not None:
        words.append(f"peaks limited at {(sound or {})['limit_db']:.1f} dB")
    clip = job.clip(platform.name)
    if clip.fade_out_s:
        words.append(f"faded out over {clip.fade_out_s:g} s")
    return ", ".join(words)


def _data(
    job: EncodeJob, song_hash: str, found: Mapping[str, str], uses: list[dict[str, Any]], assets: list[dict[str, str]]
) -> dict[str, Any]:
    meta = job.timeline.meta
    sings = any(use["captions"] for use in uses) or (job.with_captions and bool(job.timeline.lyrics.lines))
    has_movies = any(asset["kind"].startswith(MOVIE) for asset in assets)
    return {
        "schema": SCHEMA,
        "song": {
            "file": shown(job.audio.name),
            "sha256": song_hash,
            "seconds": round(meta.duration_sec, 3),
            "title": tags.one_line(meta.title),
            "artist": tags.one_line(meta.artist),
            "isrc": found.get("isrc", ""),
            "tags": dict(found),
        },
        "uses": uses,
        "changes": changes(uses, has_words=sings, has_movies=has_movies),
        "assets": assets,
        "to_clear": to_clear(has_words=sings, has_assets=bool(assets)),
        "ask_for": ASK_FOR,
        "note": NO_ADVICE,
    }


def _sounds(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _kept(
    json_path: Path, job: EncodeJob, song_hash: str, new: set[str], said: Progress
) -> Generator[Progress, None, list[dict[str, Any]]]:
    """What an earlier manifest says of videos of the same song that this job did not make and nobody changed."""
    try:
        data = json.loads(json_path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA or data["song"]["sha256"] != song_hash:
            return []
        known = [(use, job.renders / Path(use["file"]).name, use["sha256"]) for use in data["uses"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    kept = []
    for use, path, digest in known:
        if path.name not in new and path.is_file() and (yield from told(sha256_steps(path), lambda _: said)) == digest:
            kept.append(use)
    return kept


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text)
    except OSError as error:
        raise unwritten(path, error) from error


def _exact(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 2), 60)
    return f"{int(minutes)}:{rest:05.2f}"
