"""Sends mail through an SMTP server: pipelined, on kept connections, with an answer for every recipient."""
