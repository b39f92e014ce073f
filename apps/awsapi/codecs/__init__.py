"""Bytes to plain values and back, for both wire protocols, with limits of our own."""
