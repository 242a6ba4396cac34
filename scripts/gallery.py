# SPDX-License-Identifier: GPL-3.0-or-later
"""Make docs/gallery: contact sheets of every theme and aspect, the actions as filmstrips, the avatars close up.

usage: gallery.py [--only sheets strips faces] [--theme NAME ...] [--audio SONG] [--out DIR]
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import darkroom
import stage_door as door

from crossfade_addon import themes, timing
from crossfade_addon.timeline import ACTIONS, ASPECTS, AvatarPlan, Section, Timeline, Trigger

WAYS = ("sheets", "strips", "faces")
SHEETS = {"9:16": (360, 6, 240), "16:9": (360, 4, 400)}
"""Short side of the render, columns of the sheet and width of a picture there, by aspect."""
FRAMES = 10
STRIP_SIZE, STRIP_WIDTH = (520, 480), 260
FACE_SIZE, FACE_WIDTH = (540, 500), 270
STRIP_SECONDS = {
    "idle_bob": (0.0, 1.0),
    "deck_scratch_L": (-0.3, 0.6),
    "deck_scratch_R": (-0.3, 0.6),
    "crossfader_hit": (-0.5, 0.55),
    "drop_reaction": (-0.5, 1.0),
    "spotlight_present": (-0.6, 1.4),
}
"""What a filmstrip shows of an action: seconds before and after its hit (of the bob: two beats)."""
STRIP_VIEW = ((0.0, -6.2, 2.6), (0.0, 0.4, 2.44), 92.0)
"""Camera of the filmstrips: position and target in metres, lens in millimetres."""
FACE_VIEW = ((0.0, -4.2, 2.6), (0.0, 0.5, 2.6), 92.0)
BACKGROUND = (0.003, 0.003, 0.010)


def main() -> None:
    """Everything, or what ``--only`` names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--theme", nargs="+", default=list(themes.BUILT_IN))
    parser.add_argument("--avatar", nargs="+", help="default: all that are built in")
    parser.add_argument("--audio", type=Path, help="the song (default: the demo song)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=door.ROOT / "docs" / "gallery")
    options = parser.parse_args()
    import bpy  # noqa: F401  first: it brings mathutils

    from crossfade_addon.studio import avatar

    audio = options.audio.resolve() if options.audio else door.demo_audio()
    names = options.avatar or list(avatar.BUILDERS)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for theme in options.theme if "sheets" in options.only else ():
            sheets(audio, theme, options.seed, work, options.out)
        for name in names:
            if "strips" in options.only:
                strips(audio, name, work, options.out)
            if "faces" in options.only:
                faces(audio, name, options.theme, work, options.out)
    write_page(options.out)
    door.leave()


# ------------------------------------------------------------------------------------------- sheets


def sheets(audio: Path, theme: str, seed: int, work: Path, out: Path) -> None:
    """One contact sheet of twelve moments for each aspect."""
    brief = door.brief_for(audio, theme, seed=seed)
    script = door.script_of(brief)
    built = door.build(script, brief)
    moments = darkroom.key_moments(script)
    for aspect in ASPECTS:
        short, columns, width = SHEETS[aspect]
        size = darkroom.size_of(aspect, short)
        shots = [
            door.shoot(built.scenes[aspect], m.seconds, size, work / f"{theme}_{k}.png") for k, m in enumerate(moments)
        ]
        labels = [darkroom.label(m) for m in moments]
        name = f"{theme}_{aspect.replace(':', 'x')}.jpg"
        darkroom.sheet(door.grade(shots, theme, size), labels, out / name, columns=columns, width=width)


# ------------------------------------------------------------------------------------------- strips


def strips(audio: Path, name: str, work: Path, out: Path) -> None:
    """Each of the six actions in ten frames, the DJ and the decks alone before a dark wall."""
    brief = door.brief_for(audio, "sponsor_neon", avatar=name)
    script, hits = rehearsal(door.script_of(brief))
    scene = rehearsal_scene(door.build(script, brief).scenes["16:9"], STRIP_VIEW)
    for action in ACTIONS:
        before, after = STRIP_SECONDS[action]
        shots, labels = [], []
        for k in range(FRAMES):
            since = before + (after - before) * k / (FRAMES - 1)
            scene.frame_set(timing.frame_at(hits[action] + since, door.FPS))
            shots.append(darkroom.snap(scene, STRIP_SIZE, work / f"{name}_{action}_{k}.png"))
            labels.append(f"{since:+.2f} s")
        darkroom.sheet(shots, labels, out / f"{name}_{action}.jpg", columns=FRAMES // 2, width=STRIP_WIDTH)


def rehearsal(script: Timeline) -> tuple[Timeline, dict[str, float]]:
    """The script with every action once, on beats far from each other; and when each hits."""
    beats = script.beats.timestamps
    drop = script.drops()[0] if script.drops() else beats[len(beats) // 3]
    first = next(k for k, t in enumerate(beats) if t >= drop - 0.01)
    hits = {action: beats[first + 8 * k] for k, action in enumerate(ACTIONS)}
    triggers = tuple(Trigger(t, action, 1.0, "rehearsal") for action, t in hits.items() if action != "idle_bob")
    # One even part: in a drop the dance of the whole body would lie over the bob.
    verse = Section(0.0, script.meta.duration_sec, "verse", 0.45, 1.0, "A", 4)
    audio = dataclasses.replace(script.audio, sections=(verse,))
    quiet = dataclasses.replace(script, audio=audio, events=(), avatar=AvatarPlan(triggers=triggers))
    return quiet, hits


def rehearsal_scene(like: Any, view: tuple[tuple[float, ...], tuple[float, ...], float]) -> Any:
    """A scene of the DJ and the decks, seen from the front."""
    import bpy
    from mathutils import Vector

    shown = {ob for name in ("DJ", "Decks") for ob in bpy.data.collections[f"CF {name}"].all_objects}
    shown |= {ob for ob in like.objects if ob.name in ("CF Booth", "CF BoothLip")}
    scene = darkroom.scene_of("Rehearsal", sorted(shown, key=lambda ob: ob.name), like, background=BACKGROUND)
    position, target, lens = view
    camera = bpy.data.objects.new("Rehearsal", bpy.data.cameras.new("Rehearsal"))
    camera.data.lens = lens
    camera.location = position
    camera.rotation_euler = (Vector(target) - Vector(position)).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(camera)
    scene.camera = camera
    return scene


# -------------------------------------------------------------------------------------------- faces


def faces(audio: Path, name: str, looks: Sequence[str], work: Path, out: Path) -> None:
    """Every expression of an avatar, one control after the other; then her as each theme dresses her."""
    shots, labels = [], []
    for k, theme in enumerate(looks):
        brief = door.brief_for(audio, theme, avatar=name)
        script = door.script_of(brief)
        scene = rehearsal_scene(door.build(script, brief).scenes["16:9"], FACE_VIEW)
        scene.frame_set(timing.FIRST_FRAME)
        rest(scene)
        if k == 0:
            for expression, controls in expressions(scene).items():
                for bone, axis, full in controls:
                    bone.location[axis] = full
                shots.append(darkroom.snap(scene, FACE_SIZE, work / f"{name}_{len(shots)}.png"))
                labels.append(expression.replace("_", " "))
                for bone, axis, _ in controls:
                    bone.location[axis] = 0.0
        else:
            shots.append(darkroom.snap(scene, FACE_SIZE, work / f"{name}_{len(shots)}.png"))
            labels.append(themes.load_theme(theme).label)
    columns = -(-len(shots) // 2)
    darkroom.sheet(shots, labels, out / f"{name}_close_up.jpg", columns=columns, width=FACE_WIDTH)


def rest(scene: Any) -> None:
    """Take every rig of the scene out of its performance, to its pose at rest."""
    from mathutils import Matrix

    for ob in scene.objects:
        if ob.type == "ARMATURE" and ob.animation_data is not None:
            for track in ob.animation_data.nla_tracks:
                track.mute = True
            for bone in ob.pose.bones:
                bone.matrix_basis = Matrix.Identity(4)


def expressions(scene: Any) -> dict[str, list[tuple[Any, int, float]]]:
    """The controls of each expression, as the drivers of the shape keys say: pose bone, axis of its location, and how
    far it goes for the whole of the expression.

    Left and right are one expression; the resting face comes first.
    """
    found: dict[str, list[tuple[Any, int, float]]] = {"at rest": []}
    for ob in scene.objects:
        keys = ob.data.shape_keys if ob.type == "MESH" else None
        for curve in keys.animation_data.drivers if keys and keys.animation_data else ():
            target = curve.driver.variables[0].targets[0]
            expression = curve.data_path.split('"')[1].removesuffix(".L").removesuffix(".R")
            axis = ("LOC_X", "LOC_Y", "LOC_Z").index(target.transform_type)
            gain = curve.modifiers[0].coefficients[1] if curve.modifiers else 1.0
            control = (target.id.pose.bones[target.bone_target], axis, 1 / gain)
            if control not in found.setdefault(expression, []):
                found[expression].append(control)
    return found


# --------------------------------------------------------------------------------------------- page


def write_page(out: Path) -> None:
    """``README.md`` of the gallery, with every picture that is there."""
    from crossfade_addon.studio import avatar

    lines = ["# Gallery", "", "Made by `python scripts/gallery.py` from the demo song, seed 1, in Workbench.", ""]
    for theme in themes.BUILT_IN:
        lines += [f"## {themes.load_theme(theme).label}", ""]
        lines += _pictures(out, [f"{theme}_{aspect.replace(':', 'x')}.jpg" for aspect in ASPECTS])
    for name in avatar.BUILDERS:
        lines += [f"## {name.title()}", ""]
        lines += _pictures(out, [f"{name}_close_up.jpg", *(f"{name}_{action}.jpg" for action in ACTIONS)])
    (out / "README.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _pictures(out: Path, names: Sequence[str]) -> list[str]:
    return [
        line
        for name in names
        if (out / name).is_file()
        for line in (f"![{Path(name).stem.replace('_', ' ')}]({name})", "")
    ]


if __name__ == "__main__":
    main()
