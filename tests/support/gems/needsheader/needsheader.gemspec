Gem::Specification.new do |spec|
  spec.name = "needsheader"
  spec.version = "1.0.0"
  spec.summary = "A C extension that wants a header nobody has"
  spec.authors = ["slugc"]
  spec.files = ["ext/needsheader/needsheader.c", "ext/needsheader/extconf.rb"]
  spec.extensions = ["ext/needsheader/extconf.rb"]
end
