"""Small whole files of every readable kind, which the cases are made from."""

import io
from collections.abc import Iterator
from functools import cache
from typing import Any

import imagecodecs
import numpy as np
import pillow_heif
import tifffile
from PIL import Image

WIDTH, HEIGHT = 44, 34
_XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


@cache
def seeds() -> dict[str, bytes]:
    """Return files by a name that says what they are."""
    pillow_heif.register_heif_opener()
    return dict([*_jpegs(), *_pngs(), *_others(), *_tiffs(), *_containers()])


def _picture(offset: int = 0) -> Image.Image:
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH]
    pixels = np.stack([across * 5 + offset, down * 7, (across * down) % 256], axis=-1)
    return Image.fromarray((pixels % 256).astype(np.uint8))


def _levels(kind: type, top: float) -> Any:  # noqa: ANN401 - an array of that kind
    return (np.asarray(_picture().convert("L")) / 255 * top).astype(kind)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x011A] = 6, "a maker", 72.5
    exif.get_ifd(0x8769)[0x9003] = "2026:01:01 00:00:00"
    return exif


def _encoded(image: Image.Image, form: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, form, **options)
    return target.getvalue()


def _jpegs() -> Iterator[tuple[str, bytes]]:
    picture = _picture()
    yield "jpeg", _encoded(picture, "JPEG", exif=_exif(), xmp=_XMP, comment="a comment")
    yield "jpeg progressive", _encoded(picture, "JPEG", progressive=True, exif=_exif())
    yield "jpeg restart", _encoded(picture, "JPEG", restart_marker_blocks=2, subsampling=0)
    yield "jpeg grey", _encoded(picture.convert("L"), "JPEG", icc_profile=b"x" * 300)
    yield "jpeg cmyk", _encoded(picture.convert("CMYK"), "JPEG")
    yield "jpeg lossless", bytes(imagecodecs.ljpeg_encode(np.asarray(picture.convert("L"))))
    yield "mpo", _encoded(picture, "MPO", save_all=True, append_images=[_picture(50)], exif=_exif())


def _pngs() -> Iterator[tuple[str, bytes]]:
    picture = _picture()
    yield "png", _encoded(picture, "PNG", exif=_exif(), dpi=(72, 72))
    yield "png alpha", _encoded(picture.convert("RGBA"), "PNG")
    yield "png palette", _encoded(picture.quantize(40), "PNG", transparency=3)
    yield "png grey 16", _encoded(Image.fromarray(_levels(np.uint16, 4095)), "PNG", transparency=5)
    yield "png bit", _encoded(picture.convert("1"), "PNG")
    yield "apng", _encoded(picture, "PNG", save_all=True, append_images=[_picture(50)])


def _others() -> Iterator[tuple[str, bytes]]:
    picture = _picture()
    yield "gif", _encoded(picture.quantize(30), "GIF", transparency=2, comment=b"a comment")
    yield "gif animated", _encoded(picture, "GIF", save_all=True, append_images=[_picture(50)])
    yield "bmp", _encoded(picture, "BMP")
    yield "bmp palette", _encoded(picture.quantize(40), "BMP")
    yield "webp", _encoded(picture, "WEBP", exif=_exif(), xmp=_XMP)
    yield "webp lossless", _encoded(picture.convert("RGBA"), "WEBP", lossless=True)
    yield "webp animated", _encoded(picture, "WEBP", save_all=True, append_images=[_picture(50)])


def _tiffs() -> Iterator[tuple[str, bytes]]:
    picture = _picture()
    for compression in ("tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits"):
        yield f"tiff {compression}", _encoded(picture, "TIFF", compression=compression, exif=_exif())
    yield "tiff", _encoded(picture, "TIFF", exif=_exif())
    yield "tiff fax", _encoded(picture.convert("1"), "TIFF", compression="group4")
    yield "tiff cmyk", _encoded(picture.convert("CMYK"), "TIFF")
    yield "tiff lab", _tifffile(np.asarray(picture), photometric="cielab")
    yield "tiff big", _tifffile(np.asarray(picture), photometric="rgb", bigtiff=True)
    yield "tiff tiled", _tifffile(np.asarray(picture), photometric="rgb", tile=(16, 16), compression="zlib")
    yield "tiff planar", _tifffile(np.asarray(picture).transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    yield "tiff float", _tifffile(_levels(np.float32, 1.0), photometric="minisblack")
    yield "tiff int", _tifffile(_levels(np.int32, 70_000) - 3000, photometric="minisblack", byteorder=">")
    yield "tiff pages", _tifffile(np.stack([_levels(np.uint16, 1000)] * 3), photometric="minisblack")


def _tifffile(pixels: Any, **options: Any) -> bytes:  # noqa: ANN401 - as tifffile takes them
    target = io.BytesIO()
    tifffile.imwrite(target, pixels, **options)
    return target.getvalue()


def _containers() -> Iterator[tuple[str, bytes]]:
    picture, large = _picture(), _picture().resize((130, 130))
    yield "heic", _encoded(picture, "HEIF", exif=_exif().tobytes())
    yield "heic alpha", _encoded(picture.convert("RGBA"), "HEIF")
    yield "heic grid", _encoded(large, "HEIF", tile_size=64)
    yield "heic two", _encoded(picture, "HEIF", save_all=True, append_images=[_picture(50)])
    yield "avif", _encoded(picture, "AVIF", speed=10, exif=_exif())
    yield "avif animated", _encoded(picture, "AVIF", speed=10, save_all=True, append_images=[_picture(50)])
