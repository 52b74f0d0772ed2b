"""The bundle's ONNX graphs: export, parity check and int8 quantization."""
