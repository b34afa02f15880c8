"""Moving in and out: objects of the hosted API, kept with their ids."""
