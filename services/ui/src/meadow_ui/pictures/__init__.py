"""The pictures that a person dropped: sent, polled for, and kept until they are cleared. Nothing here draws."""
