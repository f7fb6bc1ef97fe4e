#!/usr/bin/env python3
"""Every frame of a video is an image like any other: found, counted, selected, copied, and always called the same."""

import json

import support

MP4 = [f"drive-{i:02}-mp4.png" for i in range(20)]
AVI = [f"drive-{i:02}-avi.png" for i in range(11)]


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


class VideosAreReadFrameByFrame(support.EndToEndTest):
    def run_videos(self, *settings, output="run", code=support.SOME_FAILED):
        if not (self.folder / "videos").exists():
            self.images("videos", "videos")
        return self.run_pretag("run", "videos", "-o", output, *settings, code=code, model=self.quick_model(64))

    def test_every_frame_is_in_the_results_and_a_broken_video_is_told_of(self):
        self.run_videos("selection.n_samples=5", "pretagging_debug=True")
        run = self.folder / "run"
        self.assertEqual(support.names_in_dump(run), sorted(MP4 + AVI + ["drive.jpg"]))
        self.assertEqual(lines(run / "filenames/corrupt_filenames.txt"), ["sub/broken.mp4"])
        reasons = json.loads((run / "corruptness_check_information.json").read_text())["corrupt_samples"]
        self.assertIn("cannot be read as a video", reasons["sub/broken.mp4"])
        header, rows = support.embeddings_of(run)
        self.assertEqual(len(rows), 32)
        report = json.loads((run / "report.json").read_text())
        self.assertEqual(report["statistics"]["all"]["images"], 32)
        self.assertTrue(any((run / "data/bounding_boxes_examples").iterdir()))
        prediction = json.loads((run / "data/.lightly/predictions/lightly_pretagging/drive-07-mp4.json").read_text())
        self.assertEqual(prediction["file_name"], "drive-07-mp4.png")

    def test_the_results_are_the_same_for_any_number_of_readers_and_threads(self):
        self.run_videos("num_threads=1", "num_processes=1")
        self.run_videos("num_threads=2", "num_processes=4", output="other")
        for file in ("data/bounding_boxes.json", "data/embeddings.csv"):
            self.assertEqual((self.folder / "run" / file).read_bytes(), (self.folder / "other" / file).read_bytes())

    def test_what_builds_on_damaged_frames_is_corrupt_unless_the_threshold_allows_it(self):
        video = self.images("videos", "videos") / "drive.mp4"
        content = video.read_bytes()
        at = len(content) // 3
        video.write_bytes(content[:at] + b"\x55" * 400 + content[at + 400:])

        def corrupt(output, *settings):
            self.run_videos(*settings, output=output)
            reasons = json.loads((self.folder / output / "corruptness_check_information.json").read_text())["corrupt_samples"]
            found = {name: reason for name, reason in reasons.items() if name.startswith("drive")}
            self.assertEqual(support.names_in_dump(self.folder / output), sorted(set(MP4 + AVI + ["drive.jpg"]) - set(found)))
            return found

        strictly = corrupt("run", "num_processes=4")
        self.assertEqual(strictly, corrupt("alone", "num_processes=1"))
        self.assertTrue(any("builds on frame" in reason for reason in strictly.values()), strictly)
        self.assertLess(len(strictly), len(MP4) - 3, "from the next key frame on all is well")
        damaged = corrupt("damaged", "corruptness_check.corruption_threshold=0.5")
        self.assertTrue(damaged.items() < strictly.items(), (damaged, strictly))
        self.assertLess(len(corrupt("any", "corruptness_check.corruption_threshold=1")), len(damaged))
        done = self.run_videos("corruptness_check.corruption_threshold=0.5", code=support.USAGE)
        self.assert_plain_error(done, "corruption_threshold '0.1'", "another output folder")

    def test_an_interrupted_run_goes_on(self):
        self.run_videos()
        process = self.start_pretag("run", "videos", "-o", "killed", "num_threads=1", model=self.quick_model(64))
        for event in support.events_of(process):
            if event.get("done", 0) >= 3:
                process.kill()
                break
        process.wait()
        self.run_videos(output="killed")
        dump = "data/bounding_boxes.json"
        self.assertEqual((self.folder / "run" / dump).read_bytes(), (self.folder / "killed" / dump).read_bytes())

    def test_selected_frames_are_copied_for_those_who_label(self):
        self.run_videos("selection.n_samples=6", "dump_dataset=True")
        run = self.folder / "run"
        sampled = run / "data/sampled"
        self.assertEqual(sorted(p.name for p in sampled.iterdir()), sorted(lines(run / "filenames/sampled_filenames.txt")))
        for path in sampled.glob("*.png"):
            self.assertTrue(path.read_bytes().startswith(b"\x89PNG"))
        self.run_pretag("select", "run", "selection.n_samples=3", "dump_dataset=True", "output_image_size=48",
                        "output_image_format=jpg")
        names = [p.name for p in sampled.iterdir()]
        self.assertEqual(len(names), 3)
        self.assertTrue(all(name.endswith(".jpg") for name in names), names)
        self.run_pretag("select", "run", "selection.n_samples=2")
        self.assertFalse(sampled.exists())
        selection = (run / "data/selection.json").read_bytes()
        (self.folder / "videos").rename(self.folder / "away")
        done = self.run_pretag("select", "run", "selection.n_samples=4", "dump_dataset=True", code=support.ERROR)
        self.assert_plain_error(done, "videos")
        self.assertEqual((run / "data/selection.json").read_bytes(), selection, "it is as it was")

    def test_sequences_are_cut_from_each_video(self):
        self.run_videos("selection.n_samples=12", "selected_sequence_length=4")
        sequences = json.loads((self.folder / "run/sequence_information.json").read_text())
        self.assertEqual(len(sequences), 3)
        for sequence in sequences:
            indices = sequence["frame_indices"]
            self.assertEqual(indices, list(range(indices[0], indices[0] + 4)))
            self.assertIn(sequence["video_name"], ["drive.mp4", "drive.avi"])
            self.assertEqual(len(sequence["frame_names"]), 4)
            if sequence["video_name"] == "drive.avi":  # an AVI with frames out of order does not tell times
                self.assertEqual(sequence["frame_timestamps_sec"], [None] * 4)
                continue
            seconds = sequence["frame_timestamps_sec"]
            self.assertAlmostEqual(seconds[0], indices[0] * 0.1, places=3)
            self.assertAlmostEqual(seconds[3] - seconds[0], 0.3, places=3)
            self.assertEqual(sequence["frame_timestamps_pts"], sorted(sequence["frame_timestamps_pts"]))
        self.assertIn("drive.mp4", [sequence["video_name"] for sequence in sequences])

    def test_a_list_of_relevant_files_names_videos(self):
        self.images("videos", "videos")
        (self.folder / "list.txt").write_text("drive.avi\n")
        self.run_videos("relevant_filenames_file=list.txt", code=support.OK)
        self.assertEqual(support.names_in_dump(self.folder / "run"), AVI)

    def test_one_video_is_an_input_of_its_own(self):
        self.images("videos", "videos")
        self.run_pretag("run", "videos/drive.mp4", "-o", "run", model=self.quick_model(64))
        self.assertEqual(support.names_in_dump(self.folder / "run"), MP4)

    def test_a_link_to_a_video_names_its_frames_and_still_does_later(self):
        self.images("videos", "videos")
        (self.folder / "links").mkdir()
        (self.folder / "links/latest.mp4").symlink_to("../videos/drive.mp4")
        self.run_pretag("run", "links/latest.mp4", "-o", "run", model=self.quick_model(64))
        self.assertEqual(support.names_in_dump(self.folder / "run"), [name.replace("drive", "latest") for name in MP4])
        done = self.run_pretag("select", "run", "selection.n_samples=3", "dump_dataset=True")
        self.assertEqual(len(list((self.folder / "run/data/sampled").iterdir())), 3, done.stderr)


if __name__ == "__main__":
    support.main()
