"""Filling a batch from its source: an S3 prefix, an uploaded zip, or the images of a form."""
