"""Service: takes in sealed bundles and wishes to delete; opens nothing."""
