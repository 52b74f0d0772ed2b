"""Calibration of a trained network: temperature, decision threshold and the OOD detector's limit."""
