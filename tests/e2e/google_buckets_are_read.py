#!/usr/bin/python3
"""A folder of a Google bucket is as good an input as one of the disk, for runs and for jobs."""

import json
import shutil

import support
from cryptography.hazmat.primitives.asymmetric import rsa
from google_server import GoogleServer
from s3_server import Refusal

IMAGES = 12
STRANGE_NAMES = ["ü ö/ä b.jpg", "100%+1&=?#.jpg", "日本/写真.jpg", "a'(b)*!.jpg", "~.jpg"]


class Bucket:
    """For a test: a bucket with pictures, and the key of a service account that may read it."""

    def make_bucket(self):
        self.google = GoogleServer()
        self.google.__enter__()
        self.addCleanup(self.google.__exit__)
        self.key = self.folder / "key.json"
        self.key.write_text(self.google.service_account())
        self.google.add_folder("photos", self.images("images", "small", IMAGES), "drive/")


class GoogleBucketsAreRead(Bucket, support.EndToEndTest):
    def setUp(self):
        super().setUp()
        self.make_bucket()

    def run_bucket(self, *settings, where="gs://photos/drive", output="run", code=support.OK, credentials=None, env=None):
        environment = self.google.environment(self.key if credentials is None else credentials)
        return self.run_pretag("run", where, "-o", output, *settings, code=code, model=self.quick_model(),
                               env={**environment, **(env or {})})

    def assert_same_results(self):
        self.run_pretag("run", "images", "-o", "local", "selection.n_samples=5", model=self.quick_model())
        self.assertEqual(support.result_files(self.folder / "run"), support.result_files(self.folder / "local"))

    def test_a_bucket_gives_what_a_folder_gives(self):
        images = self.folder / "images"
        for name in STRANGE_NAMES:
            (images / name).parent.mkdir(exist_ok=True)
            shutil.copy(images / "00001.jpg", images / name)
        self.google.add_folder("photos", images, "drive/")
        self.google.page = 3
        self.run_bucket("selection.n_samples=5")
        self.assert_same_results()
        report = json.loads((self.folder / "run/report.json").read_text())
        self.assertEqual(report["job"]["input"], "gs://photos/drive")
        # What needs the pictures again fetches them again.
        self.google.requests.clear()
        self.run_pretag("select", "run", "selection.n_samples=2", "dump_dataset=True", env=self.google.environment(self.key))
        self.assertEqual(len(list((self.folder / "run/data/sampled").iterdir())), 2)
        self.assertTrue(self.google.requests)

    def test_a_machine_of_the_cloud_needs_no_key(self):
        given = []

        def token():
            given.append(f"token-{len(given)}")
            self.google.tokens.add(given[-1])
            return given[-1], 3600

        def before(method, bucket, key, query):  # the first is good for ten requests
            if len(self.google.requests) > 10:
                self.google.tokens.discard("token-0")

        self.google.token, self.google.before = token, before
        self.run_bucket("selection.n_samples=5", credentials="")
        self.assert_same_results()
        self.assertGreater(len(given), 1)

    def test_a_public_bucket_needs_no_credentials(self):
        self.google.public = {"photos"}
        self.run_bucket("selection.n_samples=5", credentials="", env={"GS_NO_SIGN_REQUEST": "YES"})
        self.assert_same_results()

    def test_errors_say_what_to_do(self):
        done = self.run_bucket(code=support.USAGE, credentials="")
        self.assert_plain_error(done, "gs://photos/drive", "GOOGLE_APPLICATION_CREDENTIALS")
        self.assertFalse((self.folder / "run").exists())
        other = self.folder / "other.json"
        other.write_text(self.google.service_account(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
        done = self.run_bucket(code=support.ERROR, credentials=other)
        self.assert_plain_error(done, "SignatureDoesNotMatch", "service account's key")
        other.write_text("{}")
        self.assert_plain_error(self.run_bucket(code=support.USAGE, credentials=other), "other.json", "gcloud")
        self.assert_plain_error(self.run_bucket(code=support.ERROR, where="gs://nowhere/drive"), "no such bucket")

    def test_lost_access_ends_the_run_and_no_image_is_called_broken(self):
        def before(method, bucket, key, query):
            if key.endswith("00007.jpg"):
                raise Refusal(401, "AuthenticationRequired")

        self.google.before = before
        done = self.run_bucket("num_processes=1", code=support.ERROR)
        self.assert_plain_error(done, "AuthenticationRequired", "check the credentials")
        self.google.before = None
        self.run_bucket("num_processes=1", "selection.n_samples=5")
        self.assert_same_results()


class JobsReadAGoogleBucket(Bucket, support.JobsTest):
    def setUp(self):
        super().setUp()
        self.make_bucket()
        self.google.buckets["work"] = {}
        self.start_server(environment={"STORAGE_EMULATOR_HOST": self.google.url, "no_proxy": "127.0.0.1"})

    def new_dataset(self, name, kind="Images"):
        config = {"type": "GCS", "gcsProjectId": "project", "gcsCredentials": self.key.read_text()}
        return super().new_dataset(name, {"INPUT": {**config, "fullPath": "gs://photos/drive"},
                                          "LIGHTLY": {**config, "fullPath": "gs://work/lightly"}}, kind)

    def test_a_job_reads_the_input_and_leaves_its_results_in_the_other_bucket(self):
        self.start_worker(1, environment={"no_proxy": "127.0.0.1"})
        dataset, scheduled = self.schedule("from a bucket", pretaggingUpload=True)
        run = self.wait_for_end(scheduled, "worker1.log")
        self.assert_results(dataset, run, 4)
        work = self.google.buckets["work"]
        names = self.call("GET", f"/v1/datasets/{dataset}/mappings", field="fileName")
        self.assertEqual(sorted(k for k in work if "thumbnails" in k),
                         sorted(f"lightly/.lightly/thumbnails/{n[:-4]}_thumb.jpg" for n in names))
        self.assertEqual(len([k for k in work if k.startswith("lightly/.lightly/predictions/lightly_pretagging/")]),
                         IMAGES + 1)
        verified = self.call("GET", f"/v1/datasets/{dataset}/datasource/verify", purpose="LIGHTLY")
        self.assertEqual(verified, {"canRead": True, "canWrite": True, "canList": True, "canOverwrite": True})
        listed = self.call("GET", f"/v1/datasets/{dataset}/datasource/list")
        self.assertEqual(len(listed["data"]), IMAGES)
        self.assertIn("X-Goog-Signature=", listed["data"][0]["readUrl"])
        for log in ("server.log", "worker1.log"):
            self.assertNotIn("PRIVATE KEY", (self.folder / log).read_text())


if __name__ == "__main__":
    support.main()
