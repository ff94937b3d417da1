"""The command line: a light table of verbs, and one module per verb that is imported when the verb is called."""
