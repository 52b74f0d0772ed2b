"""Images of a data set that no model was trained on."""

from itertools import chain, zip_longest

from meadow import Client
from meadow.schemas.dataset_images import DatasetImage
from meadow.schemas.split import Split


def holdout_images(client: Client, dataset: str, digest: str, count: int) -> list[tuple[bytes, str]]:
    """Read some hold-out images of a version, each with its label: from all classes in turn, and always the same."""
    return [
        (client.dataset_image(dataset, image.sha256, version=digest), image.label)
        for image in _choose(client, dataset, digest, count)
    ]


def _choose(client: Client, dataset: str, digest: str, count: int) -> list[DatasetImage]:
    versions = client.dataset(dataset).versions
    classes = next((one.classes for one in versions if one.digest.startswith(digest)), {})
    # More classes than images are asked for have one each at most.
    labels = sorted(label for label, counts in classes.items() if counts.holdout)[:count]
    of_label = [
        client.dataset_images(dataset, version=digest, label=label, split=Split.HOLDOUT, page_size=count).images
        for label in labels
    ]
    in_turn = chain.from_iterable(zip_longest(*of_label))
    return [image for image in in_turn if image][:count]
