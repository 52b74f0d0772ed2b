"""Whether the model in production still fits what it is asked."""
