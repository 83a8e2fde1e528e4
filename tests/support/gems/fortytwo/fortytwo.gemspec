Gem::Specification.new do |spec|
  spec.name = "fortytwo"
  spec.version = "1.0.0"
  spec.summary = "A C extension of ten lines"
  spec.authors = ["slugc"]
  spec.files = ["ext/fortytwo/fortytwo.c", "ext/fortytwo/extconf.rb"]
  spec.extensions = ["ext/fortytwo/extconf.rb"]
end
