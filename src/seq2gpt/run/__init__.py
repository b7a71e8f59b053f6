"""Training runs: configuration and presets, the trainer, and checkpoints that survive a power cut."""
