"""What the page says about each reason."""

from meadow.schemas.rejection import Reason

TITLES = {
    Reason.CONFLICTING_LABELS: "The same image under different labels",
    Reason.DUPLICATE: "Exact duplicates",
    Reason.NEAR_DUPLICATE: "Copies that differ a little",
    Reason.CORRECTED: "Labels that were corrected",
    Reason.NEAR_EMPTY: "Nearly empty images",
    Reason.UNDECODABLE: "Damaged images",
    Reason.WRONG_TYPE: "Not an image type that is read",
    Reason.TOO_LARGE: "Too many bytes",
    Reason.TOO_MANY_PIXELS: "Too many pixels",
    Reason.UNREACHABLE: "Could not be had",
    Reason.REFUSED_ADDRESS: "Addresses that are not opened",
    Reason.LABEL_MISSING: "Without a label",
    Reason.UNKNOWN_CLASS: "Corrected to a class that the data set does not have",
}
"""In the order in which they are worth a look."""

ADVICE = {
    Reason.CONFLICTING_LABELS: "None of them is taken. Keep each image under the one label that is right.",
    Reason.DUPLICATE: "Byte for byte the same; one of them is in the version.",
    Reason.NEAR_DUPLICATE: "The same picture in another size, format or quality; the largest one is in the version.",
    Reason.CORRECTED: "A person gave the image another label, which counts.",
    Reason.NEAR_EMPTY: "A single colour, or nearly so: a model learns nothing from them.",
    Reason.UNDECODABLE: "The file is broken off or otherwise not whole.",
    Reason.WRONG_TYPE: "The type is told by the content, not by the name: often a web page in place of an image.",
    Reason.TOO_LARGE: "The limit is MEADOW_MAX_IMAGE_BYTES.",
    Reason.TOO_MANY_PIXELS: "The limit is MEADOW_MAX_IMAGE_PIXELS.",
    Reason.UNREACHABLE: "They are tried again when the data set is published again.",
    Reason.REFUSED_ADDRESS: "Only public addresses are opened, and the networks in MEADOW_INGEST_ALLOWED_NETWORKS.",
    Reason.LABEL_MISSING: "The label is the name of the folder, or the column of the list.",
    Reason.UNKNOWN_CLASS: "They are kept, and looked at again next time.",
}
