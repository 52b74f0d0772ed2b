"""Why the model answered as it did: hide part after part of an image, and watch the answer."""
