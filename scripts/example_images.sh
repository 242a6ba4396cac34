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
cp "$outputs/timeline/first_light.png" docs/images/demo_timeline.png
