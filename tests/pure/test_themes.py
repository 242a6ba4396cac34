# SPDX-License-Identifier: GPL-3.0-or-later
"""Themes from files: the example of the guide, what the guide must tell, and what is refused."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from crossfade_addon import choices, themes
from crossfade_addon.errors import BriefError

pytestmark = pytest.mark.pure

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "example_theme.toml"


def test_the_menu_calls_the_built_in_themes_as_their_files_do() -> None:
    named = {name: label for name, label, _ in choices.THEMES if name != choices.OWN_THEME}
    assert named == {path.stem: themes.load_theme(path.stem).label for path in themes.DIRECTORY.glob("*.toml")}


def test_the_example_theme_loads_under_its_own_name() -> None:
    theme = themes.load_theme(str(EXAMPLE))
    assert (theme.name, theme.label, theme.set) == ("example_theme", "Midnight Jade", "neon")
    assert theme.palette["A"] == (0.0, 0.85, 0.4)
    assert theme.grade.bloom == 0.75


def test_the_example_has_the_colours_of_the_built_in_themes_and_no_others() -> None:
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    built_in = tomllib.loads((themes.DIRECTORY / "sponsor_neon.toml").read_text(encoding="utf-8"))
    for table in ("palette", "avatar"):
        assert set(example[table]) == set(built_in[table])


def test_the_guide_tells_of_every_key() -> None:
    guide = (DOCS / "themes.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(\w+)`", guide))
    built_in = tomllib.loads((themes.DIRECTORY / "sponsor_neon.toml").read_text(encoding="utf-8"))
    keys = {"label", "set", *built_in["palette"], *built_in["avatar"]}
    for field in dataclasses.fields(themes.Theme):
        table = field.default
        if dataclasses.is_dataclass(table):
            keys |= {inner.name for inner in dataclasses.fields(table)}
        elif field.name not in ("name", "palette", "avatar", "grade"):
            keys.add(field.name)
    keys |= {field.name for field in dataclasses.fields(themes.Grade)}
    keys |= set(themes.AVATARS)
    assert keys <= told, keys - told


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("A = [0.0, 0.85, 0.4]", "A = [0.0, 1.85, 0.4]", "A = "),
        ("A = [0.0, 0.85, 0.4]\n", "", "'A'"),
        ("bloom = 0.75", "glow = 0.75", "glow"),
        ('skin = "F2B98F"', 'skin = "peach"', "skin"),
        ('dj = "nova"', 'dj = "nobody"', "nobody"),
        ('label = "Midnight Jade"', "label = ", "not valid"),
    ],
)
def test_what_is_wrong_in_a_theme_file_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BriefError, match=re.escape(named)) as caught:
        themes.load_theme(str(path))
    assert "mine.toml" in str(caught.value)
