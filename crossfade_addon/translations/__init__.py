# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel says in other languages, one module each; Blender looks a text up when it draws it.

A language is a mapping from the English text, exactly as it stands in the code, to its own. What is not in it stays
English. A test sees that every English text is still there.
"""

from collections.abc import Mapping

import bpy

from ..terms import TRANSLATION_CONTEXT
from .german import WORDS as GERMAN

LANGUAGES: Mapping[str, Mapping[str, str]] = {"de_DE": GERMAN}
"""By Blender's name of the locale."""
_CONTEXTS = ("*", "Operator", TRANSLATION_CONTEXT)
"""Labels of buttons are looked up in a context of their own, and so are our panels, since *Show* is no verb there."""
_OWNER = __name__


def attach() -> None:
    """Give Blender the words."""
    words = {
        locale: {(context, english): text for english, text in texts.items() for context in _CONTEXTS}
        for locale, texts in LANGUAGES.items()
    }
    bpy.app.translations.register(_OWNER, words)


def detach() -> None:
    """Take them back."""
    bpy.app.translations.unregister(_OWNER)
