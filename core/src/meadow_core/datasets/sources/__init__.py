"""Where a data set's images come from: a folder, a list of addresses, an S3 prefix, corrected labels."""
