"""How far a stage has come, by the clock or by the pictures seen, and what the learning rate is then."""

import dataclasses
import math
import time


@dataclasses.dataclass
class Budget:
    """A stage ends when it has used up its minutes or its pictures, whichever comes first. Time of earlier sessions counts."""

    minutes: float = math.inf
    pictures: float = math.inf
    seconds_before: float = 0.0

    def __post_init__(self):
        self.started = time.monotonic()

    def seconds(self):
        return self.seconds_before + time.monotonic() - self.started

    def progress(self, pictures_seen):
        """0 at the beginning, 1 or more at the end."""
        return max(_part(self.seconds() / 60, self.minutes), _part(pictures_seen, self.pictures))


def _part(used, budget):
    return used / budget if budget > 0 else 1.0


def cosine(progress, step, warmup_steps):
    """Factor of the learning rate: a linear start, then half a cosine down to zero."""
    return min(1.0, (step + 1) / warmup_steps) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, progress)))
