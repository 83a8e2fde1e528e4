# rebuild_gem.rb FOLDER INTO: .gem files of the gems that an unpacked Debian package holds, as their author packed them.
require "rubygems/package"
require "fileutils"
require "tmpdir"

folder, into = ARGV.map { |path| File.expand_path(path) }
Dir.glob("#{folder}/usr/{share,lib/*}/rubygems-integration/*/specifications/*.gemspec").sort.each do |file|
  spec = Gem::Specification.load(file) or abort("#{file} cannot be loaded")
  Dir.mktmpdir do |work|
    whole = Dir.glob("#{folder}/usr/{share,lib/*}/rubygems-integration/*/gems/#{spec.full_name}").first
    FileUtils.cp_r("#{whole}/.", work) if whole
    # Pure files of the older layout lie on the load path; compiled ones there, or beside the gems.
    lib = File.join(work, spec.require_paths.last || "lib")
    compiled = "#{folder}/usr/lib/*/rubygems-integration/*/extensions/*/*/#{spec.full_name}"
    pure = ["#{folder}/usr/lib/ruby/vendor_ruby"].select { |path| Dir.exist?(path) }
    [*pure, *Dir.glob("#{folder}/usr/lib/*-linux-gnu/ruby/vendor_ruby/*"), *Dir.glob(compiled)].each do |path|
      FileUtils.mkdir_p(lib)
      FileUtils.cp_r("#{path}/.", lib)
    end
    spec.executables.each do |name|
      target = File.join(work, spec.bindir, name)
      source = File.join(folder, "usr/bin", name)
      next if File.exist?(target) || !File.exist?(source)
      FileUtils.mkdir_p(File.dirname(target))
      FileUtils.cp(source, target)
    end
    Dir.chdir(work) do
      spec.files = Dir.glob("**/*", File::FNM_DOTMATCH).select { |path| File.file?(path) }
      spec.test_files = spec.extra_rdoc_files = spec.extensions = []
      spec.platform = spec.files.any? { |path| path.end_with?(".so") } ? Gem::Platform.local : "ruby"
      # What only a compilation from source needs; the authors' own compiled gems do without it too.
      spec.dependencies.reject! { |needed| needed.name == "mini_portile2" } unless spec.platform == "ruby"
      spec.date = Time.utc(2020, 1, 1)
      spec.executables = spec.executables.select { |name| File.exist?(File.join(spec.bindir, name)) }
      Gem::DefaultUserInteraction.ui = Gem::SilentUI.new
      built = Gem::Package.build(spec, true)
      FileUtils.mv(built, File.join(into, File.basename(built)))
    end
  end
end
