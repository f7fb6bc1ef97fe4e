"""The seven classes. A label is an index into NAMES plus one; 0 is background, as torchvision has it."""

NAMES = ("bicycle", "bus", "car", "motorcycle", "person", "train", "truck")
OUTPUTS = len(NAMES) + 1
# Railway trains are so rare on roads that a picture may be taken to show none where its set does not label them.
FREQUENT = tuple(label for label, name in enumerate(NAMES, 1) if name != "train")


def label_of(name):
    return NAMES.index(name) + 1
