"""Engines run a bundle's network; they differ in speed and in where they run, never in their answers."""
