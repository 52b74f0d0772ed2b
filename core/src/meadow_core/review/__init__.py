"""Answers that the model was not sure of, with their images, kept for people to label: there is most to learn from."""
