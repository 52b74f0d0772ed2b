"""The embedded stack: every part of Meadow as a process of this machine."""
