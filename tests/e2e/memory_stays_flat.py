#!/usr/bin/env python3
"""Memory does not grow with the number of images, whatever their sizes. bench/memory_flat is the long version."""

import resource
import subprocess

import support


class MemoryStaysFlat(support.EndToEndTest):
    def test_images_of_many_shapes(self):
        self.images("images", "mixed_thin", 400)
        # Pixels go back to the system as soon as they are freed. Else the allocator keeps them in heaps for each of its
        # threads, which fill up over the first thousand pictures: what it holds would hide what the program holds.
        allocator = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=524288"}
        # Many readers: the queue of decoded pixels is full before memory is looked at, however fast the detector is.
        process = self.start_pretag("run", "images", "-o", "run", "num_threads=2", "num_processes=8",
                                    model=self.quick_model(longest=128), env=allocator)
        resident = []  # (images done, memory at that moment)
        for event in support.events_of(process):
            if event["event"] == "progress":
                resident.append((event["done"], support.resident_memory(process.pid)))
        self.assertEqual(process.wait(), support.OK)
        # The first pictures let memory warm up; the last find no more in the queue, and memory falls.
        early, late = [[memory for done, memory in resident if memory and start <= done < start + 160]
                       for start in (80, 240)]
        self.assertTrue(early and late, f"too few samples: {resident}")
        self.assertLess(max(late), max(early) * 1.05, resident)

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
