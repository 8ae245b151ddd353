"""The console in a browser: Open MCT with the dictionary as its object tree."""
