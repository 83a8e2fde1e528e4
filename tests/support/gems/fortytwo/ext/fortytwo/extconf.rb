require "mkmf"
create_makefile("fortytwo")
