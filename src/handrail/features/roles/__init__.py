"""Job titles: names on the steps of templates that a launch fills with people. On the wire they are roles."""
