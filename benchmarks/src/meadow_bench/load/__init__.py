"""The load generator: one thread, plain HTTP, the same for Meadow and for its peers.

A comfortable HTTP library costs more per request than some of the servers that are measured here.
"""
