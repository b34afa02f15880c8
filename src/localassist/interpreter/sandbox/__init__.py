"""Confinement of model-written code: namespaces, Landlock or seatbelt, each believed only after passing a test."""
