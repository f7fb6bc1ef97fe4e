#!/usr/bin/python3
"""A folder of an S3 bucket is as good an input as one of the disk: the same results, and nothing lost by what a network does."""

import json
import shutil
import threading
import time

import support
from s3_server import Refusal, S3Server

STRANGE_NAMES = ["ü ö/ä b.jpg", "100%+1&=?#.jpg", "日本/写真.jpg", "a.b/c.jpg", "a/d.jpg", "a-b.jpg", " .jpg"]


class ImagesComeFromABucket(support.EndToEndTest):
    def setUp(self):
        super().setUp()
        self.s3 = S3Server()
        self.s3.__enter__()
        self.addCleanup(self.s3.__exit__)
        self.environment = self.s3.environment()

    def run_bucket(self, *settings, where="s3://photos/drive", output="run", code=support.OK, env=None):
        return self.run_pretag("run", where, "-o", output, *settings, code=code, model=self.quick_model(),
                               env={**self.environment, **(env or {})})

    def fill(self, kind="small", count=12):
        folder = self.images("images", kind, count)
        self.s3.add_folder("photos", folder, "drive/")
        return folder

    def assert_same_results(self, one="run", other="local"):
        self.assertEqual(support.result_files(self.folder / one), support.result_files(self.folder / other))

    def run_local(self, *settings, code=support.OK):
        return self.run_pretag("run", "images", "-o", "local", *settings, code=code, model=self.quick_model())

    def read_objects(self):
        return [key for method, _, key in self.s3.requests if method == "GET" and key]

    def test_a_bucket_gives_what_a_folder_gives(self):
        images = self.fill("photos")
        for i, name in enumerate(STRANGE_NAMES):
            (images / name).parent.mkdir(exist_ok=True)
            shutil.copy(images / "a/c.jpg", images / name)
        self.s3.add_folder("photos", images, "drive/")
        self.s3.buckets["photos"]["drive-by.jpg"] = b"of another folder"
        self.s3.buckets["photos"]["drive/"] = b""  # as some tools mark folders
        self.s3.buckets["photos"]["drive/.lightly/thumbnails/b.png"] = b"hidden"
        self.s3.page = 3
        settings = ("selection.n_samples=5", "pretagging_debug=True", "dump_dataset=True")
        self.run_bucket(*settings)
        self.run_local(*settings)
        self.assert_same_results()
        self.assertLess(set(STRANGE_NAMES), set(support.names_in_dump(self.folder / "run")))
        report = json.loads((self.folder / "run/report.json").read_text())
        self.assertEqual(report["job"]["input"], "s3://photos/drive")

    def test_videos_are_read_frame_by_frame(self):
        self.fill("videos")
        settings = ("selection.n_samples=5", "dump_dataset=True")
        self.run_bucket(*settings, code=support.SOME_FAILED)
        self.run_local(*settings, code=support.SOME_FAILED)
        self.assert_same_results()
        self.assertEqual(len(support.names_in_dump(self.folder / "run")), 32)

    def test_one_object_and_a_whole_bucket_are_inputs_too(self):
        self.fill(count=3)
        self.run_bucket(where="s3://photos/drive/00001.jpg", output="one")
        self.assertEqual(support.names_in_dump(self.folder / "one"), ["00001.jpg"])
        self.run_bucket(where="s3://photos/", output="all")
        self.assertEqual(support.names_in_dump(self.folder / "all"), [f"drive/{i:05}.jpg" for i in range(3)])

    def test_what_passes_does_no_harm(self):
        self.fill()
        self.run_local("precision=f32", "n_example_images=0")
        faults = ["truncate", "hang up", Refusal(503, "SlowDown"), Refusal(500, "InternalError")]
        tries = {}

        def before(method, bucket, key, query):
            tries[key] = tries.get(key, 0) + 1
            if tries[key] > 1:
                return None
            fault = faults[len(tries) % len(faults)]
            if isinstance(fault, Refusal):
                raise fault
            return fault

        self.s3.before = before
        self.run_bucket("precision=f32", "n_example_images=0")
        self.assert_same_results()
        self.assertEqual(min(tries.values()), 2)

    def test_an_object_that_is_gone_or_refused_is_a_failure_of_its_own(self):
        self.fill()

        def before(method, bucket, key, query):
            if key == "drive/00003.jpg":
                raise Refusal(404, "NoSuchKey")
            if key == "drive/00005.jpg":
                raise Refusal(403, "AccessDenied")

        self.s3.before = before
        self.run_bucket(code=support.SOME_FAILED)
        reasons = support.reasons_of(self.folder / "run")
        self.assertEqual(sorted(reasons), ["00003.jpg", "00005.jpg"])
        self.assertIn("the file is gone", reasons["00003.jpg"])
        self.assertIn("AccessDenied", reasons["00005.jpg"])
        self.s3.before = None
        self.run_bucket()
        self.assertEqual(len(support.names_in_dump(self.folder / "run")), 12)

    def test_lost_access_ends_the_run_and_no_image_is_called_broken(self):
        self.fill(count=60)

        def before(method, bucket, key, query):
            if len(self.read_objects()) > 30:
                raise Refusal(403, "InvalidAccessKeyId")

        self.s3.before = before
        done = self.run_bucket("precision=f32", "n_example_images=0", code=support.ERROR)
        self.assert_plain_error(done, "check the access key id", "goes on from here")
        self.s3.before = None
        first = len(self.read_objects())
        self.run_bucket("precision=f32", "n_example_images=0")
        self.assertLess(len(self.read_objects()), first + 60 - 10)  # what was done is not read again
        self.run_local("precision=f32", "n_example_images=0")
        self.assert_same_results()

    def test_a_long_outage_can_be_interrupted(self):
        self.fill(count=40)
        begun = threading.Event()

        def before(method, bucket, key, query):
            if len(self.read_objects()) > 5:
                begun.set()
                raise Refusal(503, "SlowDown")

        self.s3.before = before
        process = self.start_pretag("run", "s3://photos/drive", "-o", "run", model=self.quick_model(),
                                    env=self.environment)
        self.assertTrue(begun.wait(support.PATIENCE))
        events = []
        for event in support.events_of(process):
            events.append(event)
            if event["event"] == "warning":  # it does not look dead
                process.send_signal(support.signal.SIGINT)
        self.assertTrue(any("is tried again" in event.get("message", "") for event in events), events)
        self.assertEqual(process.wait(timeout=60), support.INTERRUPTED)
        self.s3.before = None
        self.run_bucket()
        self.run_local()
        self.assert_same_results()

    def test_errors_say_what_to_do(self):
        self.fill(count=1)
        secret = {"AWS_SECRET_ACCESS_KEY": "wrong-secret"}
        self.assert_plain_error(self.run_bucket(code=support.ERROR, env=secret), "s3://photos/drive",
                                "check the secret access key")
        none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        done = self.run_bucket(code=support.USAGE, env=none)
        self.assert_plain_error(done, "there are no credentials", "AWS_ACCESS_KEY_ID", "AWS_NO_SIGN_REQUEST")
        self.assert_plain_error(self.run_bucket(where="s3://other/x", code=support.ERROR), "there is no such bucket")
        self.assert_plain_error(self.run_bucket(where="s3://photos/x", code=support.ERROR), "s3://photos/x", "nothing")
        self.assert_plain_error(self.run_bucket(where="s3://-/x", code=support.USAGE), "not the name of a bucket")
        elsewhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}  # nobody listens there
        self.assert_plain_error(self.run_bucket(code=support.ERROR, env=elsewhere), "127.0.0.1:9")
        done = self.run_bucket(output="s3://photos/run", code=support.USAGE)
        self.assert_plain_error(done, "--output", "on this machine")
        self.assertFalse((self.folder / "run").exists())
        self.assertNotIn("wrong-secret", done.stderr)

    def test_copies_that_the_bucket_refuses_are_an_error_and_not_left_out(self):
        self.fill()
        self.run_bucket()
        copied = []

        def before(*request):
            copied.append(request)
            if len(copied) > 3:
                raise Refusal(400, "ExpiredToken")

        self.s3.before = before
        done = self.run_pretag("select", "run", "selection.n_samples=12", "dump_dataset=True", code=support.ERROR,
                               env=self.environment)
        self.assert_plain_error(done, "get new credentials")
        self.s3.before = None
        self.run_pretag("select", "run", "selection.n_samples=12", "dump_dataset=True", env=self.environment)
        self.assertEqual(len(list((self.folder / "run/data/sampled").iterdir())), 12)

    def test_the_region_is_found(self):
        self.fill(count=2)
        self.run_bucket(env={"AWS_REGION": "us-east-1"})
        self.assertEqual(len(support.names_in_dump(self.folder / "run")), 2)

    def test_a_public_bucket_needs_no_credentials(self):
        self.fill(count=2)
        self.s3.public.add("photos")
        none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_NO_SIGN_REQUEST": "YES"}
        self.run_bucket(env=none)
        self.assertEqual(len(support.names_in_dump(self.folder / "run")), 2)

    def test_a_profile_of_the_aws_tools_is_enough(self):
        self.fill(count=2)
        (self.folder / "config").write_text(f"[profile work]\nregion = {self.s3.region}\nendpoint_url = {self.s3.url}\n")
        (self.folder / "credentials").write_text("[work]\naws_access_key_id = AKIATEST\naws_secret_access_key = secret\n")
        unset = dict.fromkeys(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_REGION"], "")
        self.run_bucket(env={**unset, "AWS_PROFILE": "work", "AWS_CONFIG_FILE": str(self.folder / "config"),
                             "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials")})
        self.assertEqual(len(support.names_in_dump(self.folder / "run")), 2)

    def test_a_profile_may_take_a_role_with_what_a_program_writes(self):
        self.fill(count=2)
        secret, _, _ = self.s3.keys["AKIATEST"]
        helper = self.folder / "the helper"
        helper.write_text(f"""#!/bin/sh
echo '{json.dumps({"Version": 1, "AccessKeyId": "AKIATEST", "SecretAccessKey": secret})}'
""")
        helper.chmod(0o755)
        arn = "arn:aws:iam::123456789012:role/reader"
        (self.folder / "config").write_text(f"""[profile work]
role_arn = {arn}
source_profile = base
region = {self.s3.region}
[profile base]
credential_process = "{helper}" --for base
""")
        self.s3.roles = {(arn, ""): 3600}
        environment = {**dict.fromkeys(self.s3.environment(), ""), "AWS_ENDPOINT_URL": self.s3.url, "AWS_PROFILE": "work",
                       "AWS_CONFIG_FILE": str(self.folder / "config"), "no_proxy": "127.0.0.1"}
        self.run_bucket(env=environment)
        self.assertEqual(len(support.names_in_dump(self.folder / "run")), 2)
        self.assertEqual(self.s3.taken, [(arn, "AKIATEST")])
        self.s3.roles = {}
        done = self.run_bucket(output="other", env=environment, code=support.ERROR)
        self.assert_plain_error(done, arn, "trust policy")

    def test_credentials_of_the_machine_are_renewed_before_they_expire(self):
        self.fill(count=40)
        given = []

        def role():
            token, expires = f"token{len(given)}", time.time() + 302  # of which the last five minutes are not used
            self.s3.keys["ASIAROLE"] = ("role-secret", token, expires)
            given.append(token)
            return json.dumps({"Code": "Success", "AccessKeyId": "ASIAROLE", "SecretAccessKey": "role-secret",
                               "Token": token, "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires))})

        def before(method, bucket, key, query):
            time.sleep(0.1)

        self.s3.role, self.s3.before = role, before
        self.run_bucket("num_processes=1", env={
            "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.s3.url})
        self.assertEqual(len(support.names_in_dump(self.folder / "run")), 40)
        self.assertGreater(len(given), 1)

    def test_metadata_predictions_and_lists_lie_beside_the_images(self):
        images = self.fill(count=8)
        lightly = images / ".lightly"
        (lightly / "metadata").mkdir(parents=True)
        (lightly / "metadata/schema.json").write_text(json.dumps(
            [{"name": "speed", "path": "speed", "defaultValue": 0, "valueDataType": "NUMERIC_FLOAT"}]))
        for i in range(8):
            (lightly / f"metadata/{i:05}.json").write_text(json.dumps(
                {"file_name": f"{i:05}.jpg", "type": "image", "metadata": {"speed": float(i)}}))
        (lightly / "relevant.txt").write_text("".join(f"{i:05}.jpg\n" for i in range(6)))
        self.s3.add_folder("photos", images, "drive/")
        strategies = json.dumps([{"input": {"type": "METADATA", "key": "speed"}, "strategy": {"type": "WEIGHTS"}}])
        settings = ("relevant_filenames_file=relevant.txt", "selection.n_samples=2", f"selection.strategies={strategies}")
        everybody = threading.Barrier(6)

        def before(method, bucket, key, query):  # a file of metadata is given when those of all six images are asked for
            if "/metadata/0" in key:
                everybody.wait(support.PATIENCE)

        self.s3.before = before
        self.run_bucket(*settings)
        self.s3.before = None
        sampled = self.folder / "run/filenames/sampled_filenames.txt"
        self.assertEqual(sorted(sampled.read_text().split()), ["00004.jpg", "00005.jpg"])
        self.run_pretag("select", "run", "selection.n_samples=3", "dump_dataset=True", env=self.environment)
        self.assertEqual(len(list((self.folder / "run/data/sampled").iterdir())), 3)
        shutil.rmtree(self.folder / "run/plots")
        self.run_pretag("report", "run", env=self.environment)
        self.assertTrue(any((self.folder / "run/plots").iterdir()))


if __name__ == "__main__":
    support.main()
