"""Makes the training sets from clones of public repositories that hold labelled pictures in plain git.

Each set becomes SET.json, COCO style, and SET/*.jpg. What a set does not label is said in info.labelled_categories: those
classes are unknown there, not absent. ../README.md lists the sets and their licences.
"""

import collections
import dataclasses
import hashlib
import io
import json
import pathlib
import re
import subprocess

import numpy as np
from PIL import Image, ImageOps

from . import classes

LONGEST_SIDE = 640


@dataclasses.dataclass
class Source:
    repository: str
    folders: list         # (pictures, YOLO labels)
    names: list           # the source's classes, in the order of its numbers
    class_of: dict        # name there -> one of the seven
    labelled: tuple       # which of the seven are labelled
    frame: str = "whole"  # "16:9", "2:1": stored as a square, but meant so; "letterbox": black bars around the picture
    alike: tuple = ()     # names there that are none of the seven but look like them: regions to ignore, neither object nor background
    labels_repository: str = ""  # where the labels are, if not beside the pictures
    labels_layout: str = "yolo"  # "corners": class, x1, y1, x2 and y2 in pixels, one number after the other
    rides: bool = False   # pictures are named after BDD100K's rides, of which some are held out
    shows: tuple = ()     # only pictures that show any of these
    revision: str = "HEAD"  # of the repository with the pictures


_YOLO_V8 = "bdd100k/{}/images", "bdd100k/{}/labels"
_HIGHWAY = "yolov9_custom_object_detection/Highway-Object-Detection-40/train/"
_BDD_CLASSES = {"bike": "bicycle", "bus": "bus", "car": "car", "motor": "motorcycle", "person": "person", "rider": "person", "train": "train",
                "truck": "truck"}
_COCO_NAMES = ["person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck"] + ["other"] * 72


_VEHICLES = tuple(name for name in classes.NAMES if name != "person")


def _bdd_train(repository, *folders, revision="HEAD"):
    """Frames of BDD100K's training split, of which one repository has the labels of all."""
    names = ["bike", "bus", "car", "motor", "person", "rider", "traffic light", "traffic sign", "train", "truck"]
    return Source(repository, [(folder, "data/labels/train") for folder in folders], names, _BDD_CLASSES, classes.NAMES,
                  labels_repository="jiangxu0827/PyTorch-YOLOv3", labels_layout="corners", rides=True, revision=revision)


SOURCES = {
    "bdd": Source("Maharshi-Dutta/Objects-Detection-Using-Yolo-v8-",
                  [tuple(part.format(split) for part in _YOLO_V8) for split in ("train", "valid", "test")],
                  ["bike", "bus", "car", "motor", "person", "rider", "truck"],
                  _BDD_CLASSES, ("bicycle", "bus", "car", "motorcycle", "person", "truck"), "16:9", rides=True),
    "bdd-train": _bdd_train("egirgin/detectron2-bdd100k", "subdataset/imgs/train"),
    "bdd-train-2": _bdd_train("Sidhardha36/Day2Night-GAN", "test_A", "test_B"),
    "bdd-train-3": _bdd_train("egirgin/detectron2-bdd100k", "subdataset/imgs/train", revision="105120d"),
    "bdd-train-4": _bdd_train("IshaanShinde/Object-Detection-Pytorch", "data/images/train", revision="a749a0b"),
    "highway": Source("adeirman46/Level2-FSD", [(_HIGHWAY + "images", _HIGHWAY + "labels")],
                      ["bus", "car", "motorbike", "person", "truck"],
                      {"bus": "bus", "car": "car", "motorbike": "motorcycle", "person": "person", "truck": "truck"},
                      ("bus", "car", "motorcycle", "person", "truck"), "letterbox"),
    "coco": Source("lightly-ai/coco128_yolo", [("images/train2017", "object_detection/labels/train2017")],
                   _COCO_NAMES, {name: name for name in classes.NAMES}, classes.NAMES),
    "coco-vehicles": Source("minto5z/coco_yolo", [(f"coco/images/{split}2017", "labels/val2017") for split in ("train", "val")],
                            _COCO_NAMES, {name: name for name in classes.NAMES}, classes.NAMES,
                            labels_repository="kevinpruvost/CocoDataset_KFolded", shows=_VEHICLES),
    "coco-vehicles-2": Source("tep-vila/MS-COCO-2014-Dataset-and-xmodal3600-captions-by-Google", [("test", f"labels/{split}2017") for split in ("train", "val")],
                              _COCO_NAMES, {name: name for name in classes.NAMES}, classes.NAMES,
                              labels_repository="kevinpruvost/CocoDataset_KFolded", shows=_VEHICLES),
    "cityscapes": Source("SimArgentino/Custom-Cityscapes-Dataset-for-Instance-Segmentation",
                         [(f"Cityscapes-4/{split}/images", f"Cityscapes-4/{split}/labels") for split in ("train", "valid", "test")],
                         ["bicycle", "bicyclegroup", "bridge", "building", "bus", "car", "caravan", "cargroup", "dynamic", "ego vehicle",
                          "fence", "ground", "guard rail", "license plate", "motorcycle", "motorcyclegroup", "parking", "person",
                          "persongroup", "pole", "polegroup", "rail track", "rectification border", "rider", "ridergroup", "road",
                          "sidewalk", "sky", "static", "terrain", "traffic light", "traffic sign", "trailer", "train", "truck",
                          "truckgroup", "tunnel", "vegetation", "wall"],
                         {name: name for name in classes.NAMES} | {"rider": "person"}, classes.NAMES, "2:1",
                         alike=("bicyclegroup", "caravan", "cargroup", "motorcyclegroup", "persongroup", "ridergroup", "trailer", "truckgroup")),
    "fog": Source("ankitaS11/Vechicle-Detection-in-Adverse-Weather", [("DAWN/Fog", "DAWN/Fog/Fog_YOLO_darknet")],
                  ["none"] + _COCO_NAMES, {name: name for name in classes.NAMES}, [name for name in classes.NAMES if name != "train"]),
    "bangla": Source("FRYEL/Autonome-Fahrzeugszenen-Segmentierung", [("traffic_data/train/images", "traffic_data/train/labels")],
                     ["ambulance", "army vehicle", "auto rickshaw", "bicycle", "bus", "car", "garbagevan", "human hauler", "minibus",
                      "minivan", "motorbike", "pickup", "rickshaw", "scooter", "three wheelers -CNG-", "truck", "van", "wheelbarrow"],
                     {"bicycle": "bicycle", "bus": "bus", "minibus": "bus", "car": "car", "minivan": "car", "van": "car",
                      "motorbike": "motorcycle", "scooter": "motorcycle", "truck": "truck", "pickup": "truck"},
                     ("bicycle", "bus", "car", "motorcycle", "truck"),
                     alike=("ambulance", "army vehicle", "auto rickshaw", "garbagevan", "human hauler", "rickshaw",
                            "three wheelers -CNG-")),
}


def build(name, clones, out):
    """Writes one set; returns counts of its images, objects a class, and of what was left out."""
    source = SOURCES[name]
    return _write(source, name, clones, out, lambda picture: not (source.rides and is_held_out(picture)))


def build_held_out(name, clones, out):
    """Writes what build() keeps back of a set with rides, as "held-out-<name>", never for training: `bdd`'s is for judging, the others' for aligning counts."""
    return _write(SOURCES[name], f"held-out-{name}", clones, out, is_held_out)


def _write(source, name, clones, out, wanted):
    git, labels_git = (_git_directory(clones, repository) for repository in (source.repository, source.labels_repository or source.repository))
    files, label_files = _list_files(git, source.revision), _list_files(labels_git)
    (out / name).mkdir(parents=True, exist_ok=True)
    images, annotations, seen, counts = [], [], set(), collections.Counter()
    pairs = [pair for pictures, labels in source.folders for pair in _pairs(files, label_files, pictures, labels)]
    pairs = [(picture, label) for picture, label in pairs if wanted(picture)]
    pictures = _read_blobs(git, [files[picture] for picture, _ in pairs])
    labels = _read_blobs(labels_git, [label_files[label] for _, label in pairs])
    for (path, _), data, text in zip(pairs, pictures, labels):
        text = text.decode(errors="replace")
        if source.shows and not _classes(text, source) & set(source.shows):
            counts["without such objects"] += 1
            continue
        digest = hashlib.md5(data or b"").digest()
        if not data or digest in seen:
            counts["missing or twice"] += 1
            continue
        seen.add(digest)
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        crop, size = _frame(source.frame, image)
        number = len(images)
        file_name = f"{name}/{number:05d}.jpg"
        image.crop(crop).resize(size, Image.BICUBIC).save(out / file_name, quality=88)
        images.append({"id": number, "file_name": file_name, "width": size[0], "height": size[1], "source": pathlib.PurePath(path).name}
                      | ({"ride": ride_of(path)} if source.rides else {}))
        counts["images"] += 1
        for class_name, box in _objects(text, source, image.size, crop, size):
            if box[2] < 1 or box[3] < 1:
                counts["degenerate"] += 1
                continue
            ignored = class_name not in classes.NAMES
            counts["ignored" if ignored else class_name] += 1
            # A crowd of any class is ignored for all of them, but COCO wants it to have one.
            annotations.append({"id": len(annotations) + 1, "image_id": number, "category_id": classes.label_of("car" if ignored else class_name),
                                "bbox": [round(v, 2) for v in box], "area": round(box[2] * box[3], 2), "iscrowd": int(ignored)})
    categories = [{"id": classes.label_of(c), "name": c} for c in classes.NAMES]
    info = {"source": source.repository, "labelled_categories": [classes.label_of(c) for c in source.labelled]}
    (out / f"{name}.json").write_text(json.dumps({"info": info, "categories": categories, "images": images, "annotations": annotations}))
    return dict(counts)


def ride_of(path):
    """BDD100K names a frame after its ride: the first eight digits."""
    return pathlib.PurePath(path).name.split("-")[0][:8]


def is_held_out(path):
    """15 % of BDD's rides are kept for judging the finished model; build() writes them nowhere."""
    return int(hashlib.md5(ride_of(path).encode()).hexdigest(), 16) % 100 < 15


def _git_directory(clones, repository):
    folder = pathlib.Path(clones) / repository.replace("/", "+")
    for candidate in (folder / ".git", folder / "repo" / ".git", folder / "repo", folder):
        if (candidate / "objects").is_dir():
            return str(candidate)
    raise SystemExit(f"{folder}: no git clone here; git clone --bare https://github.com/{repository} {folder}")


def _list_files(git, revision="HEAD"):
    """{path: object} of a revision."""
    listed = subprocess.run(["git", "--git-dir", git, "ls-tree", "-r", "-z", revision], capture_output=True)
    if listed.returncode:
        raise SystemExit(f"{git}: cannot list revision {revision}: {listed.stderr.decode(errors='replace').strip()}")
    lines = listed.stdout.decode(errors="replace").split("\0")
    return {path: entry.split()[2] for entry, path in (line.split("\t", 1) for line in lines if line)}


def _read_blobs(git, objects):
    """The bytes of each object, or None, in order, through one git process."""
    with subprocess.Popen(["git", "--git-dir", git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for name in objects:
            process.stdin.write(name.encode() + b"\n")
            process.stdin.flush()
            head = process.stdout.readline().split()
            if head[1] == b"missing":
                yield None
                continue
            data = process.stdout.read(int(head[2]))
            process.stdout.read(1)
            yield data


def _pairs(files, label_files, pictures, labels):
    for path in sorted(p for p in files if str(pathlib.PurePosixPath(p).parent) == pictures and re.search(r"\.(jpe?g|png)$", p, re.I)):
        # COCO's pictures of 2014 are those of 2017, under names with a prefix.
        label = f"{labels}/{re.sub('^COCO_[a-z]+2014_', '', pathlib.PurePosixPath(path).stem)}.txt"
        if label in label_files:
            yield path, label


def _frame(kind, image):
    """(what to cut out, the size to write it in)."""
    if ":" in kind:
        width, height = (int(part) for part in kind.split(":"))
        return (0, 0, *image.size), (LONGEST_SIDE, LONGEST_SIDE * height // width)
    crop = (0, 0, *image.size)
    if kind == "letterbox":
        bright = np.asarray(image).max(axis=2)
        rows, columns = (np.where(bright.mean(axis=axis) > 6)[0] for axis in (1, 0))
        if len(rows) > 64 and len(columns) > 64:
            crop = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        return crop, (crop[2] - crop[0], crop[3] - crop[1])
    scale = min(1, LONGEST_SIDE / max(image.size))
    return crop, (round(image.width * scale), round(image.height * scale))


def _classes(text, source):
    return {source.class_of.get(source.names[number]) for number, _ in _boxes(text, source.labels_layout, (1, 1))}


def _objects(text, source, stored_size, crop, size):
    """(class, [x, y, width, height] in written pixels) of each object of the labels.

    What only looks like one of the seven classes keeps its name there.
    """
    scale = size[0] / (crop[2] - crop[0]), size[1] / (crop[3] - crop[1])
    for number, corners in _boxes(text, source.labels_layout, stored_size):
        name = source.names[number]
        if name not in source.alike and (name := source.class_of.get(name)) is None:
            continue
        placed = [min(max((corner - crop[i % 2]) * scale[i % 2], 0), size[i % 2]) for i, corner in enumerate(corners)]
        yield name, [placed[0], placed[1], placed[2] - placed[0], placed[3] - placed[1]]


def _boxes(text, layout, size):
    """(class number, (x1, y1, x2, y2) in pixels of the stored picture). YOLO's lines are a class number, then a box or a polygon, relative."""
    if layout == "corners":
        values = [float(value) for value in text.split()]
        for number, *corners in zip(*(values[i::5] for i in range(5))):
            yield int(number), tuple(corners)
        return
    for line in text.splitlines():
        values = line.split()
        if len(values) < 5:
            continue
        numbers = [float(value) for value in values[1:]]
        if len(numbers) in (4, 5):
            x, y, width, height = numbers[:4]
            corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        else:
            corners = (min(numbers[0::2]), min(numbers[1::2]), max(numbers[0::2]), max(numbers[1::2]))
        yield int(values[0]), tuple(corner * size[i % 2] for i, corner in enumerate(corners))
