"""The asynchronous client, and the source of the other one: `make sync-client` writes `meadow.client` from it.

Whatever is beside this package under the same name is written; whatever is not is used by both.
"""
