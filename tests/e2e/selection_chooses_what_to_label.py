#!/usr/bin/env python3
"""A run with a selection says what to label and why; pretag select chooses again from what the run knows."""

import json
import os
import shutil

import support

TASK = "lightly_pretagging"


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def entry(input_type, strategy_type, **rest):
    """An element of selection.strategies; keys with an underscore before belong to the input."""
    inputs = {key[1:]: value for key, value in rest.items() if key.startswith("_")}
    strategy = {key: value for key, value in rest.items() if not key.startswith("_")}
    return {"input": {"type": input_type, **inputs}, "strategy": {"type": strategy_type, **strategy}}


class SelectionChoosesWhatToLabel(support.EndToEndTest):
    def finished_run(self, count=24, *settings):
        self.images("images", "small", count)
        return self.run_pretag("run", "images", "-o", "run", *settings, model=self.quick_model(64))

    def selection(self, run="run"):
        return json.loads((self.folder / run / "data/selection.json").read_text(encoding="utf-8"))

    def selected(self, run="run"):
        return lines(self.folder / run / "filenames/sampled_filenames.txt")

    def select(self, *settings, strategies=None, code=support.OK):
        extra = [f"selection.strategies={json.dumps(strategies)}"] if strategies else []
        return self.run_pretag("select", "run", *settings, *extra, code=code)

    def test_a_run_selects_and_tells_why(self):
        done = self.finished_run(24, "selection.n_samples=6")
        self.assertIn("Selected 6 images", done.stderr)
        names = self.selected()
        self.assertEqual(len(set(names)), 6)
        removed = lines(self.folder / "run/filenames/removed_filenames.txt")
        everything = support.names_in_dump(self.folder / "run")
        self.assertEqual(sorted(names + removed), everything)
        selection = self.selection()
        self.assertEqual([sample["filename"] for sample in selection["selected"]], names)
        distances = [sample["reasons"][0]["value"] for sample in selection["selected"]]
        self.assertIsNone(distances[0])
        self.assertEqual(distances[1:], sorted(distances[1:], reverse=True))
        header, rows = support.embeddings_of(self.folder / "run")
        selected_rows = lines(self.folder / "run/data/selected_embeddings.csv")
        self.assertEqual([row.split(",")[0] for row in selected_rows[1:]], sorted(names))
        report = json.loads((self.folder / "run/report.json").read_text())
        self.assertEqual(report["statistics"]["all"]["images"], 24)

    def test_selecting_again_needs_no_images_and_is_the_same_for_any_number_of_threads(self):
        self.finished_run(24, "selection.n_samples=6")
        first = self.selected()
        shutil.rmtree(self.folder / "images")
        for threads in (1, 2, 5):
            self.select("selection.n_samples=6", f"num_threads={threads}")
            self.assertEqual(self.selected(), first)
        self.select("selection.proportion_samples=0.5")
        self.assertEqual(len(self.selected()), 12)
        self.assertEqual(self.selected()[:6], first)  # greedy: more samples begin with the same ones

    def test_chance_follows_the_seed(self):
        self.finished_run(24)
        chosen = set()
        for seed in (1, 2, 3, 1):
            self.select("selection.n_samples=5", f"seed={seed}", strategies=[entry("RANDOM", "WEIGHTS")])
            chosen.add(tuple(self.selected()))
        self.assertEqual(len(chosen), 3)

    def test_metadata_orders_and_filters(self):
        self.finished_run(12)
        metadata = self.folder / "images/.lightly/metadata"
        metadata.mkdir(parents=True)
        (metadata / "schema.json").write_text(json.dumps([
            {"name": "Speed", "path": "vehicle.speed", "defaultValue": 0, "valueDataType": "NUMERIC_FLOAT"},
            {"name": "Weather", "path": "weather", "defaultValue": "dry", "valueDataType": "CATEGORICAL_STRING"}]))
        for i in range(10):  # two images have no file: the default holds
            (metadata / f"{i:05}.json").write_text(json.dumps(
                {"file_name": f"{i:05}.jpg", "type": "image",
                 "metadata": {"vehicle": {"speed": i * 3.5}, "weather": "rain" if i < 3 else "dry"}}))
        self.select("selection.n_samples=3", strategies=[entry("METADATA", "WEIGHTS", _key="vehicle.speed")])
        self.assertEqual(self.selected(), ["00009.jpg", "00008.jpg", "00007.jpg"])
        self.select("selection.n_samples=12", strategies=[
            entry("METADATA", "THRESHOLD", _key="vehicle.speed", threshold=14, operation="BIGGER_EQUAL")])
        self.assertEqual(self.selected(), [f"{i:05}.jpg" for i in range(4, 10)])
        self.assertEqual(self.selection()["thresholds"], [{"strategy": 0, "excluded": 6}])
        self.select("selection.n_samples=4", strategies=[
            entry("METADATA", "BALANCE", _key="weather", target={"rain": 0.5})])
        rainy = [name for name in self.selected() if int(name[:5]) < 3]
        self.assertEqual(len(rainy), 2)
        # A value that no image has is no reason to end: hours may have gone before.
        done = self.select("selection.n_samples=4", strategies=[
            entry("METADATA", "BALANCE", _key="weather", target={"rain": 0.5, "snow": 0.5})])
        self.assertIn("snow is 0.0 % of the selection, not 50.0 %; the input has none", done.stderr)
        self.assertEqual(len(self.selected()), 4)

    def test_objects_count_for_scores_and_balance(self):
        self.images("images", "small", 10)
        self.run_pretag("run", "images", "-o", "run", "score_threshold=0.3")
        dump = {item["filename"]: item["labels"] for item in support.dump_of(self.folder / "run")}
        counts = {name: len(labels) for name, labels in dump.items()}
        self.assertGreater(len(set(counts.values())), 1, "the pictures do not differ enough for this test")
        self.select("selection.n_samples=5",
                    strategies=[entry("PREDICTIONS", "WEIGHTS", _task=TASK, _name="CATEGORY_COUNT")])
        best = sorted(counts.values(), reverse=True)[:5]
        self.assertEqual([counts[name] for name in self.selected()], best)
        self.select("selection.n_samples=8",
                    strategies=[entry("SCORES", "WEIGHTS", _task=TASK, _score="object_frequency")])
        for sample in self.selection()["selected"]:
            self.assertTrue(0.9 <= sample["reasons"][0]["value"] <= 1)
        self.select("selection.n_samples=4", strategies=[entry("EMBEDDINGS", "DIVERSITY", _task=TASK)])
        distances = [sample["reasons"][0]["value"] for sample in self.selection()["selected"]]
        self.assertEqual(distances[1:], sorted(distances[1:], reverse=True))
        self.assertTrue(all(counts[name] > 0 for name in self.selected()), "an image without objects adds no diversity")
        self.select("selection.n_samples=6",
                    strategies=[entry("PREDICTIONS", "BALANCE", _task=TASK, distribution="UNIFORM")])
        outcome = self.selection()["balances"][0]["classes"]
        self.assertEqual([item["name"] for item in outcome], support.CLASSES)
        self.assertAlmostEqual(sum(item["reached"] for item in outcome), 1, places=3)

    def test_predictions_that_users_brought_along_count(self):
        self.finished_run(8)
        tasks = self.folder / "images/.lightly/predictions"
        (tasks / "weather").mkdir(parents=True)
        (tasks / "tasks.json").write_text('["weather"]')
        (tasks / "weather/schema.json").write_text(json.dumps(
            {"task_type": "classification", "categories": [{"id": 3, "name": "dry"}, {"id": 7, "name": "rain"}]}))
        for i, rain in enumerate([0.1, 0.9, 0.5, 0.2, 0.85, 0.45]):  # the last two images have no prediction
            (tasks / f"weather/{i:05}.json").write_text(json.dumps(
                {"file_name": f"{i:05}.jpg",
                 "predictions": [{"category_id": 7 if rain > 0.5 else 3, "probabilities": [1 - rain, rain]}]}))
        self.select("selection.n_samples=3",
                    strategies=[entry("SCORES", "WEIGHTS", _task="weather", _score="uncertainty_margin")])
        self.assertEqual(self.selected(), ["00002.jpg", "00005.jpg", "00003.jpg"])
        self.select("selection.n_samples=2", strategies=[
            entry("PREDICTIONS", "BALANCE", _task="weather", _name="CATEGORY_COUNT", target={"rain": 1})])
        self.assertEqual(sorted(self.selected()), ["00001.jpg", "00004.jpg"])
        done = self.select("selection.n_samples=2", code=support.USAGE, strategies=[
            entry("PREDICTIONS", "BALANCE", _task="weather", target={"snow": 1})])
        self.assert_plain_error(done, "snow", "dry, rain")
        (tasks / "weather/00001.json").write_text('{"file_name": "00001.jpg", "predictions": [{"category_id": 9}]}')
        by_margin = [entry("SCORES", "WEIGHTS", _task="weather", _score="uncertainty_margin")]
        done = self.select("selection.n_samples=2", strategies=by_margin)
        self.assertIn("the task 'weather': 1 prediction file is damaged", done.stderr)
        self.assertRegex(done.stderr, "weather/00001.json: .*no category 9")
        self.assertEqual(self.selected(), ["00002.jpg", "00005.jpg"], "the others are selected by as before")
        for file in (tasks / "weather").glob("0*.json"):
            file.rename(file.with_suffix(".jpg.json"))
        done = self.select("selection.n_samples=2", strategies=by_margin)
        self.assertRegex(done.stderr, "the task 'weather' has no file of predictions .*weather/00000.json")
        (tasks / "weather/00000.json").write_text("[")
        done = self.select("selection.n_samples=2", code=support.ERROR, strategies=by_margin)
        self.assert_plain_error(done, "no usable file of predictions", "weather/00000.json")

    def test_segmentations_that_users_brought_along_count_by_their_pixels(self):
        self.finished_run(6)
        tasks = self.folder / "images/.lightly/predictions"
        (tasks / "ground").mkdir(parents=True)
        (tasks / "tasks.json").write_text('["ground"]')
        (tasks / "ground/schema.json").write_text(json.dumps(
            {"task_type": "semantic-segmentation", "categories": [{"id": 1, "name": "road"}, {"id": 2, "name": "sky"}]}))
        for i, unsure in enumerate([10, 80, 30, 0]):  # of 100 pixels; the last two images have no prediction
            (tasks / f"ground/{i:05}.json").write_text(json.dumps({"file_name": f"{i:05}.jpg", "predictions": [
                {"category_id": 1, "segmentation": [0, unsure, 100 - unsure], "score": 0.5},
                {"category_id": 2, "segmentation": [unsure, 100 - unsure], "score": 1}]}))
        self.select("selection.n_samples=2",
                    strategies=[entry("SCORES", "WEIGHTS", _task="ground", _score="uncertainty_entropy")])
        self.assertEqual(self.selected(), ["00001.jpg", "00002.jpg"])
        self.select("selection.n_samples=1",
                    strategies=[entry("PREDICTIONS", "BALANCE", _task="ground", target={"sky": 1})])
        self.assertEqual(self.selected(), ["00003.jpg"])
        done = self.select("selection.n_samples=2", "object_level.task_name=ground", code=support.USAGE)
        self.assert_plain_error(done, "ground is a semantic segmentation")

    def test_exact_duplicates_are_kept_once_and_named(self):
        folder = self.images("images", "small", 6)
        shutil.copy(folder / "00002.jpg", folder / "copy.jpg")
        self.run_pretag("run", "images", "-o", "run", "selection.n_samples=6", model=self.quick_model())
        self.assertEqual(lines(self.folder / "run/filenames/duplicate_filenames.txt"), ["copy.jpg"])
        self.assertEqual(self.selection()["duplicates"], [{"filename": "copy.jpg", "kept": "00002.jpg"}])
        self.assertNotIn("copy.jpg", self.selected())
        self.assertEqual(len(self.selected()), 6)

    def test_more_than_there_is_selects_everything_and_says_so(self):
        done = self.finished_run(5, "selection.n_samples=50")
        self.assertIn("50 images were asked for, but there are 5 to choose from", done.stderr)
        self.assertEqual(len(self.selected()), 5)

    def test_an_empty_selection_is_told_and_the_run_goes_on(self):
        done = self.finished_run(5, "selection.n_samples=2", "selection.strategies=" + json.dumps(
            [entry("METADATA", "THRESHOLD", _key="lightly.sizeInBytes", threshold=1, operation="SMALLER")]))
        self.assertIn("left out 5 images", done.stderr)
        self.assertEqual(self.selected(), [])
        self.assertTrue((self.folder / "run/report.html").exists())

    def test_wanted_are_images_like_those_of_another_run(self):
        self.finished_run(12)
        (self.folder / "wanted").mkdir()
        shutil.copy(self.folder / "images/00007.jpg", self.folder / "wanted/x.jpg")
        self.run_pretag("run", "wanted", "-o", "query", model=self.quick_model(64))
        for query in ("query", "query/data/embeddings.csv"):
            self.select("selection.n_samples=1", strategies=[entry("EMBEDDINGS", "SIMILARITY", _query=query)])
            self.assertEqual(self.selected(), ["00007.jpg"])

    def test_embeddings_are_there_for_a_selection_without_pretagging(self):
        self.images("images", "small", 8)
        self.run_pretag("run", "images", "-o", "run", "pretagging=False", "selection.n_samples=3",
                        model=self.quick_model())
        self.assertEqual(len(self.selected()), 3)
        self.assertFalse((self.folder / "run/data/bounding_boxes.json").exists())
        self.assertTrue((self.folder / "run/data/embeddings.csv").exists())

    def test_a_data_pool_grows_and_repeating_a_run_does_not_grow_it(self):
        self.images("images", "small", 12)
        shared = {"XDG_DATA_HOME": str(self.folder / "shared")}
        settings = ["selection.n_samples=3", "datapool.name=streets"]
        for run in ("first", "second", "second"):
            self.run_pretag("run", "images", "-o", run, *settings, model=self.quick_model(), env=shared)
        first, second = self.selected("first"), self.selected("second")
        self.assertEqual(len(set(first + second)), 6)
        self.assertEqual(sorted(self.selection("second")["preselected"]), sorted(first))
        pool = lines(self.folder / "shared/pretag/datapool/streets/datapool_latest.csv")
        self.assertEqual([row.split(",")[0] for row in pool[1:]], sorted(first) + sorted(second))

    def test_another_selection_in_the_same_folder_takes_the_place_of_the_first_in_the_pool(self):
        self.images("images", "small", 12)
        shared = {"XDG_DATA_HOME": str(self.folder / "shared")}
        for run, count in (("first", 3), ("second", 4), ("second", 2)):
            self.run_pretag("run", "images", "-o", run, f"selection.n_samples={count}", "datapool.name=streets",
                            model=self.quick_model(), env=shared)
        pool = lines(self.folder / "shared/pretag/datapool/streets/datapool_latest.csv")
        self.assertEqual([row.split(",")[0] for row in pool[1:]],
                         sorted(self.selected("first")) + sorted(self.selected("second")))

    def test_images_that_were_not_too_large_for_the_run_are_copied(self):
        images = self.images("images", "small", 2)
        os.truncate(images / "00001.jpg", (1 << 28) + 1)  # more than the default allows; what follows the picture is ignored
        self.run_pretag("run", "images", "-o", "run", "pretagging=False", "max_image_bytes=300000000")
        self.select("selection.n_samples=2", "dump_dataset=True", "output_image_size=32", strategies=[entry("RANDOM", "WEIGHTS")])
        self.assertEqual(len(list((self.folder / "run/data/sampled").iterdir())), 2)

    def test_a_copy_of_what_the_pool_holds_is_not_selected_again(self):
        shared = {"XDG_DATA_HOME": str(self.folder / "shared")}
        images = self.images("images", "small", 2)
        settings = ["pretagging=False", "method=random", "stopping_condition.n_samples=2", "datapool.name=p"]
        self.run_pretag("run", "images", "-o", "first", *settings, model=self.quick_model(), env=shared)
        for name in ("00000.jpg", "00001.jpg"):
            shutil.copy(images / name, images / f"-copy of {name}")  # comes before it
        self.run_pretag("run", "images", "-o", "second", *settings, model=self.quick_model(), env=shared)
        self.assertEqual(self.selected("second"), [])
        selection = self.selection("second")
        self.assertEqual(selection["preselected"], ["00000.jpg", "00001.jpg"])
        self.assertEqual([pair["kept"] for pair in selection["duplicates"]], ["00000.jpg", "00001.jpg"])
        self.assertEqual(lines(self.folder / "second/filenames/duplicate_filenames.txt"), ["-copy of 00000.jpg", "-copy of 00001.jpg"])
        # Another pool knows nothing of it, in the same run folder, too.
        self.run_pretag("run", "images", "-o", "second", *settings[:-1], "datapool.name=other", model=self.quick_model(), env=shared)
        self.assertEqual(len(self.selected("second")), 2)

    def test_a_pool_or_query_that_cannot_be_used_is_told_before_the_images_are_looked_at(self):
        self.images("images", "small", 1)
        pool = self.folder / "shared/pretag/datapool/p/datapool_latest.csv"
        pool.parent.mkdir(parents=True)
        pool.write_text("filenames,embedding_0,embedding_1,labels\na.jpg,1,0,0\n")
        query = self.strategies(entry("EMBEDDINGS", "SIMILARITY", _query=str(pool)))
        for settings in (["datapool.name=p"], [query]):
            done = self.run_pretag("run", "images", "-o", "run", "selection.n_samples=1", *settings, model=self.quick_model(),
                                   env={"XDG_DATA_HOME": str(self.folder / "shared")}, code=support.USAGE)
            self.assertIn("datapool_latest.csv: its embeddings have 2 numbers", done.stderr)
            self.assertNotIn("1/1", done.stderr)

    def test_what_a_pool_does_not_know_of_its_images_changes_nothing(self):
        """Metadata of images that are no inputs any more: neither a class of their own nor part of the scale."""
        shared = {"XDG_DATA_HOME": str(self.folder / "shared")}
        self.images("old", "small", 6)
        self.run_pretag("run", "old", "-o", "first", "selection.n_samples=6", "datapool.name=p", model=self.quick_model(), env=shared)
        for image in (self.images("images", "small", 6)).iterdir():
            image.rename(image.with_name("new" + image.name))
        metadata = self.folder / "images/.lightly/metadata"
        metadata.mkdir(parents=True)
        (metadata / "schema.json").write_text(json.dumps(
            [{"name": "Weather", "path": "weather", "defaultValue": "dry", "valueDataType": "CATEGORICAL_STRING"}]))
        for i in range(2):
            (metadata / f"new{i:05}.json").write_text(json.dumps(
                {"file_name": f"new{i:05}.jpg", "type": "image", "metadata": {"weather": "rain"}}))
        strategies = self.strategies(entry("METADATA", "BALANCE", _key="weather", distribution="UNIFORM"))
        self.run_pretag("run", "images", "-o", "run", "selection.n_samples=4", "datapool.name=p", "enable_datapool_update=False",
                        strategies, model=self.quick_model(), env=shared)
        (outcome,) = self.selection()["balances"]
        self.assertEqual({item["name"]: item["reached"] for item in outcome["classes"]}, {"dry": 0.5, "rain": 0.5})
        pool = lines(self.folder / "shared/pretag/datapool/p/datapool_latest.csv")
        self.assertEqual(len(pool), 1 + 6, "the pool was to stay as it is")

    def test_a_pool_remembers_what_was_chosen_without_pretagging(self):
        shared = {"XDG_DATA_HOME": str(self.folder / "shared")}
        self.images("images", "small", 8)
        for run in ("first", "second"):
            self.run_pretag("run", "images", "-o", run, "pretagging=False", "method=random", "stopping_condition.n_samples=3",
                            "datapool.name=p", model=self.quick_model(), env=shared)
        self.assertEqual(len(set(self.selected("first") + self.selected("second"))), 6)

    def test_selecting_again_leaves_nothing_of_the_selection_before(self):
        self.finished_run(12, "selection.n_samples=6", "n_example_images=6")
        plots = self.folder / "run/plots"
        self.assertTrue((plots / "distance_distr_after.png").exists())
        self.select("selection.n_samples=1", "n_example_images=2")
        self.assertFalse((plots / "distance_distr_after.png").exists() or (plots / "distance_distr_after.svg").exists())
        self.assertEqual((self.folder / "run/report.html").read_text().count('class="pair"'), 1)
        config = json.loads((self.folder / "run/report.json").read_text())["job"]["config"]
        self.assertEqual((config["selection.n_samples"], config["n_example_images"]), ("1", "2"))
        self.run_pretag("report", "run")
        self.assertEqual((self.folder / "run/report.html").read_text().count('class="pair"'), 1)
        settings = (self.folder / "run/config/config.yaml").read_text()
        self.assertIn("selection.n_samples: 1\n", settings)

    def test_sequences_are_selected_whole(self):
        self.images("images/a", "small", 7)
        self.images("images/b", "small", 6)
        self.run_pretag("run", "images", "-o", "run", "selection.n_samples=6", "selected_sequence_length=3", model=self.quick_model())
        names = self.selected()
        self.assertEqual(len(names), 6)
        sequences = json.loads((self.folder / "run/sequence_information.json").read_text())
        self.assertEqual(sequences, [{"filenames": names[:3]}, {"filenames": names[3:]}])
        for begin in (0, 3):
            numbers = [int(name[2:7]) for name in names[begin:begin + 3]]
            self.assertEqual(numbers, [numbers[0], numbers[0] + 1, numbers[0] + 2])
            self.assertEqual(numbers[0] % 3, 0)
            self.assertEqual(len({name[0] for name in names[begin:begin + 3]}), 1)
        self.select("selection.n_samples=3", "selected_sequence_length=3", "enable_corruptness_check=False", "remove_exact_duplicates=False")
        self.assertEqual(json.loads((self.folder / "run/sequence_information.json").read_text()), [{"filenames": self.selected()}])

    def test_a_sequence_with_an_unreadable_image_is_left_out_and_the_others_keep_their_places(self):
        images = self.images("images", "small", 6)
        (images / "00001.jpg").write_bytes(b"broken")
        self.run_pretag("run", "images", "-o", "run", "selection.n_samples=4", "selected_sequence_length=2", model=self.quick_model(),
                        code=support.SOME_FAILED)
        self.assertEqual(sorted(self.selected()), ["00002.jpg", "00003.jpg", "00004.jpg", "00005.jpg"])
        self.assertIn("1 images could not be read", " ".join(self.selection()["notes"]))

    def test_what_a_pool_has_beside_the_input_does_not_move_the_sequences(self):
        """Names of the pool that lie between those of the input, as yesterday's drive in the same folder may have."""
        images, shared = self.images("images", "small", 13), {"XDG_DATA_HOME": str(self.folder / "shared")}
        for day in ("one", "two"):
            (self.folder / day).mkdir()
        for i, path in enumerate(sorted(images.iterdir())):
            path.rename(self.folder / ("one" if i < 4 else "two") / (f"c{i}x.jpg" if i < 4 else f"c{i - 4}.jpg"))
        (self.folder / "two/a.jpg").write_bytes(b"broken")
        settings = ["selected_sequence_length=4", "selection.n_samples=4", "datapool.name=drives"]
        self.run_pretag("run", "one", "-o", "first", *settings, model=self.quick_model(), env=shared)
        self.run_pretag("run", "two", "-o", "second", *settings, model=self.quick_model(), env=shared, code=support.SOME_FAILED)
        self.assertEqual(self.selected("first"), ["c0x.jpg", "c1x.jpg", "c2x.jpg", "c3x.jpg"])
        self.assertEqual(self.selected("second"), ["c3.jpg", "c4.jpg", "c5.jpg", "c6.jpg"])  # a.jpg is the first of its run

    def test_the_older_interface_says_the_same(self):
        self.finished_run(12, "method=coreset", "stopping_condition.n_samples=0.5")
        older = self.selected()
        self.select("selection.n_samples=6")
        self.assertEqual(self.selected(), older)
        (self.folder / "least.json").write_text('{"car": 1000}')
        self.select("selection.n_samples=6", "pretagging_config=least.json")
        self.assertEqual(self.selected(), [])

    def test_what_is_wrong_is_said_before_the_images_are_looked_at(self):
        self.images("images", "small", 1)
        (self.folder / "least.json").write_text('{"pedestrian": 1}')
        for settings, parts in [
                (["selection.n_samples=1", "selection.proportion_samples=0.5"], ["both are given"]),
                (["selection.strategies=[{}]"], ["strategies[0].input is missing"]),
                ([self.strategies(entry("EMBEDDINGS", "WEIGHTS"))], ["WEIGHTS does not work on EMBEDDINGS"]),
                ([self.strategies(entry("EMBEDDINGS", "DIVERSTY"))], ["did you mean 'DIVERSITY'?"]),
                ([self.strategies(entry("EMBEDDINGS", "DIVERSITY", strength=-1))], ["strength is -1"]),
                ([self.strategies(entry("PREDICTIONS", "BALANCE", _task=TASK, target={"perso": 0.5}))],
                 ["perso", "did you mean 'person'?"]),
                ([self.strategies(entry("PREDICTIONS", "BALANCE", _task=TASK, target={"car": 0.8, "bus": 0.4}))],
                 ["adds up to 1.2"]),
                ([self.strategies(entry("PREDICTIONS", "BALANCE", _task="mine", target={"car": 0.8}))], ["mine"]),
                ([self.strategies(entry("SCORES", "WEIGHTS", _task=TASK, _score="entropy"))], ["entropy"]),
                ([self.strategies(entry("METADATA", "WEIGHTS", _key="lightly.sharp"))], ["lightly.sharp"]),
                (["pretagging=False",
                  self.strategies(entry("SCORES", "WEIGHTS", _task=TASK, _score="object_frequency"))],
                 ["needs pretagging=True"]),
                (["selection=missing.json"], ["missing.json"]),
                (["pretagging_config=least.json"], ["least.json", "pedestrian", "person"]),
                (["selection.n_samples=3", "stopping_condition.n_samples=3"], ["give one of them"]),
        ]:
            with self.subTest(settings):
                if not any("n_samples" in s or "missing" in s for s in settings):
                    settings = [*settings, "selection.n_samples=1"]
                done = self.run_pretag("run", "images", "-o", "run", *settings, model=self.quick_model(),
                                       code=support.ERROR if "selection=missing.json" in settings else support.USAGE)
                self.assert_plain_error(done, *parts)
                self.assertFalse((self.folder / "run/data").exists())

    @staticmethod
    def strategies(*entries):
        return f"selection.strategies={json.dumps(entries)}"


if __name__ == "__main__":
    support.main()
