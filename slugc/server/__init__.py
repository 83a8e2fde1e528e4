"""The platform as a process: its lock, its socket, and the HTTP interface on it."""
