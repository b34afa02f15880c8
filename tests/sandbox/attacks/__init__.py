"""What hostile code tries. Standard library only: this directory is all of the tests that the sandbox can see."""
