"""The Scala buildpack: apps built by sbt."""
