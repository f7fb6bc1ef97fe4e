"""With frozen norms or parts a training goes on from the same function, learns, and leaves weights that are read as ever."""

import types
import unittest

import support
import torch
from torchvision.models.resnet import Bottleneck

from pretag_training import model, processor


def small_backbone():
    """Two of ResNet's blocks, one with a shortcut that has a norm, and norms that do something."""
    torch.manual_seed(15)
    shortcut = torch.nn.Sequential(torch.nn.Conv2d(8, 16, 1, bias=False), torch.nn.BatchNorm2d(16))
    body = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 7, 2, 3, bias=False), torch.nn.BatchNorm2d(8), Bottleneck(8, 4, downsample=shortcut), Bottleneck(16, 4))
    for norm in norms(body):
        torch.nn.init.uniform_(norm.weight, 0.5, 2), torch.nn.init.normal_(norm.bias)
        norm.running_mean.normal_(), norm.running_var.uniform_(0.1, 3)
    return body


def norms(body):
    return [module for module in body.modules() if isinstance(module, torch.nn.BatchNorm2d)]


def fold(body):
    model.fold_norms(types.SimpleNamespace(backbone=types.SimpleNamespace(body=body)))
    return body


class FrozenNorms(unittest.TestCase):
    def setUp(self):
        self.pixels = torch.randn(2, 3, 20, 24)
        self.before = small_backbone().eval()(self.pixels)
        self.assertGreater(self.before.std(), 0.1)

    def test_compute_what_the_norms_computed(self):
        folded = fold(small_backbone()).train()
        torch.testing.assert_close(folded(self.pixels), self.before, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(fold(folded)(self.pixels), self.before, rtol=1e-4, atol=1e-4)  # there is nothing left to fold

    def test_trained_weights_mean_the_same_without_folding(self):
        folded = fold(small_backbone()).train()
        optimizer = torch.optim.SGD(folded.parameters(), 0.01)
        folded(self.pixels).square().mean().backward()
        optimizer.step()
        trained = folded(self.pixels)
        self.assertGreater((trained - self.before).abs().max(), 0.01)
        read = small_backbone().eval()
        read.load_state_dict(folded.state_dict())
        torch.testing.assert_close(read(self.pixels), trained, rtol=1e-4, atol=1e-4)

    def test_all_that_is_left_to_train_gets_gradients(self):
        folded = fold(small_backbone()).train()
        folded(self.pixels).square().mean().backward()
        scales = {id(norm.weight) for norm in norms(folded)}
        self.assertEqual(len(scales), 8)
        for name, parameter in folded.named_parameters():
            self.assertEqual(parameter.grad is None, id(parameter) in scales, name)


class FrozenParts(unittest.TestCase):
    def setUp(self):
        self.network = model.build(model.ModelOptions(), torch.device("cpu"))

    def frozen(self, trainable_layers):
        """The parts that are left as they are; the parts of the backbone's body by their own names."""
        model.freeze(self.network, trainable_layers)
        parts = {False: set(), True: set()}
        for name, parameter in self.network.named_parameters():
            parts[parameter.requires_grad].add(name.replace("backbone.body.", "").split(".")[0])
        self.assertFalse(parts[False] & parts[True], "parts are left whole")
        return parts[False]

    def test_all_are_trained(self):
        self.assertEqual(self.frozen(5), set())

    def test_the_last_three_are_trained(self):
        self.assertEqual(self.frozen(3), {"conv1", "bn1", "layer1"})

    def test_none_is_trained_but_all_behind_the_backbone(self):
        self.assertEqual(self.frozen(0), {"conv1", "bn1", "layer1", "layer2", "layer3", "layer4"})


class Processor(support.TemporaryFolderTest):
    def features(self, text):
        path = self.folder / "cpuinfo"
        path.write_text(text)
        return processor.features(path)

    def test_features(self):
        found = self.features("processor\t: 0\nflags\t\t: fpu fma avx512f avx512vl avx512bw avx512dq amx_bf16\n\nprocessor\t: 1\nflags\t\t: fpu\n")
        self.assertTrue(processor.has_bfloat16(found) and processor.has_avx512(found))

    def test_a_part_of_avx512_is_not_enough(self):
        found = self.features("flags\t\t: fpu fma avx2 avx512f\n")
        self.assertFalse(processor.has_bfloat16(found) or processor.has_avx512(found))

    def test_where_there_is_none_to_ask(self):
        self.assertEqual(self.features("Processor : ARM\n"), frozenset())
        self.assertEqual(processor.features(self.folder / "nothing"), frozenset())


if __name__ == "__main__":
    unittest.main()
