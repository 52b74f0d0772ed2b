"""Image decoding by one set of rules, for services, pages and the client. Needs Pillow; NumPy only for deep grey."""
