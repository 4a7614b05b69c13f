"""Pixels → text lines: detector and recogniser over a batch of pictures.

Nothing in this package touches the network. Two of the engines would, by themselves: importing
openvino 2026 reports the import to Intel, ONNX Runtime 1.32 reports each process to Microsoft, and
both leave an identifier in the user's home. They are told not to before either can be imported.
"""

import os
import sys

# Without this package openvino falls back to its own silent stand-in.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
