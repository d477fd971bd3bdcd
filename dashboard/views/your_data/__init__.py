"""The person's own pages: one module a thing that they do there."""
