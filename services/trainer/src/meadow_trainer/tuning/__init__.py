"""Hyperparameter search, cross-validation and the ablation study."""
