"""The conventions of the wire, once each: endpoints, bodies, envelopes, includes, errors, sign-in, quota, OpenAPI."""
