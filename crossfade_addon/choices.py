# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel's menus offer: (value, label, description) each.

The labels stand here, not read from the files of themes and platforms: this is imported whenever Blender starts.
"""

from __future__ import annotations

from . import terms

OWN_THEME = "own"
_THEME_LABELS = ("Sponsor Neon", "Award Elegant", "Mashup Chaos", "Chill Lo-fi")
THEMES = (
    *((name, label, f"The built-in look '{label}'") for name, label in zip(terms.THEMES, _THEME_LABELS, strict=True)),
    (OWN_THEME, "Own File", "A theme file (.toml) of your own"),
)
PLATFORMS = (
    ("tiktok", "TikTok", "Make a video for TikTok (9:16, 1080 x 1920)", 1),
    ("reels", "Instagram Reels", "Make a video for Instagram Reels (9:16, 1080 x 1920)", 2),
    ("shorts", "YouTube Shorts", "Make a video for YouTube Shorts (9:16, 1080 x 1920)", 4),
    ("youtube", "YouTube", "Make a video for YouTube (16:9, 1920 x 1080)", 8),
)
"""The built-in platforms, with their bits in the set of those that are chosen."""
OWN_AVATAR = "own"
AVATARS = (
    ("theme", "Theme's", "The DJ that the theme brings"),
    *((name, name.title(), f"The built-in DJ '{name.title()}'") for name in terms.AVATARS),
    (OWN_AVATAR, "Own File", "An avatar (.blend) of your own, with an armature called Avatar_Rig"),
)
MODES = (
    ("mashup", "Mashup", "Dense: many gestures, cuts and lights, for mashups and DJ sets"),
    ("single", "Single", "Calmer: fewer gestures, for one song"),
    ("event", "Event", "For award shows and brands: no strobes, calm themes only, and a list of what was used"),
)
QUALITIES = (
    ("draft", "Draft", "Renders at a third of full size: quickest, to see whether the show is right"),
    ("preview", "Preview", "Renders at half size: quick and good on a phone"),
    ("final", "Final", "Renders at full size"),
)
ENGINES = (
    (
        "workbench",
        "Workbench",
        "The painted look, a fraction of a second per frame even without a graphics card",
    ),
    (
        "eevee",
        "EEVEE",
        "The same picture, for shows with your own materials and lights; wants a graphics card",
    ),
    ("cycles", "Cycles", "Path tracing: seconds to minutes per frame"),
)
PARTS = (
    ("best", "Best Part", "Each platform gets the part of the song that suits it, chosen around a drop or chorus"),
    ("whole", "Whole Song", "Each platform gets the whole song, as far as its limit allows"),
    ("clip", "Own Part", "Each platform gets the part between the two times below"),
)
CAPTION_STYLES = (
    ("pop", "Word Pop", "Every word appears as it is sung"),
    ("karaoke", "Karaoke", "Colour sweeps through the line as it is sung"),
    ("line", "Line", "The whole line stands still while it is sung"),
)
ENCODERS = (
    ("x264", "x264", "The encoder in FFmpeg itself: the same file everywhere, and the best quality for its size"),
    ("hardware", "Hardware", "The graphics card's encoder, after a trial; x264 where there is none"),
    ("auto", "Automatic", "The graphics card's encoder where it proves to work, otherwise x264"),
)
LOUDNESS = (
    (
        "gain",
        "One Gain",
        "As loud as the platform plays it, as far as the peaks allow; the dynamics stay",
    ),
    ("limit", "Gain and Limiter", "As loud as the platform plays it; a limiter holds the peaks"),
    ("as-is", "As It Is", "The master's own level"),
)
SECTIONS = (
    ("intro", "Intro", "Before the song begins in earnest"),
    ("verse", "Verse", "A part that tells"),
    ("build", "Build", "Rises into what follows: the camera pushes in"),
    ("chorus", "Chorus", "The part that comes back"),
    ("drop", "Drop", "Where everything comes in at once: its first bar is a drop"),
    ("break", "Break", "Little is left: the lights go down"),
    ("bridge", "Bridge", "A part unlike the others"),
    ("outro", "Outro", "How the song ends"),
)
GRID_PARTS = (
    ("song", "Song", "Correct the whole song"),
    ("after", "From Here", "Correct the song from the playhead on"),
    ("section", "Section", "Correct only the section that is chosen in the list of sections"),
)
"""Which part of the song a correction of the grid is for."""
LEVELS = (
    ("calm", "Calm", "A shallow bob, few gestures, both hands on the decks more often", 1),
    ("normal", "Normal", "As the song asks for", 2),
    ("wild", "Wild", "Everything deeper and more often", 3),
)
"""Named levels of intensity, with their numbers in the list."""
NO_LEVEL = ("own", "Own", "An intensity of your own", 0)
SIGNALS = (
    ("kick", "Kick", "Kick drum: 1 at a stroke, gone in 0.18 s"),
    ("snare", "Snare", "Snare or clap: 1 at a stroke, gone in 0.12 s"),
    ("hats", "Hats", "Hi-hats: 1 at a stroke, gone in 0.08 s"),
    ("energy", "Energy", "Loudness of the whole song, gliding over 0.7 s"),
    ("bass", "Bass", "Level of the bass, 30 to 140 Hz"),
    ("mids", "Mids", "Level of the mids, 140 to 1600 Hz"),
    ("highs", "Highs", "Level of the highs, from 1600 Hz"),
    ("brightness", "Brightness", "How bright the sound is, from dull to shrill"),
    ("vocals", "Vocals", "Level of the voice; only for songs with stems"),
    ("other", "Other Instruments", "Level of all that is neither drums, bass nor voice; only for songs with stems"),
    ("beat", "Beat Phase", "0 on each beat, rising to 1 at the next"),
    ("bar", "Bar Phase", "0 on each bar line, rising to 1 at the next"),
    ("beats", "Beat Count", "Beats since the first one, counting on between them: for things that turn"),
    ("bars", "Bar Count", "Bars since the first one, counting on between them"),
    ("section", "Part Number", "Number of the part: 0 is the first"),
    ("section_energy", "Part Energy", "Energy of the part"),
    ("build", "Build", "Rises from 0 to 1 through a build, to the drop"),
    ("drop", "Drop", "1 at a drop, falling to 0 over 8 bars"),
)
"""What a property of the user's own can follow."""
QUANTISE = (
    ("none", "Off", "The property moves on every frame"),
    ("half", "Half a Beat", "One value for each half beat: the highest in it"),
    ("beat", "Beat", "One value for each beat: the highest in it"),
    ("bar", "Bar", "One value for each bar: the highest in it"),
    ("section", "Part of the Song", "One value for each part of the song: the highest in it"),
)
