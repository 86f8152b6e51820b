"""The same commands, later and on schedule."""
