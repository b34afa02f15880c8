"""Code interpreter: Jupyter kernels in a sandbox that proves itself."""
