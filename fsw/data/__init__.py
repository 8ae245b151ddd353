"""What outlasts a power cut: recorder, parameters, stored sequences, numbers of commands used."""
