"""`python -m localassist` is `localassist`."""

from localassist.cli import main

main()
