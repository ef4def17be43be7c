"""Listening: converters of the networks that hear speech, and the reference numbers they are checked against."""
