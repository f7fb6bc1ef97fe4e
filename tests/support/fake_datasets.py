"""What is in the datasets of the platform in fake_platform.py: samples, tags, embeddings, predictions and scores."""

import re

from api_contract import Refusal, known_keys, require

VALUE_TYPES = set("""NUMERIC_INT NUMERIC_FLOAT CATEGORICAL_STRING CATEGORICAL_INT CATEGORICAL_BOOLEAN CATEGORICAL_DATETIME
CATEGORICAL_TIMESTAMP OTHER_STRING""".split())

class FakeDatasets:
    """Part of FakePlatform, which has what it is all kept in."""

    def mappings(self, dataset, query, body):
        (field,) = query["field"]
        require(field in ("_id", "fileName"), field)
        offset, size = int(query["pageOffset"][0]), int(query["pageSize"][0])
        return 200, [s["id" if field == "_id" else "fileName"] for s in self.samples[dataset]][offset:offset + size]

    def create_sample(self, dataset, query, body):
        known_keys(body, ["fileName"], ["thumbName", "exif", "metaData", "customMetaData", "videoFrameData", "cropData"])
        meta = body["metaData"]
        known_keys(meta, [], ["sharpness", "luminance", "sizeInBytes", "snr", "uniformRowRatio", "mean", "shape", "std"])
        require(0 <= meta["luminance"] <= 100 and 0 <= meta["uniformRowRatio"] <= 1 and len(meta["shape"]) == 3, meta)
        require(isinstance(meta["sizeInBytes"], int), meta)
        if self.datasets[dataset]["type"] == "Crops":
            self.check_crop(self.datasets[dataset]["parentDatasetId"], body["cropData"])
        same = [s for s in self.samples[dataset] if s["fileName"] == body["fileName"]]
        require(not same, f"{body['fileName']} is there already")
        sample = self.new_id()
        self.samples[dataset].append({"id": sample, **body})
        return 201, {"id": sample, "sampleWriteUrls": {"full": self.url + "/upload/f", "thumb": self.url + "/upload/t"}}

    def no_such_call(self, dataset, query, body):
        """What pretag serve takes, and a worker tries; the public API does not have it."""
        raise Refusal(404, "NOT_FOUND", "no such call")

    def check_crop(self, images, crop):
        known_keys(crop, ["parentId", "predictionUUIDTimestamp", "predictionIndex", "predictionTaskName",
                          "predictionTaskCategoryId", "predictionTaskScore"])
        require(crop["parentId"] in [sample["id"] for sample in self.samples[images]], "a sample of the images")
        require(0 <= crop["predictionTaskScore"] <= 1 and crop["predictionIndex"] >= 0, crop)

    def get_sample(self, dataset, sample, query, body):
        (found,) = [s for s in self.samples[dataset] if s["id"] == sample]
        return 200, found

    def get_metadata(self, dataset, query, body):
        return 200, self.metadata.get(dataset, [])

    def create_metadata(self, dataset, query, body):
        known_keys(body, ["name", "configs"])
        for config in body["configs"]:
            known_keys(config, ["name", "path", "defaultValue", "valueDataType"])
            require(config["valueDataType"] in VALUE_TYPES, config)
        configuration = self.new_id()
        self.metadata.setdefault(dataset, []).append({"id": configuration, **body})
        self.datasets[dataset]["metaDataConfigurationId"] = configuration
        return 201, {"id": configuration}

    def get_tags(self, dataset, query, body):
        return 200, self.tags[dataset][::-1]

    def add_tag(self, dataset, name, mask, previous, run):
        require(re.fullmatch("[a-zA-Z0-9][a-zA-Z0-9 .:;=@_-]+", name), name)
        require(re.fullmatch("0x[a-f0-9]+", mask), mask)
        require(int(mask, 16) < 2 ** len(self.samples[dataset]), "bits of samples that there are")
        same = [t for t in self.tags[dataset] if t["name"] == name]
        require(not same or same[0]["runId"] == run, f"tag {name} is there already")
        if same:
            same[0] |= {"bitMaskData": mask, "totSize": len(self.samples[dataset])}
            return 201, {"id": same[0]["id"]}
        tag = self.new_id()
        self.tags[dataset].append({"id": tag, "datasetId": dataset, "prevTagId": previous, "name": name, "runId": run,
                                   "bitMaskData": mask, "totSize": len(self.samples[dataset]), "createdAt": self.now()})
        return 201, {"id": tag}

    def all_samples(self, dataset):
        return hex(2 ** len(self.samples[dataset]) - 1)

    def initial_tag(self, dataset, query, body):
        known_keys(body, ["imgType"], ["name", "creator", "runId"])
        require(not self.tags[dataset], "there is a tag already")
        return self.add_tag(dataset, body.get("name", "initial-tag"), self.all_samples(dataset), None, body["runId"])

    def create_tag(self, dataset, query, body):
        known_keys(body, ["name", "prevTagId", "bitMaskData", "totSize"], ["creator", "runId"])
        require(body["totSize"] == len(self.samples[dataset]), body)
        require(body["prevTagId"] in [t["id"] for t in self.tags[dataset]], body)
        return self.add_tag(dataset, body["name"], body["bitMaskData"], body["prevTagId"], body["runId"])

    def upsize(self, dataset, query, body):
        known_keys(body, ["upsizeTagName", "upsizeTagCreator"], ["runId"])
        require(self.tags[dataset], "there is no tag yet")
        for tag in self.tags[dataset]:
            tag["totSize"] = len(self.samples[dataset])
        return self.add_tag(dataset, body["upsizeTagName"], self.all_samples(dataset), self.tags[dataset][0]["id"],
                            body["runId"])

    def get_embeddings(self, dataset, query, body):
        return 200, [{"id": i, "name": e["name"], "isProcessed": e["isProcessed"], "createdAt": e["createdAt"]}
                     for i, e in self.embeddings.items() if e["dataset"] == dataset]

    def write_csv(self, dataset, query, body):
        (name,) = query["name"]
        link = self.create_upload()
        same = [i for i, e in self.embeddings.items() if (e["dataset"], e["name"]) == (dataset, name)]
        embedding = same[0] if same else self.new_id()
        known = self.embeddings.setdefault(embedding, {"dataset": dataset, "name": name, "isProcessed": False, "createdAt": self.now()})
        known["link"] = link
        return 200, {"signedWriteUrl": self.url + link, "embeddingId": embedding}

    def set_processed(self, dataset, embedding, query, body):
        known_keys(body, ["rowCount"])
        entry = self.embeddings[embedding]
        rows = self.uploads[entry["link"]].decode().splitlines()
        require(len(rows) == body["rowCount"] + 1, f"{len(rows)} lines, said to be {body['rowCount']} rows")
        entry["isProcessed"] = True
        return 204, None

    def create_task(self, dataset, query, body):
        known_keys(body, ["name", "type", "categories"])
        self.tasks[dataset, query["predictionUUIDTimestamp"][0], body["name"]] = body
        return 201, {"id": self.new_id()}

    def put_predictions(self, dataset, sample, query, body):
        (moment,) = query["predictionUUIDTimestamp"]
        require(sample in [s["id"] for s in self.samples[dataset]], "a sample of the dataset")
        for found in body:
            known_keys(found, ["type", "taskName", "categoryId", "score", "bbox"],
                       ["probabilities", "cropDatasetId", "cropSampleId"])
            if "cropSampleId" in found:
                require(found["cropSampleId"] in [s["id"] for s in self.samples[found["cropDatasetId"]]], found)
            task = self.tasks[dataset, moment, found["taskName"]]
            require(found["categoryId"] in [c["id"] for c in task["categories"]], found)
            require(0 <= found["score"] <= 1 and len(found["bbox"]) == 4, found)
        told = {found["taskName"] for found in body}  # an empty list is told of all tasks
        others = [found for found in self.predictions.get((dataset, sample, moment), []) if told and found["taskName"] not in told]
        self.predictions[dataset, sample, moment] = [*body, *others]
        return 201, {"id": self.new_id()}

    def get_scores(self, dataset, query, body):
        """Of the moment 0, before any run, and so of no use to one."""
        return 200, [{"id": self.new_id(), "scoreType": score, "createdAt": 0, "datasetId": dataset, "taskName": task,
                      "predictionUUIDTimestamp": 0} for of, task, score in self.scores if (of, [task]) == (dataset, query["taskName"])]

    def put_scores(self, dataset, query, body):
        known_keys(body, ["scoreType", "scores"])
        require(len(body["scores"]) == len(self.samples[dataset]), "a score for each sample")
        require(all(0 <= score <= 1 for score in body["scores"]), body)
        self.scores[dataset, query["taskName"][0], body["scoreType"]] = body["scores"]
        return 201, {"id": self.new_id()}
