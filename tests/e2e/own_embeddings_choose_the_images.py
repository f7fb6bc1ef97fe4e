#!/usr/bin/env python3
"""embeddings=FILE selects by embeddings that the user brings, in runs, in new selections and in merged shards."""

import csv
import json
import math
import shutil

from support import ERROR, USAGE, EndToEndTest, main

IMAGES = 12
DIRECTIONS = 4  # that the embeddings of the images point in, by turns


class OwnEmbeddingsChooseTheImages(EndToEndTest):
    def setUp(self):
        super().setUp()
        self.photos = self.images("photos", "small", IMAGES)
        self.names = sorted(str(path.relative_to(self.photos)) for path in self.photos.rglob("*") if path.is_file())
        self.assertEqual(len(self.names), IMAGES)

    def direction(self, name):
        return self.names.index(name) % DIRECTIONS

    def write_csv(self, path, names, length=7.0, more=""):
        """Vectors of some length that point in one of DIRECTIONS, with a hair of difference."""
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = ",".join(f"embedding_{i}" for i in range(DIRECTIONS))
        lines = [f"filenames,{columns},labels"]
        for name in names:
            vector = [0.001 * self.names.index(name)] * DIRECTIONS
            vector[self.direction(name)] = length
            lines.append(",".join([name, *map(repr, vector), "0"]))
        path.write_text("\n".join(lines) + more + "\n")
        return path

    def selected(self, run):
        return (self.folder / run / "filenames/sampled_filenames.txt").read_text().splitlines()

    def embeddings(self, run, file="data/embeddings.csv"):
        with open(self.folder / run / file, newline="") as rows:
            return {row[0]: [float(value) for value in row[1:-1]] for row in list(csv.reader(rows))[1:]}

    def test_each_direction_is_chosen_once_and_no_network_is_needed(self):
        own = self.write_csv("own.csv", self.names)
        done = self.run_pretag("run", self.photos, "-o", "run", "pretagging=False", f"embeddings={own}",
                               f"selection.n_samples={DIRECTIONS}", "model=there-is-none")
        self.assertIn(f"Embeddings of {own}: {DIRECTIONS} numbers each, for {IMAGES} of {IMAGES} images", done.stderr)
        self.assertEqual(sorted(map(self.direction, self.selected("run"))), list(range(DIRECTIONS)))
        for vector in self.embeddings("run").values():
            self.assertAlmostEqual(math.hypot(*vector), 1, places=6)
        self.assertEqual(list(self.embeddings("run", "data/selected_embeddings.csv")), sorted(self.selected("run")))
        statistics = json.loads((self.folder / "run/report.json").read_text())["embeddings"]
        self.assertEqual(statistics["images"], IMAGES)

    def test_a_finished_run_selects_by_others_and_goes_back(self):
        settings = [f"selection.n_samples={DIRECTIONS}"]
        self.run_pretag("run", self.photos, "-o", "run", *settings, model=self.quick_model())
        first, embeddings = self.selected("run"), self.embeddings("run")
        own = self.write_csv("own.csv", self.names)
        self.run_pretag("select", "run", *settings, f"embeddings={own}")
        self.assertEqual(sorted(map(self.direction, self.selected("run"))), list(range(DIRECTIONS)))
        self.assertEqual({len(vector) for vector in self.embeddings("run").values()}, {DIRECTIONS})
        own.unlink()
        self.run_pretag("report", "run")  # the run folder has all of it
        self.run_pretag("select", "run", *settings)
        self.assertEqual((self.selected("run"), self.embeddings("run")), (first, embeddings))

    def test_what_fails_leaves_everything_as_it_was(self):
        own = self.write_csv("own.csv", self.names)
        self.run_pretag("run", self.photos, "-o", "run", "pretagging=False", f"embeddings={own}", "selection.n_samples=3")
        before = self.selected("run"), self.embeddings("run"), self.state_of_report()
        damaged = self.write_csv("damaged.csv", self.names, length=1.0, more="\nlast.jpg,1,2")
        self.run_pretag("select", "run", "selection.n_samples=5", f"embeddings={damaged}", code=ERROR)
        back = self.run_pretag("select", "run", "selection.n_samples=5", code=USAGE)
        self.assertIn("no network has seen these images", back.stderr)
        query = self.folder / "query.csv"
        query.write_text("filenames,embedding_0,labels\nx.jpg,1,0\n")
        strategies = json.dumps([{"input": {"type": "EMBEDDINGS", "query": str(query)},
                                  "strategy": {"type": "SIMILARITY"}}])
        self.run_pretag("select", "run", "selection.n_samples=5", f"embeddings={own}",
                        f"selection.strategies={strategies}", code=USAGE)
        self.run_pretag("report", "run")
        self.assertEqual((self.selected("run"), self.embeddings("run"), self.state_of_report()), before)

        # Where nothing has embeddings any more there are no files of them.
        self.run_pretag("select", "run", "selection.n_samples=3", "selection.strategies="
                        '[{"input": {"type": "RANDOM"}, "strategy": {"type": "WEIGHTS"}}]')
        self.assertEqual(list((self.folder / "run/data").glob("*embeddings.csv")), [])

    def state_of_report(self):
        return json.loads((self.folder / "run/report.json").read_text())["embeddings"]

    def test_of_copies_one_that_has_an_embedding_is_kept(self):
        shutil.copy(self.photos / self.names[0], self.photos / "zz.jpg")
        first, self.names = self.names[0], [*self.names, "zz.jpg"]
        own = self.write_csv("own.csv", self.names[1:])
        self.run_pretag("run", self.photos, "-o", "run", "pretagging=False", f"embeddings={own}",
                        f"selection.n_samples={IMAGES}")
        self.assertEqual(sorted(self.selected("run")), self.names[1:])
        duplicates = (self.folder / "run/filenames/duplicate_filenames.txt").read_text().split()
        self.assertEqual(duplicates, [first])

    def test_a_data_pool_knows_what_the_file_does_not(self):
        own, settings = self.write_csv("own.csv", self.names), ["pretagging=False", "datapool.name=pool"]
        environment = {"XDG_DATA_HOME": str(self.folder / "share")}
        self.run_pretag("run", self.photos, "-o", "first", *settings, f"embeddings={own}", "selection.n_samples=2",
                        env=environment)
        chosen = self.selected("first")
        later = self.write_csv("later.csv", [name for name in self.names if name != chosen[0]])
        self.run_pretag("run", self.photos, "-o", "second", *settings, f"embeddings={later}",
                        f"selection.n_samples={DIRECTIONS}", env=environment)
        selection = json.loads((self.folder / "second/data/selection.json").read_text())
        self.assertEqual(sorted(selection["preselected"]), sorted(chosen))
        self.assertEqual(len(set(map(self.direction, chosen + self.selected("second")[:2]))), DIRECTIONS)
        narrow = self.folder / "narrow.csv"
        narrow.write_text("filenames,embedding_0,labels\n" + "".join(f"{name},1,0\n" for name in self.names))
        unlike = self.run_pretag("run", self.photos, "-o", "third", *settings, f"embeddings={narrow}",
                                 "selection.n_samples=2", env=environment, code=USAGE)
        self.assertIn(f"datapool_latest.csv: its embeddings have {DIRECTIONS} numbers", unlike.stderr)

    def test_images_without_one_cannot_be_selected(self):
        self.write_csv("photos/.lightly/embeddings/clip.csv", self.names[1:])
        done = self.run_pretag("run", self.photos, "-o", "run", "pretagging=False", "embeddings=clip.csv",
                               f"selection.n_samples={IMAGES}")
        self.assertEqual(sorted(self.selected("run")), self.names[1:])
        self.assertIn(f"{self.names[0]} has no embedding in the file", done.stderr)
        # They can by what needs none.
        self.run_pretag("select", "run", "embeddings=clip.csv", f"selection.n_samples={IMAGES}", "selection.strategies="
                        '[{"input": {"type": "RANDOM"}, "strategy": {"type": "WEIGHTS"}}]')
        self.assertEqual(sorted(self.selected("run")), self.names)

    def test_similarity_needs_embeddings_of_the_same_length(self):
        own = self.write_csv("own.csv", self.names)
        query = self.write_csv("query.csv", [self.names[2]])
        strategies = json.dumps([{"input": {"type": "EMBEDDINGS", "query": str(query)},
                                  "strategy": {"type": "SIMILARITY"}}])
        run = ["run", self.photos, "-o", "run", "pretagging=False", f"selection.strategies={strategies}"]
        self.run_pretag(*run, f"embeddings={own}", "selection.n_samples=3")
        self.assertEqual({self.direction(name) for name in self.selected("run")}, {2})
        query.write_text("filenames,embedding_0,labels\nx.jpg,1,0\n")
        other = self.run_pretag(*run, f"embeddings={own}", "selection.n_samples=3", code=USAGE)
        self.assertIn("its embeddings have 1 numbers, those of this run's images have 4", other.stderr)

    def test_shards_bring_theirs_and_a_merge_may_bring_others(self):
        own = self.write_csv("own.csv", self.names)
        settings = ["pretagging=False", f"embeddings={own}", f"selection.n_samples={DIRECTIONS}"]
        self.run_pretag("run", self.photos, "-o", "one", *settings)
        copy = shutil.copy(own, self.folder / "copy.csv")  # another machine may have it elsewhere
        self.run_pretag("run", self.photos, "-o", "run", "--shard", "1/2", *settings)
        self.run_pretag("run", self.photos, "-o", "run", "--shard", "2/2", *settings, f"embeddings={copy}")
        own.unlink()  # the merge does not need it
        self.run_pretag("merge", "run")
        self.assertEqual(self.selected("run"), self.selected("one"))
        self.assertEqual(self.embeddings("run"), self.embeddings("one"))
        same = self.folder / "same.csv"
        same.write_text("filenames,embedding_0,labels\n" + "".join(f"{name},1,0\n" for name in self.names))
        self.run_pretag("merge", "run", f"embeddings={same}")
        self.assertEqual({tuple(vector) for vector in self.embeddings("run").values()}, {(1.0,)})
        own.write_text(same.read_text().replace(",1,0", ",-1,0"))  # where that of the shards was
        self.run_pretag("merge", "run", f"embeddings={own}")
        self.assertEqual({tuple(vector) for vector in self.embeddings("run").values()}, {(-1.0,)})

        other = self.write_csv("own.csv", self.names, length=9.0)
        self.run_pretag("run", self.photos, "-o", "run", "--shard", "2/2", *settings)
        differs = self.run_pretag("merge", "run", code=USAGE)
        self.assertIn(f"shard 2 of 2 was run with another content of embeddings={other} than the first", differs.stderr)

    def test_a_masked_image_is_left_out_of_shards_as_of_a_run(self):
        own = self.write_csv("own.csv", self.names)
        header, *rows = own.read_text().replace(",labels", ",masked,labels", 1).splitlines()
        rows = [f"{row[:-1]}{int(row.startswith(self.names[1] + ','))},0" for row in rows]
        own.write_text("\n".join([header, *rows]) + "\n")
        # Nothing of this selection needs an embedding.
        settings = ["pretagging=False", f"embeddings={own}", f"selection.n_samples={IMAGES}", "selection.strategies="
                    '[{"input": {"type": "RANDOM"}, "strategy": {"type": "WEIGHTS"}}]']
        done = self.run_pretag("run", self.photos, "-o", "one", *settings)
        self.assertIn(f"{self.names[1]} is masked in the file of 'embeddings'", done.stderr)
        for number in (1, 2):
            self.run_pretag("run", self.photos, "-o", "run", "--shard", f"{number}/2", *settings)
        self.run_pretag("merge", "run")
        for run in ("one", "run"):
            self.assertEqual(sorted(self.selected(run)), [self.names[0], *self.names[2:]])

    def test_what_is_wrong_with_the_file_is_said(self):
        run = ["run", self.photos, "-o", "run", "pretagging=False", "selection.n_samples=2"]
        missing = self.run_pretag(*run, "embeddings=none.csv", code=ERROR)
        self.assertIn("embeddings: there is neither none.csv nor", missing.stderr)
        self.assertFalse((self.folder / "run").exists())
        damaged = self.write_csv("damaged.csv", self.names, more="\nlast.jpg,1,2")
        self.assertIn(f"{damaged}: line {IMAGES + 2}: 3 fields, but the header has 6",
                      self.run_pretag(*run, f"embeddings={damaged}", code=ERROR).stderr)
        elsewhere = self.folder / "elsewhere.csv"
        elsewhere.write_text("filenames,embedding_0,labels\n/abroad/a.jpg,1,0\n")
        self.assertIn("none of its 1 rows is of an image of this run, the first is of '/abroad/a.jpg'",
                      self.run_pretag(*run, f"embeddings={elsewhere}", code=USAGE).stderr)


if __name__ == "__main__":
    main()
