"""The shell of the command line. Commands are written once: they are clients of the API, beside a running hub by its local
socket, else by the same application in their own process (which delivers nothing)."""
