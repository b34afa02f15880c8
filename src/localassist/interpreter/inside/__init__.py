"""What runs in the kernel's process, inside the sandbox: it imports nothing of localassist and may be rewritten there."""
