import io

import numpy as np
from PIL import Image

from meadow_core.datasets.demo import LABELS
from meadow_local.demo_ct.pictures import worn_out_pictures


def test_a_worn_out_camera_gives_dark_colourless_pictures_of_every_class() -> None:
    pictures = worn_out_pictures(4, seed=1)
    assert [shown for shown, _ in pictures] == [*LABELS, *LABELS]
    assert len({body for _, body in pictures}) == 4
    for _, body in pictures:
        with Image.open(io.BytesIO(body)) as image:
            pixels = np.asarray(image.convert("RGB"), dtype=int)
        assert pixels.mean() < 70
        assert np.abs(pixels[..., 0] - pixels[..., 2]).mean() < 4
