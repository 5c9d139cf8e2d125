"""Templates: how work is done; steps, form fields, stages and rules live inside them."""
