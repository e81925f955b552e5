"""Writes who was sent what into a notebook; a connector for tests and for whoever wants to see a small one."""
