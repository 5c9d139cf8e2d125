"""One folder per noun of the API, each with the same files: wire, routes, service, store, jobs."""
