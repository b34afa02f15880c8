"""What runs in the kernel's process, inside the sandbox. It imports nothing of localassist."""
