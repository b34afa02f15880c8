"""How models write conversations, tools and tool calls: prompts out of transcripts, and transcripts out of text.

`build_dialect` reads a model's dialect off its facts.
"""

from localassist.dialects.template_dialect import TemplateDialect, build_dialect

__all__ = ["TemplateDialect", "build_dialect"]
