import io

import pytest
from PIL import Image

from meadow.client.media import media_type


@pytest.mark.parametrize("form", ["jpeg", "png", "gif", "bmp", "tiff", "webp"])
def test_the_bytes_tell(form: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, form)
    assert media_type(file.getvalue(), "wrong.txt") == f"image/{form}"


def test_the_name_helps_where_the_bytes_do_not() -> None:
    assert media_type(b"?", "photo.heic") == "image/heic"


def test_what_nobody_knows_is_said_so() -> None:
    assert media_type(b"?") == "application/octet-stream"
