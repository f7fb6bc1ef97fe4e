#!/usr/bin/env python3
"""Memory does not grow with the number of images, whatever their sizes. bench/memory_flat is the long version."""

import resource
import subprocess

import support


class MemoryStaysFlat(support.EndToEndTest):
    def test_images_of_many_shapes(self):
        self.images("images", "mixed_thin", 240)
        # Many readers: the queue of decoded pixels is full before memory is looked at, however fast the detector is.
        process = self.start_pretag("run", "images", "-o", "run", "num_threads=2", "num_processes=8",
                                    model=self.quick_model(longest=128))
        peaks = []  # (images done, most memory so far)
        for event in support.events_of(process):
            if event["event"] == "progress":
                peaks.append((event["done"], support.peak_memory(process.pid)))
        self.assertEqual(process.wait(), support.OK)
        # Until the largest pictures have met in the hands of the readers; then nothing may grow for as long again.
        peaks_after_warming_up = [peak for done, peak in peaks if done >= 120 and peak]
        self.assertGreaterEqual(len(peaks_after_warming_up), 2, f"too few samples: {peaks}")
        self.assertLess(peaks_after_warming_up[-1], peaks_after_warming_up[0] * 1.05, peaks)

    def test_little_address_space_is_enough(self):
        """Batch systems limit it (h_vmem), and the detector reserves more than it uses."""
        self.images("images", "small", 2)
        limit = 12 << 30
        done = subprocess.run(self.command("run", "images", "-o", "run", "num_threads=2", model=self.quick_model()),
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
                              cwd=self.folder, capture_output=True, text=True, timeout=support.PATIENCE)
        self.assertEqual(done.returncode, support.OK, done.stderr)


if __name__ == "__main__":
    support.main()
