"""Pictures and boxes in a few large files that can be carried to another machine, and from there in one tensor.

A pack is `pack-NN.bin`, encoded pictures one after the other, and `pack-NN.json`, a list with an entry a picture:
offset, bytes, set, split group (BDD's rides), labelled classes, boxes [x, y, width, height, label, crowd] in pixels.
"""

import concurrent.futures
import dataclasses
import hashlib
import io
import json
import pathlib

import numpy as np
import torch
from PIL import Image, ImageOps

from . import classes

_ORIENTATION, _QUARTER_TURNS = 0x0112, (5, 6, 7, 8)  # of EXIF


def write(labels_files, out, megabytes=45, webp_quality=None):
    """COCO label files -> packs. Pictures lie beside their label file, as its file_name says; WebP makes packs smaller.

    Packs that are there already are removed, once it is known that label files and pictures can be read. A file that is there
    twice is taken once, with its first labels. Returns the numbers of packs and of files that were left out for that.
    """
    out = pathlib.Path(out)
    pictures = [entry for path in map(pathlib.Path, labels_files) for entry in _coco_entries(path)]
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("pack-*"):
        old.unlink()  # load() takes all that are there
    part, entries, blobs, size, digests, left_out = 0, [], [], 0, set(), 0

    def close():
        nonlocal part, entries, blobs, size
        if entries:
            (out / f"pack-{part:02d}.bin").write_bytes(b"".join(blobs))
            (out / f"pack-{part:02d}.json").write_text(json.dumps(entries, separators=(",", ":")))
            part, entries, blobs, size = part + 1, [], [], 0

    for entry, file in pictures:
        data = file.read_bytes()
        if (digest := hashlib.md5(data).digest()) in digests:
            left_out += 1
            continue
        digests.add(digest)
        if webp_quality:
            data = _as_webp(data, webp_quality)
        entries.append({"offset": size, "bytes": len(data), **entry})
        blobs.append(data)
        size += len(data)
        if size > megabytes * 1e6:
            close()
    close()
    return part, left_out


def _coco_entries(path):
    """(entry, picture file) of each image of a COCO label file. Classes of other names than the seven are left out."""
    try:
        coco = json.loads(path.read_text())
    except OSError as error:
        raise SystemExit(f"{path}: {error.strerror.lower()}; give COCO label files, such as those of the command 'sets'")
    except ValueError as error:
        raise SystemExit(f"{path}: not JSON: {error}")
    label_of_category = {c["id"]: classes.label_of(c["name"]) for c in coco["categories"] if c["name"] in classes.NAMES}
    if not label_of_category:
        raise SystemExit(f"{path}: has none of the categories {', '.join(classes.NAMES)}; rename its own where they are the same")
    if others := sorted({c["name"] for c in coco["categories"]} - set(classes.NAMES)):
        print(f"{path}: left out, being none of the seven classes: {', '.join(others)}")
    labelled = coco.get("info", {}).get("labelled_categories", list(label_of_category))
    boxes = {}
    for annotation in coco["annotations"]:
        if label := label_of_category.get(annotation["category_id"]):
            boxes.setdefault(annotation["image_id"], []).append([*annotation["bbox"], label, annotation.get("iscrowd", 0)])
    for image in coco["images"]:
        name = image["file_name"]
        width, height = _size_of(path.parent / name)
        if (image.get("width", width), image.get("height", height)) != (width, height):
            raise SystemExit(f"{path}: says that {name} has {image.get('width')}x{image.get('height')} pixels, but as a viewer shows it, it has "
                             f"{width}x{height}; label pictures as they are shown, turned where the camera was")
        yield ({"set": path.stem, "name": name, "group": image.get("ride", name),
                "labelled": [label_of_category[c] for c in labelled if c in label_of_category],
                "boxes": [box for box in boxes.get(image["id"], []) if _is_inside(box, width, height)]}, path.parent / name)


def _size_of(file):
    """Width and height as a viewer shows it; the pixels are not read."""
    try:
        with Image.open(file) as image:
            turned = image.getexif().get(_ORIENTATION, 1) in _QUARTER_TURNS
            return image.size[::-1] if turned else image.size
    except OSError as error:
        raise SystemExit(f"{file}: cannot be read as a picture: {error}")


def _is_inside(box, width, height):
    x, y, box_width, box_height = box[:4]
    return x < width and y < height and x + box_width > 0 and y + box_height > 0


def _upright(image):
    return ImageOps.exif_transpose(image).convert("RGB")


def _as_webp(data, quality):
    encoded = io.BytesIO()
    _upright(Image.open(io.BytesIO(data))).save(encoded, "WEBP", quality=quality, method=4)
    return encoded.getvalue()


def is_validation(group):
    """One group of twenty, by hash, so that no ride is on both sides."""
    return int(hashlib.md5(group.encode()).hexdigest(), 16) % 100 in range(15, 20)


@dataclasses.dataclass
class Pictures:
    """N pictures in the top left of a canvas of `width` by `height`; G is the most objects that one of them has."""

    pixels: torch.Tensor      # (N, 3, height, width) uint8
    sizes: torch.Tensor       # (N, 2) float: width and height of the picture in the canvas
    boxes: torch.Tensor       # (N, G, 4) float: x1 y1 x2 y2 in canvas pixels
    labels: torch.Tensor      # (N, G) int64, 0 where there is no object
    crowd: torch.Tensor       # (N, G) bool: a region to ignore
    unlabelled: torch.Tensor  # (N, classes.OUTPUTS) bool: classes that the picture's set does not label
    validation: torch.Tensor  # (N,) bool
    driving: torch.Tensor     # (N,) bool: of the kind that is validated on: from that set, or from one called after it with a hyphen
    names: list

    def to(self, device):
        moved = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return Pictures(**{name: v.to(device) if torch.is_tensor(v) else v for name, v in moved.items()})


def check_validation(folder, validation_set="bdd"):
    """Ends the program if no picture is for validation: cheap, for before a long training."""
    if not any(_validates(entry, validation_set) for _, entries in _indices(folder) for entry in entries):
        raise _no_validation(folder, validation_set)


def _indices(folder):
    """[(pack-NN.json, its entries)]"""
    indices = [(index, json.loads(index.read_text())) for index in sorted(pathlib.Path(folder).glob("pack-*.json"))]
    if not any(entries for _, entries in indices):
        raise SystemExit(f"{folder}: no pack-*.json here; write packs with the command 'pack'")
    return indices


def _validates(entry, validation_set):
    held_out = entry["set"].startswith("held-out-")  # as the command 'sets' calls what is never trained on
    return held_out or (entry["set"] == validation_set and is_validation(entry["group"]))


def _no_validation(folder, validation_set):
    return SystemExit(f"{folder}: no picture is for validation; one ride of twenty of a label file called {validation_set}.json would be, and all of one called "
                      "held-out-….json: call yours so and pack them again, or do without, by 'export --weights-only' (or 'all' with it)")


def load(folder, width, height, validation_set="bdd", validation_only=False, with_trained=0, limit=None, threads=8):
    """All packs of a folder, or what in them is for validation, and behind it so many others of its set, chosen by hash. Of the validation set, groups chosen
    by hash are for validation, and all of sets called "held-out-…"; other sets only train."""
    items = []
    for index, entries in _indices(folder):
        data = index.with_suffix(".bin").read_bytes()
        items += [(entry, data[entry["offset"]:entry["offset"] + entry["bytes"]]) for entry in entries]

    def validates(entry):
        return _validates(entry, validation_set)

    def is_of_its_kind(entry):
        return entry["set"] == validation_set or entry["set"].startswith(f"{validation_set}-")

    if validation_only:
        trained = sorted((item for item in items if item[0]["set"] == validation_set and not validates(item[0])),
                         key=lambda item: hashlib.md5(item[0]["name"].encode()).digest())
        items = [(entry, data) for entry, data in items if validates(entry)]
        if not items:
            raise _no_validation(folder, validation_set)
        items += trained[:with_trained]
    if limit:
        items = items[::max(1, len(items) // limit)][:limit]
    count, most = len(items), max(1, max(len(entry["boxes"]) for entry, _ in items))
    pictures = Pictures(
        pixels=torch.zeros(count, 3, height, width, dtype=torch.uint8), sizes=torch.zeros(count, 2),
        boxes=torch.zeros(count, most, 4), labels=torch.zeros(count, most, dtype=torch.long),
        crowd=torch.zeros(count, most, dtype=torch.bool), unlabelled=torch.zeros(count, classes.OUTPUTS, dtype=torch.bool),
        validation=torch.tensor([validates(e) for e, _ in items]),
        driving=torch.tensor([is_of_its_kind(e) for e, _ in items]), names=[e["name"] for e, _ in items])

    def fill(i):
        entry, data = items[i]
        image = _upright(Image.open(io.BytesIO(data)))
        scale = min(width / image.width, height / image.height)
        w, h = min(width, round(image.width * scale)), min(height, round(image.height * scale))
        if (w, h) != image.size:
            image = image.resize((w, h), Image.BILINEAR)
        pictures.pixels[i, :, :h, :w] = torch.from_numpy(np.array(image)).permute(2, 0, 1)
        pictures.sizes[i] = torch.tensor([w, h])
        for k, (x, y, box_width, box_height, label, crowd) in enumerate(entry["boxes"]):
            pictures.boxes[i, k] = torch.tensor([x, y, x + box_width, y + box_height]) * scale
            pictures.labels[i, k], pictures.crowd[i, k] = label, bool(crowd)
        for label in range(1, classes.OUTPUTS):
            pictures.unlabelled[i, label] = label not in entry["labelled"]

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, range(count)))
    return pictures


def write_coco(pictures, indices, out):
    """Pictures as PNG and labels.json: the pixels that were trained and validated with."""
    out.mkdir(parents=True, exist_ok=True)
    # A class that is unknown in some pictures is left out, and its objects with it: neither packs nor `pretag eval` may
    # take it for absent.
    unknown = pictures.unlabelled[indices].any(0)
    images, annotations = [], []
    for i in indices.tolist():
        width, height = (int(v) for v in pictures.sizes[i])
        name = f"{len(images):05d}.png"
        Image.fromarray(pictures.pixels[i, :, :height, :width].permute(1, 2, 0).cpu().numpy()).save(out / name, compress_level=1)
        for k in torch.nonzero(pictures.labels[i])[:, 0].tolist():
            if unknown[pictures.labels[i, k]]:
                continue
            x1, y1, x2, y2 = pictures.boxes[i, k].tolist()
            annotations.append({"id": len(annotations) + 1, "image_id": len(images), "category_id": int(pictures.labels[i, k]),
                                "bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1), "iscrowd": int(pictures.crowd[i, k])})
        images.append({"id": len(images), "file_name": name, "width": width, "height": height, "source": pictures.names[i]})
    categories = [{"id": label, "name": name} for label, name in enumerate(classes.NAMES, 1) if not unknown[label]]
    (out / "labels.json").write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
