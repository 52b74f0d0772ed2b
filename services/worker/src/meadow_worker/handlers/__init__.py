"""What a worker does with each kind of message: answer an image, answer a pack, fill a batch."""
