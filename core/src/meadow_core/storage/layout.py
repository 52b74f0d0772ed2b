"""Where everything lies in S3: the only place that spells a key."""

RESULT_SUFFIX = ".ndjson"


def image_key(sha256: str) -> str:
    """Key of a training image; its content names it, so the same image is stored once."""
    return f"images/{sha256[:2]}/{sha256}"


def manifest_key(dataset: str, digest: str) -> str:
    """Key of a data set version."""
    return f"datasets/{dataset}/versions/{digest}.json"


def versions_prefix(dataset: str) -> str:
    """Prefix of a data set's versions: manifests, and a folder of details for each."""
    return f"datasets/{dataset}/versions/"


def summary_key(dataset: str, digest: str) -> str:
    """Key of a version's figures, which are small where the manifest is not."""
    return f"datasets/{dataset}/versions/{digest}/summary.json"


def rejections_key(dataset: str, digest: str) -> str:
    """Key of what was left out of a version, and why: one `Rejection` a line."""
    return f"datasets/{dataset}/versions/{digest}/rejections.ndjson"


def report_key(dataset: str, digest: str) -> str:
    """Key of the page that shows how a version came about."""
    return f"datasets/{dataset}/versions/{digest}/report.html"


def runs_prefix(dataset: str) -> str:
    """Prefix of what a data set's queued ingestions led to: a folder for each."""
    return f"datasets/{dataset}/runs/"


def run_report_key(dataset: str, job_id: str) -> str:
    """Key of the page that shows what a queued ingestion took and what it left out."""
    return f"datasets/{dataset}/runs/{job_id}/report.html"


def run_rejections_key(dataset: str, job_id: str) -> str:
    """Key of what a queued ingestion left out, and why: one `Rejection` a line."""
    return f"datasets/{dataset}/runs/{job_id}/rejections.ndjson"


def download_key(url_sha256: str) -> str:
    """Key of the note that an address was downloaded, and which image it gave."""
    return f"downloads/{url_sha256[:2]}/{url_sha256}.json"


def corrections_prefix() -> str:
    """Prefix of the labels that people corrected."""
    return "corrections/"


def correction_key(sha256: str, stamp: str, quoted_label: str) -> str:
    """Key of one correction; an image's corrections lie together, in the order of their time stamps."""
    return f"corrections/{sha256}/{stamp}.{quoted_label}.json"


def review_prefix() -> str:
    """Prefix of the uncertain images that wait for a person."""
    return "review/"


def review_image_key(item_id: str) -> str:
    """Key of such an image."""
    return f"review/{item_id}/image"


def review_item_key(item_id: str) -> str:
    """Key of what the model said of it: one `ReviewItem`."""
    return f"review/{item_id}/item.json"


def label_suspects_key(dataset: str) -> str:
    """Key of what the last training run said about a data set's labels: one `LabelSuspects`."""
    return f"datasets/{dataset}/label-suspects.json"


def latest_key(dataset: str) -> str:
    """Key of the pointer to a data set's newest version."""
    return f"datasets/{dataset}/latest.json"


def datasets_prefix() -> str:
    """Prefix of all data sets."""
    return "datasets/"


def batches_prefix() -> str:
    """Prefix of all batches: a folder for each."""
    return "batches/"


def batch_prefix(batch_id: str) -> str:
    """Prefix of everything that belongs to a batch."""
    return f"batches/{batch_id}/"


def pack_key(batch_id: str, number: int) -> str:
    """Key of a pack: an uncompressed tar of images."""
    return f"batches/{batch_id}/packs/{number:08d}.tar"


def pack_references_key(batch_id: str, number: int) -> str:
    """Key of a pack whose images stay where they are: one `ObjectReference` a line."""
    return f"batches/{batch_id}/packs/{number:08d}.references{RESULT_SUFFIX}"


def pack_rejections_key(batch_id: str, number: int) -> str:
    """Key of what is missing from a pack because it could not be read: one `Rejection` a line."""
    return f"batches/{batch_id}/packs/{number:08d}.rejections{RESULT_SUFFIX}"


def pack_results_key(batch_id: str, number: int) -> str:
    """Key of a pack's results: one `ItemResult` a line."""
    return f"batches/{batch_id}/results/{number:08d}{RESULT_SUFFIX}"


def pack_partial_results_key(batch_id: str, number: int) -> str:
    """Key of the results so far of a pack that is retried image by image; deleted once all are there."""
    return f"batches/{batch_id}/partial/{number:08d}{RESULT_SUFFIX}"


def explanations_prefix() -> str:
    """Prefix of what explains single images' answers."""
    return "explanations/"


def explanation_image_key(job_id: str) -> str:
    """Key of an explanation as a PNG, drawn over the image."""
    return f"explanations/{job_id}/overlay.png"


def explanation_map_key(job_id: str) -> str:
    """Key of an explanation in numbers: one `ExplanationMap`."""
    return f"explanations/{job_id}/map.json"


def upload_key(upload_id: str) -> str:
    """Key of a file that a batch is filled from.

    It lies in no folder: some servers remove a folder with its last object, under another upload that has just begun.
    """
    return f"uploads-{upload_id}"
