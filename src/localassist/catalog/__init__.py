"""Models as files: which there are, what a name stands for, what a file says about itself, and getting more of them."""

from localassist.catalog.names import BUNDLED_MODEL, ModelFiles, bundled_model, find_models

__all__ = ["BUNDLED_MODEL", "ModelFiles", "bundled_model", "find_models"]
