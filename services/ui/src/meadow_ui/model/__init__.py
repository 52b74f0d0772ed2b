"""Model page: the model in production, its answer quality, and other versions."""
