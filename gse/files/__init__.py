"""How do files come down? By CFDP: from a capture as far as it goes, live until they are whole."""
