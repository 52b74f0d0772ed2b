"""Images for training and evaluation: reading, splitting, decoding, augmenting and sampling them."""
