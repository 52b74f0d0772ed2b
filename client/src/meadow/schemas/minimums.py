"""How few images and classes are enough."""

MINIMUM_CLASSES = 2
"""A classifier tells classes apart."""
MINIMUM_TRAIN = 2
"""Images of each class that a model learns from."""
MINIMUM_HOLDOUT = 1
"""Images of each class that it is measured with."""
MINIMUM_PER_CLASS = MINIMUM_TRAIN + MINIMUM_HOLDOUT
NEW_CLASS_IMAGES = 8
"""Corrections open a new class once there are so many of it: a class of one image could not be trained."""
