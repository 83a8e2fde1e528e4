"""The Java buildpack: Maven and Gradle apps."""
