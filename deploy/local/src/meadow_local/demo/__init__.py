"""`meadow demo`: from nothing to classified pictures, on this machine."""
