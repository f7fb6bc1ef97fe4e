"""The fastest that PyTorch alone makes of torchvision's detector on a CPU: bfloat16, channels last, batch norms folded.

What multiplies is converted once rather than by autocast in every call, which without gradients keeps no converted weights.
Proposals, RoIAlign and non-maximum suppression stay in float32: torchvision has them in no other type.
"""

import torch
from torch import nn
from torchvision.ops import misc


def _fold(convolution, norm):
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    folded = nn.Conv2d(convolution.in_channels, convolution.out_channels, convolution.kernel_size, convolution.stride,
                       convolution.padding, bias=True)
    folded.weight.data = convolution.weight * scale[:, None, None, None]
    folded.bias.data = norm.bias - norm.running_mean * scale
    return folded


def _fold_norms(body):
    for module in body.modules():
        children = list(module.named_children())
        # torchvision's ResNet names every norm right after its convolution.
        for (name, convolution), (norm_name, norm) in zip(children, children[1:]):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, (nn.BatchNorm2d, misc.FrozenBatchNorm2d)):
                setattr(module, name, _fold(convolution, norm))
                setattr(module, norm_name, nn.Identity())
    if any(isinstance(module, (nn.BatchNorm2d, misc.FrozenBatchNorm2d)) for module in body.modules()):
        raise ValueError("a batch norm without a convolution before it was left over")


class _InBFloat16(nn.Module):
    """Computes in bfloat16 what is given in float32, and returns that in float32 again."""

    def __init__(self, module):
        super().__init__()
        self.module = module.to(torch.bfloat16, memory_format=torch.channels_last)

    def forward(self, given):
        return _converted(self.module(_converted(given, torch.bfloat16)), torch.float32)


def _converted(value, dtype):
    if isinstance(value, torch.Tensor):
        if value.dim() == 4:
            return value.to(dtype, memory_format=torch.channels_last)
        return value.to(dtype)
    if isinstance(value, dict):
        return type(value)((key, _converted(item, dtype)) for key, item in value.items())
    return type(value)(_converted(item, dtype) for item in value)


@torch.no_grad()
def tuned(model):
    """`model`, a torchvision Faster R-CNN in eval mode, changed in place."""
    _fold_norms(model.backbone.body)
    out_channels = model.backbone.out_channels
    model.backbone = _InBFloat16(model.backbone)
    model.backbone.out_channels = out_channels
    model.rpn.head = _InBFloat16(model.rpn.head)
    model.roi_heads.box_head = _InBFloat16(model.roi_heads.box_head)
    model.roi_heads.box_predictor = _InBFloat16(model.roi_heads.box_predictor)
    return model
