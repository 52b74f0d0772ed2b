"""A network that trains in a second, for tests that are not about a particular network."""

import itertools

from torch import Tensor, nn
from torchvision.models import _api

SMALL = "small_network_of_tests"
_CHANNELS = (3, 16, 32, 64)


class SmallNetwork(nn.Module):
    """Three convolutions, with what real networks have: batch normalisation, dropout, features and a classifier."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
                )
                for before, after in itertools.pairwise(_CHANNELS)
            )
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(_CHANNELS[-1], num_classes))

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits of shape [N, classes] from float32 images [N, 3, height, width]."""
        logits: Tensor = self.classifier(self.avgpool(self.features(images)).flatten(1))
        return logits


def register_small_network() -> None:
    """Add it to torchvision's networks of this process, where the trainer looks architectures up by name."""

    def build(*, num_classes: int = 1000, weights: object = None) -> SmallNetwork:
        assert weights is None, "nobody publishes weights for it"
        return SmallNetwork(num_classes)

    # The trainer accepts networks of torchvision.models only.
    build.__module__ = "torchvision.models.small_network"
    _api.BUILTIN_MODELS[SMALL] = build
