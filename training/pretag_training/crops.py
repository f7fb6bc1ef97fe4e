"""Stage one: the backbone learns to tell crops of objects apart, a cheap start where no pretrained weights are at hand."""

import dataclasses
import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from . import checkpoint, classes, model as models, schedule
from .boxes import iou
from .journal import Averages


@dataclasses.dataclass
class CropOptions:
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    stored: int = 80          # side of a stored crop; `seen` is cut from it at random places and sizes
    seen: int = 64            # side of what the network sees
    context: float = 1.5      # side of a stored crop in sides of the object
    most_a_class: int = 12000
    fewest_a_class: int = 20  # rarer classes are left to the second stage
    smallest: float = 8       # pixels of the longer side of an object
    save_seconds: float = 120
    report_steps: int = 25


def collect(pictures, options):
    """uint8 crops (n, 3, stored, stored) and their labels; label 0 are places where no object is."""
    train = torch.nonzero(~pictures.validation)[:, 0].cpu()
    boxes, labels = pictures.boxes.cpu()[train], pictures.labels.cpu()[train]
    longer = (boxes[..., 2:] - boxes[..., :2]).amax(-1)
    crops, targets = [], []
    for label in range(1, classes.OUTPUTS):
        found = torch.nonzero((labels == label) & (longer >= options.smallest) & ~pictures.crowd.cpu()[train])
        if len(found) < options.fewest_a_class:
            continue
        for i, k in found[torch.randperm(len(found))[:options.most_a_class]].tolist():
            crops.append(_crop(pictures.pixels[train[i]], boxes[i, k], options))
            targets.append(label)
    for i in torch.randint(len(train), (options.most_a_class,)).tolist():
        if pictures.unlabelled[train[i]][list(classes.FREQUENT)].any():
            continue  # what looks empty may hold an object of a class that the set does not label
        side = math.exp(torch.empty(1).uniform_(math.log(12), math.log(160)))
        centre = torch.rand(2) * pictures.sizes[train[i]].cpu()
        box = torch.cat([centre - side / 2, centre + side / 2])
        if (iou(box[None, None], boxes[i][None])[0, 0] * (labels[i] > 0)).max() < 0.05:
            crops.append(_crop(pictures.pixels[train[i]], box, options))
            targets.append(0)
    return torch.stack(crops).to(pictures.pixels.device), torch.tensor(targets, device=pictures.pixels.device)


def _crop(pixels, box, options):
    """The square around a box with its context, black outside of the picture."""
    half = float((box[2:] - box[:2]).max()) * options.context / 2
    x, y = (float(v) for v in (box[:2] + box[2:]) / 2)
    x1, y1, x2, y2 = round(x - half), round(y - half), round(x + half) + 1, round(y + half) + 1
    left, top = max(0, x1), max(0, y1)
    inside = Image.fromarray(pixels[:, top:max(0, y2), left:max(0, x2)].permute(1, 2, 0).cpu().numpy())
    square = inside.crop((x1 - left, y1 - top, x2 - left, y2 - top)).resize((options.stored,) * 2, Image.BILINEAR)
    return torch.from_numpy(np.array(square)).permute(2, 0, 1)


def augment(crops, options):
    """Random place, size, mirroring, brightness, contrast and saturation. Returns (B, 3, seen, seen) in 0..1."""
    count, device = len(crops), crops.device
    uniform = lambda low, high, *shape: torch.empty(count, *shape, device=device).uniform_(low, high)
    zoom = uniform(0.65, 1.0)
    mirror = (torch.rand(count, device=device) < 0.5).float() * 2 - 1
    theta = torch.zeros(count, 2, 3, device=device)
    theta[:, 0, 0], theta[:, 1, 1] = zoom * mirror, zoom
    theta[:, 0, 2], theta[:, 1, 2] = uniform(-1, 1) * (1 - zoom), uniform(-1, 1) * (1 - zoom)
    grid = F.affine_grid(theta, (count, 3, options.seen, options.seen), align_corners=False)
    pixels = F.grid_sample(crops.float() / 255, grid, align_corners=False)
    return jitter_colours(pixels)


def jitter_colours(pixels):
    uniform = lambda low, high: torch.empty(len(pixels), 1, 1, 1, device=pixels.device).uniform_(low, high)
    mean = pixels.mean((2, 3), keepdim=True)
    pixels = ((pixels - mean) * uniform(0.7, 1.3) + mean) * uniform(0.65, 1.35)
    grey = pixels.mean(1, keepdim=True)
    return (grey + (pixels - grey) * uniform(0.5, 1.4)).clamp(0, 1)


def is_finished(folder):
    return bool((saved := checkpoint.load(folder / "crops.pth", "cpu")) and saved["finished"])


def train(model, collected, options, budget, folder, journal, team):
    """Trains model.backbone.body on what collect() gave; goes on from folder/crops.pth, and needs no crops if that is finished."""
    device = next(model.parameters()).device
    body, head = model.backbone.body, torch.nn.Linear(2048, classes.OUTPUTS).to(device)
    parameters = [*body.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=options.learning_rate, weight_decay=options.weight_decay)
    path, step = folder / "crops.pth", 0
    if saved := checkpoint.load(path, device):
        body.load_state_dict(saved["body"]), head.load_state_dict(saved["head"])
        step, budget.seconds_before = saved["step"], saved["seconds"]
        if saved["finished"]:
            return
        optimizer.load_state_dict(saved["optimizer"])
        torch.manual_seed(torch.initial_seed() + step)  # not the same crops once more

    def save(finished):
        state = {"body": body.state_dict(), "head": head.state_dict(), "step": step, "seconds": budget.seconds(), "finished": finished}
        if team.leads:
            checkpoint.save(path, state if finished else {**state, "optimizer": optimizer.state_dict()})

    crops, targets = collected
    team.start_with(parameters)
    by_class = [torch.nonzero(targets == label)[:, 0] for label in targets.unique()]
    share = options.batch // len(by_class) // team.size
    averages, saved_at = Averages(), budget.seconds()
    body.train()
    while (progress := team.agree_on(budget.progress(step * options.batch))) < 1:
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * schedule.cosine(progress, step, warmup_steps=100)
        chosen = torch.cat([found[torch.randint(len(found), (share,), device=device)] for found in by_class])
        with models.autocast(device):
            features = list(body(models.normalise(augment(crops[chosen], options))).values())[-1]
            logits = head(features.float().mean((2, 3))).float()
        loss = F.cross_entropy(logits, targets[chosen], label_smoothing=0.05)
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        team.average_gradients()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimizer.step()
        step += 1
        averages.add({"loss": loss.item(), "right": (logits.argmax(1) == targets[chosen]).float().mean()})
        if team.leads and step % options.report_steps == 0:
            journal.say(stage="crops", step=step, done=progress, crops_a_second=step * options.batch / budget.seconds(), **averages.now())
        if budget.seconds() - saved_at > options.save_seconds:
            save(finished=False)
            saved_at = budget.seconds()
    save(finished=True)
