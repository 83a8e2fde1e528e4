#include <ruby.h>
#include <nobody_has_this.h>

void Init_needsheader(void) {}
