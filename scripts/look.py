# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a show: render moments of a song in a theme, graded as they will be delivered, side by side.

usage: look.py [--theme NAME] [--aspect 9:16] [--at drop+0.5 build-1bar 12.0 ...] [--camera hero] --out sheet.png
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import stage_door as door

from crossfade_addon.studio import framing
from crossfade_addon.timeline import SHOTS

SIZES = {"9:16": (9, 16), "16:9": (16, 9)}


def main() -> None:
    """Build once, render every moment, grade, tile."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, help="the song (default: the demo song)")
    parser.add_argument("--theme", default="sponsor_neon")
    parser.add_argument("--aspect", default="9:16", choices=list(SIZES))
    parser.add_argument(
        "--at", nargs="+", default=["drop+1b"], help="seconds, or drop, drop2-0.2, build+1bar, break+2b"
    )
    parser.add_argument(
        "--camera", nargs="+", default=[""], help="set-ups at rest (or 'all') instead of the planned shots"
    )
    parser.add_argument("--size", type=int, default=540, help="short side in pixels")
    parser.add_argument("--columns", type=int, default=0, help="pictures in a row (default: all)")
    parser.add_argument("--engine", default="workbench")
    parser.add_argument("--quality", default="preview", help="draft renders without antialiasing")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--safe", action="store_true", help="draw the box that platforms leave free")
    parser.add_argument("--raw", action="store_true", help="without bloom and grade")
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="FIELD=VALUE", help="other fields of the brief, as text"
    )
    parser.add_argument("--blend", type=Path, help="also save the scene as this .blend")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    audio = options.audio.resolve() if options.audio else door.demo_audio()
    changes = dict(pair.split("=", 1) for pair in options.set)
    brief = door.brief_for(
        audio, options.theme, seed=options.seed, engine=options.engine, quality=options.quality, **changes
    )
    script = door.script_of(brief)
    scene = door.build(script, brief).scenes[options.aspect]
    names = SHOTS if options.camera == ["all"] else options.camera
    cameras = [door.set_up(options.aspect, name, options.theme) if name else None for name in names]
    if options.blend:
        import bpy

        bpy.ops.wm.save_as_mainfile(filepath=str(options.blend.resolve()), copy=True)
    across, up = SIZES[options.aspect]
    short = min(across, up)
    size = (options.size * across // short // 2 * 2, options.size * up // short // 2 * 2)
    with tempfile.TemporaryDirectory() as folder:
        pictures = [
            door.shoot(scene, door.moment(text, script), size, Path(folder) / f"{k}_{i}.png", camera=camera)
            for k, camera in enumerate(cameras)
            for i, text in enumerate(options.at)
        ]
        if not options.raw:
            pictures = door.grade(pictures, options.theme, size)
        if options.safe:
            pictures = [door.boxed(picture, framing.SAFE[options.aspect]) for picture in pictures]
        door.tile(pictures, options.out, columns=options.columns or len(pictures))
    door.leave()


if __name__ == "__main__":
    main()
