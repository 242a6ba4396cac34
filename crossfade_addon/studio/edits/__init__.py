# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist changed in a show: noticed against a record of the show as built, and put into the next one.

``blocks``: which datablocks are ours, under the names they were built with · ``values``: settings of a datablock ·
``stacks``: modifiers and constraints · ``curves``: F-curves and drivers · ``strips``: the NLA · ``markers`` ·
``places``: collections and visibility · ``shapes``: meshes, armatures and node trees, kept whole ·
``reading``: all of these of one datablock, as a flat dictionary · ``record``: what is noted in the file ·
``collect``: record against file · ``apply``: edits into a new show · ``aside``: the old show while the new one is
built · ``held`` and ``leave``: what the user made, or uses of ours · ``words``: edits as sentences.
"""
