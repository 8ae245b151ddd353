"""Does a target calculate as it should? Vectors sent from the ground, compared with exact ones."""
