"""One file per resource, thin: parse, call, answer."""
