"""The names that services meet under: tasks, registry artefacts and tags.

Redis keys are in `meadow_core.jobs.keys`, S3 keys in `meadow_core.storage.layout`, queues and job states in
`meadow.schemas`.
"""

CLASSIFY_IMAGE_TASK = "meadow.classify_image"
CLASSIFY_PACK_TASK = "meadow.classify_pack"
FILL_BATCH_TASK = "meadow.fill_batch"
TRAIN_TASK = "meadow.train"
INGEST_TASK = "meadow.ingest"

BUNDLE_DIGEST_TAG = "meadow.bundle_digest"
DATASET_DIGEST_TAG = "meadow.dataset_digest"
CAUSE_TAG = "meadow.cause"
"""Of a run: why it was started, a `TrainingCause`."""
DECISION_TAG = "meadow.decision"
DECISION_REASON_TAG = "meadow.decision_reason"
DECISION_CHAMPION_TAG = "meadow.decision_champion"
DECISION_GAIN_TAG = "meadow.decision_gain"
DECISION_P_VALUE_TAG = "meadow.decision_p_value"
PROMOTION_TAG_PREFIX = "meadow.promotion."
"""Tags of the registered model, one for each change of production; the time follows."""

MODEL_ARTIFACT = "model"
"""Name under which a run logs its model; the bundle's files lie in its `extra_files` folder."""
EXTRA_FILES_FOLDER = "extra_files"
"""Where MLflow keeps a model's extra files."""

ARCHITECTURE_TAG = "meadow.architecture"
CLASSES_TAG = "meadow.classes"
IMAGE_SIZE_TAG = "meadow.image_size"
ANSWER_REFERENCE_TAG = "meadow.answer_reference"
"""Counts of the hold-out's answers as JSON, which answers in operation are compared with."""
HOLDOUT_ACCURACY_TAG = "meadow.holdout_accuracy"
