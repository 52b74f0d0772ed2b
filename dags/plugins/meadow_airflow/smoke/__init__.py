"""Whether a new version answers, asked as a client asks."""
