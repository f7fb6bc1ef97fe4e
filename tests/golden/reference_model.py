"""torchvision's Faster R-CNN, with a look at every stage."""

import json

import numpy as np
import torch
import torchvision
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.ops import misc

import safetensors_io
import seeded_weights


def _build(metadata, state):
    classes = len(json.loads(metadata["classes"]))
    sizes = tuple((float(size),) for size in json.loads(metadata["anchor_sizes"]))
    ratios = (tuple(json.loads(metadata["aspect_ratios"])),) * len(sizes)
    model = torchvision.models.detection.fasterrcnn_resnet50_fpn(
        weights=None, weights_backbone=None, num_classes=classes, min_size=int(metadata["min_size"]),
        max_size=int(metadata["max_size"]), rpn_anchor_generator=AnchorGenerator(sizes, ratios))
    missing, unexpected = model.load_state_dict(state(model), strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise ValueError(f"weights do not fit: missing {missing}, unexpected {unexpected}")
    for module in model.modules():
        if isinstance(module, (torch.nn.BatchNorm2d, misc.FrozenBatchNorm2d)):
            module.eps = float(metadata["batch_norm_eps"])
    return model.eval()


def shapes_of(classes):
    """{parameter name: shape} of torchvision's model, without the counters that inference does not use."""
    model = torchvision.models.detection.fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None,
                                                                 num_classes=classes)
    return {name: tuple(value.shape) for name, value in model.state_dict().items()
            if not name.endswith("num_batches_tracked")}


def from_seed(seeded_model):
    arrays = seeded_weights.make_weights(shapes_of(seeded_model.classes))
    return _build(seeded_weights.metadata(seeded_model),
                  lambda _: {name: torch.from_numpy(array) for name, array in arrays.items()})


def from_file(path):
    """A native weight file; int8 matrices are multiplied by their scales (one an output channel)."""
    arrays, metadata = safetensors_io.load(path)
    state = {}
    for name, array in arrays.items():
        if name.endswith(".scale"):
            continue
        values = array.astype(np.float32)
        if array.dtype == np.int8:
            values *= arrays[name + ".scale"].reshape([-1] + [1] * (array.ndim - 1))
        state[name] = torch.from_numpy(values)
    return _build(metadata, lambda _: state)


class StageRecorder:
    """Hooks a model; after a call, `stages` maps stage names (src/pretag/detect/stages.h) to arrays."""

    def __init__(self, model):
        self.model, self.stages = model, {}
        model.transform.register_forward_hook(lambda _m, _i, out: self._add("transform", out[0].tensors))
        model.backbone.body.register_forward_hook(lambda _m, _i, out: self._add_levels("C", out))
        model.backbone.register_forward_hook(lambda _m, _i, out: self._add_levels("P", out))
        model.rpn.head.register_forward_hook(self._add_rpn)
        model.rpn.register_forward_hook(lambda _m, _i, out: self._add("proposals", out[0][0]))
        model.roi_heads.box_roi_pool.register_forward_hook(lambda _m, _i, out: self._add("roi_features", out))
        model.roi_heads.box_predictor.register_forward_hook(self._add_box_head)

    def run(self, rgb):
        """Stages of one uint8 (height, width, 3) picture."""
        self.stages = {}
        dtype = next(self.model.parameters()).dtype
        # ToTensor's arithmetic: uint8 to float32, then a division by 255.
        tensor = torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1))).to(dtype) / 255
        with torch.no_grad():
            (output,) = self.model([tensor])
        for name in ("boxes", "labels", "scores"):
            self._add(name, output[name])
        return self.stages

    def _add(self, name, value):
        self.stages[name] = value.detach().numpy().astype(np.float32)

    def _add_levels(self, letter, levels):
        for level, value in enumerate(levels.values(), start=2):
            self._add(f"{letter}{level}", value)

    def _add_rpn(self, _module, _inputs, output):
        for level, (logits, deltas) in enumerate(zip(*output), start=2):
            self._add(f"rpn_logits.P{level}", logits)
            self._add(f"rpn_deltas.P{level}", deltas)

    def _add_box_head(self, _module, _inputs, output):
        self._add("box_logits", output[0])
        self._add("box_deltas", output[1])
