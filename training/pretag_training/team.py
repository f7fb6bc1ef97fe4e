"""Data-parallel training by processes of one thread each, on one machine.

On a processor, two processes that compute a half of the batch each are faster than one with two threads: oneDNN's threads
wait for each other in busy loops after every layer, which costs most of the time when anything else runs on the machine. The
workers are forked, so they share the pictures; gradients lie in shared memory and are averaged there, once a step.
"""

import multiprocessing.connection
import threading

import torch
import torch.multiprocessing


class Team:
    """What a worker knows of the others. A team of one does nothing."""

    def __init__(self, rank=0, gradients=None, progress=None, barrier=None):
        self.rank, self._gradients, self._progress, self._barrier = rank, gradients, progress, barrier

    @property
    def size(self):
        return 1 if self._gradients is None else len(self._gradients)

    @property
    def leads(self):
        return self.rank == 0

    def start_with(self, parameters):
        """Gives all workers the leader's values, and puts the gradients where all see them: zero them, never set them to None."""
        if self.size == 1:
            return
        begin = 0
        for parameter in parameters:
            end = begin + parameter.numel()
            parameter.grad = _like(parameter, self._gradients[self.rank, begin:end])
            if self.leads:
                parameter.grad.copy_(parameter.detach())
            begin = end
        self._used = begin
        self._barrier.wait()
        leaders = self._gradients[0, :begin].clone()
        self._barrier.wait()
        begin = 0
        for parameter in parameters:
            end = begin + parameter.numel()
            parameter.data.copy_(_like(parameter, leaders[begin:end]))
            begin = end

    def average_gradients(self):
        """Every worker averages its share of the numbers, for all."""
        if self.size == 1:
            return
        self._barrier.wait()
        share = -(-self._used // self.size)
        mine = self._gradients[:, self.rank * share:min(self._used, (self.rank + 1) * share)]
        mean = mine.mean(0)
        for row in mine:
            row.copy_(mean)
        self._barrier.wait()

    def agree_on(self, progress):
        """The leader's number, for all: its clock decides."""
        if self.size == 1:
            return progress
        if self.leads:
            self._progress.value = progress
        self._barrier.wait()
        agreed = self._progress.value
        self._barrier.wait()
        return agreed


def _like(parameter, flat):
    """`flat` in a parameter's shape and order in memory: gradients that lie in another order are added place by place."""
    return flat.as_strided(parameter.shape, parameter.stride(), flat.storage_offset())


def run(workers, parameters, function):
    """function(team) in `workers` processes, forked from this one, the last of which is this one. Raises if one fails."""
    if workers == 1:
        return function(Team())
    assert torch.get_num_threads() == 1, "threads do not survive a fork"
    context = torch.multiprocessing.get_context("fork")
    gradients = torch.zeros(workers, parameters).share_memory_()
    progress, barrier = context.Value("d", 0.0), context.Barrier(workers, timeout=1800)

    def work(rank):
        try:
            torch.manual_seed(torch.initial_seed() + rank)
            return function(Team(rank, gradients, progress, barrier))
        except BaseException:
            barrier.abort()  # nobody waits for one that is gone
            raise

    others = [context.Process(target=work, args=(rank,), daemon=True) for rank in range(1, workers)]
    for process in others:
        process.start()

    def watch():
        """Waits for all others; alone, as of two threads that wait for one process only one learns how it ended."""
        running = list(others)
        while running:
            ready = multiprocessing.connection.wait([process.sentinel for process in running])
            for process in [process for process in running if process.sentinel in ready]:
                process.join()
                running.remove(process)
                if process.exitcode:
                    barrier.abort()  # killed, so it could not say so itself

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        work(0)
    finally:
        watcher.join()  # where one has failed, the aborted barrier ends the others at their next step
    for process in others:
        if process.exitcode:
            raise SystemExit(f"worker {process.pid} ended with {process.exitcode}")
