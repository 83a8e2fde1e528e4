# The Ruby of this slug, and its gems.
export PATH="$HOME/bin:$HOME/.heroku/ruby/bin:$HOME/vendor/bundle/ruby/@ABI@/bin:$PATH"
export GEM_PATH="$HOME/vendor/bundle/ruby/@ABI@:${GEM_PATH:-}"
export BUNDLE_GEMFILE="${BUNDLE_GEMFILE:-$HOME/Gemfile}"
export BUNDLE_PATH="${BUNDLE_PATH:-vendor/bundle}"
export BUNDLE_DEPLOYMENT="${BUNDLE_DEPLOYMENT:-1}"
export BUNDLE_WITHOUT="${BUNDLE_WITHOUT:-@WITHOUT@}"
export BUNDLER_VERSION="${BUNDLER_VERSION:-@BUNDLER@}"
export LANG="${LANG:-C.UTF-8}"
export RACK_ENV="${RACK_ENV:-production}"
# Threads of one process would each take an arena of their own: much memory, little speed.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
