"""What the buildpacks of Java, Clojure and Scala share: a JDK, the runtime made of it, and their build tools."""
