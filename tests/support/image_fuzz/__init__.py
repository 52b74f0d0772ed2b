"""Fuzzing of everything that decodes images: `python -m image_fuzz --cases 100000`, or `make fuzz`."""
