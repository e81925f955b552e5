"""Pages about messages: Drafts, Outbox and Sent, one message, and what people do to them."""

from . import acting, files, lists, message

MODULES = (lists, acting, message, files)
