"""torchvision's fasterrcnn_resnet50_fpn for the seven classes, with trainable batch norms."""

import dataclasses

import torch
import torch.nn.functional as F
from torchvision.models.detection import fasterrcnn_resnet50_fpn
from torchvision.models.detection.anchor_utils import AnchorGenerator

from . import classes, processor
from .boxes import constant

IMAGE_MEAN, IMAGE_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclasses.dataclass
class ModelOptions:
    anchor_sizes: tuple = (16, 32, 64, 128, 256)  # pixels of the network's input, one a pyramid level
    aspect_ratios: tuple = (0.5, 1.0, 2.0)        # height / width
    min_size: int = 432                           # short side that inference scales pictures to
    max_size: int = 768                           # limit of the long side


def build(options, device):
    anchors = AnchorGenerator(tuple((size,) for size in options.anchor_sizes), (options.aspect_ratios,) * len(options.anchor_sizes))
    model = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=classes.OUTPUTS,
                                    min_size=options.min_size, max_size=options.max_size, rpn_anchor_generator=anchors)
    return model.to(device).to(memory_format=memory_format(device))


def freeze(model, trainable_layers):
    """Leaves only the last `trainable_layers` of the backbone's five parts to be trained, counted as torchvision's trainable_backbone_layers.

    The others keep the statistics of their norms, too, until the model's train() is called again.
    """
    for parts in (("layer4",), ("layer3",), ("layer2",), ("layer1",), ("conv1", "bn1"))[trainable_layers:]:
        for part in parts:
            model.backbone.body[part].requires_grad_(False).eval()


def fold_norms(model):
    """Takes the backbone's batch norms into its convolutions, for good: their statistics stay as they are, and cost no pass over the maps.

    A norm keeps its place and its bias, which is trained on; the rest of it becomes that of a norm that does nothing, so that
    the weights are read as before.
    """
    for parent in model.backbone.body.modules():
        children = list(parent.children())
        for convolution, norm in zip(children, children[1:]):
            if isinstance(convolution, torch.nn.Conv2d) and isinstance(norm, torch.nn.BatchNorm2d):
                _fold(convolution, norm)


@torch.no_grad()
def _fold(convolution, norm):
    scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
    convolution.weight.mul_(scale[:, None, None, None])
    norm.bias.sub_(norm.running_mean * scale)
    norm.weight.fill_(1), norm.running_mean.fill_(0), norm.running_var.fill_(1 - norm.eps)
    convolution.forward = lambda maps: F.conv2d(maps, convolution.weight, norm.bias, convolution.stride, convolution.padding)
    norm.forward = lambda maps: maps


def normalise(pixels):
    """(B, 3, H, W) in 0..1 -> what the network sees."""
    mean, std = (constant(v, pixels.device).view(1, 3, 1, 1) for v in (IMAGE_MEAN, IMAGE_STD))
    return ((pixels - mean) / std).contiguous(memory_format=memory_format(pixels.device))


def autocast(device):
    """Layers compute in bfloat16 where that is fast."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=has_bfloat16(device))


def memory_format(device):
    """oneDNN and cuDNN compute bfloat16 fastest with the channels last, and oneDNN float32 with the channels first."""
    return torch.channels_last if has_bfloat16(device) else torch.contiguous_format


def has_bfloat16(device):
    return device.type != "cpu" or processor.has_bfloat16(processor.features())
