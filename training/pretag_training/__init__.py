"""Trains Faster R-CNN ResNet-50-FPN for driving scenes from scratch. ../README.md tells how."""
