"""The calls of the client, by what they are about."""
# Written from aio/calls/__init__.py by `make sync-client`: change that file instead.
