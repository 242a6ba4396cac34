#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Make the example pictures in docs/images from a finished demo run: scripts/example_images.sh [OUTPUTS]
set -eu
cd "$(dirname "$0")/.."
outputs=${1:-outputs}
mkdir -p docs/images
.venv/bin/python scripts/contact_sheet.py "$outputs/renders/first_light_tiktok.mp4" docs/images/demo_9x16.jpg \
    --columns 12 --rows 3 --width 130
.venv/bin/python scripts/contact_sheet.py "$outputs/renders/first_light_youtube.mp4" docs/images/demo_16x9.jpg \
    --columns 6 --rows 6 --width 266
ffmpeg=$(.venv/bin/python -c "from crossfade_addon.ffmpeg import find_ffmpeg; print(find_ffmpeg())")
cd "$outputs/renders"
"$ffmpeg" -v error -y -i first_light_thumb.jpg -i first_light_thumb_3.jpg -i first_light_cover_2.jpg \
    -i first_light_cover_3.jpg -filter_complex \
    "[0]scale=-2:270[a];[1]scale=-2:270[b];[2]scale=-2:270[c];[3]scale=-2:270[d];[a][b][c][d]hstack=inputs=4" \
    -q:v 3 -update 1 "$OLDPWD/docs/images/demo_stills.jpg"
cd "$OLDPWD"
cp "$outputs/timeline/first_light.png" docs/images/demo_timeline.png
