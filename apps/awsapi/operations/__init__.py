"""The operations, one short function each. Every module in this package is imported when the wire API starts."""
