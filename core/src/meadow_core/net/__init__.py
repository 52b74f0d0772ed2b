"""Reaching addresses that other people name, without reaching into the network that we run in."""
