"""One module per kind of page of the site; each returns the parts of its page."""
