#!/usr/bin/env python3
"""pretag doctor, --help and --version: what they print, and the exit codes that scripts rely on."""

import json

import support


class DoctorAndHelpAnswer(support.EndToEndTest):
    def test_doctor(self):
        (self.folder / "models").mkdir()
        self.quick_model().rename(self.folder / "models/mine.safetensors")
        env = {"PRETAG_MODEL_PATH": str(self.folder / "models")}
        done = self.run_pretag("doctor", "--json", self.folder, env=env, code=self.expected_of_doctor())
        answer = json.loads(done.stdout)
        self.assertEqual(list(answer), ["ok", "findings", "facts"])
        for finding in answer["findings"]:
            self.assertEqual(list(finding), ["mark", "topic", "text", "fix"])
            self.assertIn(finding["mark"], ("ok", "warning", "failure"))
        self.assertEqual(answer["ok"], all(finding["mark"] != "failure" for finding in answer["findings"]))
        self.assertIn("mine", answer["facts"]["models"])
        self.assertGreaterEqual(answer["facts"]["machine"]["cores_available"], 1)
        self.assertEqual(answer["facts"]["folders"][0]["writable"], True)
        text = self.run_pretag("doctor", env=env, code=self.expected_of_doctor()).stdout
        for topic in ("Processor", "Memory", "Model", "Libraries"):
            self.assertIn(topic, text)
        self.assertEqual(text.count("\x1b"), 0)

    def expected_of_doctor(self):
        """A tree without the bundled model is a failure, and rightly so."""
        return support.OK if self.doctor()["facts"]["model"] else support.ERROR

    def test_doctor_opens_the_model(self):
        (self.folder / "pretag-driving.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
        done = self.run_pretag("doctor", env={"PRETAG_MODEL_PATH": str(self.folder)}, code=support.ERROR)
        self.assertIn("Git LFS", done.stdout)

    def test_doctor_fails_for_a_folder_that_cannot_be_written(self):
        (self.folder / "file").write_text("")
        done = self.run_pretag("doctor", "--json", "file/run", code=support.ERROR)
        folder = json.loads(done.stdout)["findings"][-1]
        self.assertEqual((folder["topic"], folder["mark"]), ("Folder", "failure"))
        self.assertIn("file/run cannot be written: Not a directory", folder["text"])

    def test_help(self):
        for arguments, parts in [
                (["--help"], ["run", "eval", "doctor"]),
                (["run", "--help"], ["--output", "KEY=VALUE", "Exit codes: 0 done"]),
                (["eval", "--help"], ["--labels", "Exit codes"]),
                (["doctor", "--help"], ["--json"]),
                (["run", "--help-config"], ["pretagging", "score_threshold", "num_threads"]),
        ]:
            with self.subTest(arguments):
                done = self.run_pretag(*arguments)
                self.assertEqual(done.stderr, "")
                for part in parts:
                    self.assertIn(part, done.stdout)
        self.assertRegex(self.run_pretag("--version").stdout, r"^pretag \d+\.\d+\.\d+\n$")
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    support.main()
