#!/usr/bin/python3
"""A folder of a container of Azure's is as good an input as one of the disk, for runs and for jobs."""

import json
import shutil

import support
from azure_server import ACCOUNT, AzureServer

IMAGES = 12
STRANGE_NAMES = ["ü ö/ä b.jpg", "100%+1&=?#.jpg", "日本/写真.jpg", "tab\tin it.jpg", "a/d.jpg", "a-b.jpg"]


class Container:
    """For a test: a container with pictures."""

    def make_container(self):
        self.azure = AzureServer()
        self.azure.__enter__()
        self.addCleanup(self.azure.__exit__)
        self.azure.add_folder("photos", self.images("images", "small", IMAGES), "drive/")


class AzureContainersAreRead(Container, support.EndToEndTest):
    def setUp(self):
        super().setUp()
        self.make_container()

    def run_container(self, *settings, where="az://photos/drive", output="run", code=support.OK, env=None):
        return self.run_pretag("run", where, "-o", output, *settings, code=code, model=self.quick_model(),
                               env={**self.azure.environment(), **(env or {})})

    def assert_same_results(self):
        self.run_pretag("run", "images", "-o", "local", "selection.n_samples=5", model=self.quick_model())
        self.assertEqual(support.result_files(self.folder / "run"), support.result_files(self.folder / "local"))

    def test_a_container_gives_what_a_folder_gives(self):
        images = self.folder / "images"
        for name in STRANGE_NAMES:
            (images / name).parent.mkdir(exist_ok=True)
            shutil.copy(images / "00001.jpg", images / name)
        self.azure.add_folder("photos", images, "drive/")
        self.azure.page, self.azure.empty_pages = 3, True
        self.run_container("selection.n_samples=5")
        self.assert_same_results()
        self.assertEqual(self.azure.permissions_used, {"l", "r"}, "no address grants more than is done with it")

    def test_a_name_that_no_disk_can_hold_does_no_harm(self):
        name = "写" * 250 + ".jpg"
        photos = self.azure.buckets["photos"]
        photos["drive/" + name] = photos["drive/00001.jpg"]
        done = self.run_container("selection.n_samples=12", "remove_exact_duplicates=False", "dump_dataset=True")
        self.assertIn(name, support.names_in_dump(self.folder / "run"))
        self.assertIn("is not in data/.lightly/predictions: its name is too long for a disk", done.stderr)

    def test_a_shared_access_signature_or_a_connection_string_is_enough(self):
        sas = self.azure.sas("photos")
        self.run_container("selection.n_samples=5", env={"AZURE_STORAGE_KEY": "", "AZURE_STORAGE_SAS_TOKEN": "?" + sas})
        self.assert_same_results()
        connection = f"BlobEndpoint={self.azure.endpoint};SharedAccessSignature={sas}"
        alone = dict.fromkeys(self.azure.environment(), "")
        self.run_container(output="connection", env={**alone, "AZURE_STORAGE_CONNECTION_STRING": connection,
                                                     "no_proxy": "127.0.0.1"})
        self.assertEqual(len(support.names_in_dump(self.folder / "connection")), IMAGES)

    def give_tokens(self):
        """Good ones, the first for ten requests only. Those that were given."""
        given = []

        def token():
            given.append(f"token-{len(given)}")
            self.azure.tokens.add(given[-1])
            return given[-1], 3600

        def before(method, bucket, key, query):
            if len(self.azure.requests) > 10:
                self.azure.tokens.discard("token-0")

        self.azure.token, self.azure.before = token, before
        return given

    def test_a_machine_with_an_identity_needs_no_key(self):
        given = self.give_tokens()
        self.run_container("selection.n_samples=5", env=self.azure.identity_environment())
        self.assert_same_results()
        self.assertGreater(len(given), 1)

    def test_a_pod_with_an_identity_needs_no_key(self):
        given = self.give_tokens()
        file, self.azure.workload_token = self.folder / "token", "of.the.pod"
        file.write_text("of.the.pod\n")
        self.run_container("selection.n_samples=5", env=self.azure.workload_environment(file))
        self.assert_same_results()
        self.assertGreater(len(given), 1)
        file.write_text("of.another.pod")
        refused = self.run_container(output="other", code=support.ERROR, env=self.azure.workload_environment(file))
        self.assert_plain_error(refused, "AADSTS700016", "AZURE_CLIENT_ID")
        self.assertNotIn("of.another.pod", refused.stderr)

    def test_a_public_container_needs_no_credentials(self):
        self.azure.public = {"photos"}
        self.run_container("selection.n_samples=5", env={"AZURE_STORAGE_KEY": "", "AZURE_NO_SIGN_REQUEST": "YES"})
        self.assert_same_results()

    def test_errors_say_what_to_do(self):
        refused = self.run_container(code=support.ERROR, env={"AZURE_STORAGE_KEY": "AAAA"})
        self.assert_plain_error(refused, "AuthenticationFailed", "check the account's key")
        old = {"AZURE_STORAGE_KEY": "", "AZURE_STORAGE_SAS_TOKEN": self.azure.sas("photos", seconds=-10)}
        self.assert_plain_error(self.run_container(code=support.ERROR, env=old), "until when it is good")
        nowhere = {"AZURE_STORAGE_KEY": "", "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9"}
        none = self.run_container(code=support.USAGE, env=nowhere)
        self.assert_plain_error(none, "AZURE_STORAGE_CONNECTION_STRING")
        nobody = self.run_container(code=support.ERROR, env=self.azure.identity_environment())
        self.assert_plain_error(nobody, "Identity not found", "managed identity")
        self.assert_plain_error(self.run_container(code=support.ERROR, where="az://nowhere/x"), "no such bucket")
        self.assertFalse((self.folder / "run").exists())


class JobsReadAnAzureContainer(Container, support.JobsTest):
    def setUp(self):
        super().setUp()
        self.make_container()
        self.azure.buckets["work"] = {}
        photos = self.azure.buckets["photos"]
        for i, name in enumerate(("tab\tin it.jpg", "写" * 250 + ".jpg")):  # which no disk could hold
            photos["drive/" + name] = photos.pop(f"drive/{i:05}.jpg")
        self.start_server(environment={"AZURE_STORAGE_SERVICE_ENDPOINT": self.azure.endpoint, "no_proxy": "127.0.0.1"})

    def dataset(self, name, key_of):
        return self.new_dataset(name, {
            purpose: {"type": "AZURE", "accountName": ACCOUNT, "accountKey": key_of(container), "fullPath": path}
            for purpose, container, path in (("INPUT", "photos", "photos/drive"), ("LIGHTLY", "work", "work/lightly"))})

    def test_a_job_reads_the_input_and_leaves_its_results_in_the_other_container(self):
        self.start_worker(1, environment={"no_proxy": "127.0.0.1"})
        for name, key_of in (("with a key", lambda container: self.azure.key),
                             ("with signatures", lambda container: self.azure.sas(container, "rwdlac"))):
            work = self.azure.buckets["work"] = {}
            dataset, scheduled = self.schedule(name, dataset=self.dataset(name, key_of), pretaggingUpload=True)
            run = self.wait_for_end(scheduled, "worker1.log")
            self.assert_results(dataset, run, 4)
            names = self.call("GET", f"/v1/datasets/{dataset}/mappings", field="fileName")
            self.assertEqual(sorted(k for k in work if "thumbnails" in k),
                             sorted(f"lightly/.lightly/thumbnails/{n[:-4]}_thumb.jpg" for n in names))
            predictions = "lightly/.lightly/predictions/lightly_pretagging/"
            self.assertEqual(len([key for key in work if key.startswith(predictions)]), IMAGES, "one is too long, and a schema")
            verified = self.call("GET", f"/v1/datasets/{dataset}/datasource/verify", purpose="LIGHTLY")
            self.assertEqual(verified, {"canRead": True, "canWrite": True, "canList": True, "canOverwrite": True})
            listed = self.call("GET", f"/v1/datasets/{dataset}/datasource/list")
            self.assertEqual(len(listed["data"]), IMAGES)
            self.assertNotIn(self.azure.key, json.dumps(self.call("GET", f"/v1/datasets/{dataset}/datasource/all")))
        for log in ("server.log", "worker1.log"):
            self.assertNotIn(self.azure.key, (self.folder / log).read_text())


if __name__ == "__main__":
    support.main()
