"""Ways to do the tasks of a sweep; `engine` of a module makes its `Engine`."""
