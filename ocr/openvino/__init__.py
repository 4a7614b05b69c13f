"""The engine `openvino`, the default."""
