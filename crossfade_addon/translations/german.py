# SPDX-License-Identifier: GPL-3.0-or-later
"""Deutsch."""

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    # panels
    "Generate": "Erzeugen",
    "Song": "Song",
    "Sections": "Abschnitte",
    "Similar Songs": "Ähnliche Songs",
    "Show": "Show",
    "Your Changes": "Deine Änderungen",
    "Lyrics": "Songtext",
    "Output": "Ausgabe",
    "Chosen Parts": "Gewählte Teile",
    "Check Before Generating": "Prüfen vor dem Erzeugen",
    "Delete Preset": "Voreinstellung löschen",
    # buttons
    "Generate Crossfade Videos": "Crossfade-Videos erzeugen",
    "Analyse": "Analysieren",
    "Build Show": "Show aufbauen",
    "View {aspect}": "{aspect} ansehen",
    "Render & Encode": "Rendern und kodieren",
    "Cancel": "Abbrechen",
    "Find Similar Songs": "Ähnliche Songs suchen",
    "Use This Look": "Diesen Look verwenden",
    "Look Again": "Noch einmal nachsehen",
    "Reset All": "Alle zurücksetzen",
    "Check Now": "Jetzt prüfen",
    "Use Workbench": "Workbench verwenden",
    "Use Draft": "Entwurf verwenden",
    "No Captions": "Keine Untertitel",
    "Save File": "Datei speichern",
    "Preferences": "Einstellungen",
    "Open Folder": "Ordner öffnen",
    "Save as Preset...": "Als Voreinstellung speichern ...",
    "Save Preset": "Voreinstellung speichern",
    # stages
    "Listening": "Hören",
    "Rendering": "Rendern",
    "Encoding": "Kodieren",
    "Checking": "Prüfen",
    "Stopping": "Wird beendet",
    # settings
    "Song ID": "Song-ID",
    "Title": "Titel",
    "Artist": "Interpret",
    "Theme": "Thema",
    "Avatar": "Avatar",
    "Mode": "Modus",
    "Intensity": "Intensität",
    "Seed": "Startwert",
    "Calm": "Ruhig",
    "Normal": "Normal",
    "Wild": "Wild",
    "Platforms": "Plattformen",
    "Part": "Teil",
    "Best Part": "Bester Teil",
    "Whole Song": "Ganzer Song",
    "Own Part": "Eigener Teil",
    "Quality": "Qualität",
    "Draft": "Entwurf",
    "Preview": "Vorschau",
    "Final": "Endfassung",
    "Folder": "Ordner",
    "Thumbnail": "Vorschaubild",
    "Title on Pictures": "Titel auf Bildern",
    "Captions": "Untertitel",
    "Style": "Stil",
    "Frame Rate": "Bildrate",
    "Loudness": "Lautheit",
    "Encoder": "Kodierer",
    "Bloom and Grade": "Glanz und Farbkorrektur",
    "Song Library": "Song-Bibliothek",
    "Output Folder": "Ausgabeordner",
    "Analyser": "Analyse durch",
    # tooltips and sentences
    "The song: any audio or video file that FFmpeg can read": (
        "Der Song: jede Audio- oder Videodatei, die FFmpeg lesen kann"
    ),
    "Colours, scenery and temper of the show": "Farben, Bühnenbild und Temperament der Show",
    "Who plays": "Wer auflegt",
    "How busy the show is": "Wie viel in der Show geschieht",
    "How much the DJ and the lights move": "Wie stark sich DJ und Licht bewegen",
    "A video is made for each chosen platform": "Für jede gewählte Plattform entsteht ein Video",
    "Which part of the song is made": "Welcher Teil des Songs verwendet wird",
    "Frames per second of the videos": "Bilder pro Sekunde der Videos",
    "Stop the job and its processes now. Finished videos are kept": (
        "Den Auftrag und seine Prozesse jetzt beenden. Fertige Videos bleiben"
    ),
    "Open the folder that holds the finished videos": "Den Ordner mit den fertigen Videos öffnen",
    "Settings for a purpose, and your own": "Einstellungen für einen Zweck, und deine eigenen",
    "Settings have changed since then: check again.": (
        "Die Einstellungen haben sich seitdem geändert: bitte neu prüfen."
    ),
    "Says what would stop the job, and how long it will take.": (
        "Sagt, was den Auftrag aufhalten würde, und wie lange er dauert."
    ),
    "Whatever you change in the show is kept when it is built again.": (
        "Was du in der Show änderst, bleibt, wenn sie neu aufgebaut wird."
    ),
    "Choose an audio file first": "Wähle zuerst eine Audiodatei",
    "Choose a platform first": "Wähle zuerst eine Plattform",
    "Build the show first": "Baue zuerst die Show auf",
    "Analyse the song first": "Analysiere zuerst den Song",
    "A Crossfade job is running": "Ein Crossfade-Auftrag läuft",
}
