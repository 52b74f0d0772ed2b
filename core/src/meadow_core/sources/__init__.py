"""What a worker fills a batch from: an S3 prefix, an uploaded zip, or the images of a form."""
