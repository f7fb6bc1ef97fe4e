"""What a training says as it goes on: a line on the terminal, the same as JSON in log.jsonl."""

import json
import time


class Journal:
    def __init__(self, folder):
        self.file = open(folder / "log.jsonl", "a")

    def say(self, **facts):
        print(time.strftime("%H:%M:%S"), "  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in facts.items()), flush=True)
        print(json.dumps(facts), file=self.file, flush=True)


class Averages:
    """Running means of losses."""

    def __init__(self, decay=0.95):
        self.decay, self.values, self.weight = decay, {}, 0.0

    def add(self, losses):
        self.weight = self.decay * self.weight + 1 - self.decay
        for name, value in losses.items():
            self.values[name] = self.decay * self.values.get(name, 0.0) + (1 - self.decay) * float(value)

    def now(self):
        return {name: value / self.weight for name, value in self.values.items()}
