#!/usr/bin/env python3
"""A job that selects objects makes two datasets: of the images, and of the objects that were cut out of them."""

import json
import urllib.parse
import urllib.request

import support

IMAGES = 12
TASK = "lightly_pretagging"
OBJECTS = {"taskName": TASK}


class ObjectsOfJobsBecomeCrops(support.JobsTest):
    def setUp(self):
        super().setUp()
        self.images("photos/sub", "small", IMAGES)
        (self.folder / "lightly").mkdir()
        self.start_server("--input-dir", "photos", "--lightly-dir", "lightly")

    def new_dataset(self, name, kind="Images"):
        local = {"type": "LOCAL", "fullPath": "", "webServerLocation": "http://localhost:3456"}
        return super().new_dataset(name, {"INPUT": local, "LIGHTLY": local}, kind)

    def start_worker(self, *settings):
        return super().start_worker(1, "input_dir=photos", "lightly_dir=lightly", "score_threshold=0.05", *settings)

    def finish(self, scheduled, state="COMPLETED"):
        run = self.wait_for_end(scheduled, "worker1.log")
        self.assertEqual(run["state"], state, run["message"])
        return run

    def dataset_named(self, name):
        found = self.call("GET", f"/v1/datasets/query/name/{urllib.parse.quote(name)}", exact="True")
        return found[0] if found else None

    def samples(self, dataset):
        return self.call("GET", f"/v1/datasets/{dataset}/samples")

    @staticmethod
    def lasting(crops):
        """What of crops is the same whichever run found them last."""
        return [{**crop, "lastModifiedAt": 0, "cropData": {**crop["cropData"], "predictionUUIDTimestamp": 0}} for crop in crops]

    def tags(self, dataset):
        return {tag["name"]: tag["bitMaskData"] for tag in self.call("GET", f"/v1/datasets/{dataset}/tags")}

    def rows_of(self, dataset, run):
        """The names in the embeddings that the run has uploaded."""
        (embedding,) = [e for e in self.call("GET", f"/v1/datasets/{dataset}/embeddings")
                        if e["name"] == "default_" + run["id"] and e["isProcessed"]]
        url = self.call("GET", f"/v1/datasets/{dataset}/embeddings/{embedding['id']}/readCSVUrl")
        with urllib.request.urlopen(url, timeout=support.PATIENCE) as answer:
            return [line.split(",")[0] for line in answer.read().decode().splitlines()[1:]]

    def objects(self, scheduled):
        """What the run selected, by the names of the crops."""
        path = self.folder / "runs" / scheduled / "data/selection.json"
        return {item["crop"]: item for item in json.loads(path.read_text(encoding="utf-8"))["objects"]["selected"]}

    def check_crops(self, images, crops, scheduled, run, task=TASK):
        """The crops of this run are in the dataset and in the datasource, and know their predictions, which know them."""
        objects = self.objects(scheduled)
        of_images = {sample["id"]: sample for sample in self.samples(images)}
        of_crops = {sample["fileName"]: sample for sample in self.samples(crops)}
        self.assertLessEqual({item["filename"] for item in objects.values()},
                             {sample["fileName"] for sample in of_images.values()})
        schema = self.call("GET", f"/v1/datasets/{images}/predictions/tasks/{task}")
        classes = {category["id"]: category["name"] for category in schema["categories"]}
        links = {}
        for name, item in objects.items():
            sample = of_crops[name]
            crop = sample["cropData"]
            self.assertEqual((sample["type"], crop["predictionIndex"], crop["predictionTaskName"]), ("CROP", item["index"], task))
            self.assertEqual(crop["predictionUUIDTimestamp"], run["createdAt"])
            self.assertEqual(of_images[crop["parentId"]]["fileName"], item["filename"])
            found = self.call("GET", f"/v1/datasets/{images}/predictions/samples/{crop['parentId']}",
                              predictionUUIDTimestamp=run["createdAt"])
            prediction = [other for other in found if other["taskName"] == task][item["index"]]
            self.assertEqual((prediction["cropDatasetId"], prediction["cropSampleId"]), (crops, sample["id"]))
            self.assertEqual((prediction["categoryId"], classes[prediction["categoryId"]]),
                             (crop["predictionTaskCategoryId"], item["label"]))
            self.assertAlmostEqual(prediction["score"], crop["predictionTaskScore"], places=6)
            for place, other in enumerate(found):
                if "cropSampleId" in other:
                    links[crop["parentId"], place] = other["cropSampleId"]
            self.check_picture(sample, item, scheduled)
        self.assertEqual(len(links), len(objects), "predictions that were not selected have no crops")
        self.assertEqual(sorted(self.rows_of(crops, run)), sorted(objects))

    def check_picture(self, sample, item, scheduled):
        name = sample["fileName"]
        picture = self.folder / "lightly/.lightly/crops" / sample["datasetId"] / name
        self.assertEqual(picture.read_bytes(), (self.folder / "runs" / scheduled / "data/crops" / name).read_bytes())
        width, height = support.png_size(picture)
        self.assertEqual(sample["metaData"]["shape"], [height, width, 3])
        self.assertEqual(sample["metaData"]["sizeInBytes"], picture.stat().st_size)
        for kind, file in (("full", f".lightly/crops/{sample['datasetId']}/{name}"), ("thumbnail", sample["thumbName"])):
            url = self.call("GET", f"/v1/datasets/{sample['datasetId']}/samples/{sample['id']}/readurl", type=kind)
            self.assertEqual(urllib.parse.unquote(url), "http://localhost:3456/" + file)
        x1, y1, x2, y2 = item["box"]
        self.assertTrue(x2 - x1 - 1 <= width <= x2 - x1 + 2 and y2 - y1 - 1 <= height <= y2 - y1 + 2, (item, width, height))
        self.assertEqual(support.png_size(self.folder / "lightly" / sample["thumbName"]), (width, height))

    def test_both_datasets_grow_and_nothing_is_there_twice(self):
        self.start_worker()
        images, scheduled = self.schedule("drive", samples=5, objectLevel=OBJECTS, dump_dataset=True)
        run = self.finish(scheduled)
        self.assertRegex(run["message"], r"12 images, \d of them selected with 5 objects")
        crops = self.dataset_named("drive-crops")
        self.assertEqual((crops["type"], crops["parentDatasetId"], crops["nSamples"]), ("Crops", images, 5))
        self.check_crops(images, crops["id"], scheduled, run)
        self.assertEqual(self.tags(crops["id"]), {"initial-tag": "0x1f"})
        first_images, first_crops = self.samples(images), self.samples(crops["id"])
        self.assertEqual(len(first_images), len({sample["fileName"] for sample in first_images}))

        # The same once more: nothing is added but what tells of the run.
        _, scheduled = self.schedule("drive", dataset=images, samples=5, objectLevel=OBJECTS, dump_dataset=True)
        run = self.finish(scheduled)
        self.check_crops(images, crops["id"], scheduled, run)
        self.assertEqual(self.samples(images), first_images)
        self.assertEqual(self.lasting(self.samples(crops["id"])), self.lasting(first_crops))
        self.assertEqual(self.tags(crops["id"]), {"initial-tag": "0x1f", "run-" + run["id"]: "0x1f"})

        # More of them, by a client of an older generation.
        config = self.call("POST", "/v1/docker/worker/config", {"config": {"workerType": "FULL", "docker": {
            "pretagging": True, "dump_dataset": True, "object_level": {"task_name": TASK}}, "selection": {
                "nSamples": 9, "strategies": [{"input": {"type": "EMBEDDINGS"}, "strategy": {"type": "DIVERSITY"}}]}}})
        scheduled = self.call("POST", f"/v1/datasets/{images}/docker/worker/schedule",
                              {"configId": config["id"], "priority": "MID", "runsOn": []})["id"]
        run = self.finish(scheduled)
        self.check_crops(images, crops["id"], scheduled, run)
        grown = self.samples(crops["id"])
        self.assertEqual(len(grown), 9)
        self.assertEqual(self.lasting(grown[:5]), self.lasting(first_crops), "the first five are chosen first again")
        self.assertEqual(self.tags(crops["id"])["run-" + run["id"]], "0x1ff")
        self.assertEqual(self.samples(images)[:len(first_images)], first_images)

    def test_the_crops_of_a_dataset_are_the_pool_of_its_objects(self):
        self.start_worker()
        pool = {"useDatapool": True, "datasource": {"processAll": True}}
        images, scheduled = self.schedule("drive", objectLevel=OBJECTS, dump_dataset=True, **pool)
        self.finish(scheduled)  # there is no dataset of crops yet
        crops = self.dataset_named("drive-crops")["id"]
        first = set(self.objects(scheduled))
        _, scheduled = self.schedule("drive", dataset=images, objectLevel=OBJECTS, dump_dataset=True, **pool)
        run = self.finish(scheduled)
        self.check_crops(images, crops, scheduled, run)
        self.assertFalse(first & set(self.objects(scheduled)))
        self.assertEqual(len(self.samples(crops)), 8)
        selection = json.loads((self.folder / "runs" / scheduled / "data/selection.json").read_text())
        self.assertEqual(selection["objects"]["preselected"], 4)
        # Another dataset of crops.
        _, scheduled = self.schedule("other", objectLevel=OBJECTS, datapool={"datasetId": crops})
        self.finish(scheduled)
        selection = json.loads((self.folder / "runs" / scheduled / "data/selection.json").read_text())
        self.assertEqual(selection["objects"]["preselected"], 8)

    def test_other_settings_replace_crops_under_the_same_names(self):
        self.start_worker()
        images, scheduled = self.schedule("drive", samples=5, objectLevel=OBJECTS, dump_dataset=True)
        self.finish(scheduled)
        crops = self.dataset_named("drive-crops")["id"]
        folder = self.folder / "lightly/.lightly/crops" / crops
        before = {name: (folder / name).read_bytes() for name in self.objects(scheduled)}
        _, scheduled = self.schedule("drive", dataset=images, samples=5, objectLevel={**OBJECTS, "padding": 0.5},
                                     dump_dataset=True)
        self.finish(scheduled)
        self.assertEqual(len(self.samples(crops)), 5)
        for sample in self.samples(crops):
            name = sample["fileName"]
            picture = folder / name
            self.assertEqual(picture.read_bytes(), (self.folder / "runs" / scheduled / "data/crops" / name).read_bytes())
            self.assertEqual(sample["metaData"]["shape"], [*reversed(support.png_size(picture)), 3])
        self.assertTrue(any((folder / name).read_bytes() != old for name, old in before.items()))
        # Another dataset of crops of the same images has pictures of its own.
        now = {name: (folder / name).read_bytes() for name in before}
        _, scheduled = self.schedule("drive", dataset=images, samples=5, objectLevel={**OBJECTS, "cropDatasetName": "tight"},
                                     dump_dataset=True)
        run = self.finish(scheduled)
        self.check_crops(images, self.dataset_named("tight")["id"], scheduled, run)
        self.assertEqual({name: (folder / name).read_bytes() for name in before}, now)

    def test_objects_of_videos_are_cut_out_of_their_frames(self):
        self.images("photos", "videos")
        drives = self.new_dataset("drives", "Videos")
        _, scheduled = self.schedule("drives", dataset=drives, objectLevel={**OBJECTS, "cropDatasetName": "cars of drives"},
                                     dump_dataset=True)
        self.start_worker("--once")
        run = self.finish(scheduled)
        self.assertIsNone(self.dataset_named("drives-crops"))
        self.check_crops(drives, self.dataset_named("cars of drives")["id"], scheduled, run)
        for item in self.objects(scheduled).values():
            self.assertTrue((self.folder / "lightly/.lightly/frames" / item["filename"]).is_file())

    def test_objects_of_ones_own_predictions_come_with_them(self):
        folder = self.folder / "lightly/.lightly/predictions"
        (folder / "mine/sub").mkdir(parents=True)
        (folder / "tasks.json").write_text('["mine"]')
        (folder / "mine/schema.json").write_text(json.dumps(
            {"task_type": "object-detection", "categories": [{"id": 7, "name": "thing"}, {"id": 8, "name": "stuff"}]}))
        for i in range(IMAGES):
            objects = [{"category_id": 7 + j, "bbox": [5 + 3 * i, 7 + 9 * j, 40, 20], "score": 0.5 + j / 4} for j in range(2)]
            (folder / f"mine/sub/{i:05}.json").write_text(json.dumps({"file_name": f"sub/{i:05}.jpg", "predictions": objects}))
        self.start_worker()
        for name, pretagging in (("both", True), ("alone", False)):
            images, scheduled = self.schedule(name, objectLevel={"taskName": "mine"}, pretagging=pretagging, dump_dataset=True)
            run = self.finish(scheduled)
            self.check_crops(images, self.dataset_named(name + "-crops")["id"], scheduled, run, "mine")
            schemas = self.call("GET", f"/v1/datasets/{images}/predictions/tasks")["schemas"]
            self.assertEqual({schema["name"] for schema in schemas}, {"mine", TASK} if pretagging else {"mine"})

    def test_crops_are_kept_from_the_server(self):
        self.start_worker("--once")
        images, scheduled = self.schedule("drive", objectLevel=OBJECTS, crops={"enableUpload": False})
        run = self.finish(scheduled)
        self.assertIsNone(self.dataset_named("drive-crops"))
        self.assertFalse((self.folder / "lightly/.lightly/crops").exists())
        self.assertEqual(len(self.objects(scheduled)), 4)
        names = {item["filename"] for item in self.objects(scheduled).values()}
        self.assertEqual({sample["fileName"] for sample in self.samples(images)}, names)
        logs = self.call("GET", f"/v1/docker/runs/{run['id']}/logs")["logs"]
        self.assertFalse([line for line in logs if "enable_upload" in line["msg"]], "it has an effect")

    def test_what_keeps_the_crops_away_is_said_before_the_images_are_looked_at(self):
        self.start_worker()
        plain = self.new_dataset("taken-crops")
        _, taken = self.schedule("taken", objectLevel=OBJECTS)
        self.assertIn("there is a dataset 'taken-crops' already, which does not hold the crops of this one: name another "
                      "with object_level.crop_dataset_name", self.finish(taken, "FAILED")["message"])
        _, several = self.schedule("several", objectLevel=OBJECTS, datapool={"datasetId": plain})
        self.assertIn("datapool.dataset_id: the dataset 'taken-crops' holds no crops", self.finish(several, "FAILED")["message"])
        _, unkept = self.schedule("unkept", objectLevel=OBJECTS, useDatapool=True, crops={"enableUpload": False})
        self.assertIn("crops.enable_upload=False keeps them from it", self.finish(unkept, "FAILED")["message"])
        (self.folder / "lightly/.lightly/crops").rmdir()  # of the job before, which could have kept its crops
        (self.folder / "lightly/.lightly/crops").write_text("in the way")
        _, unwritable = self.schedule("unwritable", objectLevel=OBJECTS)
        self.assertIn("the crops of the selected objects are kept there", self.finish(unwritable, "FAILED")["message"])
        for scheduled in (taken, several, unkept, unwritable):
            self.assertFalse((self.folder / "runs" / scheduled / "run.db").exists())


if __name__ == "__main__":
    support.main()
