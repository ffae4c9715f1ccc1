"""Small scripts that build and test the course. Each can be run by itself."""
