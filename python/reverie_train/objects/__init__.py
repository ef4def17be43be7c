"""The objects network: which kind of thing stands in a picture."""
