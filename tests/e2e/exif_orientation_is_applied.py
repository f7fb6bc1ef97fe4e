#!/usr/bin/env python3
"""A picture that a camera stored turned, with EXIF telling so, gives the boxes of the upright picture."""

import json

import support


def overlap(a, b):
    """Intersection over union."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


class ExifOrientationIsApplied(support.EndToEndTest):
    def test_turned_pictures_give_the_same_boxes(self):
        self.images("images", "turned")
        # The network as it was trained, in float32, so that nothing but the frame decides: eight bits turn a pixel's last
        # digit into a few points of score.
        self.run_pretag("run", "images", "-o", "run", "score_threshold=0.01", "pretagging_debug=True", "precision=f32",
                        model=self.quick_model(768, 432, least_score=0.01))
        found = {entry["filename"]: entry for entry in support.dump_of(self.folder / "run")}
        self.assertEqual(list(found), ["exif6.jpg", "exif8.jpg", "upright.jpg"])
        upright = found["upright.jpg"]
        # What is barely found may be there in one picture only.
        clear = [i for i, score in enumerate(upright["scores"]) if score > 0.02]
        self.assertGreaterEqual(len(clear), 3, "too little is found to compare")
        for name in ("exif6.jpg", "exif8.jpg"):
            turned = found[name]
            for i in clear:  # the decoded pixels are the same
                same = [abs(score - upright["scores"][i]) for box, label, score
                        in zip(turned["boxes"], turned["labels"], turned["scores"])
                        if label == upright["labels"][i] and overlap(box, upright["boxes"][i]) > 0.999]
                self.assertTrue(same and min(same) < 0.001, (name, upright["boxes"][i], upright["scores"][i]))
        report = json.loads((self.folder / "run/report.json").read_text())
        self.assertEqual({(image["width"], image["height"]) for image in report["debug_images"]}, {(2560, 1600)})


if __name__ == "__main__":
    support.main()
