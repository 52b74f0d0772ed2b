"""`meadow demo-ct`: a model that keeps itself trained, watched from new images to new answers."""
