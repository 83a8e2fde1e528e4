require "mkmf"
create_makefile("needsheader")
