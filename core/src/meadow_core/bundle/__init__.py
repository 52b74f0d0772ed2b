"""The model bundle: the one artefact that is trained, registered and served."""
