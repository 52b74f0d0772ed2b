"""Training embeddings of three images in two dimensions."""

import hashlib

import numpy as np

from meadow_core.bundle.training_embeddings import TrainingEmbeddings

DIGESTS = tuple(hashlib.sha256(name).hexdigest() for name in (b"first", b"second", b"third"))


def make_training_embeddings() -> TrainingEmbeddings:
    """Make them; the first two images are alike, and each class has at least one."""
    return TrainingEmbeddings(
        mean=np.zeros(2, np.float32),
        axes=np.eye(2, dtype=np.float32),
        class_means=np.eye(2, dtype=np.float32),
        variances=np.ones(2, np.float32),
        variance_elsewhere=np.ones(1, np.float32),
        compact=np.array([[127, 60], [120, 80], [-127, 30]], np.int8),
        labels=np.array([0, 1, 0], np.int32),
        digests=np.stack([np.frombuffer(bytes.fromhex(digest), dtype=np.uint8) for digest in DIGESTS]),
    )
