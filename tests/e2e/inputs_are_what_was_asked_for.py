#!/usr/bin/env python3
"""Which images are inputs: of a folder, of a single file, of a list, and never the outputs."""

import shutil

import support


class InputsAreWhatWasAskedFor(support.EndToEndTest):
    def run_checked(self, *arguments, code=support.OK):
        return self.run_pretag("run", *arguments, "-o", "run", code=code, model=self.quick_model())

    def names(self):
        return support.names_in_dump(self.folder / "run")

    def test_a_single_image(self):
        self.images("images", "small", 3)
        self.run_checked("images/00001.jpg")
        self.assertEqual(self.names(), ["00001.jpg"])

    def test_a_folder_with_a_trailing_slash_a_dot_or_through_a_link(self):
        images = self.images("images", "small", 2)
        (self.folder / "link").symlink_to(images)
        results = []
        for spelled in ("images", "images/", "./images/.", "link"):
            self.run_checked(spelled)  # the same run goes on: the folder is the same
            results.append(support.result_files(self.folder / "run"))
        self.assertEqual(self.names(), ["00000.jpg", "00001.jpg"])
        self.assertTrue(all(result == results[0] for result in results))

    def test_hidden_files_and_other_files_are_passed_over(self):
        images = self.images("images", "small", 2)
        (images / ".hidden").mkdir()
        shutil.copy(images / "00000.jpg", images / ".hidden/00000.jpg")
        shutil.copy(images / "00000.jpg", images / "._00000.jpg")
        shutil.copy(images / "00000.jpg", images / "jpg")
        self.run_checked("images")
        self.assertEqual(self.names(), ["00000.jpg", "00001.jpg"])

    def test_outputs_inside_the_input_folder_are_not_inputs(self):
        self.images("images", "small", 2)
        model = self.quick_model()
        for _ in range(2):  # the second time there are plots and debug images, which nothing but their place tells apart
            self.run_pretag("run", "images", "-o", "images/run", "pretagging_debug=True", model=model)
            self.assertTrue(any((self.folder / "images/run").rglob("*.png")))
            self.assertTrue(any((self.folder / "images/run").rglob("*.jpg")))
            self.assertEqual(support.names_in_dump(self.folder / "images/run"), ["00000.jpg", "00001.jpg"])

    def test_outputs_of_another_run_inside_the_input_folder_are_not_inputs(self):
        images = self.images("images", "small", 2)
        model = self.quick_model()
        self.run_pretag("run", "images", "-o", "images/runs/first", "pretagging_debug=True", model=model)
        shutil.copy(images / "00000.jpg", images / "runs/mine.jpg")
        self.run_pretag("run", "images", "-o", "images/runs/second", model=model)
        self.assertEqual(support.names_in_dump(self.folder / "images/runs/second"),
                         ["00000.jpg", "00001.jpg", "runs/mine.jpg"])

    def test_a_list_of_relevant_files(self):
        images = self.images("images", "small", 12)
        (images / "sub").mkdir()
        shutil.copy(images / "00000.jpg", images / "sub/a.jpg")
        shutil.copy(images / "00000.jpg", images / "sub/b.jpg")
        (self.folder / "list.txt").write_text("00003.jpg\n0001* *1.jpg\nsub/a.jpg\nmissing.jpg\n")
        done = self.run_checked("images", "relevant_filenames_file=list.txt", code=support.SOME_FAILED)
        self.assertEqual(self.names(), ["00003.jpg", "00010.jpg", "sub/a.jpg"])
        self.assertEqual(list(support.reasons_of(self.folder / "run")), ["missing.jpg"])
        self.assertIn("missing.jpg", done.stderr)

    def test_a_list_in_the_datasource(self):
        images = self.images("images", "small", 3)
        (images / ".lightly").mkdir()
        (images / ".lightly/list.txt").write_text("00001.jpg\n")
        self.run_checked("images", "relevant_filenames_file=list.txt")
        self.assertEqual(self.names(), ["00001.jpg"])

    def test_bad_lists_are_explained(self):
        self.images("images", "small", 1)
        done = self.run_pretag("run", "images", "-o", "run", "pretagging=False", "relevant_filenames_file=no.txt",
                               code=support.ERROR)
        self.assert_plain_error(done, "relevant_filenames_file", "no.txt", ".lightly/no.txt")
        (self.folder / "list.txt").write_text("00000.jpg\n../secret.jpg\n")
        done = self.run_pretag("run", "images", "-o", "run", "pretagging=False", "relevant_filenames_file=list.txt",
                               code=support.USAGE)
        self.assert_plain_error(done, "list.txt", "2", "../")

    def test_no_images_is_an_error_that_leaves_no_trace(self):
        self.images("images", "small", 1)
        (self.folder / "empty").mkdir()
        (self.folder / "empty/notes.txt").write_text("no picture")
        for wrong, reason in (("imagse", "No such file"), ("empty", "no images or videos found"), ("empty/notes.txt", "")):
            with self.subTest(wrong):
                code = support.SOME_FAILED if wrong.endswith(".txt") else support.ERROR
                done = self.run_pretag("run", wrong, "-o", f"run of {wrong.replace('/', ' ')}", "pretagging=False",
                                       code=code)
                if code == support.ERROR:
                    self.assert_plain_error(done, wrong, reason)
        # The slip does not bind the output folder to the wrong input.
        for wrong in ("imagse", "empty"):
            self.run_pretag("run", wrong, "-o", "run", "pretagging=False", code=support.ERROR)
        self.run_pretag("run", "images", "-o", "run", "pretagging=False")
        self.assertFalse((self.folder / "run of imagse").exists())


if __name__ == "__main__":
    support.main()
