"""Writes the dialogues the bundled model is trained on; everything is made up by this code, nothing is downloaded."""
