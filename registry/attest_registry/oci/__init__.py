"""OCI content: values, the capabilities of a store, and the two stores that have them."""
