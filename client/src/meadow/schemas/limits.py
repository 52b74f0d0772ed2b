"""What a gateway accepts, so that no client has to repeat it."""

from pydantic import BaseModel, Field


class Limits(BaseModel):
    """The gateway's limits."""

    max_image_bytes: int = Field(description="Largest accepted image, in bytes.")
    max_image_pixels: int = Field(description="Largest accepted image, in pixels.")
    max_scaled_pixels: int = Field(
        0,
        description="The same for a JPEG that is decoded row by row at a reduced scale, which takes little memory: not "
        "progressive, and with all colours in one scan.",
    )
    max_pack_bytes: int = Field(description="Largest accepted pack of a batch, in bytes.")
    max_pack_items: int = Field(description="Most images in one pack of a batch.")
    max_packs: int = Field(description="Most packs in one batch.")
    max_form_images: int = Field(description="Most images in one form that makes a batch.")
    max_zip_bytes: int = Field(description="Largest accepted zip, in bytes.")
    max_zip_entries: int = Field(description="Most entries of a zip.")
    max_unzipped_bytes: int = Field(description="Most bytes that a zip may unpack to.")
    source_buckets: list[str] = Field(
        description="Buckets that a batch may be read from.", examples=[["images-bucket"]]
    )
    shrink_pixels: int = Field(
        0,
        description="Shorter side that large photographs are best made smaller to before they are sent in folders; "
        "0 for not at all.",
    )
    max_wait_seconds: int = Field(description="Longest wait that `Prefer: wait=N` is granted.")
    readable_formats: list[str] = Field(description="Image types that are read, by their content.", examples=[["JPEG"]])
