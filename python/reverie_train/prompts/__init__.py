"""What a sentence asks for: the networks behind `reverie imagine`, and their training."""
