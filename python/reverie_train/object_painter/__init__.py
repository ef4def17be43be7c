"""The object painter: what a thing looks like from its six sides."""
