"""What goes on, for people and machines: readers of event rows (log lines, plugins' notices), and health.

A reader reads after its own kept place, so that it gets each event at least once, also after a crash (W9).
"""
