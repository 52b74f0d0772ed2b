import pytest

from meadow.sources.image_names import is_image_name


@pytest.mark.parametrize(
    ("path", "is_image"),
    [
        ("a.jpg", True),
        ("a/b c/d.TIFF", True),
        ("a.jpg/b.png", True),
        ("a.txt", False),
        ("jpg", False),
        (".jpg", False),
        ("a/.b.jpg", False),
        (".a/b.jpg", False),
        ("__MACOSX/a/b.jpg", False),
        ("", False),
    ],
)
def test_images_are_told_by_their_suffix_unless_hidden(path: str, *, is_image: bool) -> None:
    assert is_image_name(path) is is_image
