"""Training code of Reverie's own networks (PyTorch, run on a CPU or a GPU)."""
