"""The arithmetic that an engine computes in."""

from enum import StrEnum


class Precision(StrEnum):
    """From the exact one to the fastest."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    """Half as many bits: twice as fast where the processor has it."""
    INT8 = "int8"
    """The bundle's quantized graph, whose accuracy the trainer has measured."""


TOLERANCE = {Precision.FLOAT32: 0.002, Precision.BFLOAT16: 0.02, Precision.INT8: 0.03}
"""By how much the probabilities may differ from the trained network's, averaged over a bundle's probe."""
