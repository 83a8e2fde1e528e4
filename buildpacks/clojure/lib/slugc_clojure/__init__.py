"""The Clojure buildpack: Leiningen and deps.edn apps."""
