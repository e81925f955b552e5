"""The SMTP connector against mail servers as they run in the world: Postfix with Dovecot's SASL."""
