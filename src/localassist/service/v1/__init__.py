"""The first version of the API, in terms of the objects of the second."""
