"""Workers that share a batch learn what one worker would learn from all of it."""

import io
import multiprocessing
import os
import sys
import time
import unittest

import support  # noqa: F401  first: it says where the package lies
import torch

from pretag_training import team as teams

STEPS = 5


def learn(team, images, wanted, results):
    """Plain gradient descent on this worker's share; each worker starts from values of its own."""
    layers = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2))
    if team.leads:
        torch.manual_seed(1)
        for parameter in layers.parameters():
            torch.nn.init.normal_(parameter)
    optimizer = torch.optim.SGD(layers.parameters(), lr=0.1, momentum=0.9)
    team.start_with(list(layers.parameters()))
    share = len(images) // team.size
    mine = slice(team.rank * share, (team.rank + 1) * share)
    for _ in range(STEPS):
        optimizer.zero_grad(set_to_none=False)
        torch.nn.functional.mse_loss(layers(images[mine]), wanted[mine]).backward()
        team.average_gradients()
        optimizer.step()
    results[team.rank] = torch.cat([p.detach().flatten() for p in layers.parameters()])


class Team(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(10)
        self.began = time.monotonic()
        self.images, self.wanted = torch.randn(12, 6), torch.randn(12, 2)

    def tearDown(self):
        # One that lived on would write into the next team's barrier, for which the same shared memory is taken again.
        for process in multiprocessing.active_children():
            process.join(300)
            self.assertIsNotNone(process.exitcode, "a worker is left")

    def learned_by(self, workers):
        results = torch.zeros(workers, 47).share_memory_()
        teams.run(workers, 47 + 10, lambda team: learn(team, self.images, self.wanted, results))
        return results

    def test_two_workers_are_as_one(self):
        one, two = self.learned_by(1), self.learned_by(2)
        self.assertTrue(torch.equal(two[0], two[1]))
        torch.testing.assert_close(two[0], one[0], atol=1e-5, rtol=1e-4)

    def test_numbers_need_not_divide_among_workers(self):
        one, three = self.learned_by(1), self.learned_by(3)
        self.assertTrue(torch.equal(three[0], three[1]) and torch.equal(three[0], three[2]))
        torch.testing.assert_close(three[0], one[0], atol=1e-5, rtol=1e-4)

    def test_the_leaders_clock_decides(self):
        agreed = torch.zeros(2).share_memory_()

        def function(team):
            agreed[team.rank] = team.agree_on(0.25 + team.rank)

        teams.run(2, 1, function)
        self.assertEqual(agreed.tolist(), [0.25, 0.25])

    def test_workers_draw_different_numbers(self):
        drawn = torch.zeros(2, 3).share_memory_()

        def function(team):
            drawn[team.rank] = torch.rand(3)

        teams.run(2, 1, function)
        self.assertFalse(torch.equal(drawn[0], drawn[1]))

    def test_the_other_worker_failing_ends_the_team(self):
        def function(team):
            if not team.leads:
                sys.stderr = io.StringIO()  # of this process only: its traceback is no news
                raise ValueError("a picture cannot be read")
            team.agree_on(0.5)

        with self.assertRaises(BaseException):
            teams.run(2, 1, function)
        self.assertLess(time.monotonic() - self.began, 300)

    def test_the_leader_failing_ends_the_team(self):
        def function(team):
            if team.leads:
                raise ValueError("a picture cannot be read")
            sys.stderr = io.StringIO()
            team.agree_on(0.5)

        with self.assertRaisesRegex(ValueError, "cannot be read"):
            teams.run(2, 1, function)
        self.assertLess(time.monotonic() - self.began, 300)

    def test_a_worker_that_is_killed_ends_the_team(self):
        def function(team):
            if not team.leads:
                os._exit(9)  # as the kernel does where memory runs out: nothing is said to the others
            return None

        for _ in range(20):  # whoever waits for a process has little time to misunderstand how it ended
            with self.assertRaisesRegex(SystemExit, "ended with 9"):
                teams.run(2, 1, function)


if __name__ == "__main__":
    unittest.main()
