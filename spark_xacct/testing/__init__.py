"""Tools for the tests of users' own jobs."""
