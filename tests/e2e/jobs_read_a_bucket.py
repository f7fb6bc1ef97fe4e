#!/usr/bin/python3
"""Jobs on datasets whose images are in S3: the worker has no credentials, and is given an address for each thing it needs."""

import json
import signal
import time
import urllib.error
import urllib.request

import support
from s3_server import Refusal, S3Server

IMAGES = 12
SECRET = "the-secret-of-the-bucket"


class JobsReadABucket(support.JobsTest):
    def setUp(self):
        super().setUp()
        self.s3 = S3Server()
        self.s3.keys = {"AKIATEST": (SECRET, "", None)}
        self.s3.__enter__()
        self.addCleanup(self.s3.__exit__)
        self.s3.add_folder("photos", self.images("images", "small", IMAGES), "drive/")
        self.s3.buckets["photos"]["private.jpg"] = b"of somebody else"
        self.s3.buckets["work"] = {}
        self.start_server(environment={"AWS_ENDPOINT_URL": self.s3.url, "AWS_ACCESS_KEY_ID": "AKIATEST",
                                       "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_CONFIG_FILE": "/nowhere",
                                       "AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "no_proxy": "127.0.0.1"})

    def s3_config(self, path, secret=SECRET, **more):
        return {"type": "S3", "fullPath": path, "s3Region": self.s3.region, "s3AccessKeyId": "AKIATEST",
                "s3SecretAccessKey": secret, **more}

    def new_dataset(self, name, kind="Images", **config):
        return super().new_dataset(name, {"INPUT": self.s3_config("s3://photos/drive/", **config),
                                          "LIGHTLY": self.s3_config("s3://work/lightly", **config)}, kind)

    def start_worker(self, number, *settings, environment=None):
        nothing = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_ENDPOINT_URL": "", "no_proxy": "127.0.0.1"}
        return super().start_worker(number, *settings, environment={**nothing, **(environment or {})})

    def sign(self, dataset, **request):
        return self.call("POST", f"/v1/datasets/{dataset}/datasource/signedUrl",
                         {"purpose": "INPUT", "method": "GET", **request})["url"]

    def assert_refused(self, status, request):
        with self.assertRaises(urllib.error.HTTPError) as refused:
            request()
        self.assertEqual(refused.exception.code, status)

    def fetch(self, url):
        with urllib.request.urlopen(url, timeout=support.PATIENCE) as answer:
            return answer.read()

    def test_a_job_reads_the_input_and_leaves_its_results_in_the_other_bucket(self):
        self.start_worker(1)
        work = self.s3.buckets["work"]
        work["lightly/.lightly/metadata/schema.json"] = json.dumps(
            [{"name": "speed", "path": "speed", "defaultValue": 0, "valueDataType": "NUMERIC_FLOAT"}]).encode()
        work["lightly/.lightly/relevant.txt"] = b"".join(b"%05d.jpg\n" % i for i in range(10))
        dataset, scheduled = self.schedule("from a bucket", pretaggingUpload=True, relevantFilenamesFile="relevant.txt")
        run = self.wait_for_end(scheduled, "worker1.log")
        self.assert_results(dataset, run, 4)

        # What the run left: as in a folder of the disk.
        names = self.call("GET", f"/v1/datasets/{dataset}/mappings", field="fileName")
        self.assertEqual(sorted(k for k in work if "thumbnails" in k),
                         sorted(f"lightly/.lightly/thumbnails/{n[:-4]}_thumb.jpg" for n in names))
        predictions = "lightly/.lightly/predictions/lightly_pretagging/"
        self.assertEqual(len([key for key in work if key.startswith(predictions)]), 10 + 1)
        self.assertEqual(json.loads(work["lightly/.lightly/predictions/tasks.json"]), ["lightly_pretagging"])
        self.assertEqual({key for method, bucket, key in self.s3.requests if method != "GET" and bucket != "work"}, set())

        # Links lead to the objects, and nothing tells the secret.
        tags = self.call("GET", f"/v1/datasets/{dataset}/tags")
        exported = self.call("GET", f"/v1/datasets/{dataset}/tags/{tags[0]['id']}/export/LabelStudio/tasks")
        for task in exported:
            name = task["data"]["lightlyFileName"]
            self.assertEqual(self.fetch(task["data"]["image"]), self.s3.buckets["photos"]["drive/" + name])
        for log in ("server.log", "worker1.log"):
            self.assertNotIn(SECRET, (self.folder / log).read_text())
        self.assertNotIn(SECRET, json.dumps(self.call("GET", f"/v1/datasets/{dataset}/datasource/all")))

    def test_results_are_those_of_a_folder(self):
        worker = self.start_worker(1)
        _, scheduled = self.schedule("the same")
        self.wait_for_end(scheduled, "worker1.log")
        worker.send_signal(signal.SIGTERM)
        worker.wait(support.PATIENCE)
        (run,) = (self.folder / "runs").iterdir()
        self.run_pretag("run", "images", "-o", "local", "selection.n_samples=4", model=self.quick_model())
        for file in ("data/bounding_boxes.json", "data/embeddings.csv", "filenames/sampled_filenames.txt"):
            self.assertEqual((run / file).read_bytes(), (self.folder / "local" / file).read_bytes(), file)

    def test_a_service_that_is_away_for_a_moment_does_no_harm(self):
        away = time.monotonic() + 5

        def before(method, bucket, key, query):
            if time.monotonic() < away:
                raise Refusal(503, "SlowDown")

        self.s3.before = before
        self.start_worker(1)
        dataset, scheduled = self.schedule("a slow start")
        self.assert_results(dataset, self.wait_for_end(scheduled, "worker1.log"), 4)

    def test_a_wrong_key_fails_the_job_and_says_so(self):
        self.start_worker(1)
        _, scheduled = self.schedule("wrong", dataset=self.new_dataset("wrong", secret="another-secret"))
        run = self.wait_for_end(scheduled, "worker1.log")
        self.assertEqual(run["state"], "FAILED")
        self.assertIn("s3://photos/drive", run["message"])
        self.assertIn("check the secret access key", run["message"])

    def test_a_wrong_region_is_found_by_the_check(self):
        """What the server signs is used by others, who could not find the bucket elsewhere."""
        dataset = self.new_dataset("elsewhere", s3Region="us-west-2")
        verified = self.call("GET", f"/v1/datasets/{dataset}/datasource/verify", purpose="LIGHTLY")
        self.assertEqual([verified[what] for what in ("canRead", "canWrite", "canList", "canOverwrite")], 4 * [False])
        self.assertIn("the bucket is in the region eu-central-1, not in us-west-2", verified["errors"]["canRead"])

    def test_a_role_is_enough(self):
        """Delegated access: the users' account lets the server's identity read, and gives it no key."""
        arn, external_id = "arn:aws:iam::123456789012:role/reader", "an-external-id"
        self.s3.roles = {(arn, external_id): 310}  # which is renewed after ten seconds, as five minutes before are too late
        config = {"type": "S3DelegatedAccess", "s3Region": self.s3.region, "s3ARN": arn, "s3ExternalId": external_id}

        def dataset(name, **other):
            return support.JobsTest.new_dataset(self, name, {
                "INPUT": {**config, "fullPath": "s3://photos/drive", **other},
                "LIGHTLY": {**config, "fullPath": "s3://work/lightly", **other}})

        self.start_worker(1)
        first, scheduled = self.schedule("role", dataset=dataset("by a role"))
        self.assert_results(first, self.wait_for_end(scheduled, "worker1.log"), 4)
        self.assertEqual(set(self.s3.taken), {(arn, "AKIATEST")})
        self.assertLess(len(self.s3.taken), 10, "a role is kept from request to request")
        verified = self.call("GET", f"/v1/datasets/{first}/datasource/verify", purpose="LIGHTLY")
        self.assertEqual(set(verified), {"canRead", "canWrite", "canList", "canOverwrite"}, verified)

        _, scheduled = self.schedule("other", dataset=dataset("by a role of others", s3ExternalId="another-external-id"))
        run = self.wait_for_end(scheduled, "worker1.log")
        self.assertEqual(run["state"], "FAILED")
        self.assertIn("trust policy", run["message"])
        self.assertNotIn("another-external-id", run["message"])

    def test_what_is_written_is_encrypted_with_the_key_that_is_named(self):
        key = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab"
        self.s3.encryption = ("aws:kms", key)
        dataset = self.new_dataset("encrypted", s3ServerSideEncryptionKMSKey=key)
        self.start_worker(1)
        _, scheduled = self.schedule("encrypted", dataset=dataset, pretaggingUpload=True)
        self.assert_results(dataset, self.wait_for_end(scheduled, "worker1.log"), 4)
        work = self.s3.buckets["work"]
        for part in ("/thumbnails/", "/predictions/lightly_pretagging/"):
            self.assertTrue(any(part in name for name in work), part)
        verified = self.call("GET", f"/v1/datasets/{dataset}/datasource/verify", purpose="LIGHTLY")
        self.assertEqual(verified, {"canRead": True, "canWrite": True, "canList": True, "canOverwrite": True})
        # As the public client does it, with LIGHTLY_S3_SSE_KMS_KEY.
        url = self.call("GET", f"/v1/datasets/{dataset}/datasource/predictions/writeUrl", fileName="mine/a.json")
        headers = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": key}
        with urllib.request.urlopen(urllib.request.Request(url, b"{}", headers, method="PUT"), timeout=support.PATIENCE):
            self.assertIn("lightly/.lightly/predictions/mine/a.json", work)

        other = self.new_dataset("not encrypted")
        refused = self.call("GET", f"/v1/datasets/{other}/datasource/verify", purpose="LIGHTLY")
        self.assertFalse(refused["canWrite"], "the bucket takes nothing else")

    def test_the_server_lists_and_verifies(self):
        self.s3.page = 5
        self.s3.buckets["work"]["lightly/.lightly/predictions/mine/00001.json"] = b"{}"
        dataset = self.new_dataset("listed")
        base = f"/v1/datasets/{dataset}/datasource"
        page = self.call("GET", base + "/list")
        self.assertEqual([entry["fileName"] for entry in page["data"]], [f"{i:05}.jpg" for i in range(IMAGES)])
        self.assertEqual(self.fetch(page["data"][3]["readUrl"]), self.s3.buckets["photos"]["drive/00003.jpg"])
        self.assertFalse(page["hasMore"])
        later = self.call("GET", base + "/list", **{"from": int(time.time()) + 3600})
        self.assertEqual(later["data"], [])
        page = self.call("GET", base + "/predictions/list", taskName="mine")
        self.assertEqual([entry["fileName"] for entry in page["data"]], [".lightly/predictions/mine/00001.json"])
        self.assertEqual(self.call("GET", base + "/metadata/list")["data"], [])
        facts = self.call("GET", base + "/fileHEAD", fileName="00002.jpg")
        self.assertEqual(facts["sizeInBytes"], len(self.s3.buckets["photos"]["drive/00002.jpg"]))
        self.assertGreater(facts["lastModifiedAt"], 0)

        self.assertEqual(self.call("GET", base + "/verify", purpose="LIGHTLY"),
                         {"canRead": True, "canWrite": True, "canList": True, "canOverwrite": True})
        self.assertEqual(self.call("GET", base + "/verify", purpose="INPUT"),
                         {"canRead": True, "canWrite": False, "canList": True, "canOverwrite": False})
        self.assertNotIn("lightly/.lightly/.pretag-verify", self.s3.buckets["work"])
        wrong = self.call("GET", f"/v1/datasets/{self.new_dataset('wrong', secret='x')}/datasource/verify")
        self.assertEqual({key: value for key, value in wrong.items() if key.startswith("can")},
                         {"canRead": False, "canWrite": False, "canList": False, "canOverwrite": False})
        self.assertIn("check the secret access key", wrong["errors"]["canList"])

        url = self.call("GET", base + "/predictions/writeUrl", fileName="mine/00002.json")
        urllib.request.urlopen(urllib.request.Request(url, method="PUT", data=b"{}"))
        self.assertEqual(self.s3.buckets["work"]["lightly/.lightly/predictions/mine/00002.json"], b"{}")

    def test_addresses_are_signed_for_the_datasource_only(self):
        dataset = self.new_dataset("signed")
        self.assertEqual(self.fetch(self.sign(dataset, key="drive/00001.jpg")),
                         self.s3.buckets["photos"]["drive/00001.jpg"])
        listing = self.fetch(self.sign(dataset, query={"list-type": "2", "prefix": "drive/"}))
        self.assertIn(b"<Key>drive/00001.jpg</Key>", listing)
        self.sign(dataset, query={"list-type": "2", "prefix": "drive", "max-keys": "1"})  # whether it is itself a file
        for request in ({"key": "private.jpg"}, {"key": "drive/../private.jpg"}, {"query": {"prefix": ""}}, {"query": {}},
                        {"query": {"prefix": "p"}}, {"query": {"prefix": "drive"}}, {"key": "drive-by.jpg"},
                        {"method": "PUT", "key": "drive/00001.jpg"},
                        {"method": "DELETE", "key": "drive/00001.jpg"}, {"purpose": "LIGHTLY", "key": "drive/00001.jpg"}):
            self.assert_refused(403, lambda request=request: self.sign(dataset, **request))
        for request in ({"key": "drive/00001.jpg", "query": {"versionId": "1"}}, {"query": {"uploads": ""}},
                        {"method": "POST", "key": "drive/x"}, {"method": "PUT"}, {"purpose": "OTHER", "key": "drive/x"}):
            self.assert_refused(400, lambda request=request: self.sign(dataset, **request))
        local = super().new_dataset("local", {"INPUT": {"type": "LOCAL", "fullPath": ""}})
        self.assert_refused(400, lambda: self.sign(local, key="drive/00001.jpg"))
        self.assert_refused(400, lambda: super(JobsReadABucket, self).new_dataset(
            "no bucket", {"INPUT": self.s3_config("photos/drive")}))


if __name__ == "__main__":
    support.main()
