"""Objects in S3: the client, and where everything lies."""
