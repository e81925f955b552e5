"""Mail that stays on this machine: the capture server with its page, and the connectors ``capture`` and ``file``."""
