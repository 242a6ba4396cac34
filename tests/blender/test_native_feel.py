# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes the add-on feel like a part of Blender: tooltips, presets, scenes, words in other languages."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest
import scripted_song

from crossfade_addon import properties, registry, translations
from crossfade_addon.jobs import Progress
from crossfade_addon.operators import _job, generate
from crossfade_addon.pipeline import Outputs
from crossfade_addon.places import Places
from crossfade_addon.properties import presets

pytestmark = pytest.mark.blender

OPS: Any = bpy.ops.crossfade  # type: ignore[attr-defined]


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    registry.register()
    yield
    registry.unregister()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(presets, "folder", lambda: tmp_path / "presets")
    return scripted_song.set_up(tmp_path, monkeypatch)


def classes() -> list[Any]:
    return [cls for module in registry.MODULES for cls in module.CLASSES]


def operators() -> list[Any]:
    return [cls for cls in classes() if issubclass(cls, bpy.types.Operator)]


# ------------------------------------------------------------------------------------------------ tooltips


BLENDERS = frozenset(bpy.types.Operator.bl_rna.properties.keys())
"""What every operator has."""


def told() -> Iterator[tuple[str, str, str]]:
    """Where, label and tooltip of everything that has one."""
    for cls in operators():
        yield cls.__name__, cls.bl_label, cls.bl_description
    groups = [cls for cls in classes() if issubclass(cls, (bpy.types.PropertyGroup, bpy.types.AddonPreferences))]
    for cls in [*groups, *operators()]:
        for prop in cls.bl_rna.properties:
            own = prop.identifier not in ("rna_type", "name") and not prop.identifier.startswith("bl_")
            if not own or prop.type == "POINTER" or (cls in operators() and prop.identifier in BLENDERS):
                continue
            yield f"{cls.__name__}.{prop.identifier}", prop.name, prop.description
            for item in getattr(prop, "enum_items", ()):
                yield f"{cls.__name__}.{prop.identifier}.{item.identifier}", item.name, item.description


def test_every_tooltip_says_more_than_its_label_and_ends_as_blenders_do() -> None:
    wrong = [
        (where, label, text)
        for where, label, text in told()
        if not text or text[-1] in ".,;: " or text.casefold() == label.casefold() or text[0].islower()
    ]
    assert wrong == []


def test_labels_are_written_as_titles() -> None:
    small = {"and", "or", "of", "on", "in", "to", "the", "a", "as", "is", "it", "by", "for", "with", "at"}
    wrong = [
        label
        for cls in operators()
        for label in [cls.bl_label]
        if any(word[0].islower() and word not in small for word in label.split())
    ]
    assert wrong == []


def test_every_grey_button_says_why() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    reasons = {cls.bl_idname: cls.why_not(bpy.context) for cls in operators()}
    grey = {name for name in reasons if not getattr(OPS, name.split(".")[1]).poll()}
    assert "crossfade.generate" in grey
    assert {name for name, reason in reasons.items() if reason} == grey


def test_what_changes_the_file_can_be_undone_in_one_step() -> None:
    changing = ("build_show", "clear_show", "use_look", "use_preset", "fix_check", "reset_edits")
    options = {cls.bl_idname.split(".")[1]: cls.bl_options for cls in operators() if hasattr(cls, "bl_options")}
    assert [name for name in changing if "UNDO" not in options[name]] == []


# ------------------------------------------------------------------------------------------------- scenes


def test_a_job_keeps_to_the_scene_it_was_started_in(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    other = bpy.data.scenes.new("Other")
    other.crossfade.title = "Other"
    script = Path(settings.analysis.timeline)
    settings.analysis.timeline = ""
    outputs = Outputs()

    def steps() -> Generator[Progress, None, None]:
        yield Progress("director", 0.5, "half")
        bpy.context.window.scene = other
        outputs.paths["timeline"] = script
        yield Progress("director", 1.0, "heard")

    job = _job.Job("Test", steps(), outputs, script_key="key")
    monkeypatch.setattr(generate.CROSSFADE_OT_generate, "job", lambda _self, _context: job)
    OPS.generate()
    assert settings.analysis.timeline == str(script)
    assert other.crossfade.analysis.timeline == "" and other.crossfade.title == "Other"


# -------------------------------------------------------------------------------------------- preferences


def test_own_assets_of_the_preferences_are_used_where_a_scene_chooses_none(settings: Any, tmp_path: Path) -> None:
    assets = tmp_path / "mine"
    (assets / "actions").mkdir(parents=True)
    for name in ("avatar_base.blend", "studio_default.blend"):
        (assets / name).write_bytes(b"x")
    places = Places(mixer_dir="/mixer", assets_dir=str(assets))
    brief = properties.to_brief(settings.id_data, places)
    assert (brief.avatar, brief.studio) == (str(assets / "avatar_base.blend"), assets / "studio_default.blend")
    assert (brief.actions, brief.mixer_dir) == (assets / "actions", Path("/mixer"))
    settings.avatar, settings.studio_file = "theme", "/club.blend"
    brief = properties.to_brief(settings.id_data, places)
    assert (brief.avatar, brief.studio) == ("", Path("/club.blend"))
    empty = properties.to_brief(settings.id_data, Places(assets_dir=str(tmp_path / "none")))
    assert (empty.studio, empty.actions) == (Path("/club.blend"), None)


# ------------------------------------------------------------------------------------------------ presets


def test_a_preset_of_ones_own_brings_the_settings_back_and_holds_no_path(settings: Any, tmp_path: Path) -> None:
    settings.theme, settings.quality, settings.intensity = "chill_lofi", "final", 0.7
    settings.platforms, settings.with_captions = {"reels", "youtube"}, False
    assert OPS.save_preset(preset="Lounge (wide)") == {"FINISHED"}
    text = (tmp_path / "presets" / "Lounge (wide).json").read_text()
    assert str(tmp_path) not in text
    for name in ("theme", "quality", "intensity", "platforms", "with_captions"):
        settings.property_unset(name)
    audio = settings.audio
    assert OPS.use_preset(preset="Lounge (wide)") == {"FINISHED"}
    assert (settings.theme, settings.quality, round(settings.intensity, 3)) == ("chill_lofi", "final", 0.7)
    assert (settings.platforms, settings.with_captions, settings.audio) == ({"reels", "youtube"}, False, audio)
    assert OPS.remove_preset(preset="Lounge (wide)") == {"FINISHED"} and presets.own() == {}


def test_every_built_in_preset_fits_the_settings(settings: Any) -> None:
    for name, values in presets.BUILT_IN.items():
        assert presets.apply(settings, values).left_out == [], name
    assert (settings.mode, settings.theme, settings.platforms) == (
        "event",
        "award_elegant",
        {"tiktok", "reels", "shorts"},
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"theme": "own"}, "Theme"),
        ({"seed": "__import__('os')"}, "Seed"),
        ({"seed": -1}, "out of range"),
        ({"intensity": True}, "no number"),
        ({"intensity": float("nan")}, "out of range"),
        ({"platforms": ["tiktok", "vine"]}, "Platforms"),
        ({"quality": {"a": 1}}, "not known"),
        ({"audio": "/etc/passwd"}, "unknown"),
        ({"output_dir": "/"}, "unknown"),
    ],
)
def test_what_a_shared_preset_may_not_set_is_left_out_and_named(settings: Any, values: dict, said: str) -> None:
    before = properties.snapshot(settings)
    done = presets.apply(settings, values)
    assert said in done.left_out[0] and done.changed == []
    assert properties.snapshot(settings) == before


@pytest.mark.parametrize("name", ["", "../evil", "a/b", "Draft", ".hidden", "x\ny"])
def test_a_name_that_no_file_may_have_is_refused(settings: Any, name: str) -> None:
    with pytest.raises(RuntimeError, match="preset"):
        OPS.save_preset(preset=name)
    assert presets.own() == {}


@pytest.mark.parametrize("text", ["no json", "[1]", "[" * 9000, '{"seed": ' + "1" * 30_000 + "}"])
def test_a_file_that_is_no_preset_is_named(settings: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "Broken.json").write_text(text)
    with pytest.raises(RuntimeError, match=r"Broken\.json' cannot be read"):
        OPS.use_preset(preset="Broken")


# ---------------------------------------------------------------------------------------------- languages


def test_every_translated_text_is_still_said_somewhere() -> None:
    said = {label for _, label, _ in told()} | {text for _, _, text in told()}
    said |= {cls.bl_label for cls in classes() if hasattr(cls, "bl_label")}
    package = Path(registry.__file__).parent
    rooms = [path for room in ("panels", "operators", "properties") for path in (package / room).glob("*.py")]
    source = "".join(path.read_text("utf-8") for path in rooms)
    for locale, words in translations.LANGUAGES.items():
        lost = [english for english in words if english not in said and f'"{english}"' not in source]
        assert lost == [], locale


def test_a_translation_has_the_places_of_its_text_and_is_there() -> None:
    places = re.compile(r"\{\w*\}")
    for words in translations.LANGUAGES.values():
        assert [e for e, text in words.items() if not text or places.findall(e) != places.findall(text)] == []
