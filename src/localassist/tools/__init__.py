"""Python functions as function tools: `function_tool(f)` describes one, `Toolbox` describes and calls several."""

from localassist.tools.functions import PythonFunction, function_tool
from localassist.tools.toolbox import Toolbox

__all__ = ["PythonFunction", "Toolbox", "function_tool"]
