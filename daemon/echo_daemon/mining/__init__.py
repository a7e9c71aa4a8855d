"""The service that follows gaps and turns them into candidate samples."""
