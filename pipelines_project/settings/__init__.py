"""Django settings. `product` puts the subjects together; `test` is what the tests run with."""
