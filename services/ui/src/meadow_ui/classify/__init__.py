"""Classify page: uploaded images, their predictions, and feedback on them."""
