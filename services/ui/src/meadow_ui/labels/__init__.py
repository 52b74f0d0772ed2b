"""What people say that pictures show: read, told to the gateway, and asked for. The next model learns from it."""
