"""What is told of an event, to whom, and when again: decisions over plain values."""
