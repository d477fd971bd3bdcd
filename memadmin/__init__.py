"""memadmin: the privacy desk for AI-agent memory. Importing this package does not import Django."""

__version__ = "0.1.0"
