# SPDX-License-Identifier: GPL-3.0-or-later
"""Find Similar Songs, Use This Look, and which songs the library holds."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import bpy
from bpy.props import StringProperty

from .. import preferences, properties
from ..errors import LibraryError
from . import _job
from ._base import SealedOperator, busy
from ._modal import JobOperator

if TYPE_CHECKING:
    from ..jobs import Progress
    from ..library.questions import Question

FOUND = 5


class _LibraryOperator(JobOperator):
    """Asks the library in the worker; makes no files, so those of the last job stay listed."""

    def ask(self, context: Any, title: str, question: "Question") -> _job.Job:
        """The job that asks and takes the answer over."""
        place = properties.library_place(context.scene.crossfade, preferences.places(context))
        return _job.Job(title, self._steps(context.window_manager, place, question))

    def _steps(self, manager: Any, place: Path | None, question: "Question") -> "Generator[Progress, None, None]":
        from .. import listening
        from ..jobs import Progress

        # In Blender's own folder for temporary files, which goes with the session: a log of what failed can be read.
        folder = Path(bpy.app.tempdir) / "crossfade_library"
        answer = yield from listening.ask(place, question, folder)
        properties.fill_songs(answer["songs"])
        said = f"Songs in the library: {len(answer['songs'])}"
        if question.ask == "similar":
            properties.fill_similar(manager.crossfade_library, question.song_id, answer["similar"])
            said = f"Similar songs: {len(answer['similar'])} of {len(answer['songs'])} in the library"
        yield Progress("library", 1.0, said)


class CROSSFADE_OT_find_similar(_LibraryOperator, bpy.types.Operator):
    """Find the songs of the library that are most like this one."""

    bl_idname = "crossfade.find_similar"
    bl_label = "Find Similar Songs"
    bl_description = "Find the songs of the library that are most like this one in tempo, rhythm, tone and energy"

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A song id is enough: the library knows the rest."""
        return busy() or ("" if context.scene.crossfade.song_id.strip() else "Choose an audio file or a song id first")

    def job(self, context: Any) -> _job.Job:
        """One question to the library."""
        from ..library.questions import Question

        song_id = context.scene.crossfade.song_id.strip()
        return self.ask(context, "Find Similar Songs", Question("similar", song_id, FOUND))


class CROSSFADE_OT_list_songs(_LibraryOperator, bpy.types.Operator):
    """Look up the songs of the library, so that Song ID can be searched."""

    bl_idname = "crossfade.list_songs"
    bl_label = "Songs of the Library"
    bl_description = "Look up which songs the library holds; then typing in Song ID finds them by id, artist or title"

    @classmethod
    def why_not(cls, context: Any) -> str:
        """Nothing is needed."""
        return busy()

    def job(self, context: Any) -> _job.Job:
        """One question to the library."""
        from ..library.questions import Question

        return self.ask(context, "Songs of the Library", Question("songs"))


class CROSSFADE_OT_use_look(SealedOperator, bpy.types.Operator):
    """Make the show look like the newest show of another song."""

    bl_idname = "crossfade.use_look"
    bl_label = "Use This Look"
    bl_description = "Set theme, mode, seed, intensity, avatar, studio and actions as in the newest show of that song"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    song_id: StringProperty(name="Song ID", description="The song whose look is taken", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def why_not(cls, context: Any) -> str:
        """A running job has its settings already: another look now would only confuse."""
        return busy()

    def run(self, context: Any) -> set[str]:
        """Take it over and say what changed."""
        import json

        from ..properties import looks

        found = {item.song_id: item for item in context.window_manager.crossfade_library.similar}
        item = found.get(self.song_id)
        if item is None:
            raise LibraryError(f"'{self.song_id}' is not among the similar songs.", hint="Find similar songs first.")
        if not item.look:
            raise LibraryError(
                f"'{item.label}' has no look yet: nothing was rendered of it.", hint="Choose a song with a render."
            )
        changes, problems = looks.use_look(context.scene.crossfade, json.loads(item.look))
        said = f"Look of '{item.label}': {', '.join(changes) or 'the same as before'}"
        context.window_manager.crossfade_job.error = ""
        if problems:
            self.report({"WARNING"}, f"{said}. Not taken over: {'; '.join(problems)}")
        else:
            self.report({"INFO"}, said)
        return {"FINISHED"}


CLASSES = (CROSSFADE_OT_find_similar, CROSSFADE_OT_list_songs, CROSSFADE_OT_use_look)
