"""Kernels elsewhere, behind a Jupyter kernel gateway. What confines the code there is its operator's to say."""
