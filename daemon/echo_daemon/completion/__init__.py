"""The service that answers one completion request."""
