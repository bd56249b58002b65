"""CUDA and TensorRT as far as pyanon uses them, on the CPU.

Their calls take what the real ones take, by name and number (`test_tensorrt_bindings.py` holds them to the real
packages), refuse what the real ones refuse where the documentation says so, and keep account of memory.
"""
