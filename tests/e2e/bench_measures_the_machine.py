#!/usr/bin/env python3
"""pretag bench: tables for people, and the same as JSON, on a machine that has no pictures."""

import json
import struct

import support


class BenchMeasuresTheMachine(support.EndToEndTest):
    def bench(self, *arguments):
        done = self.run_pretag("bench", self.quick_model(64), "--quick", "--json", "bench.json", *arguments)
        return done, json.loads((self.folder / "bench.json").read_text())

    def layers_of_the_file(self):
        """The names of everything that has a weight of two or four dimensions."""
        content = self.quick_model(64).read_bytes()
        (size,) = struct.unpack("<Q", content[:8])
        header = json.loads(content[8:8 + size])
        return {name.removesuffix(".weight") for name, tensor in header.items()
                if name.endswith(".weight") and len(tensor["shape"]) in (2, 4)}

    def assert_profile_is_whole(self, profile):
        shares = [stage["share"] for stage in profile["stages"]]
        self.assertAlmostEqual(sum(shares), 1, places=6)
        self.assertGreater(min(shares), 0)
        self.assertGreater(profile["image_seconds"], 0)
        self.assertAlmostEqual(sum(layer["share"] for layer in profile["layers"]), profile["convolution_share"])
        self.assertTrue(0 < profile["convolution_share"] < 1)
        for layer in profile["layers"]:
            for key in ("seconds", "share", "gmac", "gflops", "peak_share", "calls"):
                self.assertGreater(layer[key], 0, layer)
            self.assertTrue(layer["implementation"], layer)

    def test_every_section_is_there(self):
        done, result = self.bench()
        self.assertEqual(list(result), ["pretag_version", "machine", "model", "images", "activation_ranges",
                                        "chosen_precision", "peaks", "profiles", "layouts", "presets"])
        self.assertIn("synthetic", result["images"])
        self.assertIn("f32", [profile["precision"] for profile in result["profiles"]])
        self.assertTrue(all(peak["gflops"] > 0 for peak in result["peaks"]))
        known = self.layers_of_the_file()
        for profile in result["profiles"]:
            self.assert_profile_is_whole(profile)
            names = {layer["name"] for layer in profile["layers"]}
            self.assertLessEqual(names, known)
            # Two pairs are computed as one convolution, which is called as the first of each.
            self.assertEqual(known - names, {"rpn.head.bbox_pred", "roi_heads.box_predictor.bbox_pred"})
            stages = [stage["name"] for stage in profile["stages"]]
            self.assertEqual(stages, ["decode", "transform", "backbone", "pyramid", "RPN convolutions",
                                      "top-k and NMS", "RoIAlign", "box head", "postprocess", "other"])
        for speed in result["layouts"] + result["presets"]:
            self.assertGreater(speed["images_per_second"], 0)
        self.assertEqual([preset["accuracy"] for preset in result["presets"]], ["full", "balanced", "fast", "best"])
        self.assertEqual(result["layouts"][0]["threads"], 1)
        self.assertEqual(result["layouts"][-1]["threads"], result["machine"]["cores_available"])
        for line in ["backbone.body.layer1.0.conv1", "RPN convolutions", "Images a second", "accuracy"]:
            self.assertIn(line, done.stdout)
        self.assertIn("round", done.stderr)

    def test_one_precision_on_pictures(self):
        self.images("photos", "small", 2)
        _, result = self.bench("--precision", "f32", "--images", "photos")
        self.assertEqual([profile["precision"] for profile in result["profiles"]], ["f32"])
        self.assertEqual(result["chosen_precision"], "f32")
        self.assertIsNone(result["activation_ranges"])
        self.assertIn("2 of photos", result["images"])


if __name__ == "__main__":
    support.main()
