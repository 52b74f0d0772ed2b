"""The bodies of requests and answers of the gateway, and the words they use."""
