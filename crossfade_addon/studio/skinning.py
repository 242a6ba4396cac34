# SPDX-License-Identifier: GPL-3.0-or-later
"""How bodies hang on the avatars' rig: which bones a place of torso, arm or leg follows, and a hand's axes.

Conventions: as in ``nova_rig``; the weights of one place add up to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mathutils import Matrix, Vector

from .nova_rig import ARM, Bone
from .shapes import Weights, smoothstep


def torso_weights(co: Any) -> Weights:
    """From the hips up to the collar."""
    spine = smoothstep(0.70, 0.82, co.z)
    chest = smoothstep(0.85, 0.96, co.z)
    neck = smoothstep(1.07, 1.13, co.z) * 0.5
    return {"hips": 1 - spine, "spine": spine * (1 - chest), "chest": chest * (1 - neck), "neck": chest * neck}


def neck_weights(co: Any) -> Weights:
    """From the collar to the head."""
    neck = smoothstep(1.04, 1.10, co.z)
    return {"chest": 1 - neck, "neck": neck}


def leg_weights(co: Any) -> Weights:
    """Legs need no bones: they squash between the hips and the floor."""
    hips = smoothstep(0.08, 0.6, co.z)
    return {"hips": hips, "root": 1 - hips}


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm at rest; ``upper`` and ``lower`` are the unit vectors along upper arm and forearm."""

    side: str
    shoulder: Vector
    elbow: Vector
    upper: Vector
    lower: Vector

    @classmethod
    def of(cls, bones: Mapping[str, Bone], side: str) -> Arm:
        """The arm of a skeleton on one side (``L`` or ``R``)."""
        upper, lower = bones[f"upper_arm.{side}"], bones[f"forearm.{side}"]
        return cls(side, upper.head, upper.tail, upper.direction, lower.direction)

    def weigh(self, co: Any) -> Weights:
        """Weights of a place on the sleeve."""
        arm = smoothstep(-0.05, 0.06, (co - self.shoulder).dot(self.upper))
        fore = smoothstep(-0.065, 0.065, (co - self.elbow).dot((self.upper + self.lower).normalized()))
        return {
            f"shoulder.{self.side}": 1 - arm,
            f"upper_arm.{self.side}": arm * (1 - fore),
            f"forearm.{self.side}": arm * fore,
        }

    def on_forearm(self, part: float) -> Vector:
        """The point that part (0..1) of the way from elbow to wrist."""
        return self.elbow + self.lower * ARM * part

    def path(self, metres: Sequence[float], upper: Sequence[float], lower: Sequence[float]) -> list[Vector]:
        """A sleeve's spine: ``metres`` from the shoulder, parts of the upper arm, the elbow, parts of the forearm."""
        points = [self.shoulder + self.upper * m for m in metres]
        points += [self.shoulder + self.upper * ARM * u for u in upper]
        points += [self.elbow + (self.lower - self.upper) * 0.012]
        return points + [self.on_forearm(u) for u in lower]


def hand_axes(bone: Bone) -> Matrix:
    """A hand's axes at rest as the columns of a rotation: x, y to the fingers, z out of its back."""
    y = bone.direction
    z = (bone.facing - y * bone.facing.dot(y)).normalized()
    columns: Any = (y.cross(z), y, z)
    return Matrix(columns).transposed()
