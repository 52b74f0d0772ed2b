"""From candidates to a version: every image is read, checked, compared with the others, and taken or rejected."""
