"""Registration of a trained model, its comparison with the champion, and the promotion gate."""
