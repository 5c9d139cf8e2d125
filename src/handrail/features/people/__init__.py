"""People: who can be named, assigned or asked to sign; members, guests and groups as one directory."""
