#!/usr/bin/env python3
"""embeddings=FILE selects by embeddings that the user brings, in runs, in new selections and in merged shards."""

import csv
import json
import math

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

    def test_images_without_one_cannot_be_selected(self):
        self.write_csv("photos/.lightly/embeddings/clip.csv", self.names[1:])
        done = self.run_pretag("run", self.photos, "-o", "run", "pretagging=False", "embeddings=clip.csv",
                               f"selection.n_samples={IMAGES}")
        self.assertEqual(sorted(self.selected("run")), self.names[1:])
        self.assertIn(f"1 images, {self.names[0]} among them, have no embedding", done.stderr)
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
        for shard in ("1/2", "2/2"):
            self.run_pretag("run", self.photos, "-o", "run", "--shard", shard, *settings)
        own.unlink()  # the merge does not need it
        self.run_pretag("merge", "run")
        self.assertEqual(self.selected("run"), self.selected("one"))
        self.assertEqual(self.embeddings("run"), self.embeddings("one"))
        same = self.folder / "same.csv"
        same.write_text("filenames,embedding_0,labels\n" + "".join(f"{name},1,0\n" for name in self.names))
        self.run_pretag("merge", "run", f"embeddings={same}")
        self.assertEqual({tuple(vector) for vector in self.embeddings("run").values()}, {(1.0,)})

        other = self.write_csv("own.csv", self.names, length=9.0)
        self.run_pretag("run", self.photos, "-o", "run", "--shard", "2/2", *settings)
        differs = self.run_pretag("merge", "run", code=USAGE)
        self.assertIn(f"shard 2 of 2 was run with another content of embeddings={other} than the first", differs.stderr)

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
