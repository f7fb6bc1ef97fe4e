#!/usr/bin/env python3
"""What is found in an image does not depend on threads, on the order, or on the other images of the run."""

import support


class ResultsDoNotDependOnThreadsOrOrder(support.EndToEndTest):
    def test_any_number_of_threads_gives_the_same_bytes(self):
        self.images("photos", "photos")
        for threads in (1, 3):
            self.run_pretag("run", "photos", "-o", f"run{threads}", f"num_threads={threads}", f"num_processes={4 - threads}",
                            "score_threshold=0.1")
        one, three = (support.result_files(self.folder / run) for run in ("run1", "run3"))
        self.assertEqual(one, three)

    def test_the_best_accuracy_looks_twice_and_on_any_number_of_threads_alike(self):
        self.images("photos", "photos")
        model = self.quick_model(320, 192)
        for threads in (1, 3):
            self.run_pretag("run", "photos", "-o", f"best{threads}", f"num_threads={threads}", "score_threshold=0.05",
                            "accuracy=best", model=model)
        one, three = (support.result_files(self.folder / run) for run in ("best1", "best3"))
        self.assertEqual(one, three)
        self.run_pretag("run", "photos", "-o", "full", "score_threshold=0.05", model=model)
        self.assertNotEqual(support.dump_of(self.folder / "best1"), support.dump_of(self.folder / "full"))

    def test_many_small_images_on_many_threads_give_the_same_bytes(self):
        self.images("images", "mixed_thin", 24)
        model = self.quick_model()
        results = []
        for threads in (1, 2, 5):
            self.run_pretag("run", "images", "-o", f"run{threads}", f"num_threads={threads}", "score_threshold=0.1",
                            model=model)
            results.append(support.result_files(self.folder / f"run{threads}"))
        self.assertEqual(results[0], results[1])
        self.assertEqual(results[0], results[2])

    def test_an_image_gives_the_same_alone_and_among_others(self):
        images = self.images("photos", "photos")
        (images / "a/one_more_name.jpg").write_bytes((images / "a/c.jpg").read_bytes())
        model = self.quick_model()
        self.run_pretag("run", "photos", "-o", "all", "score_threshold=0.05", model=model)
        self.run_pretag("run", "photos/a", "-o", "some", "score_threshold=0.05", model=model)
        every = {entry["filename"]: entry for entry in support.dump_of(self.folder / "all")}
        some = support.dump_of(self.folder / "some")
        self.assertEqual([entry["filename"] for entry in some], ["b/d.bmp", "c.jpg", "one_more_name.jpg"])
        for entry in some:
            self.assertGreater(len(entry["boxes"]), 0)
            self.assertEqual({**entry, "filename": "a/" + entry["filename"]}, every["a/" + entry["filename"]])
        self.assertEqual(some[1]["boxes"], some[2]["boxes"])  # equal pixels, equal results
        _, rows = support.embeddings_of(self.folder / "all")
        _, some_rows = support.embeddings_of(self.folder / "some")
        self.assertEqual([row[1:] for row in rows if row[0].startswith("a/")], [row[1:] for row in some_rows])


if __name__ == "__main__":
    support.main()
