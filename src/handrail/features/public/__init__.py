"""What is open to everybody: public kick-off forms and the library of public templates."""
