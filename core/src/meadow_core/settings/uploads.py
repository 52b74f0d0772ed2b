"""Settings of what is sent in and read from buckets."""

from pydantic import Field

from meadow.settings import ImageLimits
from meadow.sizes import MEBIBYTE
from meadow_core.settings.stores import StorageSettings


class UploadSettings(ImageLimits, StorageSettings):
    """How large packs, forms and zip files may be, and where they are kept."""

    max_pack_bytes: int = Field(64 * MEBIBYTE, gt=0, description="Largest accepted pack of a batch, in bytes.")
    max_pack_items: int = Field(256, gt=0, description="Most images in one pack of a batch.")
    max_form_images: int = Field(100, gt=0, description="Most images in one batch form.")
    max_zip_bytes: int = Field(4096 * MEBIBYTE, gt=0, description="Largest accepted zip, in bytes.")
    max_zip_entries: int = Field(100_000, gt=0, description="Most entries of a zip.")
    max_unzipped_bytes: int = Field(32_768 * MEBIBYTE, gt=0, description="Most bytes that a zip may unpack to.")
    max_zip_ratio: int = Field(200, gt=0, description="Most bytes that one byte of a zip's image may unpack to.")
    upload_seconds: int = Field(3_600, gt=0, le=604_800, description="Lifetime of a presigned upload address.")


class SourceSettings(StorageSettings):
    """The buckets that images may be read from."""

    source_buckets: str = Field(
        "",
        description="Buckets that batches and data sets may be read from, comma-separated; empty for "
        "the images bucket only.",
    )

    @property
    def readable_buckets(self) -> list[str]:
        """Buckets that batches may be read from."""
        return [name.strip() for name in self.source_buckets.split(",") if name.strip()] or [self.images_bucket]
