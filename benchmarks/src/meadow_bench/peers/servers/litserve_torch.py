"""LitServe as its documentation shows it for image classification: Pillow, torchvision's transforms, torch."""

import sys

import litserve
import torch
from fastapi import UploadFile
from PIL import Image
from safetensors.torch import load_file
from torchvision.models import get_model
from torchvision.transforms import CenterCrop, Compose, Normalize, Resize, ToTensor

from meadow_bench.engine import PeerOrder, Probabilities
from meadow_core.bundle.manifest import WEIGHTS_FILE, read_bundle


class Api(litserve.LitAPI):
    """One image a request, one process a core."""

    def setup(self, device: str) -> None:
        """Load the model."""
        # A process a core is what the machine has room for; torch would start as many threads in each.
        torch.set_num_threads(1)
        order = PeerOrder()
        manifest = read_bundle(order.bundle)
        size, mean, std = (getattr(manifest.preprocessing, name) for name in ("size", "mean", "std"))
        self.transform = Compose([Resize(size), CenterCrop(size), ToTensor(), Normalize(mean, std)])
        self.classes, self.temperature = manifest.classes, manifest.temperature
        network = get_model(manifest.architecture, weights=None, num_classes=len(manifest.classes))
        network.load_state_dict(load_file(order.bundle / WEIGHTS_FILE))
        self.network = network.eval().to(device)
        self.to = device
        order.sign_in()

    def decode_request(self, request: UploadFile) -> torch.Tensor:
        """Turn the uploaded file into the network's input."""
        image = Image.open(request.file).convert("RGB")
        tensor: torch.Tensor = self.transform(image)
        return tensor.unsqueeze(0).to(self.to)

    def predict(self, images: torch.Tensor) -> torch.Tensor:
        """Run the network."""
        with torch.inference_mode():
            logits: torch.Tensor = self.network(images)
        return logits

    def encode_response(self, output: torch.Tensor) -> Probabilities:
        """Answer with the probability of each class."""
        row = (output[0] / self.temperature).softmax(dim=0).tolist()
        return dict(zip(self.classes, row, strict=True))


if __name__ == "__main__":
    server = litserve.LitServer(Api(), accelerator="cpu", workers_per_device=PeerOrder().processes)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
