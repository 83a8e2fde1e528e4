#include <ruby.h>

static VALUE answer(VALUE self) {
  return rb_str_new_cstr("42 from C");
}

void Init_fortytwo(void) {
  rb_define_module_function(rb_define_module("Fortytwo"), "answer", answer, 0);
}
