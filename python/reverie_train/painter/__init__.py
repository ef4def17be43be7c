"""The painter: completes a square 90-degree window of colour and depth of which a part is known."""
