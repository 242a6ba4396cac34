# SPDX-License-Identifier: GPL-3.0-or-later
"""What the picture scripts share: a song's script without a library, its show, and graded pictures of moments."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from crossfade_addon import demo_song, director, themes, timeline, timing  # noqa: E402
from crossfade_addon.brief import Brief  # noqa: E402
from crossfade_addon.content import file_sha256  # noqa: E402
from crossfade_addon.director import decode  # noqa: E402
from crossfade_addon.encode import grading, platforms  # noqa: E402
from crossfade_addon.ffmpeg import find_ffmpeg  # noqa: E402
from crossfade_addon.timeline import Timeline  # noqa: E402

CACHE = ROOT / ".cache" / "look"
FPS = Fraction(30)


def demo_audio() -> Path:
    """The built-in song as a file, synthesised on first use."""
    path = CACHE / "demo" / "first_light.wav"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        return Path(demo_song.write_demo(path.parent).audio)
    return path


def brief_for(audio: Path, theme: str, **changes: Any) -> Brief:
    """A brief for pictures: every platform, output in the cache."""
    names = tuple(platforms.load_platforms())
    brief = Brief(
        audio=audio, song_id=audio.stem.lower(), platforms=names, theme=theme, output_dir=CACHE / "out", fps=FPS
    )
    return brief.replace(**changes)


def script_of(brief: Brief) -> Timeline:
    """The Timeline of a song. Listening is done once for each song and kept in the cache."""
    sha256 = file_sha256(brief.audio)
    kept = CACHE / "heard" / f"{sha256[:16]}.{director.DIRECTOR_VERSION}.json"
    analysis = _heard(brief.audio, kept)
    rows = {n: dataclasses.asdict(p) for n, p in platforms.load_platforms().items() if n in brief.platforms}
    facts = director.SongFacts(brief.title or brief.audio.stem.replace("_", " ").title(), brief.artist, sha256)
    return director.direct(analysis, facts, brief, themes.load_theme(brief.theme), timeline.Lyrics(), rows)


def _heard(audio: Path, kept: Path) -> Any:
    import json

    if kept.is_file():
        return director.SongAnalysis.from_dict(json.loads(kept.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory() as folder:
        decoded = decode.decode(audio, find_ffmpeg(), Path(folder))
        analysis = director.analyse(decoded)
    record = analysis.to_record()  # rounds: the first film of a song must be that of every later one
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(record), encoding="utf-8")
    return director.SongAnalysis.from_dict(record)


def moment(text: str, script: Timeline) -> float:
    """Seconds of ``12.5``, ``drop``, ``drop2-0.2`` or ``build+1bar`` (events and parts, from 1; ``b``: beats).

    Raises
    ------
    SystemExit
        When the song has no such moment.
    """
    found = re.fullmatch(r"([a-z_]+?)(\d*)(?:([+-])([\d.]+)(s|bar|b)?)?", text)
    if not found:
        return float(text)
    kind, number, sign, amount, unit = found.groups()
    times = [e.t for e in script.events if e.type == kind]
    times = times or [s.start_time for s in script.audio.sections if s.section_type == kind]
    index = int(number or 1) - 1
    if index >= len(times):
        raise SystemExit(f"look: the song has no {text}")
    beat = 60 / script.beats.bpm if script.beats.bpm else 0.5
    step = {"bar": beat * script.beats.meter, "b": beat}.get(unit or "s", 1.0)
    return times[index] + (float(amount) * step if sign else 0.0) * (-1 if sign == "-" else 1)


def build(script: Timeline, brief: Brief) -> Any:
    """The show in an empty Blender file; returns :class:`studio.show.Show`."""
    import bpy

    from crossfade_addon.studio import show

    bpy.ops.wm.read_factory_settings(use_empty=True)
    return show.build(script, themes.load_theme(brief.theme), brief)


def set_up(aspect: str, shot: str, theme: str = "") -> Any:
    """A camera at rest in a set-up, whether or not the film uses it; ``theme`` says if it may tilt."""
    import bpy

    from crossfade_addon.studio import cameras, ownership

    shop = ownership.Workshop(bpy.data.collections[ownership.COLLECTION])
    can_roll = themes.load_theme(theme).roll if theme else True
    return cameras.AspectCameras(shop, aspect, can_roll=can_roll).get(shot)


def shoot(scene: Any, seconds: float, size: tuple[int, int], path: Path, *, camera: Any = None) -> Path:
    """Render one moment (ungraded PNG); ``camera`` (an object or a set-up's name) is looked through from now on."""
    import bpy

    from crossfade_addon.studio import compat, ownership

    scene.frame_set(timing.frame_at(seconds, FPS))
    if camera:
        for marker in scene.timeline_markers:  # a render asks the markers for its camera
            marker.camera = None
        scene.camera = set_up(ownership.aspect_of(scene), camera) if isinstance(camera, str) else camera
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.resolution_percentage = 100
    path.parent.mkdir(parents=True, exist_ok=True)
    compat.set_image_output(scene.render, str(path), jpeg=False)
    with bpy.context.temp_override(scene=scene):
        bpy.ops.render.render(write_still=True)
    return path


def grade(pictures: Sequence[Path], theme: str, size: tuple[int, int]) -> list[Path]:
    """Graded copies beside the pictures, by the filters of the encoder."""
    filters = grading.grade_filters(themes.load_theme(theme).grade, *size)
    graded = []
    for picture in pictures:
        out = picture.with_name(f"{picture.stem}_graded.png")
        run_ffmpeg("-i", picture, "-vf", f"{filters},scale=in_color_matrix=bt709:in_range=tv,format=rgb24", out)
        graded.append(out)
    return graded


def boxed(picture: Path, box: Sequence[float]) -> Path:
    """A copy with a box drawn in; ``box`` is left, top, right, bottom in shares of the picture."""
    left, top, right, bottom = box
    out = picture.with_name(f"{picture.stem}_boxed.png")
    where = f"x=iw*{left}:y=ih*{top}:w=iw*{right - left}:h=ih*{bottom - top}"
    run_ffmpeg("-i", picture, "-vf", f"drawbox={where}:color=white@0.5:t=1", out)
    return out


def tile(pictures: Sequence[Path], out: Path, *, columns: int, width: int = 0) -> None:
    """One sheet of pictures of one size, in rows."""
    inputs = [part for picture in pictures for part in ("-i", str(picture))]
    scale = f"scale={width}:-2:flags=lanczos" if width else "null"
    chains = ";".join(f"[{i}]{scale}[p{i}]" for i in range(len(pictures)))
    joined = "".join(f"[p{i}]" for i in range(len(pictures)))
    rows = -(-len(pictures) // columns)
    layout = f"{chains};{joined}concat=n={len(pictures)}:v=1[all];[all]tile={columns}x{rows}:padding=6:margin=6"
    out.parent.mkdir(parents=True, exist_ok=True)
    quality = ("-q:v", "3") if out.suffix == ".jpg" else ()
    run_ffmpeg(*inputs, "-filter_complex", layout, "-frames:v", "1", *quality, out)


def say(line: str) -> None:
    """One line of a table, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def leave(code: int = 0) -> NoReturn:
    """End the process: the bpy package can hang while Python tears it down."""
    sys.stdout.flush()
    os._exit(code)


def run_ffmpeg(*arguments: Any) -> None:
    """Run FFmpeg quietly, overwriting.

    Raises
    ------
    subprocess.CalledProcessError
        When it fails; its message is on the error output.
    """
    subprocess.run([find_ffmpeg(), "-v", "error", "-y", *map(str, arguments)], check=True)
