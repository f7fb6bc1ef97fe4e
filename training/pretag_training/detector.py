"""Stage two: the whole detector, with AdamW, a cosine, and a moving average of the weights, which is what is kept."""

import dataclasses
import math

import torch

from . import checkpoint, classes, model as models, schedule
from .detector_loss import DetectorLoss, LossOptions
from .journal import Averages
from .windows import WindowOptions, compact, cut, mosaic


@dataclasses.dataclass
class DetectorOptions:
    batch: int = 8
    learning_rate: float = 2.5e-4
    weight_decay: float = 0.05
    warmup_steps: int = 150
    average_over: float = 0.03  # of the steps so far: the moving average's horizon grows with the training
    mosaics: float = 0.7        # share of the steps whose windows are put together of several pictures
    mosaic_sides: tuple = (2, 3, 3)  # of four or nine pictures, the latter twice as often
    mosaics_until: float = 0.7  # of the training; its end looks like what inference sees
    large_windows: float = 0.5  # share of the other steps whose windows are twice as wide and high, and a quarter as many: large objects whole
    driving_weight: float = 3.0  # how much more often pictures of the validated kind are seen than others
    frozen_norms: bool = False  # see model.fold_norms
    trainable_layers: int = 5   # see model.freeze
    save_seconds: float = 180
    report_steps: int = 25
    windows: WindowOptions = dataclasses.field(default_factory=WindowOptions)
    loss: LossOptions = dataclasses.field(default_factory=LossOptions)


def train(model, pictures, options, budget, folder, journal, team):
    """Trains `model` and leaves the average of its weights in it; goes on from folder/detector.pth if it is there."""
    device = pictures.pixels.device
    pool = torch.nonzero(~pictures.validation)[:, 0]
    labels = pictures.labels[pool] * ~pictures.crowd[pool]
    # What is rare where the model will be used, whatever other sets have of it.
    class_weights = rarity(labels[pictures.driving[pool]] if pictures.driving[pool].any() else labels)
    # A picture counts as much as its rarest object.
    picture_weights = class_weights[labels].amax(1).clamp(min=1) * torch.where(pictures.driving[pool], options.driving_weight, 1.0)
    # Mosaics show all classes equally often. Where one part's classes are unlabelled, so they would be in the whole mosaic.
    mosaic_pool = ~pictures.unlabelled[pool][:, list(classes.FREQUENT)].any(1)
    object_weights = balance(labels[mosaic_pool])
    mosaic_weights = object_weights[labels].sum(1) * mosaic_pool
    model.train()
    models.freeze(model, options.trainable_layers)
    parameters = [p for p in model.parameters() if p.requires_grad]
    decayed = [p for p in parameters if p.dim() > 1]
    others = [p for p in parameters if p.dim() <= 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}],
                                  lr=options.learning_rate)
    if options.frozen_norms:
        models.fold_norms(model)
    average = {name: value.detach().clone() for name, value in model.state_dict().items()}
    path, step, skipped = folder / "detector.pth", 0, 0
    if saved := checkpoint.load(path, "cpu"):
        if saved.get("frozen_norms", False) != options.frozen_norms:
            raise SystemExit(f"{path}: its training {'had' if options.frozen_norms else 'did not have'} trainable norms; change --freeze-norms or --out")
        if (layers := saved.get("trainable_layers", 5)) != options.trainable_layers:
            raise SystemExit(f"{path}: its training had --trainable-layers {layers}, not {options.trainable_layers}; change it or --out")
        model.load_state_dict(saved["model"]), optimizer.load_state_dict(saved["optimizer"])
        average = {name: value.to(device) for name, value in saved["average"].items()}
        step, budget.seconds_before = saved["step"], saved["seconds"]
        torch.manual_seed(torch.initial_seed() + step)  # not the same windows once more
        if team.leads:
            journal.say(stage="detector", resumed_at=step)

    def save():
        if not team.leads:
            return
        checkpoint.save(path, {"model": model.state_dict(), "average": average, "optimizer": optimizer.state_dict(),
                               "step": step, "seconds": budget.seconds(), "frozen_norms": options.frozen_norms,
                               "trainable_layers": options.trainable_layers})

    team.start_with(parameters)
    # What the losses prepare holds for one size of windows only.
    losses_of, losses_of_large = (DetectorLoss(model, loss, class_weights) for loss in (options.loss, larger_loss(options.loss)))
    averages = Averages()
    saved_at, first_step, began = budget.seconds(), step, budget.seconds()
    while (progress := team.agree_on(budget.progress(step * options.batch))) < 1:
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * schedule.cosine(progress, step, options.warmup_steps)
        share = options.batch // team.size
        if progress < options.mosaics_until and torch.rand(()) < options.mosaics and mosaic_weights.any():
            side = options.mosaic_sides[torch.randint(len(options.mosaic_sides), ())]
            chosen = pool[torch.multinomial(mosaic_weights, side * side * share, replacement=True)]
            losses = losses_of(*seen(mosaic(pictures, chosen, object_weights, options.windows, side)))
        elif share >= 4 and torch.rand(()) < options.large_windows:
            chosen = pool[torch.multinomial(picture_weights, share // 4, replacement=True)]
            losses = losses_of_large(*seen(cut(pictures, chosen, class_weights, larger(options.windows, pictures))))
        else:
            chosen = pool[torch.multinomial(picture_weights, share, replacement=True)]
            losses = losses_of(*seen(cut(pictures, chosen, class_weights, options.windows)))
        optimizer.zero_grad(set_to_none=False)
        sum(losses.values()).backward()
        team.average_gradients()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 10.0)
        norm, *values = torch.stack([norm, *losses.values()]).tolist()  # the one time that a step waits for the GPU
        if not math.isfinite(norm):
            skipped += 1
            continue
        optimizer.step()
        step += 1
        averages.add(dict(zip(losses, values)))
        if team.leads:
            update_average(average, model.state_dict(), step, options.average_over)
        if team.leads and step % options.report_steps == 0:
            speed = (step - first_step) * options.batch / (budget.seconds() - began)
            journal.say(stage="detector", step=step, pictures=step * options.batch, done=progress, pictures_a_second=speed, skipped=skipped,
                        norm=norm, **averages.now())
        if budget.seconds() - saved_at > options.save_seconds:
            save()
            saved_at = budget.seconds()
    save()
    model.load_state_dict(average)


def rarity(labels):
    """How many times rarer than the second most frequent class each label is, from 1 to 8; 0 for "no object"."""
    counts = torch.bincount(labels.flatten(), minlength=classes.OUTPUTS)[1:].float()
    usual = counts.sort(descending=True).values[1]
    return torch.cat([torch.zeros(1, device=labels.device), (usual / counts.clamp(min=1)).sqrt().clamp(1, 8)])


def balance(labels):
    """Weights by which objects of each class are drawn equally often, but those of which there are next to none; 0 for "no object"."""
    counts = torch.bincount(labels.flatten(), minlength=classes.OUTPUTS)[1:].float()
    return torch.cat([torch.zeros(1, device=labels.device), counts.amax() / counts.clamp(min=max(1.0, 0.004 * float(counts.amax())))])


def larger(windows, pictures):
    """Twice as wide and high, at scales at which no more than a picture is to be seen."""
    width = 2 * windows.width
    most = max(windows.least_zoom, pictures.pixels.shape[3] / width)
    return dataclasses.replace(windows, width=width, height=2 * windows.height, most_zoom=min(windows.most_zoom, most))


def larger_loss(loss):
    """As many regions of a window as it takes for a larger one."""
    return dataclasses.replace(loss, anchors_a_picture=2 * loss.anchors_a_picture, rois_a_picture=2 * loss.rois_a_picture,
                               proposals_before_nms=2 * loss.proposals_before_nms, proposals=2 * loss.proposals)


def seen(windows):
    pixels, targets = windows
    return pixels, compact(targets)


@torch.no_grad()
def update_average(average, state, step, average_over):
    keep = max(0.0, 1 - 1 / max(1.0, average_over * step))
    floating = [name for name, value in state.items() if value.dtype.is_floating_point]
    torch._foreach_mul_([average[name] for name in floating], keep)
    torch._foreach_add_([average[name] for name in floating], [state[name] for name in floating], alpha=1 - keep)
    for name in state.keys() - set(floating):
        average[name].copy_(state[name])
