"""ONNX -> TensorRT plan, for one network or all of a pack: ``python -m export.engine PACK [--role ROLE]``.

A plan fits the GPU and the version of TensorRT that built it, so that it is built where it will run; this is the same
as ``pyanon pack build``, for those who are exporting. Precision is not chosen here: it lies in the ONNX file.
"""

from __future__ import annotations

import sys

from pyanon.cli import main

if __name__ == "__main__":
    sys.exit(main(["pack", "build", *sys.argv[1:]]))
