"""Long forms of the tests, before a release."""
