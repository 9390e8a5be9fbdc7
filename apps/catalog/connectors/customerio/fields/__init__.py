"""The inputs and outputs of Customer.io's actions, as operators read them."""
