;; Leiningen's own init file, read before the project: MAVEN_MIRROR_URL stands for the central repository, for
;; dependencies and plugins. A user profile could say so too, but `with-profile production` leaves it out.
(when-let [url (not-empty (System/getenv "MAVEN_MIRROR_URL"))]
  (require 'cemerick.pomegranate.aether 'leiningen.core.project)
  (alter-var-root (resolve 'leiningen.core.project/defaults) assoc
                  :mirrors {"central" {:name "slugc-mirror" :url url}})
  ;; Leiningen refuses plain http; here somebody has asked for it by name.
  (when (.startsWith url "http:")
    ((resolve 'cemerick.pomegranate.aether/register-wagon-factory!)
     "http" #(org.apache.maven.wagon.providers.http.HttpWagon.))))
