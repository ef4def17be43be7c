"""The voice: a converter of the `hibari-tts` networks, and the reference numbers they are checked against."""
