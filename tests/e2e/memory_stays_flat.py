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

    def run_limited(self, gigabytes, threads, code=support.OK, model=None):
        """With so much address space. Batch systems limit it (h_vmem), and detectors reserve more than they use."""
        limit = gigabytes << 30
        done = subprocess.run(
            self.command("run", "images", "-o", "run", f"num_threads={threads}", "precision=f32",
                         model=model or self.quick_model()),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
            cwd=self.folder, capture_output=True, text=True, timeout=support.PATIENCE)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def test_little_address_space_is_enough(self):
        self.images("images", "small", 2)
        self.run_limited(12, threads=2)

    def test_the_first_detectors_leave_address_space_to_the_others(self):
        self.images("images", "small", 100)
        self.run_limited(64, threads=16)
        self.assertEqual(len(support.dump_of(self.folder / "run")), 100)

    def test_too_little_address_space_is_no_images_fault(self):
        self.images("images", "small", 4)
        model = self.quick_model(768, 432)
        done = self.run_limited(4, threads=16, code=support.ERROR, model=model)
        self.assert_plain_error(done, "not enough memory", "num_threads", "the same command goes on from here")
        self.run_limited(4, threads=2, model=model)
        self.assertEqual(len(support.dump_of(self.folder / "run")), 4)


if __name__ == "__main__":
    support.main()
