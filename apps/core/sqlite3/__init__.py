"""Django's SQLite backend, where writers queue instead of asking again and again. `settings/base.py` names it."""
