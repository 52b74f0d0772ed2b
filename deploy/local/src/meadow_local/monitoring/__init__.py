"""Prometheus as a part of the stack: the machine's own binary, over the rules of the checkout."""
