# Which images there are. Also for continuous integration, which adds what a published image wants:
#
#   docker buildx bake -f deploy/images/bake.hcl --push --set '*.platform=linux/amd64,linux/arm64' \
#     --sbom=true --provenance=mode=max

variable "IMAGE_PREFIX" { default = "meadow-" }
variable "IMAGE_TAG" { default = "latest" }
variable "VERSION" { default = "0.1.0" }
variable "REVISION" { default = "unknown" }
variable "SOURCE" { default = "unknown" }
variable "PYTHON_IMAGE" { default = "python:3.12-slim-bookworm" }
# A mirror of the package index, where the public one cannot be reached; and PyTorch's index of builds without CUDA.
variable "PIP_INDEX_URL" { default = "" }
variable "TORCH_CPU_INDEX_URL" { default = "" }
# A file of further certificate authorities, for a mirror that needs one.
variable "CA_FILE" { default = "/dev/null" }

group "default" {
  targets = ["api", "worker-cpu", "trainer-cpu", "ui", "flower", "mlflow"]
}

group "gpu" {
  targets = ["worker-gpu", "trainer-gpu"]
}

target "common" {
  context    = "."
  dockerfile = "deploy/images/Dockerfile"
  args = {
    PYTHON_IMAGE  = PYTHON_IMAGE
    PIP_INDEX_URL = PIP_INDEX_URL
    VERSION       = VERSION
    REVISION      = REVISION
    SOURCE        = SOURCE
  }
  secret = ["type=file,id=ca,src=${CA_FILE}"]
}

target "image" {
  matrix   = { name = ["api", "worker-cpu", "worker-gpu", "ui", "flower", "mlflow", "airflow"] }
  name     = name
  inherits = ["common"]
  target   = name
  tags     = ["${IMAGE_PREFIX}${name}:${IMAGE_TAG}"]
}

# The same packages but for PyTorch, whose build with CUDA also runs without, and is several gigabytes larger.
target "trainer-cpu" {
  inherits = ["common"]
  target   = "trainer"
  args     = { TORCH_INDEX_URL = TORCH_CPU_INDEX_URL }
  tags     = ["${IMAGE_PREFIX}trainer-cpu:${IMAGE_TAG}"]
}

target "trainer-gpu" {
  inherits = ["common"]
  target   = "trainer"
  tags     = ["${IMAGE_PREFIX}trainer-gpu:${IMAGE_TAG}"]
}
